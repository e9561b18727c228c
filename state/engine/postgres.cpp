#include "state/engine/postgres.hpp"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <vector>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "schema/error.hpp"
#include "state/engine/postgres_dialect.hpp"

namespace ingot::state {

namespace {

/// Numbers of types (pg_type.dat): they never change.
constexpr Oid type_bool = 16, type_bytes = 17, type_name = 19, type_int8 = 20, type_int4 = 23, type_text = 25;

constexpr int rows_of_a_portion = 1'000;

std::string big_endian(std::int64_t value) {
  std::string bytes(8, '\0');
  auto rest = static_cast<std::uint64_t>(value);
  for (std::size_t i = 8; i-- > 0; rest >>= 8U) bytes[i] = static_cast<char>(rest & 0xFFU);
  return bytes;
}

/// Of 1, 4 or 8 bytes.
std::int64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<unsigned char>(c);
  return bytes.size() == 4 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(value)) : static_cast<std::int64_t>(value);
}

int count_parameters(const std::string& sql) {
  int most = 0;
  for (std::size_t at = sql.find('$'); at != std::string::npos; at = sql.find('$', at + 1))
    most = std::max(most, std::atoi(sql.c_str() + at + 1));
  return most;
}

class PostgresStatement final : public EngineStatement {
 public:
  PostgresStatement(PostgresConnection& connection, std::string sql, std::string name)
      : connection_(connection), sql_(std::move(sql)), name_(std::move(name)) {
    const auto count = static_cast<std::size_t>(count_parameters(sql_));
    types_.resize(count);
    values_.resize(count);
  }
  PostgresStatement(const PostgresStatement&) = delete;
  PostgresStatement& operator=(const PostgresStatement&) = delete;
  ~PostgresStatement() override { PQclear(result_); }

  void bind_null(int index) override { bind(index, 0, std::nullopt); }
  void bind_integer(int index, std::int64_t value) override { bind(index, type_int8, big_endian(value)); }
  void bind_text(int index, std::string_view value) override { bind(index, type_text, to_postgres(value)); }
  void bind_blob(int index, std::string_view value) override { bind(index, type_bytes, std::string(value)); }
  void read_in_portions() override { portions_ = true; }

  bool step() override {
    unwrapped_.clear();
    if (!started_) {
      start();
      started_ = true;
    } else if (row_ + 1 < PQntuples(result_)) {
      ++row_;
      return true;
    } else if (portions_ && PQntuples(result_) == rows_of_a_portion) {
      fetch();
    } else {
      row_ = PQntuples(result_);
    }
    return row_ < PQntuples(result_);
  }

  Cell cell(int column) const override {
    if (PQgetisnull(result_, row_, column) == 1) return {};
    const std::string_view bytes(PQgetvalue(result_, row_, column), static_cast<std::size_t>(PQgetlength(result_, row_, column)));
    switch (PQftype(result_, column)) {
      case type_bool:
      case type_int4:
      case type_int8: return {.kind = Cell::Kind::integer, .number = from_big_endian(bytes), .bytes = {}};
      case type_bytes: return {.kind = Cell::Kind::blob, .number = 0, .bytes = bytes};
      case type_name:
      case type_text: return {.kind = Cell::Kind::text, .number = 0, .bytes = unwrapped(bytes)};
      default: return {.kind = Cell::Kind::other, .number = 0, .bytes = {}};
    }
  }

  std::int64_t changes() const override { return std::atoll(PQcmdTuples(result_)); }

  void reset() noexcept override {
    if (portions_ && started_ && PQtransactionStatus(connection_.handle()) == PQTRANS_INTRANS)
      PQclear(PQexec(connection_.handle(), close_text_.c_str()));
    take(nullptr);
    started_ = portions_ = false;
    unwrapped_.clear();
    for (auto& value : values_) value.reset();
  }

 private:
  void bind(int index, Oid type, std::optional<std::string> bytes) {
    const auto i = static_cast<std::size_t>(index - 1);
    types_.at(i) = type;
    values_.at(i) = std::move(bytes);
  }

  /// Nearly no text is wrapped: one that is lives here until the next step.
  std::string_view unwrapped(std::string_view bytes) const {
    return is_wrapped(bytes) ? std::string_view(unwrapped_.emplace_back(from_postgres(bytes))) : bytes;
  }

  void take(PGresult* result) noexcept {
    PQclear(result_);
    result_ = result;
    row_ = 0;
  }

  void take_good(PGresult* result) {
    const auto status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) connection_.fail(result);
    take(result);
  }

  void start() {
    const auto count = values_.size();
    std::vector<const char*> values(count);
    std::vector<int> lengths(count);
    const std::vector<int> binary(count, 1);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = values_[i] ? values_[i]->data() : nullptr;
      lengths[i] = values_[i] ? static_cast<int>(values_[i]->size()) : 0;
    }
    const int parameters = static_cast<int>(count);
    PGconn* const handle = connection_.handle();
    if (portions_) {
      close_text_ = fmt::format("CLOSE {}", name_);
      take_good(PQexecParams(handle, fmt::format("DECLARE {} NO SCROLL CURSOR FOR {}", name_, sql_).c_str(), parameters,
                             types_.data(), values.data(), lengths.data(), binary.data(), 1));
      fetch();
      return;
    }
    if (!prepared_) {
      take_good(PQprepare(handle, name_.c_str(), sql_.c_str(), parameters, types_.data()));
      prepared_ = true;
    }
    take_good(PQexecPrepared(handle, name_.c_str(), parameters, values.data(), lengths.data(), binary.data(), 1));
  }

  void fetch() {
    take_good(PQexecParams(connection_.handle(), fmt::format("FETCH {} FROM {}", rows_of_a_portion, name_).c_str(), 0, nullptr,
                           nullptr, nullptr, nullptr, 1));
  }

  PostgresConnection& connection_;
  std::string sql_, name_, close_text_;
  std::vector<Oid> types_;
  std::vector<std::optional<std::string>> values_;
  PGresult* result_ = nullptr;
  int row_ = 0;
  bool prepared_ = false, started_ = false, portions_ = false;
  mutable std::deque<std::string> unwrapped_;
};

/// What a schema has beside the tables of a state.
constexpr char engine_table[] =
    "CREATE TABLE engine ("
    " one bigint PRIMARY KEY CHECK (one = 1),"
    " application bigint NOT NULL,"               // marks the schema as a state of ingot: "ingt"
    " format bigint NOT NULL,"                    // of the tables
    " fence bigint NOT NULL CHECK (fence >= 0),"  // grows with each run that takes the lock
    " holder text COLLATE \"C\" NOT NULL);"       // who took it last
    "INSERT INTO engine (one, application, format, fence, holder) VALUES (1, 1768843124, 0, 0, '')";

constexpr std::int64_t application = 1768843124;  // "ingt"

/// The lock of this row makes writers wait for each other; what they read after it is what the one before them wrote.
/// `allowed`: gives "true" to whom may write.
std::string begin_write(const std::string& allowed) {
  return fmt::format(
      "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '15s';"
      "SELECT ({})::text FROM engine WHERE one = 1 FOR UPDATE",
      allowed);
}

}  // namespace

PostgresEngine::PostgresEngine(const PostgresPlace& place) : connection_(place), begin_write_(begin_write("true")) {}

std::unique_ptr<EngineStatement> PostgresEngine::prepare(const char* sql) {
  return std::make_unique<PostgresStatement>(connection_, postgres_query(sql), fmt::format("s{}", ++statements_));
}

void PostgresEngine::run_script(const char* script) { connection_.run(postgres_tables(script)); }

PostgresEngine::~PostgresEngine() {
  if (fence_) fence_->lost->watch(-1);
}

void PostgresEngine::hold_to(const RunFence& fence) {
  fence_ = fence;
  // Nobody took over since, and the session with the lock is there still: it may have ended a moment ago, unnoticed.
  begin_write_ = begin_write(
      fmt::format("fence = {} AND EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = {}"
                  " AND pid = {} AND granted)",
                  fence.number, lock_class, fence.session));
  fence_->lost->watch(PQsocket(connection_.handle()));
}

void PostgresEngine::throw_lost_run() const {
  throw Error(Fault::local,
              fmt::format("this run lost its session with the state \"{}\", and records nothing more", connection_.shown()),
              "run again: the next run goes on where this one ended")
      .with_code(Code::unreachable);
}

void PostgresEngine::begin(TransactionKind kind) {
  if (fence_ && fence_->lost->is_lost()) throw_lost_run();
  if (kind == TransactionKind::read) {
    connection_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return;
  }
  try {
    const auto may_write = connection_.run(begin_write_);
    if (fence_ && may_write != "true") throw_lost_run();
  } catch (...) {  // nobody else ends what began
    roll_back();
    throw;
  }
}

void PostgresEngine::commit() {
  // COMMIT after a failed statement is a rollback that reports success.
  if (PQtransactionStatus(connection_.handle()) == PQTRANS_INERROR)
    throw Error(Fault::internal, "a transaction whose statement failed was to be committed");
  connection_.run("COMMIT");
}

void PostgresEngine::roll_back() noexcept { PQclear(PQexec(connection_.handle(), "ROLLBACK")); }

std::optional<std::int64_t> PostgresEngine::format(Database& database) {
  if (!has_table(database, "engine")) return std::nullopt;
  Statement row = database.query("SELECT application, format FROM engine WHERE one = 1");
  if (!row.step() || row.next<std::int64_t>() != application) return std::nullopt;
  return row.next<std::int64_t>();
}

void PostgresEngine::set_format(Database& database, int format) { database.execute("UPDATE engine SET format = ?", format); }

std::int64_t PostgresEngine::newest_key(Database& database, std::string_view table) {
  // Actions get their numbers from ingot, all others from the sequence, which an action's number follows only after a restore.
  Statement row = database.query(
      "SELECT greatest(pg_sequence_last_value(pg_get_serial_sequence(?1, attname)::regclass), CASE ?1 WHEN 'action' THEN"
      " (SELECT max(sequence) FROM action) END) FROM pg_attribute WHERE attrelid = ?1::regclass AND attidentity <> ''",
      table);
  if (!row.step()) row.damaged(fmt::format("the table \"{}\" counts no keys", table));
  return row.next<std::optional<std::int64_t>>().value_or(0);
}

void PostgresEngine::set_newest_key(Database& database, std::string_view table, std::int64_t key) {
  if (key == 0) return;
  database
      .query(
          "SELECT setval(pg_get_serial_sequence(?1, attname)::regclass, ?2) FROM pg_attribute"
          " WHERE attrelid = ?1::regclass AND attidentity <> ''",
          table, key)
      .step();
}

std::map<std::string, std::vector<std::string>, std::less<>> PostgresEngine::columns(Database& database) {
  std::map<std::string, std::vector<std::string>, std::less<>> tables;
  Statement rows = database.query(
      "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = ?"
      " AND table_name NOT IN ('engine', 'engine_peer', 'moved') ORDER BY table_name, ordinal_position",
      connection_.schema());
  while (rows.step()) {
    auto& columns = tables[rows.next<std::string>()];
    columns.push_back(rows.next<std::string>());
  }
  return tables;
}

bool PostgresEngine::has_table(Database&, std::string_view table) {
  return connection_.text("SELECT to_regclass($1)::text", {std::string(table)}).has_value();
}

// The server checks its pages and references itself.
void PostgresEngine::check(Database&) {}

bool PostgresEngine::is_well_formed(Database&) { return true; }

PostgresPlace in_postgres(const Place& place) {
  return {.url = place.where, .schema = postgres_schema(place.server), .password = place.password};
}

void require_schema(PostgresConnection& connection) {
  if (connection.has_schema()) return;
  throw Error(Fault::local, fmt::format("there is no state in \"{}\": the database has no such schema", connection.shown()),
              "make one with \"ingot init\", or put back a backup");
}

void make_postgres_schema(const PostgresPlace& place, const char* tables, int format,
                          const std::function<void(Database&)>& fill) {
  auto engine = std::make_unique<PostgresEngine>(place);
  PostgresConnection& connection = engine->connection();
  if (connection.has_schema()) {
    throw Error(Fault::local, fmt::format("cannot make the state \"{}\": a schema has that name already", place.schema),
                "use the state that is there, or drop the schema if it is of no use");
  }
  connection.run("BEGIN");
  connection.run(fmt::format("CREATE SCHEMA {}", connection.quoted_schema()));
  connection.run(engine_table);
  Database database(std::move(engine));
  database.run_script(tables);
  database.engine().set_format(database, format);
  fill(database);
  database.engine().commit();
}

}  // namespace ingot::state
