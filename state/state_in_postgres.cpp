// Making and opening a state in PostgreSQL. state.cpp does the same for a file.
#include <fmt/format.h>

#include "schema/error.hpp"
#include "schema/text/url.hpp"
#include "state/engine/postgres.hpp"
#include "state/engine/postgres_dialect.hpp"
#include "state/state_impl.hpp"
#include "state/upgrade.hpp"
#include "tables.hpp"

namespace ingot::state {

State State::create(const Place& place, const std::string& lineage, const ServerId& self, const ServerName& name) {
  if (!is_database_url(place.where)) return create(place.where, lineage, self, name);
  make_postgres_schema(in_postgres(place), tables_sql, newest_format(product_upgrades()),
                       [&](Database& database) { begin_meta(database, lineage, self, name); });
  return open(place, Access::read_write);
}

State State::open(const Place& place, Access access) {
  if (!is_database_url(place.where)) return open(place.where, access);
  auto engine = std::make_unique<PostgresEngine>(in_postgres(place));
  PostgresConnection& connection = engine->connection();
  require_schema(connection);
  if (access == Access::read_only) connection.run("SET default_transaction_read_only = on");
  auto impl = std::make_unique<Impl>(std::move(engine));
  const int format = recognise(impl->database, product_upgrades());
  // Formats before this one were of files alone.
  if (format < newest_format(product_upgrades())) throw_damaged(impl->database.place(), fmt::format("its format is {}", format));
  impl->read_meta();
  return State(std::move(impl));
}

bool State::is_in_database(const Place& place) { return PostgresConnection(in_postgres(place)).has_schema(); }

void State::hold_to(const RunFence& fence) { impl_->database.engine().hold_to(fence); }

}  // namespace ingot::state
