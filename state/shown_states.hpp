// The states that a catalog shows of an image, and since which head: how a change joins the history before it is shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/image.hpp"
#include "state/snapshot.hpp"

namespace ingot::state {

/// The state that others see: the origin's withdrawal covers whatever the state here is (R21).
ImageState shown_state(ImageState here, bool withdrawn_by_origin);
ImageState shown_state(const ImageRow& row);

/// What was shown before `now`, and since when `now` is shown (nullopt: no head has shown it yet).
struct ShownStates {
  std::vector<StateSince> past;  ///< oldest first, fewer than longest_state_history
  ImageState now = ImageState::published;
  std::optional<Serial> since;
  bool operator==(const ShownStates&) const = default;

  /// Changes that no head has shown collapse into one, and vanish if the state is again what was shown last.
  void change_to(ImageState state);
  /// As a catalog entry lists them: only what has a serial.
  std::vector<StateSince> with_serials() const;
};

std::string write_past_states(const std::vector<StateSince>& past);
/// nullopt if write_past_states never made this.
std::optional<std::vector<StateSince>> parse_past_states(std::string_view text);

}  // namespace ingot::state
