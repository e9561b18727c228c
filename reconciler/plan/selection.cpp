#include "reconciler/plan/selection.hpp"

#include <algorithm>
#include <deque>
#include <unordered_set>

#include <fmt/format.h>

#include "reconciler/plan/texts.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

namespace {

/// A series is made with the images that came: it waits for its members, but needs none of them.
bool is_series(const Action& action) {
  return std::holds_alternative<CreateSeries>(action) || std::holds_alternative<UpdateSeries>(action);
}

/// Every address that means something here, those that a person is most likely to write first.
class KnownAddresses {
 public:
  KnownAddresses(const Situation& situation, const Draft& all) : situation_(situation) {
    add_manifest(situation.manifest);
    for (const auto& one : all.changes) add(one.change.address);
    for (const auto& one : all.blocked) add(one.address);
    for (const auto& one : all.held) add(one.address);
    add_snapshot(situation.snapshot);
    for (const auto& peer : situation.peers) {
      if (peer.catalog) add_catalog(peer);
    }
    add(catalog_address());
  }

  bool knows(const std::string& address) const {
    return known_.contains(address) || may_be_offered(address) || may_be_exported(address);
  }
  std::optional<std::string> nearest_to(const std::string& address) const { return nearest(address, words_); }

 private:
  void add(const Address& address) {
    if (known_.insert(address.text).second) words_.push_back(address.text);
  }

  void add_manifest(const Manifest& manifest) {
    for (const auto& peer : manifest.peers) add(peer_address(peer.name));
    for (const auto& type : manifest.types) add(type_address(type.name));
    for (const auto& image : manifest.images) add(image_address(image.name));
    for (const auto& series : manifest.series) add(series_address(series.name));
    for (const auto& rule : manifest.subscriptions) add(subscription_address(rule.peer, rule.selector));
    for (const auto& copy : manifest.copies) add(copy_address(copy.peer, copy.name));
    for (const auto& entry : manifest.exports) add(export_address(entry.name));
    for (const auto& entry : manifest.uploads) add(upload_address(entry.name));
  }

  void add_snapshot(const state::Snapshot& snapshot) {
    for (const auto& row : snapshot.registrations) add(peer_address(row.name));
    for (const auto& row : snapshot.types) add(type_address(row.name));
    for (const auto& row : snapshot.series) add(series_address(row.name));
    for (const auto& row : snapshot.exports) add(export_address(row.name));
    for (const auto& row : snapshot.exported) add(exported_address(row.name, row.image));
    for (const auto& row : snapshot.subscriptions) {
      const PeerCase* peer = situation_.peer(row.peer);
      add(subscription_address(peer ? peer->name() : row.peer_name, row.selector));
    }
    for (const auto& row : snapshot.images) {
      if (row.deleted) continue;
      const PeerCase* peer = row.identity ? situation_.peer(row.identity->origin) : nullptr;
      if (!row.copy)
        add(image_address(row.name));
      else if (peer)
        add(copy_address(peer->name(), row.identity->name));
    }
  }

  void add_catalog(const PeerCase& peer) {
    for (const auto& image : peer.catalog->images) {
      if (image.identity.origin == peer.id()) add(copy_address(peer.name(), image.identity.name));
    }
  }

  /// Of a peer whose catalog was not read nobody knows what it offers.
  bool may_be_offered(const std::string& address) const {
    const auto parts = parts_of(address);
    if (!parts || parts->kind != AddressKind::copy) return false;
    const auto name = ServerName::parse(parts->peer);
    const PeerCase* peer = name ? situation_.peer(*name) : nullptr;
    const bool unread = peer && (peer->sight == Sight::unknown || peer->sight == Sight::settled);
    return unread && ImageName::parse(parts->name);
  }

  /// A budget that defers a newer image makes an export take an older one, which the whole of what there is to do does not name.
  bool may_be_exported(const std::string& address) const {
    const auto parts = parts_of(address);
    if (!parts || parts->kind != AddressKind::export_) return false;
    const auto image = ImageName::parse(parts->name);
    const auto& entries = situation_.manifest.exports;
    return image && situation_.live(*image) && std::any_of(entries.begin(), entries.end(), [&](const ExportEntry& entry) {
             return entry.name.text() == parts->export_name;
           });
  }

  const Situation& situation_;
  std::unordered_set<std::string> known_;
  std::vector<std::string> words_;
};

std::optional<WrongAddress> wrong_address(const Situation& situation, const Draft& all, const PlanOptions& options) {
  const std::string catalog = catalog_address().text;
  if (std::find(options.excluded.begin(), options.excluded.end(), catalog) != options.excluded.end()) {
    return WrongAddress{.address = catalog,
                        .text = "--exclude catalog is not possible: a run publishes what it changes",
                        .mend = "exclude what must not be published yet"};
  }
  if (options.only || (options.targets.empty() && options.excluded.empty())) return std::nullopt;  // a saved plan's were checked
  const KnownAddresses known(situation, all);
  const auto look_at = [&](std::string_view flag, const std::vector<std::string>& addresses) -> std::optional<WrongAddress> {
    for (const auto& address : addresses) {
      if (known.knows(address)) continue;
      const auto near = known.nearest_to(address);
      return WrongAddress{
          .address = address,
          .text = fmt::format("{} \"{}\" names nothing in the manifest, here or on a peer", flag, address),
          .mend = near ? fmt::format("did you mean \"{}\"?", *near)
                       : "addresses are such as copy.PEER.IMAGE, image.NAME, series.NAME: \"ingot plan --json\" shows them"};
    }
    return std::nullopt;
  };
  if (auto wrong = look_at("--target", options.targets)) return wrong;
  return look_at("--exclude", options.excluded);
}

}  // namespace

/// The graph of what needs what, while a selection is made of it.
class Choosing {
 public:
  explicit Choosing(const Draft& all) {
    for (const auto& one : all.changes) {
      changes_[one.change.address.text].push_back(&one);
      if (is_series(one.change.action)) continue;
      for (const auto& needed : one.change.after) dependents_[needed.text].push_back(&one.change.address.text);
    }
  }

  Selection select(const PlanOptions& options) {
    for (const auto& address : options.excluded) exclude(address);
    if (options.only) {
      selection_.by_ = LeftOutBy::saved_plan;
      selection_.chosen_.emplace();
      for (const auto& address : *options.only) selection_.chosen_->emplace(address, "");
      return std::move(selection_);
    }
    if (!options.targets.empty()) selection_.chosen_.emplace();
    for (const auto& target : options.targets) choose(target);
    if (options.approved) approve(*options.approved);
    const bool both = !options.targets.empty() && !options.excluded.empty();
    selection_.by_ = both                        ? LeftOutBy::targets_and_exclusions
                     : !options.targets.empty()  ? LeftOutBy::targets
                     : !options.excluded.empty() ? LeftOutBy::exclusions
                                                 : LeftOutBy::nothing;
    return std::move(selection_);
  }

 private:
  /// Calls `reach` for all that needs this address, directly or not, while it says that the thing is new.
  template <class Reach>
  void each_dependent(const std::string& address, Reach reach) const {
    std::deque<std::string_view> open{address};
    while (!open.empty()) {
      const auto found = dependents_.find(open.front());
      open.pop_front();
      if (found == dependents_.end()) continue;
      for (const std::string* dependent : found->second) {
        if (reach(*dependent)) open.emplace_back(*dependent);
      }
    }
  }

  void exclude(const std::string& address) {
    selection_.left_out_.insert(address);
    each_dependent(address, [&](const std::string& dependent) { return selection_.left_out_.insert(dependent).second; });
  }

  /// With what it needs, but for removals: nothing goes because something else was named.
  void choose(const std::string& target) {
    if (selection_.left_out_.contains(target)) {
      selection_.lost_.insert(target);
      return;
    }
    selection_.chosen_->insert_or_assign(target, "");
    std::deque<std::string> open{target};
    while (!open.empty()) {
      const auto found = changes_.find(open.front());
      open.pop_front();
      if (found == changes_.end()) continue;
      for (const DraftChange* one : found->second) {
        for (const auto& needed : one->change.after) {
          if (comes_along(needed.text) && selection_.chosen_->try_emplace(needed.text, target).second)
            open.push_back(needed.text);
        }
      }
    }
  }

  bool comes_along(const std::string& address) const {
    if (selection_.left_out_.contains(address)) return false;
    const auto found = changes_.find(address);
    return found != changes_.end() &&
           std::any_of(found->second.begin(), found->second.end(), [](const DraftChange* one) { return one->removes == 0; });
  }

  void approve(const std::set<Verb>& verbs) {
    selection_.approved_ = verbs;
    for (const auto& [address, changes] : changes_) {
      const auto unapproved =
          std::find_if(changes.begin(), changes.end(), [&](const DraftChange* one) { return !verbs.contains(one->change.verb); });
      if (unapproved == changes.end()) continue;
      const Verb verb = (*unapproved)->change.verb;
      const std::string needed(address);
      each_dependent(needed, [&](const std::string& dependent) {
        const auto [place, fresh] = selection_.waits_.try_emplace(dependent, Selection::Needed{needed, verb});
        if (!fresh && needed < place->second.address)
          place->second = {needed, verb};  // the same, in whatever order they are visited
        return fresh;
      });
    }
  }

  Selection selection_;
  std::unordered_map<std::string_view, std::vector<const DraftChange*>> changes_;  ///< by address
  std::unordered_map<std::string_view, std::vector<const std::string*>> dependents_;
};

Selection::Fate Selection::fate_of(const Change& change) const {
  if (std::holds_alternative<Publish>(change.action)) return Fate::done;
  if (!takes(change.address)) return Fate::left_out;
  if (!approved_ || std::holds_alternative<UploadTree>(change.action)) return Fate::done;
  const bool waits = waits_.contains(change.address.text);
  // A delta changes nothing that anybody approves; without its image there is none.
  if (change.verb == Verb::delta) return waits ? Fate::left_out : Fate::done;
  return approved_->contains(change.verb) && !waits ? Fate::done : Fate::held;
}

bool Selection::takes(const Address& address) const {
  if (left_out_.contains(address.text)) return false;
  return is_of(AddressKind::upload, address) || !chosen_ || chosen_->contains(address.text);
}

std::optional<Reason> Selection::why_needed(const Address& address) const {
  if (!chosen_) return std::nullopt;
  const auto found = chosen_->find(address.text);
  if (found == chosen_->end() || found->second.empty()) return std::nullopt;
  return Reason{.code = Code::needed,
                .rule = found->second,
                .at = std::nullopt,
                .text = fmt::format("\"{}\", which --target names, needs it", found->second)};
}

Held Selection::held(const Change& change) const {
  const bool itself = !approved_->contains(change.verb);
  const std::string why = itself ? fmt::format("--approve does not name \"{}\"", text_of(change.verb))
                                 : fmt::format("it needs \"{}\", which was not approved", waits_.at(change.address.text).address);
  return {.address = change.address,
          .verb = change.verb,
          .code = Code::not_approved,
          .text = fmt::format("{}; {}", change.because.front().text, why),
          .mend = fmt::format("look at it; if it is right, name {} in --approve too",
                              text_of(itself ? change.verb : waits_.at(change.address.text).verb)),
          .because = change.because};
}

std::variant<Selection, WrongAddress> select(const Situation& situation, const Draft& all, const PlanOptions& options) {
  if (auto wrong = wrong_address(situation, all, options)) return *std::move(wrong);
  return Choosing(all).select(options);
}

}  // namespace ingot::plan
