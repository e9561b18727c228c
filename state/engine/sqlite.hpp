// SQLite as an engine of a state: a file. The one pair of files that knows sqlite3.h.
#pragma once

#include <memory>
#include <string>

#include "state/engine/database.hpp"

struct sqlite3;

namespace ingot::state {

/// Of the library that is loaded, "3.40.1".
std::string sqlite_version();

enum class OpenMode {
  read_write,  ///< an existing file
  look,        ///< reads only, but lets SQLite make and tidy away its files beside the database
  read_only,   ///< opens the file for reading; SQLite's files beside it must be there or makeable
  immutable,   ///< takes no lock and trusts that nobody writes: for a folder that cannot be written
};

class SqliteEngine final : public Engine {
 public:
  /// Opens an existing file and sets everything that guards against a hostile or damaged one. Error{local}.
  SqliteEngine(const std::string& path, OpenMode mode);
  SqliteEngine(const SqliteEngine&) = delete;
  SqliteEngine& operator=(const SqliteEngine&) = delete;
  ~SqliteEngine() override;

  const std::string& place() const override { return path_; }
  std::unique_ptr<EngineStatement> prepare(const char* sql) override;
  void run_script(const char* script) override;
  void begin(TransactionKind kind) override;
  void commit() override;
  bool in_transaction() const override;
  void roll_back() noexcept override;
  std::optional<std::int64_t> format(Database& database) override;
  void set_format(Database& database, int format) override;
  std::int64_t newest_key(Database& database, std::string_view table) override;
  void set_newest_key(Database& database, std::string_view table, std::int64_t key) override;
  std::map<std::string, std::vector<std::string>, std::less<>> columns(Database& database) override;
  bool has_table(Database& database, std::string_view table) override;
  void check(Database& database) override;
  bool is_well_formed(Database& database) override;

  /// Switches to a write-ahead log: readers never wait for a writer. The file keeps it. Error{local} if it cannot be.
  void use_log();
  /// From now on this is a copy in memory: what is written changes no file. No statement may be in use, and Database must forget
  /// those it has. Costs as much memory as the file has bytes. Error{local}.
  void become_copy();

 private:
  void guard();
  void check_code(int code) const;

  std::string path_;
  sqlite3* handle_ = nullptr;
};

std::unique_ptr<Engine> open_sqlite(const std::string& path, OpenMode mode);

/// Marks a file as a state of ingot: "ingt".
inline constexpr std::int64_t state_application_id = 0x696E6774;

}  // namespace ingot::state
