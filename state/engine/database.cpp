#include "state/engine/database.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace ingot::state {

void throw_damaged(const std::string& place, std::string_view what) {
  throw Error(Fault::local, fmt::format("the state \"{}\" is damaged: {}", place, what),
              "restore its newest backup, or run \"ingot state rebuild\", which rebuilds it from the store; nothing was changed")
      .with_code(Code::damaged_state);
}

Database::Database(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Statement Database::prepare(const char* sql) {
  auto found = pool_.find(std::string_view(sql));
  if (found == pool_.end()) found = pool_.emplace(sql, Statement::Pool()).first;
  Statement::Pool& pool = found->second;
  if (pool.empty()) return Statement(*this, pool, engine_->prepare(sql));
  std::unique_ptr<EngineStatement> ready = std::move(pool.back());
  pool.pop_back();
  return Statement(*this, pool, std::move(ready));
}

std::int64_t Database::only_number(Statement statement) {
  if (!statement.step()) statement.damaged("a row is missing");
  const auto number = statement.next<std::int64_t>();
  while (statement.step()) {}
  return number;
}

std::int64_t Database::number(Sql query_text) {
  Statement statement = prepare(query_text.text());
  if (!statement.step()) statement.damaged("a row is missing");
  return statement.next<std::int64_t>();
}

Statement::Statement(Statement&& other) noexcept = default;

Statement::~Statement() {
  if (engine_ == nullptr) return;
  engine_->reset();
  try {
    home_->push_back(std::move(engine_));
  } catch (...) {  // no memory to keep it: it is prepared again
    return;
  }
}

bool Statement::step() {
  column_ = 0;
  cell_.reset();
  return engine_->step();
}

void Statement::damaged(std::string_view what) const { throw_damaged(database_->place(), what); }

void Statement::bind_unsigned(int index, std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(INT64_MAX))
    throw Error(Fault::internal, fmt::format("{} does not fit into the state", value));
  bind_integer(index, static_cast<std::int64_t>(value));
}

void Statement::bind_blob(int index, const Digest& value) {
  std::array<char, std::tuple_size_v<decltype(value.bytes)>> bytes{};
  std::copy(value.bytes.begin(), value.bytes.end(), bytes.begin());
  engine_->bind_blob(index, {bytes.data(), bytes.size()});
}

Cell Statement::take() {
  const Cell taken = cell();
  cell_.reset();
  ++column_;
  return taken;
}

std::int64_t Statement::next_between(std::int64_t least, std::int64_t most) {
  const Cell taken = take();
  if (taken.kind != Cell::Kind::integer) damaged("a number is missing");
  if (taken.number < least || taken.number > most) damaged("a number is out of its range");
  return taken.number;
}

std::string_view Statement::next_text() {
  const Cell taken = take();
  if (taken.kind != Cell::Kind::text) damaged("a text is missing");
  return taken.bytes;
}

Digest Statement::next_digest() {
  Digest digest;
  const Cell taken = take();
  if (taken.kind != Cell::Kind::blob) damaged("a digest is missing");
  if (taken.bytes.size() != digest.bytes.size()) damaged("a digest has a wrong length");
  std::memcpy(digest.bytes.data(), taken.bytes.data(), digest.bytes.size());
  return digest;
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) { database_.engine().begin(kind); }

Transaction::~Transaction() {
  if (database_.in_transaction()) database_.roll_back();
}

void Transaction::commit() { database_.engine().commit(); }

}  // namespace ingot::state
