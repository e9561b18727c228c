// PostgreSQL as an engine of a state: a schema of a database. Only postgres* know libpq-fe.h.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "state/engine/database.hpp"
#include "state/engine/place.hpp"
#include "state/engine/postgres_connection.hpp"

namespace ingot::state {

class PostgresEngine final : public Engine {
 public:
  /// Error{local}: it cannot be reached, or there is no such schema.
  explicit PostgresEngine(const PostgresPlace& place);
  PostgresEngine(const PostgresEngine&) = delete;
  PostgresEngine& operator=(const PostgresEngine&) = delete;
  ~PostgresEngine() override;

  const std::string& place() const override { return connection_.shown(); }
  std::unique_ptr<EngineStatement> prepare(const char* sql) override;
  void run_script(const char* script) override;
  void begin(TransactionKind kind) override;
  void commit() override;
  bool in_transaction() const override { return connection_.in_transaction(); }
  void roll_back() noexcept override;
  std::optional<std::int64_t> format(Database& database) override;
  void set_format(Database& database, int format) override;
  std::int64_t newest_key(Database& database, std::string_view table) override;
  void set_newest_key(Database& database, std::string_view table, std::int64_t key) override;
  std::map<std::string, std::vector<std::string>, std::less<>> columns(Database& database) override;
  bool has_table(Database& database, std::string_view table) override;
  bool is_shared() const override { return true; }
  void check(Database& database) override;
  bool is_well_formed(Database& database) override;

  void hold_to(const RunFence& fence) override;
  PostgresConnection& connection() { return connection_; }

 private:
  [[noreturn]] void throw_lost_run() const;

  PostgresConnection connection_;
  std::optional<RunFence> fence_;
  std::string begin_write_;
  std::int64_t statements_ = 0;
};

PostgresPlace in_postgres(const Place& place);
/// Error{local}: the database has no such schema.
void require_schema(PostgresConnection& connection);

/// In which all run locks of ingot are; below it the number of the schema.
inline constexpr std::int64_t lock_class = 0x696E6774;  // "ingt"

/// Makes the schema with the tables of an empty state, all in one transaction that `fill` may add to. Error{local}: it is there
/// already.
void make_postgres_schema(const PostgresPlace& place, const char* tables, int format, const std::function<void(Database&)>& fill);

}  // namespace ingot::state
