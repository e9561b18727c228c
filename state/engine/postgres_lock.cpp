#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>

#include "schema/error.hpp"
#include "state/engine/database_lock.hpp"
#include "state/engine/postgres.hpp"

namespace ingot::state {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

/// For the answer to a sign of life.
constexpr milliseconds longest_wait{5'000};

std::string schema_number(PostgresConnection& connection) {
  return connection.text("SELECT oid::text FROM pg_catalog.pg_namespace WHERE nspname = $1", {connection.schema()}).value_or("0");
}

std::string lock_key(PostgresConnection& connection) {
  return fmt::format("{}", (lock_class << 32) | std::stoll(schema_number(connection)));
}

/// Whether an answer came in time, and was a good one.
bool answered(PGconn* handle, SteadyClock::time_point end) {
  if (PQsendQuery(handle, "SELECT 1") == 0) return false;
  while (PQisBusy(handle) == 1) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - SteadyClock::now());
    if (left.count() <= 0) return false;
    pollfd socket{PQsocket(handle), POLLIN, 0};
    if (::poll(&socket, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) return false;
    if (PQconsumeInput(handle) == 0) return false;
  }
  bool good = false;
  while (PGresult* const result = PQgetResult(handle)) {
    good = PQresultStatus(result) == PGRES_TUPLES_OK;
    PQclear(result);
  }
  return good;
}

}  // namespace

bool LostRun::is_lost() const {
  const std::scoped_lock lock(mutex_);
  return lost_;
}

void LostRun::lose() {
  const std::scoped_lock lock(mutex_);
  lost_ = true;
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void LostRun::watch(int socket) {
  const std::scoped_lock lock(mutex_);
  socket_ = socket;
}

struct DatabaseLock::Impl {
  explicit Impl(const Place& place) : connection(in_postgres(place)) {}
  PostgresConnection connection;
  std::string key;
  std::int64_t number = 0;
  std::shared_ptr<LostRun> lost = std::make_shared<LostRun>();
};

DatabaseLock::DatabaseLock(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DatabaseLock::DatabaseLock(DatabaseLock&&) noexcept = default;
DatabaseLock& DatabaseLock::operator=(DatabaseLock&&) noexcept = default;

DatabaseLock::~DatabaseLock() {
  if (!impl_ || impl_->lost->is_lost()) return;
  // The end of a session frees it too, but a moment later.
  PQclear(PQexec(impl_->connection.handle(), fmt::format("SELECT pg_advisory_unlock({})", impl_->key).c_str()));
}

std::optional<DatabaseLock> DatabaseLock::try_take(const Place& place, const std::string& who) {
  auto impl = std::make_unique<Impl>(place);
  PostgresConnection& connection = impl->connection;
  require_schema(connection);
  impl->key = lock_key(connection);
  if (connection.text(fmt::format("SELECT pg_try_advisory_lock({})::text", impl->key).c_str()) != "true") return std::nullopt;
  // A write of the run before this one, whose session is gone, may still be under way.
  connection.run("SET lock_timeout = '20s'; SET idle_session_timeout = '12s'");
  const auto number =
      connection.text("UPDATE engine SET fence = fence + 1, holder = $1 WHERE one = 1 RETURNING fence::text", {who});
  if (!number) throw_damaged(connection.shown(), "a row is missing");
  impl->number = std::stoll(*number);
  return DatabaseLock(std::move(impl));
}

std::optional<std::string> DatabaseLock::holder(const Place& place) {
  PostgresConnection connection(in_postgres(place));
  require_schema(connection);
  const std::string schema = schema_number(connection);
  const auto held = connection.text(
      fmt::format("SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = {} AND objid = {} AND objsubid = 1"
                  " AND granted AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())",
                  lock_class, schema)
          .c_str());
  if (!held) return std::nullopt;
  return connection.text("SELECT holder FROM engine WHERE one = 1").value_or("");
}

bool DatabaseLock::still_held() {
  if (impl_->lost->is_lost()) return false;
  if (answered(impl_->connection.handle(), SteadyClock::now() + longest_wait)) return true;
  impl_->lost->lose();
  return false;
}

RunFence DatabaseLock::fence() const {
  return {.number = impl_->number, .session = PQbackendPID(impl_->connection.handle()), .lost = impl_->lost};
}

}  // namespace ingot::state
