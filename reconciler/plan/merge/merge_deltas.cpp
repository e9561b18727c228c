// Deltas of own public images: from their ancestors, and from the members before them in each series (contract of `deltas` in
// schema/manifest.md). A delta changes nothing but what a copy costs (R28).
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"
#include "schema/manifest/window.hpp"

namespace ingot::plan {

namespace {

/// The tar of a tree has for each file a header, padding, and what a header cannot hold.
constexpr std::uint64_t most_beside_a_file = 4096;

/// An image as it will be when this plan is done.
struct Node {
  ImageName name;
  std::optional<Digest> digest = {};  ///< nullopt: this plan adds it
  std::uint64_t size = 0;             ///< bytes; of an image that this plan adds: at most, as far as that can be told
  bool own = false;
  bool listed = false;  ///< the catalog lists it
  bool withdrawn = false;
  state::ImageKey key = 0;  ///< 0: this plan brings it
  std::optional<state::ImageKey> parent = {};
  std::optional<ImageName> parent_name = {};  ///< of an image that this plan adds
  std::optional<Address> planned = {};        ///< the change that must be done first
  bool late = false;                          ///< that change comes after the publication
};

/// What stands for it in the address of a delta. Of one whose digest is not known yet, 12 hex digits of its name: names hold
/// dots, and the last dot of an address parts the image from the base (FNV-1a; any even spread will do).
std::string word_for(const Node& base) {
  if (base.digest) return base.digest->hex().substr(0, 12);
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : base.name.text()) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return fmt::format("{:012x}", hash >> 16U);
}

struct Pair {
  const Node* image = nullptr;
  const Node* base = nullptr;
  std::string why;
};

/// A row as this plan leaves it.
struct Future {
  const state::ImageRow* row = nullptr;
  const DraftChange* by = nullptr;
};

class Deltas {
 public:
  Deltas(const Situation& situation, const Draft& draft) : situation_(situation), draft_(draft) {
    for (const auto& one : draft.changes) {
      if (!one.change.deferred) look_at(one);
    }
    for (const DamagedImage* image : situation.damaged) damaged_.insert(image->digest);
  }

  /// All that the rules want, those that are made already too. At most most_deltas of one image.
  std::vector<Pair> wanted(const DeltaRules& rules) {
    for (const auto& row : situation_.snapshot.images) {
      if (row.deleted || (row.copy && !future_.contains(row.key))) continue;
      if (const Node* image = of_row(row)) from_ancestors(*image, rules);
    }
    for (const DraftChange* adding : adding_) from_ancestors(*of_added(*adding), rules);
    from_series(rules);
    return std::move(pairs_);
  }

  /// And no change of this plan repairs it.
  bool is_damaged(const Node& node) const {
    return node.digest && damaged_.contains(*node.digest) && !repairs_.contains(*node.digest);
  }

 private:
  void look_at(const DraftChange& one) {
    if (one.removes != 0) removed_.insert(one.removes);
    const Action& action = one.change.action;
    if (const auto* again = std::get_if<FetchAgain>(&action)) repairs_.emplace(again->offers.front().entry->digest, &one);
    if (const auto* again = std::get_if<TakeInAgain>(&action)) repairs_.emplace(again->digest, &one);
    const auto becomes = [&](const auto* change) {
      if (change != nullptr) future_.emplace(change->row.key, Future{.row = &change->row, .by = &one});
    };
    becomes(std::get_if<UpdateImage>(&action));
    becomes(std::get_if<AdoptCopy>(&action));
    if (const auto* drop = std::get_if<DeleteImage>(&action)) removed_.insert(drop->key);
    if (std::holds_alternative<AddImage>(action) && one.change.foreseen == Code::none) adding_.push_back(&one);
    if (const auto* copy = std::get_if<CopyImage>(&action)) copying_.emplace(copy->name.text(), &one);
  }

  const Node* keep(Node node) {
    std::string name = node.name.text();
    return &nodes_.try_emplace(std::move(name), std::move(node)).first->second;
  }

  /// nullptr: it is not here when the plan is done.
  const Node* of_row(const state::ImageRow& row) {
    if (row.deleted || removed_.contains(row.key)) return nullptr;
    if (const auto known = nodes_.find(row.name.text()); known != nodes_.end()) return &known->second;
    Node node{.name = row.name,
              .digest = row.digest,
              .size = row.size,
              .own = !row.copy,
              .listed = row.copy || !row.is_private,
              .withdrawn = row.state == ImageState::withdrawn || row.withdrawn_by_origin,
              .key = row.key,
              .parent = row.parent};
    if (const auto future = future_.find(row.key); future != future_.end()) {
      const bool was_listed = node.own && node.listed;
      node.own = true;
      node.listed = !future->second.row->is_private;
      node.withdrawn = future->second.row->state == ImageState::withdrawn;
      if (!was_listed) wait_for(*future->second.by, node);
    }
    if (const auto repair = repairs_.find(row.digest); repair != repairs_.end()) wait_for(*repair->second, node);
    return keep(std::move(node));
  }

  const Node* of_added(const DraftChange& adding) {
    const auto& add = std::get<AddImage>(adding.change.action);
    if (const auto known = nodes_.find(add.image.name.text()); known != nodes_.end()) return &known->second;
    Node node{.name = add.image.name,
              .size = most_bytes_of(add),
              .own = true,
              .listed = !add.image.is_private,
              .withdrawn = add.image.state == ImageState::withdrawn,
              .parent = add.parent,
              .parent_name = add.image.parent};
    wait_for(adding, node);
    return keep(std::move(node));
  }

  const Node* of_copy(const DraftChange& copying) {
    const auto& copy = std::get<CopyImage>(copying.change.action);
    if (const auto known = nodes_.find(copy.name.text()); known != nodes_.end()) return &known->second;
    Node node{.name = copy.name, .digest = copy.entry->digest, .size = copy.entry->size, .listed = true};
    wait_for(copying, node);
    return keep(std::move(node));
  }

  static void wait_for(const DraftChange& change, Node& node) {
    node.planned = change.change.address;
    node.late = change.phase > Phase::deltas;
  }

  /// Of a source that nobody has looked at, any number.
  std::uint64_t most_bytes_of(const AddImage& add) const {
    const auto seen = situation_.observed.sources.find(add.image.name);
    const auto* source = seen == situation_.observed.sources.end() ? nullptr : std::get_if<SourceStamp>(&seen->second);
    if (source == nullptr || !source->bytes) return UINT64_MAX;
    return saturating_sum(*source->bytes, source->files * most_beside_a_file);
  }

  const Node* named(const ImageName& name) {
    if (const DraftChange* adding = draft_.doing(image_address(name));
        adding && std::holds_alternative<AddImage>(adding->change.action))
      return of_added(*adding);
    if (const state::ImageRow* row = situation_.live(name)) return of_row(*row);
    const auto copying = copying_.find(name.text());
    return copying == copying_.end() ? nullptr : of_copy(*copying->second);
  }

  /// The nearest ancestor that the catalog lists.
  const Node* listed_parent(const Node& of) {
    if (of.parent_name && !of.parent) {
      const Node* parent = named(*of.parent_name);
      return parent == nullptr || parent->listed ? parent : listed_parent(*parent);
    }
    for (auto key = of.parent; key;) {
      const auto row = situation_.row_by_key.find(*key);
      if (row == situation_.row_by_key.end()) return nullptr;
      const Node* parent = of_row(*row->second);
      if (parent != nullptr && parent->listed) return parent;
      key = row->second->parent;
    }
    return nullptr;
  }

  bool gets_deltas(const Node& image, const DeltaRules& rules) const {
    return image.own && image.listed && image.size >= rules.size;
  }

  static bool is_parent(const Node& one, const Node& image) {
    return (one.key != 0 && image.parent == one.key) || image.parent_name == one.name;
  }

  void from_ancestors(const Node& image, const DeltaRules& rules) {
    if (!gets_deltas(image, rules)) return;
    const Node* ancestor = &image;
    for (std::uint32_t i = 0; i < rules.parents && (ancestor = listed_parent(*ancestor)) != nullptr; ++i)
      want(image, *ancestor,
           fmt::format("{} is its {}", ancestor->name.text(), is_parent(*ancestor, image) ? "parent" : "ancestor"));
  }

  /// The members of each series when this plan is done, by its name.
  std::map<SeriesName, std::vector<const Node*>> members() {
    std::map<SeriesName, std::vector<const Node*>> all;
    for (const auto& row : situation_.snapshot.series) {
      for (const auto& member : row.members) {
        const auto here = situation_.row_by_key.find(member.image);
        if (here != situation_.row_by_key.end()) all[row.name].push_back(of_row(*here->second));
      }
    }
    const auto put = [&](const SeriesName& name, const std::vector<ImageName>& images) {
      std::vector<const Node*>& nodes = all[name];
      nodes.clear();
      for (const auto& image : images) nodes.push_back(named(image));
    };
    for (const auto& one : draft_.changes) {
      if (one.change.deferred) continue;
      if (const auto* create = std::get_if<CreateSeries>(&one.change.action)) put(create->name, create->members);
      if (const auto* update = std::get_if<UpdateSeries>(&one.change.action)) put(update->name, update->members);
      if (const auto* gone = std::get_if<DeleteSeries>(&one.change.action)) all.erase(gone->name);
    }
    for (auto& [name, nodes] : all) std::erase_if(nodes, [](const Node* node) { return node == nullptr || !node->listed; });
    return all;
  }

  void from_series(const DeltaRules& rules) {
    if (rules.series == 0) return;
    for (const auto& [name, nodes] : members()) {
      for (std::size_t i = 1; i < nodes.size(); ++i) {
        if (!gets_deltas(*nodes[i], rules)) continue;
        for (std::size_t back = 1; back <= std::min<std::size_t>(rules.series, i); ++back)
          want(*nodes[i], *nodes[i - back],
               fmt::format("{} is before it in series {}", nodes[i - back]->name.text(), name.text()));
      }
    }
  }

  void want(const Node& image, const Node& base, std::string why) {
    if (image.digest && base.digest && *image.digest == *base.digest) return;
    std::set<std::string>& bases = bases_[&image];  // two images with the same bytes are one base
    if (bases.size() >= most_deltas || &image == &base || !bases.insert(word_for(base)).second) return;
    pairs_.push_back({.image = &image, .base = &base, .why = std::move(why)});
  }

  const Situation& situation_;
  const Draft& draft_;
  std::unordered_map<state::ImageKey, Future> future_;
  std::set<state::ImageKey> removed_;
  std::vector<const DraftChange*> adding_;
  std::unordered_map<std::string, const DraftChange*> copying_;  ///< by the name here
  std::set<Digest> damaged_;
  std::map<Digest, const DraftChange*> repairs_;
  std::map<std::string, Node> nodes_;  ///< by name; their addresses don't change
  std::map<const Node*, std::set<std::string>> bases_;
  std::vector<Pair> pairs_;
};

using Made = std::set<std::pair<Digest, Digest>>;

Change change_for(const Pair& pair, const Situation& situation, const std::optional<std::uint64_t>& free) {
  const Node& image = *pair.image;
  const Node& base = *pair.base;
  const std::uint64_t known = image.size == UINT64_MAX ? 0 : image.size;
  const Address address = delta_address(image.name, word_for(base));
  const LocalImage* local = situation.local(image.name);
  Change change = change_of(address,
                            MakeDelta{.image = image.name,
                                      .image_digest = image.digest,
                                      .base = base.name,
                                      .base_digest = base.digest,
                                      .reads = saturating_sum(known, base.size == UINT64_MAX ? 0 : base.size)},
                            {{.code = Code::new_,
                              .rule = image_address(image.name).text,
                              .at = local ? std::optional(local->at) : std::nullopt,
                              .text = pair.why + ": who has it need not fetch the whole image"}});
  change.size = image.digest ? image.size : 0;
  for (const Node* node : {&image, &base}) {
    if (node->planned) change.after.push_back(*node->planned);
  }
  const auto& windows = situation.manifest.limits.windows;
  if (!windows.empty() && !is_open(windows, situation.observed.local_minute)) {
    change.deferred = true;
    change.deferred_why = why_closed(windows, situation.observed.local_minute);
  } else if (const std::uint64_t keep = bytes_to_keep(situation.manifest.limits.min_free, situation.observed.disk.total);
             free && *free <= keep) {
    change.deferred = true;
    change.deferred_why = fmt::format("the disk has {} free then, and `min_free` keeps {}", size_text(*free), size_text(keep));
  }
  return change;
}

/// What a settled peer's copies are is not known: what starts from one of them stays.
bool may_be_wanted(const state::DeltaRow& row, const Situation& situation) {
  if (situation.snapshot.scope.without_copies_of.empty()) return false;
  const auto& images = situation.snapshot.images;
  return std::none_of(images.begin(), images.end(), [&](const state::ImageRow& image) { return image.digest == row.base; });
}

}  // namespace

void merge_deltas(const Situation& situation, bool whole, Draft& draft) {
  const auto& rules = situation.manifest.server.deltas;
  // Elsewhere nobody knows what was made, nor how large a source is.
  if (situation.observed.elsewhere || (!rules && situation.snapshot.deltas.empty())) return;
  Made made;
  for (const auto& row : situation.snapshot.deltas) made.emplace(row.image, row.base);
  Made wanted;
  if (rules) {
    Deltas deltas(situation, draft);
    for (const Pair& pair : deltas.wanted(*rules)) {
      const bool known = pair.image->digest && pair.base->digest;
      if (known) wanted.emplace(*pair.image->digest, *pair.base->digest);
      if (known && made.contains({*pair.image->digest, *pair.base->digest})) continue;
      if (pair.image->withdrawn || deltas.is_damaged(*pair.image) || deltas.is_damaged(*pair.base)) continue;
      // What is new is published first, however many deltas of images that are published already are to be made.
      const bool late = !pair.image->planned || pair.image->late || pair.base->late;
      draft.add({.change = change_for(pair, situation, draft.free_after_copies),
                 .phase = late ? Phase::following : Phase::deltas,
                 .publishes = true});
    }
  }
  if (!whole) return;
  for (const auto& row : situation.snapshot.deltas) {
    if (!wanted.contains({row.image, row.base}) && !may_be_wanted(row, situation))
      draft.unwanted_deltas.push_back({.image = row.image, .base = row.base});
  }
}

}  // namespace ingot::plan
