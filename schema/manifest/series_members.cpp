#include "schema/manifest/series_members.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "schema/manifest/problem_list.hpp"
#include "schema/text/natural_order.hpp"

namespace ingot {

namespace {

void report_unknown_series(ManifestDraft& draft, const SeriesName& name, Spot spot, const std::vector<std::string>& names) {
  draft.problems.add(spot, "unknown-series", fmt::format("there is no series {} in the manifest", quoted(name.text())),
                     did_you_mean(name.text(), names, fmt::format("add a [[series]] with name = {}", quoted(name.text()))));
}

bool stands_before(const LocalImage& one, const LocalImage& other) {
  if (one.version != other.version) return natural_less(one.version, other.version);
  return natural_less(one.name.text(), other.name.text());
}

}  // namespace

void check_series_members(ManifestDraft& draft) {
  std::unordered_map<std::string, const SeriesDraft*> known;
  std::vector<std::string> names;
  for (const SeriesDraft& series : draft.series) {
    known.emplace(series.entry.name.text(), &series);
    names.push_back(series.entry.name.text());
  }
  std::unordered_set<std::string> named;
  for (const ImageDraft& image : draft.images) {
    for (std::size_t i = 0; i < image.series.size() && !draft.problems.full(); ++i) {
      const SeriesName& name = image.entry.series[i];
      named.insert(name.text());
      const auto found = known.find(name.text());
      if (found == known.end()) {
        if (draft.references_certain) report_unknown_series(draft, name, image.series[i], names);
      } else if (found->second->entry.follow) {
        draft.problems.add(image.series[i], "exclusive-keys",
                           fmt::format("series {} follows a peer's series (at {}): an image cannot join it", quoted(name.text()),
                                       draft.problems.place_text(found->second->follow)),
                           "remove the name, or give the series \"images\" or \"order\" instead of \"follow\"");
      }
    }
  }
  if (!draft.references_certain) return;
  for (const SeriesDraft& series : draft.series) {
    if (series.has_members || named.contains(series.entry.name.text())) continue;
    draft.problems.add(
        series.header, "missing-key",
        fmt::format("series {} has neither \"images\" nor \"follow\", and no image names it", quoted(series.entry.name.text())),
        R"(add images = ["db19_23", "db19_24"] or follow = { peer = "fpps-2", series = "db19" } or, for images that )"
        R"(name the series themselves, order = "version")");
  }
}

void add_series_members(Manifest& manifest) {
  std::unordered_map<std::string, std::vector<const LocalImage*>> members;
  for (const LocalImage& image : manifest.images) {
    for (const SeriesName& name : image.series) members[name.text()].push_back(&image);
  }
  if (members.empty()) return;
  for (SeriesDeclaration& series : manifest.series) {
    const auto found = members.find(series.name.text());
    if (found == members.end()) continue;
    std::sort(found->second.begin(), found->second.end(),
              [](const LocalImage* one, const LocalImage* other) { return stands_before(*one, *other); });
    std::unordered_set<std::string> listed;
    for (const ImageName& name : series.images) listed.insert(name.text());
    for (const LocalImage* image : found->second) {
      if (!listed.insert(image->name.text()).second) continue;
      series.images.push_back(image->name);
      ++series.joined;
    }
  }
}

}  // namespace ingot
