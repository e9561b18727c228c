// What the machines of one server tell each other of its peers, through the database that its state is in (decisions/0013).
#include "schema/error.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

// A table of the engine's: a file has none, and a schema gets it when there is something to say.
constexpr char peer_table[] =
    "CREATE TABLE IF NOT EXISTS engine_peer ("
    " id BLOB PRIMARY KEY,"
    " head TEXT NOT NULL,"
    " url TEXT NOT NULL,"
    " fetched INTEGER NOT NULL,"
    " evidence TEXT NOT NULL)";

}  // namespace

bool State::is_shared() const { return impl_->database.engine().is_shared(); }

std::vector<KnownToAll> State::known_to_all() const {
  std::vector<KnownToAll> all;
  Database& database = impl_->database;
  if (!database.engine().is_shared()) return all;
  return impl_->read([&] {
    if (!database.engine().has_table(database, "engine_peer")) return all;
    Statement rows = database.query("SELECT id, head, url, fetched, evidence FROM engine_peer ORDER BY id");
    while (rows.step()) {
      KnownToAll& known = all.emplace_back();
      known.id = rows.next<ServerId>();
      known.head = rows.next<std::string>();
      known.url = rows.next<std::string>();
      known.fetched = rows.next<Time>();
      known.evidence = rows.next<std::string>();
    }
    return all;
  });
}

void write_known_to_all(Database& database, const std::vector<KnownToAll>& peers) {
  database.run_script(peer_table);
  for (const KnownToAll& known : peers) {
    database.execute(
        "INSERT INTO engine_peer (id, head, url, fetched, evidence) VALUES (?1, ?2, ?3, ?4, ?5)"
        " ON CONFLICT (id) DO UPDATE SET head = ?2, url = ?3, fetched = ?4, evidence = ?5",
        known.id, known.head, known.url, known.fetched, known.evidence);
  }
}

void State::make_known_to_all(const std::vector<KnownToAll>& peers) {
  Database& database = impl_->database;
  if (!database.engine().is_shared() || peers.empty()) return;
  const std::scoped_lock lock(impl_->mutex);
  Transaction transaction(database, Transaction::Kind::write);
  write_known_to_all(database, peers);
  transaction.commit();
}

}  // namespace ingot::state
