#include "tests/support/plan_model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/overloaded.hpp"
#include "tests/support/plan_builder.hpp"

namespace ingot::testing_support {

namespace {

/// Carries out one action after the other.
class Model {
 public:
  Model(state::Snapshot snapshot, const std::map<std::string, Digest>& sources, Time now)
      : state_(std::move(snapshot)), sources_(sources), now_(now) {
    for (const auto& row : state_.images) next_key_ = std::max(next_key_, row.key + 1);
  }

  void carry_out(const plan::Change& change) {
    rule_ = change.because.empty() ? "" : change.because.front().rule;
    std::visit([this](const auto& action) { act(action); }, change.action);
  }

  void publish() {
    ++state_.published_serial;
    state_.reserved_serial = state_.published_serial;
    state_.content_pending = false;
    for (auto& row : state_.images) {
      if (row.deleted || row.is_private || row.copy || row.created) continue;
      row.created = state_.published_serial;
      row.was_public = true;
      row.identity = ImageIdentity{.origin = case_server("here"), .name = row.name, .created = *row.created};
    }
  }

  void record(const std::vector<plan::Wantedness>& wantedness) {
    for (const auto& one : wantedness) {
      if (state::ImageRow* row = find(one.key)) row->unwanted_since = one.unwanted_since;
    }
  }

  void forget(const std::vector<plan::UnwantedDelta>& deltas) {
    for (const auto& one : deltas)
      std::erase_if(state_.deltas, [&](const state::DeltaRow& row) { return row.image == one.image && row.base == one.base; });
  }

  state::Snapshot finish() {
    for (auto& series : state_.series) {
      std::erase_if(series.members,
                    [&](const state::SeriesMemberRow& member) { return !find(member.image) || find(member.image)->deleted; });
      for (auto& member : series.members) member.name = find(member.image)->name;
    }
    settle_snapshot(state_);
    return std::move(state_);
  }

  const state::Snapshot& state() const { return state_; }

 private:
  state::ImageRow* find(state::ImageKey key) {
    const auto found =
        std::find_if(state_.images.begin(), state_.images.end(), [&](const state::ImageRow& row) { return row.key == key; });
    return found == state_.images.end() ? nullptr : &*found;
  }
  const state::ImageRow* live(const std::string& name) const {
    const auto found = std::find_if(state_.images.begin(), state_.images.end(),
                                    [&](const state::ImageRow& row) { return !row.deleted && row.name.text() == name; });
    return found == state_.images.end() ? nullptr : &*found;
  }

  void act(const plan::RegisterPeer& action) {
    state_.registrations.push_back(state::Registration{.name = action.peer,
                                                       .own_name = action.card.name,
                                                       .id = action.card.id,
                                                       .urls = action.urls,
                                                       .serial = action.head.serial,
                                                       .head = action.head.digest,
                                                       .registered = now_,
                                                       .seen = now_});
  }
  void act(const plan::UpdatePeer& action) {
    if (action.replaces) {
      std::erase_if(state_.registrations, [&](const auto& one) { return one.id == *action.replaces; });
      std::erase_if(state_.subscriptions, [&](const auto& one) { return one.peer == *action.replaces; });
      state_.registrations.push_back(state::Registration{.name = action.peer,
                                                         .own_name = action.card.name,
                                                         .id = action.card.id,
                                                         .urls = {},
                                                         .serial = 0,
                                                         .head = {},
                                                         .registered = now_,
                                                         .seen = now_});
    }
    for (auto& one : state_.registrations) {
      if (one.id != action.card.id) continue;
      one.name = action.peer;
      one.own_name = action.card.name;
      one.urls = action.urls;
      for (auto& row : state_.subscriptions) {
        if (row.peer == one.id) row.peer_name = action.peer;
      }
    }
  }
  void act(const plan::UnregisterPeer& action) {
    std::erase_if(state_.registrations, [&](const auto& one) { return one.id == action.id; });
  }
  void act(const plan::CreateType& action) { put_type(action.name, action.base, action.managed); }
  void act(const plan::UpdateType& action) { put_type(action.name, action.base, action.managed); }
  void put_type(const TypeName& name, const TypeName& base, bool managed) {
    std::erase_if(state_.types, [&](const auto& one) { return one.name == name; });
    state_.types.push_back({.name = name, .base = base, .managed = managed, .images = 0});
  }
  void act(const plan::DeleteType& action) {
    std::erase_if(state_.types, [&](const auto& one) { return one.name == action.name; });
  }
  void act(const plan::Instantiate& action) { put_subscription(action.row); }
  void act(const plan::UpdateSubscription& action) { put_subscription(action.row); }
  void put_subscription(const state::SubscriptionRow& row) {
    std::erase_if(state_.subscriptions, [&](const auto& one) { return one.peer == row.peer && one.selector == row.selector; });
    state_.subscriptions.push_back(row);
  }
  void act(const plan::Uninstantiate& action) {
    for (auto& row : state_.subscriptions) {
      if (row.peer == action.id && row.selector == action.selector) row.stopped = action.stopped;
    }
  }
  void act(const plan::AddImage& action) {
    const LocalImage& image = action.image;
    for (auto& row : state_.images) {
      if (!row.deleted || row.copy || row.name != image.name) continue;
      if (row.digest != sources_.at(image.name.text())) continue;
      row.deleted = false;  // the same image comes back (R18)
      return describe(row, image);
    }
    state::ImageRow row = image_row(next_key_++, image.name.text());
    row.digest = sources_.at(image.name.text());
    if (image.parent) {
      row.parent_name = image.parent->text();
      const state::ImageRow* parent = live(row.parent_name);
      if (!parent) throw std::logic_error("an image is added before its parent is here");
      row.parent = parent->key;
    }
    describe(row, image);
    state_.images.push_back(std::move(row));
  }
  void describe(state::ImageRow& row, const LocalImage& image) {
    row.type = image.type;
    row.version = image.version;
    row.platform = image.platform;
    row.description = image.description;
    row.labels = image.labels;
    row.state = image.state;
    row.reason = image.reason;
    row.is_private = image.is_private;
    row.protect = image.protect;
    row.managed = true;
    row.rule = rule_;
    if (!row.is_private) state_.content_pending = true;
  }
  void act(const plan::UpdateImage& action) { put_row(action.row); }
  void act(const plan::UpdateCopy& action) { put_row(action.row); }
  void act(const plan::AdoptCopy& action) { put_row(action.row); }
  void act(const plan::WithdrawCopy& action) { put_row(action.row); }
  void put_row(const state::ImageRow& row) {
    state::ImageRow* here = find(row.key);
    if (!here) throw std::logic_error("an image is changed that is not here");
    if (live(row.name.text()) && live(row.name.text())->key != row.key) throw std::logic_error("a name is given twice");
    *here = row;
    state_.content_pending = true;
  }
  void act(const plan::DeleteImage& action) { drop(action.key); }
  void act(const plan::RemoveCopy& action) { drop(action.key); }
  void act(const plan::ExportImage& action) {
    const state::ImageRow* image = live(action.image.text());
    if (!image) throw std::logic_error("an image is exported that is not here");
    const bool is_there = is_exported(action.rule.name, action.folder, action.image);
    if (is_there != action.is_there) throw std::logic_error("an export is not where the plan saw it");
    drop_exported(action.rule.name, action.folder, action.image);
    state_.exported.push_back({.name = action.rule.name,
                               .folder = action.folder,
                               .image = action.image,
                               .digest = image->digest,
                               .kind = ImageKind::tree,
                               .top = "as it was made",
                               .listing = {},
                               .changes = action.rule.changes,
                               .owner = action.rule.owner.value_or(""),
                               .mode = mode_text(action.rule)});
  }
  void act(const plan::SwitchLink& action) {
    if (action.image && !is_exported(action.name, action.folder, *action.image))
      throw std::logic_error("a link moves to what is not exported");
    std::erase_if(state_.exports, [&](const auto& row) { return row.name == action.name && row.folder == action.folder; });
    if (!action.image) return;
    state_.exports.push_back({.name = action.name,
                              .folder = action.folder,
                              .link = action.link,
                              .linked = action.image,
                              .run_for = action.run.empty() ? action.before : action.image});
  }
  void act(const plan::Unexport& action) {
    const bool is_shown = std::any_of(state_.exports.begin(), state_.exports.end(), [&](const auto& row) {
      return row.name == action.row.name && row.folder == action.row.folder && row.linked == action.row.image;
    });
    if (is_shown) throw std::logic_error("an export goes to which the link points");
    if (!is_exported(action.row.name, action.row.folder, action.row.image))
      throw std::logic_error("an export goes that is not there");
    drop_exported(action.row.name, action.row.folder, action.row.image);
  }
  bool is_exported(const ExportName& name, const std::string& folder, const ImageName& image) const {
    return std::any_of(state_.exported.begin(), state_.exported.end(),
                       [&](const auto& row) { return row.name == name && row.folder == folder && row.image == image; });
  }
  void drop_exported(const ExportName& name, const std::string& folder, const ImageName& image) {
    std::erase_if(state_.exported,
                  [&](const auto& row) { return row.name == name && row.folder == folder && row.image == image; });
  }
  void act(const plan::UploadTree& action) {
    const std::string place = place_of(action.upload);
    std::erase_if(state_.uploads, [&](const auto& row) { return row.place == place; });
    state_.uploads.push_back({.place = place, .serial = state_.published_serial, .etag = "", .unfinished = 0});
  }
  void act(const plan::MakeDelta& action) {
    const state::ImageRow* image = live(action.image.text());
    const state::ImageRow* base = live(action.base.text());
    if (!image || !base) throw std::logic_error("a delta of an image that is not here");
    if (image->is_private || (!base->copy && base->is_private)) throw std::logic_error("a delta of a private image");
    if (action.base_digest && *action.base_digest != base->digest) throw std::logic_error("a delta from other bytes");
    const auto same = [&](const state::DeltaRow& row) { return row.image == image->digest && row.base == base->digest; };
    if (std::any_of(state_.deltas.begin(), state_.deltas.end(), same)) return;
    state_.deltas.push_back({.image = image->digest,
                             .base = base->digest,
                             .base_size = base->size,
                             .file = image->digest.bytes[0] % 2 == 0 ? std::nullopt : std::optional(Piece{image->digest, 5})});
    state_.content_pending = true;
  }
  void drop(state::ImageKey key) {
    state::ImageRow* row = find(key);
    if (!row || row->deleted) throw std::logic_error("an image is removed that is not here");
    if (row->protect) throw std::logic_error("a protected image is removed");
    row->deleted = true;
    row->managed = false;
    row->unwanted_since.reset();
    state_.content_pending = true;
  }
  void act(const plan::CreateSeries& action) { put_series(action.name, action.members, action.follow); }
  void act(const plan::UpdateSeries& action) { put_series(action.name, action.members, action.follow); }
  void put_series(const SeriesName& name, const std::vector<ImageName>& members, const std::optional<Follow>& follow) {
    std::erase_if(state_.series, [&](const auto& one) { return one.name == name; });
    state::SeriesRow row{.name = name, .managed = true, .members = {}, .follow = follow, .wanted = {}};
    for (const auto& member : members) {
      const state::ImageRow* image = live(member.text());
      if (!image) throw std::logic_error("a series is made before its member is here");
      row.members.push_back({.image = image->key, .name = member});
    }
    state_.series.push_back(std::move(row));
  }
  void act(const plan::DeleteSeries& action) {
    std::erase_if(state_.series, [&](const auto& one) { return one.name == action.name; });
  }
  void act(const plan::Publish&) { publish(); }
  void act(const plan::FetchAgain&) {}
  void act(const plan::TakeInAgain&) {}
  void act(const plan::CopyImage& action) {
    if (live(action.name.text())) throw std::logic_error("a copy takes a name that is borne");
    state::ImageRow row = image_row(next_key_++, action.name.text());
    const ImageEntry& entry = *action.entry;
    row.copy = true;
    row.identity = entry.identity;
    row.origin_name = entry.origin_name;
    row.copied_from = action.peer;
    row.digest = entry.digest;
    row.type = entry.type;
    row.version = entry.version;
    row.platform = entry.platform;
    row.description = entry.description;
    row.labels = entry.labels;
    row.state = action.state;
    row.protect = action.protect;
    row.parent_identity = entry.parent;
    row.rule = rule_;
    const auto known =
        std::any_of(state_.types.begin(), state_.types.end(), [&](const auto& type) { return type.name == entry.type; });
    if (!is_builtin(entry.type) && !known) throw std::logic_error("a copy comes before its type");
    state_.images.push_back(std::move(row));
    state_.content_pending = true;
  }

  state::Snapshot state_;
  const std::map<std::string, Digest>& sources_;
  Time now_;
  state::ImageKey next_key_ = 1;
  std::string rule_;
};

}  // namespace

state::Snapshot apply_model(state::Snapshot snapshot, const plan::Plan& plan, const std::map<std::string, Digest>& sources,
                            Time now, std::size_t most) {
  Model model(std::move(snapshot), sources, now);
  model.forget(plan.unwanted_deltas);
  std::size_t done = 0;
  bool whole = true;
  for (const auto& change : plan.actions) {
    if (change.deferred) continue;
    if (done++ >= most) {
      whole = false;
      break;
    }
    model.carry_out(change);
  }
  if (whole && model.state().content_pending) model.publish();
  if (whole) model.record(plan.wantedness);
  return model.finish();
}

std::string normal_text(const state::Snapshot& snapshot) {
  std::string text;
  for (const auto& one : snapshot.registrations)
    text += fmt::format("peer {} {} {}\n", one.name.text(), one.id.text(), fmt::join(one.urls, " "));
  for (const auto& one : snapshot.subscriptions) {
    text += fmt::format("subscription {} {} {} {} {} {}\n", one.peer_name.text(), kind_of(one.selector), value_of(one.selector),
                        one.since, one.options, one.stopped ? "stopped" : std::to_string(one.baseline));
  }
  for (const auto& one : snapshot.types)
    text += fmt::format("type {} {} {} {}\n", one.name.text(), one.base.text(), one.managed, one.images);
  std::vector<std::string> images;
  for (const auto& one : snapshot.images) {
    if (one.deleted) continue;
    std::string image = fmt::format("image {} {} {} {} {} {} {} {} {} {} {} {}\n", one.name.text(), one.digest.text(), one.copy,
                                    one.type.text(), text_of(one.state), one.description, one.withdrawn_by_origin, one.is_private,
                                    one.protect, one.managed, one.parent_name, one.unwanted_since.has_value());
    for (const auto& [label, value] : one.labels) image += "  " + label + "=" + value + "\n";
    images.push_back(std::move(image));
  }
  std::sort(images.begin(), images.end());
  for (const auto& image : images) text += image;
  for (const auto& one : snapshot.series) {
    text += "series " + one.name.text() + ":";
    for (const auto& member : one.members) text += " " + member.name.text();
    text += "\n";
  }
  std::vector<std::string> exported;
  for (const auto& one : snapshot.exported)
    exported.push_back(fmt::format("exported {} {} {} {} {} {}\n", one.name.text(), one.folder, one.image.text(),
                                   one.digest.text(), one.mode, fmt::join(one.changes, " ")));
  for (const auto& one : snapshot.exports)
    exported.push_back(fmt::format("export {} {} {} {} {}\n", one.name.text(), one.folder, one.link,
                                   one.linked ? one.linked->text() : "-", one.run_for ? one.run_for->text() : "-"));
  std::sort(exported.begin(), exported.end());
  for (const auto& one : exported) text += one;
  return text;
}

}  // namespace ingot::testing_support
