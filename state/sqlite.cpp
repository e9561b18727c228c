#include "state/sqlite.hpp"

#include <cctype>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/error.hpp"
#include "state/state_file.hpp"

namespace ingot::state {

namespace {

/// How long a writer waits for another program to end its transaction.
constexpr int busy_milliseconds = 5'000;

/// As a name that SQLite cannot take for ":memory:" or a URI.
std::string plain_name(const std::string& path) { return path.starts_with('/') ? path : "./" + path; }

/// A file: URI; everything but plain characters is escaped.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : plain_name(path)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = std::isalnum(byte) != 0 || std::strchr("/._-", c) != nullptr;
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return uri + "?immutable=1";
}

int open_flags(OpenMode mode) {
  constexpr int always = SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  switch (mode) {
    case OpenMode::read_write:
    case OpenMode::look: return always | SQLITE_OPEN_READWRITE;
    case OpenMode::read_only: return always | SQLITE_OPEN_READONLY;
    case OpenMode::immutable: return always | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  }
  return always;
}

std::string system_reason(sqlite3* handle) {
  const int number = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  return number == 0 ? std::string() : ": " + std::generic_category().message(number);
}

/// SQLite tells a full disk as such only where it writes the file itself, not where it makes its file of locks.
bool is_full(int code, sqlite3* handle) {
  const int number = handle == nullptr ? 0 : sqlite3_system_errno(handle);
  const bool io = (code & 0xFF) == SQLITE_IOERR;
  return (code & 0xFF) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE || (io && (number == ENOSPC || number == EDQUOT));
}

[[noreturn]] void throw_sqlite(int code, sqlite3* handle, const std::string& path) {
  const std::string said = handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle);
  const std::string reason = system_reason(handle);
  if (is_full(code, handle)) {
    throw Error(Fault::local, fmt::format("cannot write the state \"{}\": the disk is full", path),
                "free some space and run again")
        .with_code(Code::no_space);
  }
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(Fault::local, fmt::format("cannot use the state \"{}\": another program holds it", path),
                  "wait until it has ended and run again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    case SQLITE_SCHEMA:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR: throw_damaged(path, said);
    case SQLITE_READONLY:
      throw Error(Fault::local, fmt::format("cannot write the state \"{}\": it is read-only ({})", path, said),
                  "make the file and its folder writable");
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      throw Error(Fault::local, fmt::format("cannot open the state \"{}\"{} ({})", path, reason, said),
                  "check the rights of the file and its folder");
    case SQLITE_CONSTRAINT: throw Error(Fault::internal, fmt::format("the state \"{}\" refused a change: {}", path, said));
    case SQLITE_IOERR:
      throw Error(Fault::local, fmt::format("cannot read or write the state \"{}\"{} ({})", path, reason, said),
                  "check the disk");
    case SQLITE_NOMEM: throw Error(Fault::local, fmt::format("no memory left while using the state \"{}\"", path));
    default: throw Error(Fault::local, fmt::format("cannot use the state \"{}\"{} ({})", path, reason, said));
  }
}

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

}  // namespace

void throw_damaged(const std::string& path, std::string_view what) {
  throw Error(Fault::local, fmt::format("the state \"{}\" is damaged: {}", path, what),
              "restore its newest backup, or run \"ingot state rebuild\", which rebuilds it from the store; nothing was changed")
      .with_code(Code::damaged_state);
}

struct Database::Impl {
  std::string path;
  sqlite3* handle = nullptr;
  /// Statements that are not in use, by their text.
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>, TextHash, std::equal_to<>> pool;
};

Database::Database(const std::string& path, OpenMode mode) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  const std::string name = mode == OpenMode::immutable ? immutable_uri(path) : plain_name(path);
  const int code = sqlite3_open_v2(name.c_str(), &impl_->handle, open_flags(mode), nullptr);
  try {
    check(code);
    guard();
    if (mode != OpenMode::read_write) run_script("PRAGMA query_only = ON");
    // A reader tidies away what it made itself; a log that was there is for a writer to take in.
    if (mode == OpenMode::look && has_log(path))
      check(sqlite3_db_config(impl_->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  } catch (...) {
    // After a failed open the handle is still ours to close.
    sqlite3_close_v2(impl_->handle);
    throw;
  }
}

/// A state file may be damaged or hostile: nothing in it is run, and every page is checked as it is read.
void Database::guard() {
  sqlite3* const handle = impl_->handle;
  check(sqlite3_busy_timeout(handle, busy_milliseconds));
  for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                      std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                      std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
                                      std::pair{SQLITE_DBCONFIG_DQS_DDL, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1}}) {
    check(sqlite3_db_config(handle, option, value, nullptr));
  }
  run_script(
      "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -16384; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
}

Database::~Database() {
  for (const auto& [text, handles] : impl_->pool) {
    for (sqlite3_stmt* const handle : handles) sqlite3_finalize(handle);
  }
  sqlite3_close_v2(impl_->handle);
}

void Database::become_copy() {
  struct Copy {
    sqlite3* handle = nullptr;
    ~Copy() { sqlite3_close_v2(handle); }
  } copy;
  int code = sqlite3_open_v2(":memory:", &copy.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code != SQLITE_OK) throw_sqlite(code, copy.handle, impl_->path);
  sqlite3_backup* const copying = sqlite3_backup_init(copy.handle, "main", impl_->handle, "main");
  if (copying == nullptr) throw_sqlite(sqlite3_errcode(copy.handle), copy.handle, impl_->path);
  sqlite3_backup_step(copying, -1);
  code = sqlite3_backup_finish(copying);
  if (code != SQLITE_OK) throw_sqlite(code, copy.handle, impl_->path);
  for (const auto& [text, handles] : impl_->pool) {
    for (sqlite3_stmt* const handle : handles) sqlite3_finalize(handle);
  }
  impl_->pool.clear();
  std::swap(impl_->handle, copy.handle);
  guard();
}

const std::string& Database::path() const { return impl_->path; }

void Database::fail(int code) const { throw_sqlite(code, impl_->handle, impl_->path); }

void Database::check(int code) const {
  if (code != SQLITE_OK) fail(code);
}

Statement Database::prepare(const char* sql) {
  if (const auto found = impl_->pool.find(std::string_view(sql)); found != impl_->pool.end() && !found->second.empty()) {
    sqlite3_stmt* const handle = found->second.back();
    found->second.pop_back();
    return Statement(*this, handle);
  }
  sqlite3_stmt* handle = nullptr;
  check(sqlite3_prepare_v3(impl_->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
  return Statement(*this, handle);
}

void Database::give_back(sqlite3_stmt* handle) noexcept {
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  try {
    impl_->pool[sqlite3_sql(handle)].push_back(handle);
  } catch (...) { sqlite3_finalize(handle); }
}

void Database::run_script(const char* script) { check(sqlite3_exec(impl_->handle, script, nullptr, nullptr, nullptr)); }

std::int64_t Database::last_key() const { return sqlite3_last_insert_rowid(impl_->handle); }

std::int64_t Database::number(Sql query_text) {
  Statement statement = prepare(query_text.text());
  if (!statement.step()) statement.damaged("a row is missing");
  return statement.next<std::int64_t>();
}

std::int64_t Database::changes() const { return sqlite3_changes64(impl_->handle); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(impl_->handle) == 0; }

void Database::roll_back() noexcept { sqlite3_exec(impl_->handle, "ROLLBACK", nullptr, nullptr, nullptr); }

void Database::use_log() {
  Statement statement = prepare("PRAGMA journal_mode = WAL");
  if (!statement.step() || statement.next_text() != "wal") {
    throw Error(Fault::local, fmt::format("cannot keep a log beside the state \"{}\"", impl_->path),
                "put it on a local disk: a network file system cannot lock it");
  }
}

// Pragmas take no parameters; these are numbers of the program.
void Database::set_application() { run_script(fmt::format("PRAGMA application_id = {}", state_application_id).c_str()); }

void Database::set_version(int version) { run_script(fmt::format("PRAGMA user_version = {}", version).c_str()); }

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)), column_(other.column_) {}

Statement::~Statement() {
  if (handle_ != nullptr) database_->give_back(handle_);
}

bool Statement::step() {
  column_ = 0;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_->fail(code);
}

void Statement::damaged(std::string_view what) const { throw_damaged(database_->path(), what); }

void Statement::bind_null(int index) { database_->check(sqlite3_bind_null(handle_, index)); }

void Statement::bind_integer(int index, std::int64_t value) { database_->check(sqlite3_bind_int64(handle_, index, value)); }

void Statement::bind_unsigned(int index, std::uint64_t value) {
  if (value > static_cast<std::uint64_t>(INT64_MAX))
    throw Error(Fault::internal, fmt::format("{} does not fit into the state", value));
  bind_integer(index, static_cast<std::int64_t>(value));
}

void Statement::bind_text(int index, std::string_view value) {
  database_->check(
      sqlite3_bind_text64(handle_, index, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind_blob(int index, const Digest& value) {
  database_->check(sqlite3_bind_blob64(handle_, index, value.bytes.data(), value.bytes.size(), SQLITE_TRANSIENT));
}

bool Statement::next_is_null() const { return sqlite3_column_type(handle_, column_) == SQLITE_NULL; }

std::int64_t Statement::next_between(std::int64_t least, std::int64_t most) {
  if (sqlite3_column_type(handle_, column_) != SQLITE_INTEGER) damaged("a number is missing");
  const std::int64_t value = sqlite3_column_int64(handle_, column_++);
  if (value < least || value > most) damaged("a number is out of its range");
  return value;
}

std::string_view Statement::next_text() {
  if (sqlite3_column_type(handle_, column_) != SQLITE_TEXT) damaged("a text is missing");
  const void* const text = sqlite3_column_text(handle_, column_);
  if (text == nullptr) database_->fail(SQLITE_NOMEM);
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column_++));
  return {static_cast<const char*>(text), length};
}

Digest Statement::next_digest() {
  Digest digest;
  if (sqlite3_column_type(handle_, column_) != SQLITE_BLOB) damaged("a digest is missing");
  if (static_cast<std::size_t>(sqlite3_column_bytes(handle_, column_)) != digest.bytes.size())
    damaged("a digest has a wrong length");
  std::memcpy(digest.bytes.data(), sqlite3_column_blob(handle_, column_++), digest.bytes.size());
  return digest;
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database_.run_script(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (database_.in_transaction()) database_.roll_back();
}

void Transaction::commit() { database_.run_script("COMMIT"); }

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace ingot::state
