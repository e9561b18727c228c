// Settled peers: those that the next run need not read again while their index and the rules stay what they are; and what
// a snapshot may then leave out.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/desired/rules_in_force.hpp"
#include "reconciler/plan/passes.hpp"
#include "schema/overloaded.hpp"

namespace ingot::plan {

namespace {

/// An adopted image ends with what it was adopted from: only one that the rules of this peer can tell of may be relied on.
bool may_end_unnoticed(const Adopted& adopted, const Situation& situation) {
  if (!adopted.row || adopted.row->copy) return true;
  return adopted.row->managed && !situation.local(adopted.row->name);
}

/// The order of the entries in the manifest does not matter.
std::string in_sorted_order(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

}  // namespace

std::vector<ServerName> settled_peers(const Desired& desired, const Situation& situation, const Draft& draft) {
  if (!situation.observed.damaged.empty()) return {};  // any peer may have what is lost here
  std::set<std::string, std::less<>> busy;
  const auto note = [&](const Address& address) {
    const std::string_view peer = peer_of_address(address.text);
    if (!busy.contains(peer)) busy.emplace(peer);
  };
  for (const auto& one : draft.changes) note(one.change.address);
  for (const auto& one : draft.blocked) note(one.address);
  for (const auto& one : draft.held) note(one.address);
  for (const auto& one : desired.adopted) {
    if (may_end_unnoticed(one, situation)) busy.insert(one.peer->name().text());
  }
  std::vector<ServerName> settled;
  for (const auto& peer : situation.peers) {
    if (peer.sight == Sight::read && !draft.unsettled.contains(peer.id()) && !busy.contains(peer.name().text()))
      settled.push_back(peer.name());
  }
  return settled;
}

std::string rules_text(const Manifest& manifest, const PeerEntry& peer) {
  std::string text = fmt::format("peer {} {} {}\n", peer.name.text(), peer.card.id.text(), peer.card.name.text());
  for (const auto& url : peer.urls) text += "url " + url + "\n";
  if (peer.replaces) text += "replaces " + peer.replaces->text() + "\n";
  for (const auto& rule : manifest.subscriptions) {
    if (rule.peer != peer.name) continue;
    text += fmt::format("subscription {} {} {}\n", kind_of(rule.selector), value_of(rule.selector), options_text(rule.options));
  }
  std::vector<std::string> lines;
  for (const auto& copy : manifest.copies) {
    if (copy.peer != peer.name) continue;
    const auto flag = [](const std::optional<bool>& value) { return !value ? "-" : *value ? "true" : "false"; };
    lines.push_back(fmt::format("copy {} {} {} {}{}\n", copy.name.text(), flag(copy.keep), flag(copy.protect),
                                copy.state ? text_of(*copy.state) : "-", copy.adopt ? " adopt" : ""));
  }
  for (const auto& series : manifest.series) {
    if (series.follow && series.follow->peer == peer.name)
      lines.push_back(fmt::format("follow {} {}\n", series.name.text(), series.follow->series.text()));
  }
  return text + in_sorted_order(std::move(lines));
}

std::string shared_rules_text(const Manifest& manifest) {
  std::vector<std::string> lines;
  // A copy whose origin is among them follows that alone (R21).
  for (const auto& peer : manifest.peers) lines.push_back(fmt::format("among {}\n", peer.card.id.text()));
  // What bears names and types here decides on conflicts and adoption; what series list is not pruned.
  for (const auto& type : manifest.types) lines.push_back(fmt::format("type {} {}\n", type.name.text(), type.base.text()));
  for (const auto& image : manifest.images)
    lines.push_back(fmt::format("image {} {}\n", image.name.text(), image.parent ? image.parent->text() : ""));
  for (const auto& series : manifest.series) {
    for (const auto& name : series.images) lines.push_back("listed " + name.text() + "\n");
  }
  for (const auto& entry : manifest.exports) {
    if (const auto* image = std::get_if<ImageName>(&entry.of)) lines.push_back("exported " + image->text() + "\n");
  }
  return in_sorted_order(std::move(lines));
}

namespace {

std::set<ImageName> names_in(const Manifest& manifest) {
  std::set<ImageName> names;
  for (const auto& image : manifest.images) {
    names.insert(image.name);
    if (image.parent) names.insert(*image.parent);
  }
  for (const auto& series : manifest.series) names.insert(series.images.begin(), series.images.end());
  return names;
}

/// More names than these are not asked for one by one.
constexpr std::size_t most_names = 20'000;

/// The names here that the rules of a peer may give to its images.
void add_names_given(const Manifest& manifest, const PeerEntry& peer, const Catalog& catalog, std::set<ImageName>& names) {
  std::set<std::string> templates;
  for (const auto& rule : manifest.subscriptions) {
    if (rule.peer == peer.name) templates.insert(rule.options.as);
  }
  for (const auto& as : templates) {
    for (const auto& image : catalog.images) {
      if (names.size() > most_names) return;
      if (image.identity.origin != peer.card.id) continue;
      if (auto name = name_here(as, peer.name, image.identity.name)) names.insert(*std::move(name));
    }
  }
}

/// The names here that the rules may give to images of these names.
void add_names_given(const Manifest& manifest, const std::set<ImageName>& on_peer, std::set<ImageName>& names) {
  for (const auto& rule : manifest.subscriptions) {
    for (const auto& name : on_peer) {
      if (auto here = name_here(rule.options.as, rule.peer, name)) names.insert(*std::move(here));
    }
  }
}

/// Origins of the members of series that the manifest follows on this peer.
void keep_members_of_followed(const Manifest& manifest, const PeerEntry& peer, const Catalog& catalog,
                              std::set<ServerId>& left_out) {
  for (const auto& series : manifest.series) {
    if (!series.follow || series.follow->peer != peer.name) continue;
    for (const auto& followed : catalog.series) {
      if (followed.name != series.follow->series) continue;
      for (const auto& member : followed.members) left_out.erase(member.image.origin);
    }
  }
}

}  // namespace

bool rules_compare_images(const Manifest& manifest, const ServerName& peer) {
  return std::any_of(manifest.subscriptions.begin(), manifest.subscriptions.end(), [&](const SubscriptionEntry& rule) {
    return rule.peer == peer && (rule.options.latest || std::holds_alternative<SelectImage>(rule.selector));
  });
}

state::SnapshotScope scope_for(const Manifest& manifest, const std::vector<PeerView>& peers, const std::set<ImageName>& about) {
  state::SnapshotScope scope{.without_copies_of = {},
                             .publish_copies = manifest.server.publish_copies,
                             .but_names = names_in(manifest),
                             .but_copies_of = about};
  scope.but_names.insert(about.begin(), about.end());
  add_names_given(manifest, about, scope.but_names);
  for (const auto& entry : manifest.exports) {
    if (const auto* series = std::get_if<SeriesName>(&entry.of))
      scope.but_members_of.insert(*series);  // that are known to the state alone
    else
      scope.but_names.insert(std::get<ImageName>(entry.of));
  }
  scope.without_failures =
      std::none_of(peers.begin(), peers.end(), [](const PeerView& view) { return std::holds_alternative<PeerCatalog>(view); });
  for (std::size_t i = 0; i < std::min(peers.size(), manifest.peers.size()); ++i) {
    if (std::holds_alternative<Settled>(peers[i])) scope.without_copies_of.insert(manifest.peers[i].card.id);
  }
  for (std::size_t i = 0; i < std::min(peers.size(), manifest.peers.size()); ++i) {
    const auto* read = std::get_if<PeerCatalog>(&peers[i]);
    if (!read || !read->catalog || scope.without_copies_of.empty()) continue;
    // What stays in force beside it (R12) gives names that only the state knows.
    if (has_unknown_selector(manifest, manifest.peers[i], *read->catalog))
      return {.without_copies_of = {}, .publish_copies = scope.publish_copies, .but_names = {}};
    add_names_given(manifest, manifest.peers[i], *read->catalog, scope.but_names);
    keep_members_of_followed(manifest, manifest.peers[i], *read->catalog, scope.without_copies_of);
  }
  if (scope.but_names.size() > most_names)
    return {.without_copies_of = {},
            .publish_copies = scope.publish_copies,
            .but_names = {},
            .without_failures = scope.without_failures};
  return scope;
}

}  // namespace ingot::plan
