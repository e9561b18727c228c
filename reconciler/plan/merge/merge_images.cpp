// This server's own images: adding, updating, deleting (R15, R16, R18). Type, parent and bits never change.
#include <algorithm>

#include <fmt/format.h>

#include "reconciler/plan/desired/parents.hpp"
#include "reconciler/plan/merge/merge.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::plan {

namespace {

void block(const LocalImage& image, Verb verb, Code code, std::string text, std::string mend, Draft& draft) {
  draft.blocked.push_back({.address = image_address(image.name),
                           .verb = verb,
                           .code = code,
                           .text = std::move(text),
                           .mend = std::move(mend),
                           .at = image.at});
}

Reason reason(const LocalImage& image, Code code, std::string text) {
  return {.code = code, .rule = image_address(image.name).text, .at = image.at, .text = std::move(text)};
}

/// The image of this name that was deleted last.
const state::ImageRow* deleted_before(const LocalImage& image, const Situation& situation) {
  const auto found = situation.deleted_by_name.find(image.name.text());
  if (found == situation.deleted_by_name.end()) return nullptr;
  return *std::max_element(found->second.begin(), found->second.end(),
                           [](const state::ImageRow* one, const state::ImageRow* other) { return one->key < other->key; });
}

/// A source stays on one file system, unless the manifest says otherwise.
void note_mounts(const LocalImage& image, const std::vector<std::string>& mounts, Draft& draft) {
  constexpr std::size_t most_named = 10;
  if (mounts.empty()) return;
  const auto end = mounts.begin() + static_cast<std::ptrdiff_t>(std::min(mounts.size(), most_named));
  draft.notes.push_back({Code::mounts_left_out, image_address(image.name).text,
                         fmt::format("other mounts or subvolumes at \"{}\"{} are left out; cross_mounts = true includes them",
                                     fmt::join(mounts.begin(), end, "\", \""),
                                     mounts.size() > most_named ? fmt::format(" and {} more", mounts.size() - most_named) : "")});
}

/// Why a source cannot be used, as a clause; "": it can, as far as this server can see.
std::string source_trouble(const LocalImage& image, const Situation& situation) {
  const auto seen = situation.observed.sources.find(image.name);
  if (seen == situation.observed.sources.end()) return SourceMissing{}.why;
  const auto* const missing = std::get_if<SourceMissing>(&seen->second);
  return missing ? missing->why : "";
}

/// R18: what stands where the source should, and whether the name was another image's before. False: there is nothing to add it
/// of, as far as this server can see.
bool look_at_source(const LocalImage& image, const Situation& situation, Draft& draft) {
  const state::ImageRow* before = deleted_before(image, situation);
  const auto seen = situation.observed.sources.find(image.name);
  const bool there =
      image.source && seen != situation.observed.sources.end() && std::holds_alternative<SourceStamp>(seen->second);
  const bool may_be_same = before && !before->copy && (!image.digest || *image.digest == before->digest);
  const bool comes_back = may_be_same && situation.observed.objects.contains(before->digest);
  const bool elsewhere =
      image.source && seen != situation.observed.sources.end() && std::holds_alternative<SourceElsewhere>(seen->second);
  const bool missing = !there && !elsewhere && !comes_back;
  if (missing) {
    std::string text =
        image.source ? fmt::format("its source \"{}\" {}, so it cannot be added", *image.source, source_trouble(image, situation))
                     : std::string("it has no source and its bytes are not here, so it cannot be added");
    draft.notes.push_back({Code::source_missing, image_address(image.name).text, std::move(text)});
  }
  if (there && !comes_back) note_mounts(image, std::get<SourceStamp>(seen->second).mounts, draft);
  const bool same_source =
      before && there && !before->source_stamp.empty() && std::get<SourceStamp>(seen->second).stamp == before->source_stamp;
  const bool surely_same = may_be_same && (image.digest || !there || same_source);
  if (before && !surely_same) {
    draft.notes.push_back(
        {Code::name_reused, image_address(image.name).text,
         fmt::format("an image \"{}\" with the digest {} was here before; what is added now may have other bytes",
                     image.name.text(), before->digest.text())});
  }
  return !missing || situation.observed.elsewhere;
}

bool type_is_known(const TypeName& type, const Situation& situation) {
  if (is_builtin(type)) return true;
  const auto& declared = situation.manifest.types;
  if (std::any_of(declared.begin(), declared.end(), [&](const auto& one) { return one.name == type; })) return true;
  const auto row = situation.type_by_name.find(type.folded());
  return row != situation.type_by_name.end() && row->second->name == type;
}

void block_unknown_type(const LocalImage& image, const Situation& situation, Draft& draft) {
  std::vector<std::string> names;
  for (const auto& type : builtin_types()) names.push_back(type.text());
  for (const auto& type : situation.manifest.types) names.push_back(type.name.text());
  for (const auto& type : situation.snapshot.types) names.push_back(type.name.text());
  const auto near = nearest(image.type.text(), names);
  block(image, Verb::add, Code::unknown_type, fmt::format("there is no image type \"{}\"", image.type.text()),
        near ? fmt::format("did you mean \"{}\"? If not, declare it with [[imagetype]]", *near) : "declare it with [[imagetype]]",
        draft);
}

/// False: something stands in the way of adding it, and is said.
bool may_be_added(const LocalImage& image, const Situation& situation, Draft& draft) {
  if (const state::ImageRow* bearer = situation.bearer(image.name)) {
    const std::string what = bearer->copy
                                 ? fmt::format("a copy from peer \"{}\"", bearer->copied_from ? bearer->copied_from->text() : "?")
                                 : std::string("another image");
    block(image, Verb::add, Code::name_in_use, fmt::format("the name \"{}\" is taken here by {}", bearer->name.text(), what),
          "choose another name, or give the copy another name with `as`", draft);
    return false;
  }
  if (type_is_known(image.type, situation)) return true;
  block_unknown_type(image, situation, draft);
  return false;
}

void add_image(const LocalImage& image, const ParentFound& parent, const Situation& situation, Draft& draft) {
  const auto seen = situation.observed.sources.find(image.name);
  const auto* source = seen == situation.observed.sources.end() ? nullptr : std::get_if<SourceStamp>(&seen->second);
  Change change = change_of(image_address(image.name),
                            AddImage{.image = image,
                                     .parent = parent.key,
                                     .source_bytes = source ? source->bytes : std::nullopt,
                                     .source_trouble = source_trouble(image, situation)},
                            {reason(image, Code::new_, "the manifest declares it, and it is not here")});
  if (parent.planned) change.after.push_back(*parent.planned);
  if (!look_at_source(image, situation, draft)) change.foreseen = Code::source_missing;
  draft.add(
      {.change = std::move(change), .phase = parent.late ? Phase::following : Phase::images, .publishes = !image.is_private});
}

/// What the manifest would change that cannot change; empty: nothing.
std::vector<std::string> immutable_changes(const LocalImage& image, const state::ImageRow& row, const Situation& situation) {
  std::vector<std::string> changes;
  if (image.type != row.type) changes.push_back(fmt::format("its type is {}, not {}", row.type.text(), image.type.text()));
  const std::string parent = image.parent ? image.parent->text() : "";
  const state::ImageRow* now =
      row.parent && situation.row_by_key.contains(*row.parent) ? situation.row_by_key.at(*row.parent) : nullptr;
  if (parent != row.parent_name && !(now && now->name.text() == parent)) {
    changes.push_back(fmt::format("its parent is {}, not {}", row.parent_name.empty() ? "none" : "\"" + row.parent_name + "\"",
                                  parent.empty() ? "none" : "\"" + parent + "\""));
  }
  if (image.digest && *image.digest != row.digest)
    changes.push_back(fmt::format("its digest is {}, not {}", row.digest.text(), image.digest->text()));
  return changes;
}

/// Takes over what may change; says what did.
class Describing {
 public:
  explicit Describing(const state::ImageRow& row) : row_(row) {}

  template <class Value, class Show>
  void take(std::string_view key, Value state::ImageRow::*field, const Value& wanted, bool published, Show show) {
    if (row_.*field == wanted) return;
    changes_.push_back(fmt::format("{}: {} → {}", key, show(row_.*field), show(wanted)));
    row_.*field = wanted;
    publishes_ = publishes_ || published;
  }
  template <class Value>
  void take_quietly(std::string_view key, Value state::ImageRow::*field, const Value& wanted) {
    if (row_.*field == wanted) return;
    changes_.emplace_back(key);
    row_.*field = wanted;
    publishes_ = true;
  }

  state::ImageRow row_;
  std::vector<std::string> changes_;
  bool publishes_ = false;
};

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

void update_image(const LocalImage& image, const state::ImageRow& row, Draft& draft) {
  Describing now(row);
  const auto as_bool = [](bool value) { return value ? "true" : "false"; };
  now.take("private", &state::ImageRow::is_private, image.is_private, true, as_bool);
  now.take("state", &state::ImageRow::state, image.state, true, [](ImageState state) { return text_of(state); });
  now.take_quietly("reason", &state::ImageRow::reason, image.reason);
  now.take("version", &state::ImageRow::version, image.version, true, quoted);
  now.take("platform", &state::ImageRow::platform, image.platform, true, quoted);
  now.take_quietly("labels", &state::ImageRow::labels, image.labels);
  now.take_quietly("description", &state::ImageRow::description, image.description);
  now.take("protect", &state::ImageRow::protect, image.protect, false, as_bool);
  now.take("managed by the manifest", &state::ImageRow::managed, true, false, as_bool);
  if (now.changes_.empty()) return;
  const std::string text = fmt::format("{}", fmt::join(now.changes_, ", "));
  const bool publishes = now.publishes_ && !image.is_private;
  Change change =
      change_of(image_address(image.name), UpdateImage{.row = std::move(now.row_), .changes = std::move(now.changes_)},
                {reason(image, Code::changed, text)});
  draft.add({.change = std::move(change), .phase = Phase::images, .publishes = publishes});
}

void merge_present(const LocalImage& image, const state::ImageRow& row, const Situation& situation, Draft& draft) {
  const auto immutable = immutable_changes(image, row, situation);
  if (!immutable.empty()) {
    return block(image, Verb::update, Code::immutable,
                 fmt::format("this cannot change in an image: {}", fmt::join(immutable, "; ")),
                 "restore the old value, or give the new image another name", draft);
  }
  // A number that was given to it may have been read by a peer, even if the run that published it died.
  if (image.is_private && !row.is_private && (row.was_public || row.created)) {
    return block(image, Verb::update, Code::already_published, "it was published, and peers have read it",
                 "set private = false, or delete the image", draft);
  }
  update_image(image, row, draft);
  const auto seen = situation.observed.sources.find(image.name);
  const auto* stamp = seen == situation.observed.sources.end() ? nullptr : std::get_if<SourceStamp>(&seen->second);
  if (stamp && !row.source_stamp.empty() && stamp->stamp != row.source_stamp) {
    draft.notes.push_back({Code::source_changed, image_address(image.name).text,
                           "its source has changed since it was added; the image stays as it is. Give new content a new name"});
  }
}

/// An image of ours that the manifest does not name: left alone, unless the manifest managed it once (R16).
void merge_absent(const state::ImageRow& row, const Situation& situation, Draft& draft) {
  const Address address = image_address(row.name);
  const auto& copies = situation.manifest.copies;
  const bool by_copy =
      situation.taken_over.contains(row.rule) && std::any_of(copies.begin(), copies.end(), [&](const CopyEntry& one) {
        return one.adopt && copy_address(one.peer, one.name).text == row.rule;
      });
  if (!row.managed && by_copy) return;
  if (!row.managed) {
    draft.notes.push_back({Code::unmanaged, address.text, "the manifest does not name it; it is not managed"});
    return;
  }
  const auto listing = situation.series_listing.find(row.name.text());
  if (listing != situation.series_listing.end()) {
    const SeriesDeclaration& series = *listing->second.front();
    draft.blocked.push_back({.address = address,
                             .verb = Verb::delete_,
                             .code = Code::in_series,
                             .text = fmt::format("series \"{}\" of the manifest lists it", series.name.text()),
                             .mend = "remove it from the series, or put the image back into the manifest",
                             .at = series.at});
  } else if (row.protect) {
    draft.held.push_back({.address = address,
                          .verb = Verb::delete_,
                          .code = Code::protected_,
                          .text = "the manifest dropped it, and it is protected",
                          .mend = "put it back with protect = false, apply, and then remove it"});
  } else {
    Change change =
        change_of(address, DeleteImage{.key = row.key, .name = row.name},
                  {{.code = Code::dropped, .rule = address.text, .at = std::nullopt, .text = "the manifest no longer names it"}});
    change.size = row.size;
    draft.add({.change = std::move(change), .phase = Phase::deletions, .publishes = !row.is_private, .removes = row.key});
  }
}

}  // namespace

void merge_images(const Desired& desired, const Situation& situation, Draft& draft) {
  std::vector<const LocalImage*> missing;
  for (const auto& image : situation.manifest.images) {
    const state::ImageRow* row = situation.live(image.name);
    if (row && !row->copy)
      merge_present(image, *row, situation, draft);
    else if (row && draft.doing(image_address(image.name)))
      continue;  // this plan adopts it
    else if (may_be_added(image, situation, draft))
      missing.push_back(&image);
  }
  for (const auto& [image, parent] : find_parents(missing, desired, situation, draft))
    add_image(*image, parent, situation, draft);
  for (const auto& row : situation.snapshot.images) {
    if (row.copy || row.deleted) continue;
    const LocalImage* image = situation.local(row.name);
    if (!image || image->name != row.name) merge_absent(row, situation, draft);
  }
}

}  // namespace ingot::plan
