#include "schema/manifest/check_manifest.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "schema/manifest/check_exports.hpp"
#include "schema/manifest/own_places.hpp"
#include "schema/manifest/series_members.hpp"

namespace ingot {

namespace {

/// Things seen so far, by a text that must be unique.
class FirstSpots {
 public:
  struct First {
    std::string written;
    Spot spot;
  };
  /// What bore `key` before; nullptr if nothing did, and then this does.
  const First* seen(const std::string& key, const std::string& written, Spot spot) {
    const auto [place, is_new] = firsts_.try_emplace(key, First{written, spot});
    return is_new ? nullptr : &place->second;
  }

 private:
  std::unordered_map<std::string, First> firsts_;
};

/// Reports a name that was there before, alike or differing only in case.
void report_twice(ManifestDraft& draft, std::string_view kind, const std::string& name, Spot spot,
                  const FirstSpots::First& first) {
  const std::string place = draft.problems.place_text(first.spot);
  if (first.written == name) {
    draft.problems.add(spot, "duplicate", fmt::format("{} {} is defined twice: first at {}", kind, quoted(name), place),
                       "rename or remove one of them");
  } else {
    draft.problems.add(spot, "duplicate",
                       fmt::format("{} {} differs only in case from {} at {}", kind, quoted(name), quoted(first.written), place),
                       "give one of them another name");
  }
}

template <class Drafts>
void check_names_of(ManifestDraft& draft, std::string_view kind, const Drafts& entries) {
  FirstSpots spots;
  for (const auto& each : entries) {
    const auto& name = each.entry.name;
    if (const auto* first = spots.seen(name.folded(), name.text(), each.name))
      report_twice(draft, kind, name.text(), each.name, *first);
  }
}

void check_domain_names(ManifestDraft& draft, std::string_view kind, const std::vector<Placed<ServerName>>& names) {
  FirstSpots spots;
  for (const auto& [name, spot] : names) {
    if (const auto* first = spots.seen(name.folded(), name.text(), spot)) report_twice(draft, kind, name.text(), spot, *first);
  }
}

void check_names(ManifestDraft& draft) {
  check_names_of(draft, "peer", draft.peers);
  check_names_of(draft, "imagetype", draft.types);
  check_names_of(draft, "image", draft.images);
  check_names_of(draft, "series", draft.series);
  check_names_of(draft, "upload", draft.uploads);
  check_domain_names(draft, "client", draft.clients);
  check_domain_names(draft, "target", draft.targets);
}

/// Two peers with one root are one server (R1).
void check_roots(ManifestDraft& draft) {
  FirstSpots spots;
  for (const PeerDraft& peer : draft.peers) {
    if (!peer.has_card) continue;
    const auto* first = spots.seen(peer.entry.card.id.text(), peer.entry.name.text(), peer.card);
    if (first != nullptr) {
      draft.problems.add(
          peer.card, "same-root",
          fmt::format("peer {} is the same server as peer {} at {}: their cards have one root", quoted(peer.entry.name.text()),
                      quoted(first->written), draft.problems.place_text(first->spot)),
          "remove one of them, or give it the card of the server that is meant");
    }
    if (peer.entry.replaces == peer.entry.card.id) {
      draft.problems.add(peer.card, "bad-value",
                         fmt::format("\"replaces\" of peer {} names the root that the card has", quoted(peer.entry.name.text())),
                         "it names the old root, that of the card before this one");
    }
  }
}

/// A peer must not bear the name of a client or a target, here or in its card (R2).
void check_against_domain(ManifestDraft& draft) {
  std::unordered_map<std::string, std::pair<std::string_view, const Placed<ServerName>*>> domain;
  for (const auto& client : draft.clients) domain.try_emplace(client.value.folded(), "client", &client);
  for (const auto& target : draft.targets) domain.try_emplace(target.value.folded(), "target", &target);
  const auto check = [&](const ServerName& name, Spot spot, const std::string& whose) {
    const auto found = domain.find(name.folded());
    if (found == domain.end()) return;
    const auto& [kind, placed] = found->second;
    draft.problems.add(spot, "name-in-use",
                       fmt::format("{} is {}, which is also the name of a {} of this server at {}", whose, quoted(name.text()),
                                   kind, draft.problems.place_text(placed->spot)),
                       fmt::format("rename the {}, or the peer here and in its card", kind));
  };
  for (const PeerDraft& peer : draft.peers) {
    check(peer.entry.name, peer.name, "the peer's name");
    const bool same = peer.has_card && peer.entry.card.name.folded() == peer.entry.name.folded();
    if (peer.has_card && !same) check(peer.entry.card.name, peer.card, "the peer's name in its card");
  }
}

/// Suggests near names, until the suggestions have cost enough.
class Suggestions {
 public:
  explicit Suggestions(std::vector<std::string> names) : names_(std::move(names)) {}
  std::string mend(const std::string& word, std::string otherwise) {
    constexpr std::size_t most_comparisons = 100'000;
    if (comparisons_ > most_comparisons) return otherwise;
    comparisons_ += names_.size();
    return did_you_mean(word, names_, std::move(otherwise));
  }

 private:
  std::vector<std::string> names_;
  std::size_t comparisons_ = 0;
};

void check_peer_references(ManifestDraft& draft) {
  std::unordered_set<std::string> known;
  std::vector<std::string> names;
  for (const PeerDraft& peer : draft.peers) {
    known.insert(peer.entry.name.text());
    names.push_back(peer.entry.name.text());
  }
  Suggestions suggestions(names);
  for (const PeerReference& reference : draft.peer_references) {
    const std::string& name = reference.peer.text();
    if (known.contains(name) || draft.problems.full()) continue;
    draft.problems.add(reference.spot, "unknown-peer", fmt::format("there is no peer {} in the manifest", quoted(name)),
                       suggestions.mend(name, fmt::format("add a [[peer]] with name = {}", quoted(name))));
  }
}

void check_types(ManifestDraft& draft) {
  std::unordered_set<std::string> known;
  std::vector<std::string> names;
  std::unordered_map<std::string, std::string> builtin;
  for (const TypeName& type : builtin_types()) {
    known.insert(type.text());
    names.push_back(type.text());
    builtin.emplace(type.folded(), type.text());
  }
  for (const TypeDraft& type : draft.types) {
    if (const auto found = builtin.find(type.entry.name.folded()); found != builtin.end()) {
      draft.problems.add(type.name, "builtin-type",
                         fmt::format("{} is a built-in type and cannot be declared again", quoted(found->second)),
                         "choose another name");
    }
    known.insert(type.entry.name.text());
    names.push_back(type.entry.name.text());
  }
  if (!draft.references_certain) return;
  Suggestions suggestions(names);
  for (const ImageDraft& image : draft.images) {
    const std::string& type = image.entry.type.text();
    if (known.contains(type) || draft.problems.full()) continue;
    draft.problems.add(
        image.type, "unknown-type", fmt::format("there is no image type {}", quoted(type)),
        suggestions.mend(type, fmt::format("add an [[imagetype]] with name = {} and a built-in base", quoted(type))));
  }
}

using ImagesByFoldedName = std::unordered_map<std::string, std::size_t>;

/// A name that only differs in case from an image of the manifest can mean nothing else: two such names are not allowed.
void check_case(ManifestDraft& draft, const ImagesByFoldedName& images, const ImageName& name, Spot spot, std::string_view what) {
  const auto found = images.find(name.folded());
  if (found == images.end()) return;
  const ImageName& defined = draft.images[found->second].entry.name;
  if (defined == name) return;
  draft.problems.add(spot, "unknown-image",
                     fmt::format("{} {} is spelt {} where it is defined, at {}", what, quoted(name.text()),
                                 quoted(defined.text()), draft.problems.place_text(draft.images[found->second].name)),
                     fmt::format("write {}", quoted(defined.text())));
}

/// Walks every line of parents once; a walk that meets itself is a cycle.
void check_parents(ManifestDraft& draft, const ImagesByFoldedName& images) {
  constexpr std::size_t unseen = 0;
  std::vector<std::size_t> walk_of(draft.images.size(), unseen);  // which walk came by here
  for (std::size_t start = 0; start < draft.images.size(); ++start) {
    std::size_t place = start;
    while (walk_of[place] == unseen) {
      walk_of[place] = start + 1;
      const auto& parent = draft.images[place].entry.parent;
      const auto found = parent ? images.find(parent->folded()) : images.end();
      if (found == images.end()) break;
      if (walk_of[found->second] == start + 1) {
        const ImageDraft& image = draft.images[place];
        const ImageDraft& ancestor = draft.images[found->second];
        const bool itself = found->second == place;
        draft.problems.add(image.parent, "cycle",
                           itself ? fmt::format("image {} is its own parent", quoted(image.entry.name.text()))
                                  : fmt::format("image {} descends from itself: it is an ancestor of its parent {} at {}",
                                                quoted(image.entry.name.text()), quoted(ancestor.entry.name.text()),
                                                draft.problems.place_text(ancestor.name)),
                           "a parent is what the image was made from: correct or remove one of the parents");
      }
      place = found->second;
    }
  }
}

void check_images(ManifestDraft& draft) {
  ImagesByFoldedName images;
  for (std::size_t i = 0; i < draft.images.size(); ++i) images.try_emplace(draft.images[i].entry.name.folded(), i);
  for (const ImageDraft& image : draft.images) {
    if (image.entry.parent) check_case(draft, images, *image.entry.parent, image.parent, "the parent");
  }
  check_parents(draft, images);
  for (const SeriesDraft& series : draft.series) {
    FirstSpots spots;
    for (std::size_t i = 0; i < series.images.size(); ++i) {
      const ImageName& member = series.entry.images[i];
      check_case(draft, images, member, series.images[i], "the image");
      const auto* first = spots.seen(member.folded(), member.text(), series.images[i]);
      if (first == nullptr) continue;
      draft.problems.add(series.images[i], "duplicate",
                         fmt::format("series {} lists {} twice: first at {}", quoted(series.entry.name.text()),
                                     quoted(member.text()), draft.problems.place_text(first->spot)),
                         "remove one of them");
    }
  }
}

/// An image is for others: what opens this server's doors, or is its memory, is never in one.
void check_sources(ManifestDraft& draft) {
  if (!draft.server) return;
  for (const ImageDraft& each : draft.images) {
    const auto place = own_place_of(each.entry, *draft.server, draft.working_folder);
    if (!place) continue;
    draft.problems.add(each.source, "own-place",
                       fmt::format("the source of image {} would take in this server's {} ({})", quoted(each.entry.name.text()),
                                   place->what, quoted(place->path)),
                       "name a folder that holds the image alone, or exclude what is this server's");
  }
}

/// The same peer and selector twice (R6), the same copy twice.
void check_wishes(ManifestDraft& draft) {
  FirstSpots subscriptions;
  for (const SubscriptionDraft& each : draft.subscriptions) {
    const std::string key =
        fmt::format("{}\n{}\n{}", each.entry.peer.folded(), kind_of(each.entry.selector), value_of(each.entry.selector));
    const auto* first = subscriptions.seen(key, each.entry.peer.text(), each.spot);
    if (first == nullptr) continue;
    const std::string value = value_of(each.entry.selector);
    const std::string selector = value.empty() ? "all" : fmt::format("{} {}", kind_of(each.entry.selector), quoted(value));
    draft.problems.add(each.spot, "duplicate",
                       fmt::format("peer {} has two subscriptions to {}: first at {}", quoted(each.entry.peer.text()), selector,
                                   draft.problems.place_text(first->spot)),
                       "join their options into one");
  }
  FirstSpots copies;
  for (const CopyDraft& each : draft.copies) {
    const auto* first = copies.seen(each.entry.peer.folded() + "\n" + each.entry.name.text(), each.entry.name.text(), each.spot);
    if (first == nullptr) continue;
    draft.problems.add(each.spot, "duplicate",
                       fmt::format("the copy of {} from peer {} is described twice: first at {}", quoted(each.entry.name.text()),
                                   quoted(each.entry.peer.text()), draft.problems.place_text(first->spot)),
                       "join the two");
  }
}

/// A place belongs to one upload: gc deletes what its own server no longer needs there.
void check_uploads(ManifestDraft& draft) {
  FirstSpots places;
  for (const UploadDraft& each : draft.uploads) {
    if (each.entry.bucket.empty() || each.entry.endpoint.empty()) continue;
    const auto* first = places.seen(place_of(each.entry), each.entry.name.text(), each.to);
    if (first == nullptr) continue;
    draft.problems.add(each.to, "duplicate",
                       fmt::format("upload {} goes to the same place as upload {} at {}", quoted(each.entry.name.text()),
                                   quoted(first->written), draft.problems.place_text(first->spot)),
                       "give one of them another prefix, or remove it");
  }
}

}  // namespace

void check_manifest(ManifestDraft& draft) {
  check_names(draft);
  check_roots(draft);
  check_against_domain(draft);
  if (draft.references_certain) check_peer_references(draft);
  check_types(draft);
  check_images(draft);
  check_series_members(draft);
  check_sources(draft);
  check_wishes(draft);
  check_exports(draft);
  check_uploads(draft);
}

}  // namespace ingot
