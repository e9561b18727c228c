// A state made anew of what a lost one left. Nothing in it is managed, so that nothing can follow from it but what a
// manifest asks for; no serial is given twice; and the first head after it is published whatever it says.
#include <map>

#include "state/engine/sqlite.hpp"
#include "state/engine/state_file.hpp"
#include "state/image_table.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

class Restoring {
 public:
  Restoring(Database& database, const Restoration& what) : database_(database), what_(what), recording_(database, what.self) {}

  void all() {
    for (const auto& type : what_.types) recording_.write(PutType{.name = type.name, .base = type.base, .managed = false});
    for (const auto& image : what_.images) put(image);
    for (const auto& series : what_.series) put(series);
    for (const auto& peer : what_.registrations)
      recording_.write(PutRegistration{.registration = peer, .replaces = std::nullopt});
    for (const auto& row : what_.subscriptions) put(row);
    for (const auto& row : what_.exports) recording_.write(PutExport{.row = row});
    for (const auto& row : what_.exported) recording_.write(PutExported{.row = row});
    for (const auto& row : what_.deltas) recording_.write(PutDelta{.row = row});
    for (const auto& floor : what_.floors) write_floor(database_, floor);
    put_counters();
    recording_.note_change();
    recording_.close(0);
  }

 private:
  void put(const RestoredImage& image) {
    const ImageRow& row = image.row;
    const std::int64_t object = recording_.put_object(row, image.packed);
    const ImageKey key = insert_image(database_, row, object, std::nullopt);
    std::vector<StateSince> past = image.states;
    std::optional<Serial> since;
    if (!past.empty()) {
      since = past.back().since;
      past.pop_back();
    }
    database_.execute(
        "UPDATE image SET listed = ?2, identity_created = CASE copy WHEN 0 THEN ?2 ELSE identity_created END, state_since = ?3,"
        " past_states = ?4, deleted_serial = ?5 WHERE key = ?1",
        key, row.created, since, write_past_states(past), image.deleted);
    if (!row.deleted && row.identity)
      keys_.emplace(
          ImageIdentity{row.identity->origin, row.identity->name, row.copy ? row.identity->created : row.created.value_or(0)},
          key);
  }

  void put(const RestoredSeries& series) {
    const std::int64_t number = database_.insert(
        "INSERT INTO series (name, managed, wanted, created, deleted, deleted_serial) VALUES (?, 0, '', ?, ?, ?) RETURNING "
        "number",
        series.name, series.created, series.deleted.has_value(), series.deleted);
    std::int64_t position = 0;
    for (const auto& member : series.members) {
      const auto key = keys_.find(member.image);
      if (key == keys_.end()) continue;
      database_.execute("INSERT INTO series_member (series, position, image, added) VALUES (?, ?, ?, ?)", number, position++,
                        key->second, member.added);
    }
  }

  void put(const SubscriptionRow& row) {
    SubscriptionRow running = row;
    running.stopped.reset();
    running.copies = 0;
    recording_.write(PutSubscription{.row = running});
    if (row.stopped) recording_.write(StopSubscription{.peer = row.peer, .selector = row.selector, .stopped = *row.stopped});
  }

  void put_counters() {
    database_.execute(
        "UPDATE meta SET live_images = (SELECT count(*) FROM image WHERE deleted = 0), content = content + 1, made_anew = 1, "
        "reserved = ?,"
        " common_revision = common_revision + ?",
        what_.reserved, what_.revision);
    database_.execute("UPDATE imagetype SET images = (SELECT count(*) FROM image WHERE deleted = 0 AND type = imagetype.name)");
    database_.engine().set_newest_key(database_, "action", what_.last_action);
  }

  Database& database_;
  const Restoration& what_;
  Recording recording_;
  std::map<ImageIdentity, ImageKey> keys_;  ///< of live images
};

void write_restoration(const std::string& path, const Restoration& what) {
  Database database(open_sqlite(path, OpenMode::read_write));
  Transaction transaction(database, Transaction::Kind::write);
  Restoring(database, what).all();
  transaction.commit();
}

}  // namespace

void State::restore(const std::string& path, const Restoration& what, const RunRecord& by,
                    const std::function<void()>& before_its_name) {
  const std::string beside = make_beside(path, what.lineage, what.self, what.name, [&](const std::string& filled) {
    write_restoration(filled, what);
    State made = open(filled, Access::read_write);
    made.begin_run(by.start);
    made.finish_run(by.start.id, by.finished.value(), by.exit_code.value());
  });
  before_its_name();
  publish_file(beside, path);
}

}  // namespace ingot::state
