// An export in one folder: what the state remembers of it, beside what was seen there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

/// What helps if somebody changed an exported image.
inline constexpr auto mend_changed =
    "look at what was changed; allow it with `changes` (\"**\": everything, also owner, mode and an image that is one file), or "
    "move it away";

struct ExportPlace {
  ExportName name;
  std::string folder;
  const ExportView* view = nullptr;        ///< never null
  const state::ExportRow* link = nullptr;  ///< nullptr: none was made
  std::map<ImageName, const state::ExportedRow*> rows = {};

  const ExportedView* seen(const ImageName& image) const;
  /// Remembered, and in its folder: whole, half given or changed.
  bool is_there(const ImageName& image) const;
  bool is_whole(const ImageName& image) const;
  bool is_changed(const ImageName& image) const;
  /// nullptr: nothing bears that name.
  const LinkSight* link_named(const std::string& text) const;
  /// Whether ingot made this link: it points to what ingot exported here.
  bool made(const LinkSight& sight) const;
  /// Where a link of ingot's points; nullopt: there is none.
  std::optional<ImageName> target_of(const std::string& text) const;
};

/// By name and folder: those of the manifest, and those that the state remembers.
using ExportPlaces = std::map<std::pair<ExportName, std::string>, ExportPlace>;
ExportPlaces export_places(const Situation& situation);

/// If nothing can be written in the folder, what the draft would do there is blocked instead. True: it is blocked.
bool block_unwritable(const ExportPlace& place, std::optional<At> at, Draft& draft);

}  // namespace ingot::plan
