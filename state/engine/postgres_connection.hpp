// A session of PostgreSQL: the way there, what frees it soon once it is dead, and what its errors mean.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace ingot::state {

/// Where a state in PostgreSQL is.
struct PostgresPlace {
  std::string url;       ///< postgresql://…, without a password
  std::string schema;    ///< postgres_schema()
  std::string password;  ///< "": libpq looks for one (PGPASSFILE, service file)
};

/// Error{manifest}: the URL is none, holds a password, or leads beyond this machine without sslmode=verify-full.
void check_postgres_url(const std::string& url);

/// Of the library that is loaded, "15.8".
std::string libpq_version();

class PostgresConnection {
 public:
  /// Error{local}: the database cannot be reached or used.
  explicit PostgresConnection(const PostgresPlace& place);
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;
  ~PostgresConnection();

  pg_conn* handle() const { return handle_; }
  /// For people: the URL and the schema.
  const std::string& shown() const { return shown_; }
  const std::string& schema() const { return schema_; }
  /// The schema as SQL names it.
  std::string quoted_schema() const { return "\"" + schema_ + "\""; }
  /// Runs statements without parameters; gives the first column of the first row of the last one, if there is one. Error{local}.
  std::optional<std::string> run(const std::string& script);
  /// The first column of the first row; nullopt: no row, or NULL. Error{local}.
  std::optional<std::string> text(const char* sql, std::initializer_list<std::string> parameters = {});
  /// Whether the schema is there. Error{local}: it is, and may not be used.
  bool has_schema();
  /// From now on another schema of the same database is used.
  void use_schema(const std::string& schema);
  bool in_transaction() const;
  /// Throws what this result, or the end of the connection, means; frees `result`, which may be null.
  [[noreturn]] void fail(pg_result* result) const;

 private:
  std::optional<std::string> first_text(pg_result* whole) const;
  void connect(const PostgresPlace& place);
  void set_up();
  void refuse_a_pooler();

  std::string url_;
  std::string schema_;
  std::string shown_;
  pg_conn* handle_ = nullptr;
};

}  // namespace ingot::state
