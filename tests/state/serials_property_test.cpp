// The law of serials: whatever happens, and wherever a publish dies between its serial and its end, every event bears
// the serial of the first head that shows it, for ever; what is private is never shown; nothing vanishes in silence.
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/state/state_fixture.hpp"
#include "tests/support/test_folder.hpp"

namespace ingot::serials_property_test {
namespace {

using Events = std::map<std::string, Serial>;

std::string text_of_identity(const ImageIdentity& image) {
  return image.origin.root.hex().substr(0, 2) + "/" + image.name.text() + "@" + std::to_string(image.created);
}

/// Every event that a catalog tells, with its serial. A thing is named by what is told of it and its place in time.
Events events_of(const Catalog& catalog) {
  Events events;
  for (const auto& image : catalog.images) {
    events["listed " + text_of_identity(image.identity)] = image.listed;
    for (std::size_t i = 0; i < image.states.size(); ++i) {
      events["state " + std::to_string(i) + " of " + text_of_identity(image.identity) + " " +
             std::string(text_of(image.states[i].state))] = image.states[i].since;
    }
  }
  for (const auto& image : catalog.deleted) events["deleted " + text_of_identity(image.identity)] = image.deleted;
  for (const auto& series : catalog.series) {
    events["series " + series.name.text() + "@" + std::to_string(series.created)] = series.created;
    for (const auto& member : series.members) {
      events["member " + text_of_identity(member.image) + " of " + series.name.text() + "@" + std::to_string(series.created)] =
          member.added;
    }
  }
  for (const auto& series : catalog.deleted_series) {
    events["deleted series " + series.name.text() + "@" + std::to_string(series.created)] = series.deleted;
  }
  return events;
}

class Site {
 public:
  Site() : place_(place_for_a_state(folder_)), state_(state::State::create(place_, lineage, self, ServerName::of("here"))) {}

  void do_something() {
    const auto snapshot = state_.snapshot();
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
      case 1: return add(false);
      case 2: return add(true);
      case 3: return add_copy();
      case 4: return drop(snapshot);
      case 5: return change(snapshot);
      case 6:
      case 7: return put_series(snapshot);
      default: return drop_series(snapshot);
    }
  }

  /// Reserves a serial and looks at what a reader of that head would see; perhaps dies before the end.
  void publish() {
    const bool pending = state_.content_pending(false);
    const Serial serial = state_.reserve_serial(*rc::gen::inRange<Serial>(0, 20));
    RC_ASSERT(serial > last_);
    last_ = serial;
    const auto catalog = catalog_of(state_, true);
    check_events(catalog, serial);
    check_secrets(catalog);
    check_nothing_vanished(catalog);
    if (!pending) RC_ASSERT(catalog == finished_);
    shown_ = catalog;
    if (*rc::gen::inRange(0, 3) == 0) return reopen();
    finished_ = catalog;
    state_.finish_publish({.serial = serial, .head = {}, .index = {}, .expires = at(1), .copies_published = false});
    RC_ASSERT(!state_.content_pending(false));
  }

 private:
  static ImageName some_name() { return ImageName::of("n" + std::to_string(*rc::gen::inRange(0, 4))); }

  bool taken(const ImageName& name) const {
    const auto snapshot = state_.snapshot();
    const auto* const image = find_image(snapshot, name.text());
    return image != nullptr && !image->deleted;
  }

  void add(bool secret) {
    // Private images have names of their own, so that none of these may ever be seen.
    auto row = own_row((secret ? "secret-" : "") + some_name().text(), "bits" + std::to_string(*rc::gen::inRange(0, 2)));
    row.is_private = secret;
    if (taken(row.name)) return;
    const auto snapshot = state_.snapshot();
    if (!snapshot.images.empty() && *rc::gen::arbitrary<bool>()) row.parent = any(snapshot).key;
    state_.record({put(row)});
  }

  void add_copy() {
    const auto name = some_name();
    if (!taken(name)) state_.record({put(copy_row(server_id(2), name.text(), ++copies_))});
  }

  static const state::ImageRow& any(const state::Snapshot& snapshot) {
    return snapshot.images[*rc::gen::inRange<std::size_t>(0, snapshot.images.size())];
  }

  void drop(const state::Snapshot& snapshot) {
    if (snapshot.images.empty() || any(snapshot).deleted) return;
    for (const auto& image : snapshot.images) {
      if (image.deleted || *rc::gen::inRange(0, 3) != 0) continue;
      state_.record({state::DropImage{image.key}});
    }
  }

  void change(const state::Snapshot& snapshot) {
    if (snapshot.images.empty()) return;
    auto row = any(snapshot);
    if (row.deleted) return;
    row.state = *rc::gen::element(ImageState::testable, ImageState::published, ImageState::withdrawn);
    row.protect = *rc::gen::arbitrary<bool>();
    state_.record({state::ChangeImage{row}});
  }

  void put_series(const state::Snapshot& snapshot) {
    state::SeriesRow row{.name = SeriesName::of("s" + std::to_string(*rc::gen::inRange(0, 2))),
                         .managed = true,
                         .members = {},
                         .follow = {},
                         .wanted = {}};
    for (const auto& image : snapshot.images) {
      if (!image.deleted && *rc::gen::arbitrary<bool>()) row.members.push_back({image.key, image.name});
    }
    state_.record({state::PutSeries{row}});
  }

  void drop_series(const state::Snapshot& snapshot) {
    if (!snapshot.series.empty()) state_.record({state::DropSeries{snapshot.series.front().name}});
  }

  void reopen() {
    { const state::State gone = std::move(state_); }
    state_ = state::State::open(place_, state::Access::read_write);
  }

  void check_events(const Catalog& catalog, Serial serial) {
    for (const auto& [what, since] : events_of(catalog)) {
      const auto told = told_.try_emplace(what, serial).first;
      // The same event; or the same thing once more, since it left and came back or changed state anew. An image that
      // was deleted and is put back is the same image (R18): it bears the serials that it bore.
      RC_LOG() << what << " since " << since << " in head " << serial << "\n";
      RC_ASSERT(since == told->second || since == serial);
      told->second = since;
    }
  }

  static void check_secrets(const Catalog& catalog) {
    const auto is_secret = [](const ImageIdentity& image) { return image.name.text().starts_with("secret"); };
    for (const auto& image : catalog.images) RC_ASSERT(!is_secret(image.identity) && !(image.parent && is_secret(*image.parent)));
    for (const auto& image : catalog.deleted)
      RC_ASSERT(!is_secret(image.identity) && !(image.parent && is_secret(*image.parent)));
    for (const auto& series : catalog.series) {
      for (const auto& member : series.members) RC_ASSERT(!is_secret(member.image));
    }
  }

  void check_nothing_vanished(const Catalog& catalog) const {
    std::set<ImageIdentity> known;
    for (const auto& image : catalog.images) known.insert(image.identity);
    for (const auto& image : catalog.deleted) known.insert(image.identity);
    for (const auto& image : shown_.images) RC_ASSERT(image.identity.origin != self || known.contains(image.identity));
    for (const auto& image : shown_.deleted) RC_ASSERT(known.contains(image.identity));
    std::set<std::pair<SeriesName, Serial>> series;
    for (const auto& one : catalog.series) series.emplace(one.name, one.created);
    for (const auto& one : catalog.deleted_series) series.emplace(one.name, one.created);
    for (const auto& one : shown_.series) RC_ASSERT(series.contains({one.name, one.created}));
    for (const auto& one : shown_.deleted_series) RC_ASSERT(series.contains({one.name, one.created}));
  }

  testing_support::TestFolder folder_;
  state::Place place_;
  state::State state_;
  Serial last_ = 0;
  Serial copies_ = 0;
  Events told_;       ///< by any head, finished or not
  Catalog shown_;     ///< by the last head, finished or not
  Catalog finished_;  ///< by the last finished head
};

RC_GTEST_PROP(serials, every_event_bears_the_serial_of_the_first_head_that_shows_it, ()) {
  Site site;
  const auto steps = *rc::gen::inRange(1, 12);
  for (int i = 0; i < steps; ++i) {
    for (int n = *rc::gen::inRange(0, 4); n > 0; --n) site.do_something();
    site.publish();
  }
}

}  // namespace
}  // namespace ingot::serials_property_test
