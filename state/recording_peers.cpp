// Effects on registrations, subscriptions and types, and the counters of a recording.
#include <fmt/format.h>

#include "schema/error.hpp"
#include "state/lines.hpp"
#include "state/recording.hpp"

namespace ingot::state {

void throw_changed_by_another(const Database& database) {
  throw Error(Fault::local,
              fmt::format("the state \"{}\" was changed by another program while this one used it", database.place()),
              "run again, and never two programs on one state at once");
}

void Recording::write(const Effect& effect) {
  std::visit([this](const auto& one) { put(one); }, effect);
}

std::uint64_t Recording::close(std::uint64_t generation) {
  database_.execute("UPDATE meta SET generation = generation + ?, content = content + ?, common_revision = common_revision + ?",
                    changed_, content_, common_);
  return generation + (changed_ ? 1 : 0);
}

void Recording::touch(const ServerId& peer) {
  database_.execute("INSERT INTO peer (id, revision) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET revision = peer.revision + 1",
                    peer);
  changed_ = true;
}

void Recording::put(const PutRegistration& effect) {
  const auto& row = effect.registration;
  touch(row.id);
  if (effect.replaces && *effect.replaces != row.id) {
    touch(*effect.replaces);
    database_.execute("DELETE FROM subscription WHERE peer = ?", *effect.replaces);
    database_.execute("DELETE FROM registration WHERE id = ?", *effect.replaces);
  }
  database_.execute(
      "INSERT INTO registration (id, name, own_name, urls, serial, head, registered, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
      " ON CONFLICT (id) DO UPDATE SET name = excluded.name, own_name = excluded.own_name, urls = excluded.urls,"
      " serial = excluded.serial, head = excluded.head, registered = excluded.registered, seen = excluded.seen",
      row.id, row.name, row.own_name, write_lines(row.urls), row.serial, row.head, row.registered, row.seen);
  // Its subscriptions go with it under the new name (R5); their addresses hold that name.
  database_.execute(
      "UPDATE subscription SET peer_name = ?1,"
      " rule = 'subscription.' || ?1 || '.' || kind || CASE value WHEN '' THEN '' ELSE '.' || value END"
      " WHERE peer = ?2 AND peer_name <> ?1",
      row.name, row.id);
}

void Recording::put(const DropRegistration& effect) {
  touch(effect.id);
  if (database_.execute("DELETE FROM registration WHERE id = ?", effect.id) == 0) {
    throw Error(Fault::internal, fmt::format("no peer {} is registered", effect.id.text()));
  }
}

void Recording::put(const SeenPeer& effect) {
  // Not part of what makes a peer settled: the fingerprint holds the peer's own index.
  const auto newer =
      database_.execute("UPDATE registration SET serial = ?1, head = ?2 WHERE id = ?3 AND (serial <> ?1 OR head <> ?2)",
                        effect.serial, effect.head, effect.id);
  if (newer > 0) changed_ = true;
  database_.execute("UPDATE registration SET seen = ? WHERE id = ?", effect.seen, effect.id);
}

void Recording::put(const PutSubscription& effect) {
  const auto& row = effect.row;
  touch(row.peer);
  database_.execute(
      "INSERT INTO subscription (peer, kind, value, peer_name, baseline, since, options, rule, instantiated)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (peer, kind, value) DO UPDATE SET peer_name = excluded.peer_name,"
      " baseline = excluded.baseline, since = excluded.since, options = excluded.options, rule = excluded.rule,"
      " instantiated = excluded.instantiated, stopped = NULL",
      row.peer, kind_of(row.selector), value_of(row.selector), row.peer_name, row.baseline, row.since, row.options, row.rule,
      row.instantiated);
}

void Recording::put(const StopSubscription& effect) {
  touch(effect.peer);
  if (database_.execute("UPDATE subscription SET stopped = ? WHERE peer = ? AND kind = ? AND value = ?", effect.stopped,
                        effect.peer, kind_of(effect.selector), value_of(effect.selector)) == 0) {
    throw Error(Fault::internal,
                fmt::format("no subscription \"{}\" {} to stop", kind_of(effect.selector), value_of(effect.selector)));
  }
}

void Recording::put(const PutType& effect) {
  if (is_builtin(effect.name)) throw Error(Fault::internal, fmt::format("the type \"{}\" is built in", effect.name.text()));
  Statement old = database_.query("SELECT base FROM imagetype WHERE name = ?", effect.name);
  const bool known = old.step();
  if (!known || old.next<TypeName>() != effect.base) {
    // A peer's images of this type may fit now, or no longer (R13).
    touch_all();
    if (database_.query("SELECT 1 FROM image WHERE type = ? AND deleted = 0 AND is_private = 0", effect.name).step())
      content_ = true;
  }
  changed_ = true;
  database_.execute(
      "INSERT INTO imagetype (name, base, managed) VALUES (?, ?, ?)"
      " ON CONFLICT (name) DO UPDATE SET base = excluded.base, managed = excluded.managed",
      effect.name, effect.base, effect.managed);
}

void Recording::put(const DropType& effect) {
  if (database_.execute("DELETE FROM imagetype WHERE name = ? AND images = 0", effect.name) == 0) {
    throw Error(Fault::internal, fmt::format("the type \"{}\" is not here, or images are of it", effect.name.text()));
  }
  touch_all();
}

}  // namespace ingot::state
