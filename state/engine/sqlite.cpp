#include "state/engine/sqlite.hpp"

#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "schema/error.hpp"
#include "state/engine/state_file.hpp"

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

class SqliteStatement final : public EngineStatement {
 public:
  SqliteStatement(sqlite3* database, const char* sql, const std::string& path) : database_(database), path_(path) {
    check(sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
  }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() override { sqlite3_finalize(handle_); }

  void bind_null(int index) override { check(sqlite3_bind_null(handle_, index)); }
  void bind_integer(int index, std::int64_t value) override { check(sqlite3_bind_int64(handle_, index, value)); }
  void bind_text(int index, std::string_view value) override {
    check(sqlite3_bind_text64(handle_, index, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  void bind_blob(int index, std::string_view value) override {
    check(sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_TRANSIENT));
  }

  bool step() override {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    throw_sqlite(code, database_, path_);
  }

  Cell cell(int column) const override {
    switch (sqlite3_column_type(handle_, column)) {
      case SQLITE_NULL: return {};
      case SQLITE_INTEGER: return {.kind = Cell::Kind::integer, .number = sqlite3_column_int64(handle_, column), .bytes = {}};
      case SQLITE_TEXT: {
        const void* const text = sqlite3_column_text(handle_, column);
        if (text == nullptr) throw_sqlite(SQLITE_NOMEM, database_, path_);
        return {.kind = Cell::Kind::text, .number = 0, .bytes = {static_cast<const char*>(text), length_of(column)}};
      }
      case SQLITE_BLOB: {
        const void* const blob = sqlite3_column_blob(handle_, column);
        return {.kind = Cell::Kind::blob, .number = 0, .bytes = {static_cast<const char*>(blob), length_of(column)}};
      }
      default: return {.kind = Cell::Kind::other, .number = 0, .bytes = {}};
    }
  }

  std::int64_t changes() const override { return sqlite3_changes64(database_); }

  void reset() noexcept override {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
  }

 private:
  std::size_t length_of(int column) const { return static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)); }
  void check(int code) const {
    if (code != SQLITE_OK) throw_sqlite(code, database_, path_);
  }

  sqlite3* database_;
  const std::string& path_;  ///< of the engine, which lives longer
  sqlite3_stmt* handle_ = nullptr;
};

/// What SQLite's check says of a page that it could not get ("… error code=266", "failed to get page 7"): the disk, or memory,
/// did not answer, and nothing is known of the page. btree.c (3.40): checkTreePage, checkList.
bool is_of_the_disk(std::string_view fault) {
  constexpr std::string_view code_mark = "unable to get the page. error code=";
  if (fault.find("failed to get page ") != std::string_view::npos) return true;
  const auto at = fault.find(code_mark);
  if (at == std::string_view::npos) return false;
  int code = 0;
  std::from_chars(fault.data() + at + code_mark.size(), fault.data() + fault.size(), code);
  return (code & 0xFF) == SQLITE_NOMEM || (code & 0xFF) == SQLITE_IOERR;
}

}  // namespace

SqliteEngine::SqliteEngine(const std::string& path, OpenMode mode) : path_(path) {
  const std::string name = mode == OpenMode::immutable ? immutable_uri(path) : plain_name(path);
  const int code = sqlite3_open_v2(name.c_str(), &handle_, open_flags(mode), nullptr);
  try {
    check_code(code);
    guard();
    if (mode != OpenMode::read_write) run_script("PRAGMA query_only = ON");
    // A reader tidies away what it made itself; a log that was there is for a writer to take in.
    if (mode == OpenMode::look && has_log(path))
      check_code(sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr));
  } catch (...) {
    // After a failed open the handle is still ours to close.
    sqlite3_close_v2(handle_);
    throw;
  }
}

SqliteEngine::~SqliteEngine() { sqlite3_close_v2(handle_); }

/// A state file may be damaged or hostile: nothing in it is run, and every page is checked as it is read.
void SqliteEngine::guard() {
  check_code(sqlite3_busy_timeout(handle_, busy_milliseconds));
  for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                      std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                      std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
                                      std::pair{SQLITE_DBCONFIG_DQS_DDL, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1}}) {
    check_code(sqlite3_db_config(handle_, option, value, nullptr));
  }
  run_script(
      "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -16384; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
}

void SqliteEngine::become_copy() {
  struct Copy {
    sqlite3* handle = nullptr;
    ~Copy() { sqlite3_close_v2(handle); }
  } copy;
  int code = sqlite3_open_v2(":memory:", &copy.handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  if (code != SQLITE_OK) throw_sqlite(code, copy.handle, path_);
  sqlite3_backup* const copying = sqlite3_backup_init(copy.handle, "main", handle_, "main");
  if (copying == nullptr) throw_sqlite(sqlite3_errcode(copy.handle), copy.handle, path_);
  sqlite3_backup_step(copying, -1);
  code = sqlite3_backup_finish(copying);
  if (code != SQLITE_OK) throw_sqlite(code, copy.handle, path_);
  std::swap(handle_, copy.handle);
  guard();
}

void SqliteEngine::check_code(int code) const {
  if (code != SQLITE_OK) throw_sqlite(code, handle_, path_);
}

std::unique_ptr<EngineStatement> SqliteEngine::prepare(const char* sql) {
  return std::make_unique<SqliteStatement>(handle_, sql, path_);
}

void SqliteEngine::run_script(const char* script) { check_code(sqlite3_exec(handle_, script, nullptr, nullptr, nullptr)); }

void SqliteEngine::begin(TransactionKind kind) { run_script(kind == TransactionKind::write ? "BEGIN IMMEDIATE" : "BEGIN"); }

void SqliteEngine::commit() { run_script("COMMIT"); }

bool SqliteEngine::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

void SqliteEngine::roll_back() noexcept { sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr); }

std::optional<std::int64_t> SqliteEngine::format(Database& database) {
  if (database.number("PRAGMA application_id") != state_application_id) return std::nullopt;
  return database.number("PRAGMA user_version");
}

// Pragmas take no parameters; these are numbers of the program.
void SqliteEngine::set_format(Database& database, int format) {
  database.run_script(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", state_application_id, format).c_str());
}

std::int64_t SqliteEngine::newest_key(Database& database, std::string_view table) {
  Statement row = database.query("SELECT seq FROM sqlite_sequence WHERE name = ?", table);
  return row.step() ? row.next<std::int64_t>() : 0;
}

void SqliteEngine::set_newest_key(Database& database, std::string_view table, std::int64_t key) {
  database.execute("DELETE FROM sqlite_sequence WHERE name = ?", table);
  database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", table, key);
}

std::map<std::string, std::vector<std::string>, std::less<>> SqliteEngine::columns(Database& database) {
  std::map<std::string, std::vector<std::string>, std::less<>> tables;
  Statement rows = database.query(
      "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
      " AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'moved' ORDER BY m.name, c.cid");
  while (rows.step()) {
    auto& columns = tables[rows.next<std::string>()];
    columns.push_back(rows.next<std::string>());
  }
  return tables;
}

bool SqliteEngine::has_table(Database& database, std::string_view table) {
  return database.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", table).step();
}

void SqliteEngine::check(Database& database) {
  Statement faults = database.query("PRAGMA quick_check(1)");
  if (!faults.step()) faults.damaged("it cannot be checked");
  if (const auto fault = faults.next<std::string>(); fault != "ok") {
    if (!is_of_the_disk(fault)) faults.damaged(fault);
    throw Error(Fault::local, fmt::format("the state \"{}\" cannot be read: {}", path_, fault),
                "check the disk, and run again; a file that stays like that can be moved away, and \"ingot state rebuild\" "
                "makes the state anew");
  }
  Statement broken = database.query("PRAGMA foreign_key_check");
  if (broken.step()) broken.damaged(fmt::format("a reference in the table \"{}\" leads nowhere", broken.next_text()));
}

bool SqliteEngine::is_well_formed(Database& database) {
  // Of rows and indexes it says what is wrong; what it says of pages begins with the name of the file's database.
  constexpr std::string_view of_pages = "***";
  Statement faults = database.query("PRAGMA quick_check(1000)");
  while (faults.step()) {
    if (faults.next_text().starts_with(of_pages)) return false;
  }
  return true;
}

void SqliteEngine::use_log() {
  SqliteStatement statement(handle_, "PRAGMA journal_mode = WAL", path_);
  if (!statement.step() || statement.cell(0).bytes != "wal") {
    throw Error(Fault::local, fmt::format("cannot keep a log beside the state \"{}\"", path_),
                "put it on a local disk: a network file system cannot lock it");
  }
}

std::unique_ptr<Engine> open_sqlite(const std::string& path, OpenMode mode) { return std::make_unique<SqliteEngine>(path, mode); }

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace ingot::state
