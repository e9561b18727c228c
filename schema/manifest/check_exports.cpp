#include "schema/manifest/check_exports.hpp"

#include <unordered_map>

#include <fmt/format.h>

#include "schema/manifest/own_places.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot {

namespace {

void check_export_names(ManifestDraft& draft) {
  std::unordered_map<std::string, const ExportDraft*> first;
  for (const ExportDraft& each : draft.exports) {
    const auto [place, is_new] = first.try_emplace(each.entry.name.folded(), &each);
    if (is_new) continue;
    const std::string where = draft.problems.place_text(place->second->name);
    const std::string& other = place->second->entry.name.text();
    const bool alike = other == each.entry.name.text();
    draft.problems.add(
        each.name, "duplicate",
        alike ? fmt::format("export {} is defined twice: first at {}", quoted(other), where)
              : fmt::format("export {} differs only in case from {} at {}", quoted(each.entry.name.text()), quoted(other), where),
        alike ? "rename or remove one of them" : "give one of them another name");
  }
}

/// A folder belongs to one export: what it does not know, it leaves alone, and blocks.
void check_folders(ManifestDraft& draft) {
  for (std::size_t i = 0; i < draft.exports.size(); ++i) {
    const ExportDraft& each = draft.exports[i];
    const std::string to = whole_path(each.entry.to, draft.working_folder);
    for (std::size_t before = 0; before < draft.exports.size() && !draft.problems.full(); ++before) {
      const ExportDraft& other = draft.exports[before];
      const std::string folder = whole_path(other.entry.to, draft.working_folder);
      const bool same = folder == to;
      if (before == i || (same && before > i) || other.entry.to.empty() || each.entry.to.empty() || !path_inside(to, folder))
        continue;
      draft.problems.add(each.to, same ? "duplicate" : "own-place",
                         fmt::format("export {} goes {} export {}, at {}", quoted(each.entry.name.text()),
                                     same ? "into the same folder as" : "into the folder of", quoted(other.entry.name.text()),
                                     draft.problems.place_text(other.to)),
                         "give each export a folder of its own");
      break;
    }
  }
}

/// The state's folder holds more of ingot than the state; where it holds the store, too, it is nobody's folder alone.
std::vector<OwnPlace> places_not_to_export_to(const ServerSection& server) {
  std::vector<OwnPlace> places = own_places(server);
  const std::string folder = plain_path(parent_folder(server.state));
  const bool is_own =
      !folder.empty() && !path_inside(plain_path(server.store), folder) && !path_inside(plain_path(server.keys), folder);
  if (is_own) places.push_back({"state", folder});
  return places;
}

void check_own_places(ManifestDraft& draft) {
  if (!draft.server) return;
  const auto places = places_not_to_export_to(*draft.server);
  for (const ExportDraft& each : draft.exports) {
    if (each.entry.to.empty()) continue;
    const std::string to = whole_path(each.entry.to, draft.working_folder);
    for (const OwnPlace& place : places) {
      if (!path_inside(to, whole_path(place.path, draft.working_folder))) continue;
      draft.problems.add(each.to, "own-place",
                         fmt::format("export {} goes into this server's {} ({})", quoted(each.entry.name.text()), place.what,
                                     quoted(place.path)),
                         "name a folder outside of it");
      break;
    }
  }
}

/// Else an image would take its own copies in.
void check_against_sources(ManifestDraft& draft) {
  for (const ExportDraft& each : draft.exports) {
    if (each.entry.to.empty()) continue;
    const std::string to = whole_path(each.entry.to, draft.working_folder);
    for (const ImageDraft& image : draft.images) {
      if (draft.problems.full()) return;
      if (!image.entry.source || !path_inside(to, whole_path(*image.entry.source, draft.working_folder))) continue;
      draft.problems.add(each.to, "own-place",
                         fmt::format("export {} goes into the source of image {}, at {}", quoted(each.entry.name.text()),
                                     quoted(image.entry.name.text()), draft.problems.place_text(image.source)),
                         "name a folder outside of it");
      break;
    }
  }
}

void check_links(ManifestDraft& draft) {
  for (const ExportDraft& each : draft.exports) {
    const auto* image = std::get_if<ImageName>(&each.entry.of);
    if (image == nullptr || !each.entry.link || fold_case(*each.entry.link) != image->folded()) continue;
    draft.problems.add(each.link, "name-in-use",
                       fmt::format("the link of export {} has the name of its image", quoted(each.entry.name.text())),
                       "give the link another name");
  }
}

}  // namespace

void check_exports(ManifestDraft& draft) {
  check_export_names(draft);
  check_folders(draft);
  check_own_places(draft);
  check_against_sources(draft);
  check_links(draft);
}

}  // namespace ingot
