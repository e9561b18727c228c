#include "state/shown_states.hpp"

#include <charconv>

#include "state/lines.hpp"

namespace ingot::state {

ImageState shown_state(ImageState here, bool withdrawn_by_origin) { return withdrawn_by_origin ? ImageState::withdrawn : here; }

ImageState shown_state(const ImageRow& row) { return shown_state(row.state, row.withdrawn_by_origin); }

void ShownStates::change_to(ImageState state) {
  if (state == now) return;
  if (since) past.push_back({now, *since});
  now = state;
  since.reset();
  if (!past.empty() && past.back().state == state) {
    since = past.back().since;
    past.pop_back();
  }
  if (past.size() >= longest_state_history) past.erase(past.begin());
}

std::vector<StateSince> ShownStates::with_serials() const {
  std::vector<StateSince> states = past;
  if (since) states.push_back({now, *since});
  return states;
}

std::string write_past_states(const std::vector<StateSince>& past) {
  std::vector<std::string> items;
  for (const auto& [state, since] : past) {
    items.emplace_back(text_of(state));
    items.push_back(std::to_string(since));
  }
  return write_lines(items);
}

std::optional<std::vector<StateSince>> parse_past_states(std::string_view text) {
  std::vector<StateSince> past;
  if (text.empty()) return past;
  const auto items = parse_lines(text);
  if (!items || items->size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < items->size(); i += 2) {
    const auto state = parse_image_state((*items)[i]);
    const std::string& number = (*items)[i + 1];
    Serial since = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), since);
    if (!state || error != std::errc() || end != number.data() + number.size()) return std::nullopt;
    past.push_back({*state, since});
  }
  return past;
}

}  // namespace ingot::state
