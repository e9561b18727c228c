// What the parts of State share: the connection, what this state is called, and how a change is written.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "state/engine/database.hpp"
#include "state/recording.hpp"
#include "state/state.hpp"

namespace ingot::state {

/// A state with nothing in it, made under another name and renamed when whole, so that whoever sees the name sees a state;
/// `fill` works on it before that. Gives the other name; nothing is left of it if that fails.
std::string make_beside(const std::string& path, const std::string& lineage, const ServerId& self, const ServerName& name,
                        const std::function<void(const std::string& beside)>& fill);

/// The one row that says whose state it is; everything in it begins with 0.
void begin_meta(Database& database, const std::string& lineage, const ServerId& self, const ServerName& name);

/// The columns id, epoch, serial, head, root_version, issued of `floor`.
Floor read_floor(Statement& row);
/// Of each part of a floor the higher one stays.
void write_floor(Database& database, const Floor& floor);

/// make_known_to_all inside a transaction.
void write_known_to_all(Database& database, const std::vector<KnownToAll>& peers);

/// Reads the whole history.
void check_history(Database& database);

struct State::Impl {
  explicit Impl(std::unique_ptr<Engine> engine) : database(std::move(engine)) {}
  /// Reads whose state it is.
  void read_meta();

  Database database;
  std::string lineage;
  ServerId self;
  std::uint64_t generation = 0;  ///< as this program knows it; another one in the file means that another program wrote
  /// Calls may come from several threads, and a visitor may ask the state again.
  std::recursive_mutex mutex;

  /// The number for an action that begins now.
  std::int64_t next_action() { return database.engine().newest_key(database, "action") + 1; }

  /// One durable transaction around `work(Recording&)`.
  template <class Work>
  auto write(const Work& work) {
    const std::scoped_lock lock(mutex);
    Transaction transaction(database, Transaction::Kind::write);
    // Before the work: what another program wrote would look like a contradiction to it.
    if (static_cast<std::uint64_t>(database.number("SELECT generation FROM meta WHERE one = 1")) != generation)
      throw_changed_by_another(database);
    Recording recording(database, self);
    if constexpr (std::is_void_v<decltype(work(recording))>) {
      work(recording);
      const auto now = recording.close(generation);
      transaction.commit();
      generation = now;
    } else {
      auto result = work(recording);
      const auto now = recording.close(generation);
      transaction.commit();
      generation = now;
      return result;
    }
  }

  /// `work()` sees the state as it is at one moment.
  template <class Work>
  decltype(auto) read(const Work& work) {
    const std::scoped_lock lock(mutex);
    // A visitor of one read may start another: it sees the same moment.
    if (database.in_transaction()) return work();
    const Transaction transaction(database, Transaction::Kind::read);
    return work();
  }
};

}  // namespace ingot::state
