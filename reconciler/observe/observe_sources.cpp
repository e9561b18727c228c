#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include <sys/stat.h>

#include <fmt/format.h>

#include "reconciler/io/disk/file_error.hpp"
#include "reconciler/observe/observe.hpp"
#include "reconciler/transfer/canonical_tar.hpp"
#include "schema/error.hpp"

namespace ingot::observe {

namespace {

/// nullopt: it is there.
std::optional<plan::SourceMissing> missing(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return std::nullopt;
  if (errno == ENOENT || errno == ENOTDIR) return plan::SourceMissing{};
  return plan::SourceMissing{.why = fmt::format("cannot be looked at ({})", io::errno_text(errno))};
}

/// Rows of own images by name.
using OwnRows = std::map<ImageName, std::vector<const state::ImageRow*>>;

/// The stamp of a row that the survey agrees with, the live one's first; else the survey's own.
std::string stamp_of(const transfer::SourceSurvey& survey, const std::vector<const state::ImageRow*>& rows) {
  const state::ImageRow* same = nullptr;
  for (const state::ImageRow* row : rows) {
    if (transfer::is_as_it_was(survey, row->source_stamp) && (!same || !row->deleted)) same = row;
  }
  return same ? same->source_stamp : survey.stamp;
}

/// A source that cannot be surveyed has no stamp to compare; adding it will say why.
plan::SourceView look_at_whole(const LocalImage& image, const ServerSection& server,
                               const std::vector<const state::ImageRow*>& rows) {
  try {
    const transfer::SourceSurvey survey = transfer::survey_source(transfer::source_of(image, server));
    return plan::SourceStamp{.stamp = stamp_of(survey, rows),
                             .bytes = survey.bytes,
                             .files = survey.files,
                             .mounts = {survey.mounts.begin(), survey.mounts.end()}};
  } catch (const Error& error) {
    if (error.fault() != Fault::incomplete && error.fault() != Fault::local) throw;
    return plan::SourceStamp{""};
  }
}

/// The row of the image that is here now, if the top of its source is as it was, and the source too large for what is left of
/// the budget. Otherwise the budget pays for it.
const state::ImageRow* seen_by_top(const LocalImage& image, const std::vector<const state::ImageRow*>& rows,
                                   std::uint64_t& budget) {
  const auto live = std::find_if(rows.begin(), rows.end(), [](const state::ImageRow* row) { return !row->deleted; });
  if (live == rows.end()) return nullptr;
  const auto members = transfer::members_under_same_top(*image.source, (*live)->source_stamp);
  if (!members) return nullptr;
  if (*members > budget) return *live;
  budget -= *members;
  return nullptr;
}

}  // namespace

std::map<ImageName, plan::SourceView> observe_sources(const Manifest& manifest, const std::vector<state::ImageRow>& rows,
                                                      const std::vector<plan::DamagedImage>& damaged, SourceLook look) {
  OwnRows own;
  for (const state::ImageRow& row : rows) {
    if (!row.copy) own[row.name].push_back(&row);
  }
  std::set<ImageName> not_whole;
  for (const plan::DamagedImage& image : damaged) not_whole.insert(image.name);
  constexpr std::uint64_t most_members = 10'000;
  std::uint64_t budget = look == SourceLook::top ? most_members : std::numeric_limits<std::uint64_t>::max();
  std::map<ImageName, plan::SourceView> sources;
  for (const auto& image : manifest.images) {
    if (!image.source) continue;
    const auto& here = own[image.name];
    const state::ImageRow* const by_top = not_whole.contains(image.name) ? nullptr : seen_by_top(image, here, budget);
    const auto gone = missing(*image.source);
    sources.emplace(image.name, gone     ? plan::SourceView(*gone)
                                : by_top ? plan::SourceView(plan::SourceStamp{.stamp = by_top->source_stamp})
                                         : look_at_whole(image, manifest.server, here));
  }
  return sources;
}

}  // namespace ingot::observe
