// The port below Database: what every engine of a state gives. sqlite.* and postgres.* are behind it; nobody else knows a
// library.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "state/engine/run_fence.hpp"

namespace ingot::state {

class Database;

/// What stands in one column of a row. `bytes` is good until the next step().
struct Cell {
  enum class Kind { null, integer, text, blob, other };
  Kind kind = Kind::null;
  std::int64_t number = 0;
  std::string_view bytes;
};

/// A prepared statement of an engine. Parameters count from 1, columns from 0.
class EngineStatement {
 public:
  virtual ~EngineStatement() = default;
  virtual void bind_null(int index) = 0;
  virtual void bind_integer(int index, std::int64_t value) = 0;
  virtual void bind_text(int index, std::string_view value) = 0;
  virtual void bind_blob(int index, std::string_view value) = 0;
  /// From now until reset(): rows are read a portion at a time, however many there are. Needs a transaction.
  virtual void read_in_portions() {}
  /// The next row, if there is one.
  virtual bool step() = 0;
  virtual Cell cell(int column) const = 0;
  /// How many rows the statement changed.
  virtual std::int64_t changes() const = 0;
  /// Ends it and forgets what was bound.
  virtual void reset() noexcept = 0;
};

enum class TransactionKind { read, write };

class Engine {
 public:
  virtual ~Engine() = default;
  /// The file or URL, for people; holds no secret.
  virtual const std::string& place() const = 0;
  /// SQL as SQLite writes it; the engine translates what it writes otherwise.
  virtual std::unique_ptr<EngineStatement> prepare(const char* sql) = 0;
  virtual void run_script(const char* script) = 0;

  /// `read` sees one moment; there is one `write` at a time.
  virtual void begin(TransactionKind kind) = 0;
  virtual void commit() = 0;
  virtual bool in_transaction() const = 0;
  virtual void roll_back() noexcept = 0;

  /// The number of the format of the state here; nullopt: it is no state of ingot.
  virtual std::optional<std::int64_t> format(Database& database) = 0;
  virtual void set_format(Database& database, int format) = 0;
  /// The key that a row of this table got last, 0 if none did: keys are never given again.
  virtual std::int64_t newest_key(Database& database, std::string_view table) = 0;
  virtual void set_newest_key(Database& database, std::string_view table, std::int64_t key) = 0;
  /// State::hold_to. A file's lock is held by the system, and needs none.
  virtual void hold_to(const RunFence&) {}
  /// The columns of each table of the state, in order.
  virtual std::map<std::string, std::vector<std::string>, std::less<>> columns(Database& database) = 0;
  /// Of the state or of the engine itself.
  virtual bool has_table(Database& database, std::string_view table) = 0;
  /// Whether several machines use the state, each with a folder of its own beside it.
  virtual bool is_shared() const { return false; }
  /// Whether the engine itself finds its tables whole. Error{local} if not.
  virtual void check(Database& database) = 0;
  /// Whether the tables are put together as they should be, whatever their rows hold. Error{local} if they cannot be read.
  virtual bool is_well_formed(Database& database) = 0;
};

}  // namespace ingot::state
