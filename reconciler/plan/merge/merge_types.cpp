// Custom image types: those that the manifest declares, and those that come with copies (R13).
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "reconciler/plan/merge/merge.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

void merge_declared(const TypeDeclaration& declared, const Situation& situation, Draft& draft) {
  const Address address = type_address(declared.name);
  const auto reason = [&](Code code, std::string text) {
    return std::vector<Reason>{{.code = code, .rule = address.text, .at = declared.at, .text = std::move(text)}};
  };
  const auto found = situation.type_by_name.find(declared.name.folded());
  if (found == situation.type_by_name.end()) {
    draft.add({.change = change_of(address, CreateType{.name = declared.name, .base = declared.base, .managed = true},
                                   reason(Code::new_, "the manifest declares it, and it is not here")),
               .phase = Phase::types});
    return;
  }
  const state::TypeRow& row = *found->second;
  if (row.name != declared.name) {
    draft.blocked.push_back({.address = address,
                             .verb = Verb::create,
                             .code = Code::type_conflict,
                             .text = fmt::format("its name differs only in case from \"{}\", which is here", row.name.text()),
                             .mend = "choose another name",
                             .at = declared.at});
    return;
  }
  std::vector<std::string> changes;
  if (row.base != declared.base) changes.push_back(fmt::format("base: {} → {}", row.base.text(), declared.base.text()));
  if (!row.managed) changes.emplace_back("now managed by the manifest");
  if (changes.empty()) return;
  draft.add({.change = change_of(address, UpdateType{.name = declared.name, .base = declared.base, .managed = true},
                                 reason(Code::changed, listed(changes))),
             .phase = Phase::types,
             .publishes = row.base != declared.base && has_public_images(row, situation)});
}

/// A type that a copy brings is created as on the origin; the copy waits for it.
void merge_with_copies(const Desired& desired, const Situation& situation, Draft& draft) {
  const auto declared = [&](const TypeName& type) {
    const auto& types = situation.manifest.types;
    return std::any_of(types.begin(), types.end(), [&](const auto& one) { return one.name == type; });
  };
  for (const auto& copy : desired.copies) {
    const TypeName& type = copy.entry->type;
    if (is_builtin(type)) continue;
    const Address address = copy_address(copy.rules->peer->name(), copy.entry->identity.name);
    const DraftChange* coming = draft.doing(address);
    const TypeEntry* on_origin = copy.rules->index.type(type);
    if (!coming || !on_origin) continue;
    if (!draft.doing(type_address(type)) && !declared(type) && !situation.type_by_name.contains(type.folded())) {
      Reason reason = coming->change.because.front();
      reason.text = fmt::format("\"{}\", which comes from peer \"{}\", is of this type", copy.entry->identity.name.text(),
                                copy.rules->peer->name().text());
      draft.add({.change = change_of(type_address(type), CreateType{.name = type, .base = on_origin->base, .managed = false},
                                     {std::move(reason)}),
                 .phase = Phase::types});
    }
    draft.wait_for(address, type_address(type));
  }
}

}  // namespace

bool has_public_images(const state::TypeRow& type, const Situation& situation) {
  std::uint64_t hidden = 0;
  for (const auto& row : situation.snapshot.images)
    hidden += !row.deleted && !row.copy && row.is_private && row.type == type.name ? 1U : 0U;
  return type.images > hidden;
}

void merge_types(const Desired& desired, const Situation& situation, Draft& draft) {
  for (const auto& declared : situation.manifest.types) merge_declared(declared, situation, draft);
  merge_with_copies(desired, situation, draft);
  for (const auto& image : situation.manifest.images) {
    if (!is_builtin(image.type)) draft.wait_for(image_address(image.name), type_address(image.type));
  }
}

void merge_dropped_types(const Situation& situation, Draft& draft) {
  std::map<TypeName, std::uint64_t> coming, going;
  std::map<TypeName, std::vector<Address>> removals;
  for (const auto& one : draft.changes) {
    if (one.change.deferred) continue;
    if (const auto* copy = std::get_if<CopyImage>(&one.change.action)) ++coming[copy->entry->type];
    if (const auto* add = std::get_if<AddImage>(&one.change.action)) ++coming[add->image.type];
    if (one.removes == 0) continue;
    const TypeName& type = situation.row_by_key.at(one.removes)->type;
    ++going[type];
    removals[type].push_back(one.change.address);
  }
  for (const auto& row : situation.snapshot.types) {
    const auto& types = situation.manifest.types;
    if (!row.managed || std::any_of(types.begin(), types.end(), [&](const auto& one) { return one.name == row.name; })) continue;
    const std::uint64_t users = row.images + coming[row.name] - std::min(row.images, going[row.name]);
    if (users > 0) {
      draft.blocked.push_back({.address = type_address(row.name),
                               .verb = Verb::delete_,
                               .code = Code::in_use,
                               .text = fmt::format("the manifest dropped it, and {} here {} of this type",
                                                   counted(users, "image"), users == 1 ? "is" : "are"),
                               .mend = "put it back into the manifest, or delete the images first",
                               .at = std::nullopt});
      continue;
    }
    Change change = change_of(type_address(row.name), DeleteType{.name = row.name},
                              {{.code = Code::dropped,
                                .rule = type_address(row.name).text,
                                .at = std::nullopt,
                                .text = "the manifest no longer declares it, and no image is of this type"}});
    change.after = removals[row.name];
    draft.add({.change = std::move(change), .phase = Phase::type_deletions});
  }
}

}  // namespace ingot::plan
