// Making and opening a state file. What is read from it and written to it stands in state_*.cpp.
#include "state/state.hpp"

#include <fmt/format.h>

#include "schema/error.hpp"
#include "state/engine/sqlite.hpp"
#include "state/engine/state_file.hpp"
#include "state/state_impl.hpp"
#include "state/upgrade.hpp"
#include "tables.hpp"

namespace ingot::state {

namespace {

void make_tables(const std::string& path, const std::string& lineage, const ServerId& self, const ServerName& name) {
  auto engine = std::make_unique<SqliteEngine>(path, OpenMode::read_write);
  engine->use_log();
  Database database(std::move(engine));
  Transaction transaction(database, Transaction::Kind::write);
  database.run_script(tables_sql);
  begin_meta(database, lineage, self, name);
  database.engine().set_format(database, newest_format(product_upgrades()));
  transaction.commit();
}

OpenMode mode_for(const std::string& path, Access access) {
  if (access == Access::read_write) return OpenMode::read_write;
  return can_write_beside(path) ? OpenMode::look : OpenMode::read_only;
}

/// SQLite reads what is missing at the end of a file as zeros. A log may hold what is missing, and is looked for after
/// the pages were counted: what was in it by then is in the file once it is gone.
void refuse_a_cut_file(Database& database) {
  const auto pages = database.number("PRAGMA page_count");
  const auto whole = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(database.number("PRAGMA page_size"));
  if (!has_log(database.place()) && file_size(database.place()) < whole) throw_damaged(database.place(), "its end is missing");
}

/// Whether a read-only open failed only because SQLite cannot make its file of locks: in a folder that nobody may write, or on
/// a full disk. Whoever could be writing now has that file, and then it could be opened.
bool needs_no_locks(const std::string& path, OpenMode mode, const Error& error) {
  const bool cannot = mode == OpenMode::read_only || (mode == OpenMode::look && error.code() == Code::no_space);
  return cannot && !has_log(path);
}

}  // namespace

void begin_meta(Database& database, const std::string& lineage, const ServerId& self, const ServerName& name) {
  database.execute(
      "INSERT INTO meta (one, lineage, self_id, self_name, generation, common_revision, live_images, content, reserved,"
      " reserved_content, published) VALUES (1, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0)",
      lineage, self, name);
}

std::string make_beside(const std::string& path, const std::string& lineage, const ServerId& self, const ServerName& name,
                        const std::function<void(const std::string&)>& fill) {
  const std::string beside = path + ".new";
  remove_database(beside);
  make_private_file(beside);
  try {
    make_tables(beside, lineage, self, name);
    fill(beside);
    require_no_log(beside);
    return beside;
  } catch (...) {
    remove_database(beside);
    throw;
  }
}

State::State(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
State::State(State&&) noexcept = default;
State& State::operator=(State&&) noexcept = default;
State::~State() = default;

State State::create(const std::string& path, const std::string& lineage, const ServerId& self, const ServerName& name) {
  if (has_log(path)) {
    throw Error(Fault::local, fmt::format("cannot make the state \"{}\": \"{}-wal\" is left of another one", path, path),
                "put the database that it belongs to back beside it, or remove it");
  }
  const std::string beside = make_beside(path, lineage, self, name, [](const std::string&) {});
  try {
    publish_file(beside, path);
  } catch (...) {
    remove_database(beside);
    throw;
  }
  return open(path, Access::read_write);
}

State State::open(const std::string& path, Access access) {
  check_state_file(path);
  const OpenMode mode = mode_for(path, access);
  try {
    return State(open_file(path, mode));
  } catch (const Error& error) {
    if (!needs_no_locks(path, mode, error)) throw;
  }
  return State(open_file(path, OpenMode::immutable));
}

std::unique_ptr<State::Impl> State::open_file(const std::string& path, OpenMode mode) {
  auto engine = std::make_unique<SqliteEngine>(path, mode);
  SqliteEngine& sqlite = *engine;
  auto impl = std::make_unique<Impl>(std::move(engine));
  Database& database = impl->database;
  const int format = recognise(database, product_upgrades());
  refuse_a_cut_file(database);
  if (mode == OpenMode::read_write) {
    sqlite.use_log();
    upgrade(database, product_upgrades());
  } else if (format < newest_format(product_upgrades())) {
    // Whoever only reads changes no file: an apply upgrades it.
    database.forget_statements();
    sqlite.become_copy();
    upgrade_copy(database, product_upgrades());
    database.run_script("PRAGMA query_only = ON");
  }
  impl->read_meta();
  return impl;
}

void State::Impl::read_meta() {
  Statement row = database.query("SELECT lineage, self_id, generation FROM meta WHERE one = 1");
  if (!row.step()) row.damaged("it does not say whose it is");
  lineage = row.next<std::string>();
  self = row.next<ServerId>();
  generation = row.next<std::uint64_t>();
}

const std::string& State::lineage() const { return impl_->lineage; }

ServerId State::self() const { return impl_->self; }

std::uint64_t State::images_total() const {
  const std::scoped_lock lock(impl_->mutex);
  return static_cast<std::uint64_t>(impl_->database.number("SELECT live_images FROM meta WHERE one = 1"));
}

bool State::made_anew() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->database.number("SELECT made_anew FROM meta WHERE one = 1") != 0;
}

void State::note_caught_up() {
  impl_->write([&](Recording&) { impl_->database.execute("UPDATE meta SET made_anew = 0 WHERE one = 1"); });
}

std::uint64_t State::generation() const {
  const std::scoped_lock lock(impl_->mutex);
  return static_cast<std::uint64_t>(impl_->database.number("SELECT generation FROM meta WHERE one = 1"));
}

void State::check() const {
  impl_->read([&] { impl_->database.engine().check(impl_->database); });
}

}  // namespace ingot::state
