// Damaged rows in a file that is put together as it should be: finding them all, and reading what is between them.
#include <algorithm>
#include <limits>
#include <set>

#include "state/export_table.hpp"
#include "state/image_table.hpp"
#include "state/peer_table.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

std::set<ServerId> known_peers(Database& database, const std::vector<Floor>& floors) {
  std::set<ServerId> known;
  for (const auto& floor : floors) known.insert(floor.id);
  LeftOut ignored;
  Statement rows = database.query("SELECT id FROM peer");
  each_row_of(rows, &ignored, [&] { known.insert(rows.next<ServerId>()); });
  return known;
}

/// A row of a server that nothing else tells of is one whose identity was damaged.
template <class Rows, class IdOf>
std::uint64_t leave_out_unknown(Rows& rows, const std::set<ServerId>& known, IdOf id_of) {
  return std::erase_if(rows, [&](const auto& row) { return !known.contains(id_of(row)); });
}

}  // namespace

void State::check_rows() const {
  impl_->read([&] {
    snapshot();
    check_shown_states(impl_->database);
    check_history(impl_->database);
    each_public(true, {.image = [](const ImageEntry&) {},
                       .deleted_image = [](const ImageTombstone&) {},
                       .series = [](const SeriesEntry&) {},
                       .deleted_series = [](const SeriesTombstone&) {},
                       .type = [](const TypeEntry&) {}});
    each_object([](const ObjectRow&) {});
    stated();
    published();
    for (const auto& floor : floors()) revision_of(floor.id);
    applied_last();
  });
}

bool State::is_well_formed() const {
  return impl_->read([&] { return impl_->database.engine().is_well_formed(impl_->database); });
}

Salvage State::salvage() const {
  return impl_->read([&] {
    Database& database = impl_->database;
    Salvage found;
    LeftOut left_out;
    found.reserved = reserved_serial();
    Statement floors = database.query("SELECT id, epoch, serial, head, root_version, issued FROM floor");
    each_row_of(floors, &left_out, [&] { found.floors.push_back(read_floor(floors)); });
    found.registrations = read_registrations(database, &left_out);
    found.subscriptions = read_subscriptions(database, &left_out);
    found.exports = read_exports(database, &left_out);
    found.exported = read_exported(database, &left_out);
    each_image(
        database, [&](ImageRow&& row) { found.images.push_back(std::move(row)); }, &left_out);
    const std::set<ServerId> known = known_peers(database, found.floors);
    left_out.rows += leave_out_unknown(found.registrations, known, [](const Registration& row) { return row.id; });
    left_out.rows += leave_out_unknown(found.subscriptions, known, [](const SubscriptionRow& row) { return row.peer; });
    found.left_out = left_out.rows;
    return found;
  });
}

}  // namespace ingot::state
