#include "state/engine/postgres_connection.hpp"

#include <array>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <libpq-fe.h>

#include "schema/error.hpp"
#include "schema/text/url.hpp"

namespace ingot::state {

namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, FreeResult>;

std::string value_in(const PQconninfoOption* options, std::string_view key) {
  for (const auto* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    if (key == option->keyword) return option->val == nullptr ? "" : option->val;
  }
  return "";
}

bool stays_here(std::string_view host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return true;
  const bool bare_address = host.find(':') != std::string_view::npos && host.front() != '[';
  return names_loopback(bare_address ? fmt::format("[{}]", host) : std::string(host));
}

/// libpq takes lists of hosts; it tries them in turn.
bool all_stay_here(std::string_view hosts) {
  for (;;) {
    const auto comma = hosts.find(',');
    if (!stays_here(hosts.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    hosts.remove_prefix(comma + 1);
  }
}

[[noreturn]] void refuse_url(const std::string& why, const std::string& hint) {
  throw Error(Fault::manifest, "the URL of the state " + why, hint);
}

/// The text of libpq on one line: it breaks lines, and begins them with tabs.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank || (!line.empty() && line.back() != ' ')) line += blank ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

Error unreachable(const std::string& shown, const std::string& why) {
  return Error(Fault::local, fmt::format("cannot reach the state \"{}\": {}", shown, why),
               "check that the database runs and can be reached from here, then run again")
      .with_code(Code::unreachable);
}

Error refused_login(const std::string& shown, const std::string& why) {
  return Error(Fault::local, fmt::format("the database refused the login for the state \"{}\": {}", shown, why),
               "check the user in the URL and the password (`state_password_file` in [server], or PGPASSFILE)");
}

bool is_login(std::string_view sqlstate) { return sqlstate.starts_with("28"); }

/// Of the login libpq says no more than a text.
bool tells_of_login(std::string_view text) {
  return text.find("authentication failed") != std::string_view::npos ||
         text.find("no password supplied") != std::string_view::npos || text.find("pg_hba.conf") != std::string_view::npos ||
         text.find("role \"") != std::string_view::npos;
}

/// Of certificates too.
bool tells_of_certificates(std::string_view text) {
  return text.find("certificate") != std::string_view::npos || text.find("does not support SSL") != std::string_view::npos;
}

Error unsafe_way(const std::string& shown, const std::string& why) {
  return Error(
             Fault::local, fmt::format("no safe way to the state \"{}\": {}", shown, why),
             "the database's certificate must hold the host in the URL and be signed by a CA in the file that sslrootcert in the "
             "URL names")
      .with_code(Code::unreachable);
}

/// What the classes of SQLSTATE mean (PostgreSQL 15, appendix A).
Error meaning(const std::string& shown, std::string_view sqlstate, const std::string& said) {
  const auto local = [&](const std::string& what, const std::string& hint) {
    return Error(Fault::local, fmt::format("{} \"{}\": {}", what, shown, said), hint);
  };
  if (is_login(sqlstate)) return refused_login(shown, said);
  if (sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25P03") return unreachable(shown, said);
  if (sqlstate == "53100")
    return local("cannot write the state", "free some space on the database's disk and run again").with_code(Code::no_space);
  if (sqlstate.starts_with("53"))
    return local("the database has no room for the state", "give it more connections or memory, and run again");
  if (sqlstate == "55P03")
    return Error(Fault::local, fmt::format("cannot use the state \"{}\": another program holds it", shown),
                 "wait until it has ended and run again");
  if (sqlstate == "42501") return local("no rights for the state", "let the user in the URL own the schema");
  if (sqlstate == "25006")
    return local("cannot write the state",
                 "this is a standby: name the primary, or add target_session_attrs=read-write to the URL");
  if (sqlstate.starts_with("40"))
    return local("another program wrote to the state", "run again, and never two programs on one state at once");
  if (sqlstate.starts_with("23"))
    return Error(Fault::internal, fmt::format("the state \"{}\" refused a change: {}", shown, said));
  if (sqlstate.starts_with("42") || sqlstate.starts_with("XX"))
    return Error(Fault::local, fmt::format("the state \"{}\" is damaged: {}", shown, said),
                 "restore its newest backup; nothing was changed")
        .with_code(Code::damaged_state);
  return local("cannot use the state", "see the log of the database");
}

}  // namespace

void check_postgres_url(const std::string& url) {
  char* said = nullptr;
  const Options given(PQconninfoParse(url.c_str(), &said));
  if (!given) {
    const std::string why = said == nullptr ? "" : one_line(said);
    PQfreemem(said);
    refuse_url(fmt::format("cannot be read: {}", why), "write it as postgresql://USER@HOST:PORT/DATABASE?sslmode=verify-full");
  }
  if (!value_in(given.get(), "password").empty() || !value_in(given.get(), "sslpassword").empty())
    refuse_url("holds a password",
               "name a file with it by `state_password_file` in [server], and take the password out of the URL");
  const Options found(PQconndefaults());
  const auto effective = [&](const char* key) {
    const std::string value = value_in(given.get(), key);
    return value.empty() ? value_in(found.get(), key) : value;
  };
  const bool by_service = !value_in(given.get(), "service").empty() && value_in(given.get(), "host").empty();
  const std::string address = effective("hostaddr");
  const bool here = !by_service && all_stay_here(address.empty() ? effective("host") : address);
  const std::string mode = by_service ? value_in(given.get(), "sslmode") : effective("sslmode");
  if (here || mode == "verify-full") return;
  refuse_url(
      fmt::format("leads to another machine with sslmode \"{}\": whoever is on the way could read and change the state", mode),
      "add sslmode=verify-full to the URL");
}

std::string libpq_version() {
  const int number = PQlibVersion();
  return fmt::format("{}.{}", number / 10'000, number % 10'000);
}

PostgresConnection::PostgresConnection(const PostgresPlace& place)
    : url_(place.url), schema_(place.schema), shown_(fmt::format("{} (schema {})", place.url, place.schema)) {
  check_postgres_url(url_);
  try {
    connect(place);
    refuse_a_pooler();
    set_up();
  } catch (...) {
    PQfinish(handle_);
    throw;
  }
}

PostgresConnection::~PostgresConnection() { PQfinish(handle_); }

void PostgresConnection::connect(const PostgresPlace& place) {
  // What stands before the URL can be set otherwise by it; what stands after it cannot.
  std::vector<const char*> keys{"connect_timeout", "dbname"};
  std::vector<const char*> values{"5", place.url.c_str()};
  const auto add = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  add("fallback_application_name", "ingot");
  add("client_encoding", "UTF8");
  // A session whose network is gone ends within seconds, idle or not: each of the two alone misses one of these.
  add("keepalives", "1");
  add("keepalives_idle", "2");
  add("keepalives_interval", "1");
  add("keepalives_count", "2");
  add("tcp_user_timeout", "3000");
  if (!place.password.empty()) add("password", place.password.c_str());
  add(nullptr, nullptr);
  handle_ = PQconnectdbParams(keys.data(), values.data(), 1);
  if (handle_ == nullptr) throw Error(Fault::local, "no memory left for a connection to the state");
  PQsetNoticeProcessor(
      handle_, [](void*, const char*) {}, nullptr);
  if (PQstatus(handle_) == CONNECTION_OK) return;
  const std::string said = one_line(PQerrorMessage(handle_));
  if (tells_of_login(said)) throw refused_login(shown_, said);
  throw tells_of_certificates(said) ? unsafe_way(shown_, said) : unreachable(shown_, said);
}

void PostgresConnection::refuse_a_pooler() {
  // A pooler gives each client a number of its own for its session, never that of the database's process.
  const auto process = text("SELECT pg_catalog.pg_backend_pid()::text");
  if (process && *process == std::to_string(PQbackendPID(handle_))) return;
  throw Error(Fault::local,
              fmt::format("between this machine and the state \"{}\" is a connection pooler, such as pgbouncer", shown_),
              "name the database itself in `state` of [server]: a pooler keeps the run lock of a run that has ended");
}

void PostgresConnection::set_up() {
  constexpr int oldest = 140'000;
  if (const int version = PQserverVersion(handle_); version < oldest) {
    throw Error(Fault::local, fmt::format("the database of the state \"{}\" is PostgreSQL {}", shown_, version / 10'000),
                "use PostgreSQL 14 or newer");
  }
  // The server's side of the same, for sessions over TCP; sockets take no notice.
  run("SET client_min_messages = error; SET standard_conforming_strings = on; SET lock_timeout = '5s';"
      " SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 2; SET tcp_user_timeout = 3000;"
      " SET client_connection_check_interval = 500; SET cursor_tuple_fraction = 1.0; SET default_transaction_deferrable = off;"
      " SET default_transaction_read_only = off; SET statement_timeout = 0; SET idle_session_timeout = 0; SET "
      "idle_in_transaction_session_timeout = 0;"
      " SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'");
  use_schema(schema_);
}

void PostgresConnection::use_schema(const std::string& schema) {
  schema_ = schema;
  run(fmt::format("SET search_path = {}", quoted_schema()));
}

std::optional<std::string> PostgresConnection::run(const std::string& script) {
  return first_text(PQexec(handle_, script.c_str()));
}

std::optional<std::string> PostgresConnection::first_text(pg_result* whole) const {
  Result result(whole);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) fail(result.release());
  if (PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) == 1) return std::nullopt;
  return std::string(PQgetvalue(result.get(), 0, 0), static_cast<std::size_t>(PQgetlength(result.get(), 0, 0)));
}

std::optional<std::string> PostgresConnection::text(const char* sql, std::initializer_list<std::string> parameters) {
  std::vector<const char*> values;
  for (const auto& parameter : parameters) values.push_back(parameter.c_str());
  return first_text(PQexecParams(handle_, sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
}

bool PostgresConnection::has_schema() {
  const auto usable =
      text("SELECT has_schema_privilege(oid, 'USAGE')::text FROM pg_catalog.pg_namespace WHERE nspname = $1", {schema_});
  if (usable && *usable == "false") throw meaning(shown_, "42501", "permission denied for schema " + schema_);
  return usable.has_value();
}

bool PostgresConnection::in_transaction() const {
  const auto status = PQtransactionStatus(handle_);
  return status == PQTRANS_ACTIVE || status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

void PostgresConnection::fail(pg_result* failed) const {
  const Result result(failed);
  if (!result || PQstatus(handle_) != CONNECTION_OK)
    throw unreachable(shown_, "the connection was lost: " + one_line(PQerrorMessage(handle_)));
  const char* const state = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
  const char* const said = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  throw meaning(shown_, state == nullptr ? "" : state, said == nullptr ? one_line(PQerrorMessage(handle_)) : std::string(said));
}

}  // namespace ingot::state
