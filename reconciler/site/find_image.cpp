#include "reconciler/site/find_image.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "schema/error.hpp"
#include "schema/text/nearest.hpp"

namespace ingot::site {

std::string nearest_hint(const std::string& name, const std::vector<std::string>& names) {
  if (name.find_first_of("*?[") != std::string::npos) return "a NAME is one name, not a pattern";
  const auto near = nearest(name, names);
  return near ? fmt::format("did you mean \"{}\"?", io::printable(*near)) : "";
}

bool is_withdrawn(const state::ImageRow& image) { return image.withdrawn_by_origin || image.state == ImageState::withdrawn; }

const state::ImageRow* image_or_null(const state::Snapshot& snapshot, const std::string& name) {
  const auto found = std::find_if(snapshot.images.begin(), snapshot.images.end(),
                                  [&](const state::ImageRow& image) { return !image.deleted && image.name.text() == name; });
  return found == snapshot.images.end() ? nullptr : &*found;
}

const state::ImageRow& find_image(const state::Snapshot& snapshot, const std::string& name) {
  if (const auto* const image = image_or_null(snapshot, name)) return *image;
  std::vector<std::string> names;
  for (const auto& image : snapshot.images) {
    if (!image.deleted) names.push_back(image.name.text());
  }
  const std::string hint = nearest_hint(name, names);
  throw Error(Fault::incomplete, fmt::format("no image \"{}\" is here", io::printable(name)),
              hint.empty() ? "see: ingot query images" : hint)
      .with_code(Code::unknown_image)
      .about(name);
}

namespace {

/// What makes the series be here. A subscription to it brings its images alone, under their own names.
std::string how_to_have_series(const state::Snapshot& snapshot, const std::string& series) {
  const auto subscribed =
      std::find_if(snapshot.subscriptions.begin(), snapshot.subscriptions.end(), [&](const state::SubscriptionRow& row) {
        const auto* const of_series = std::get_if<SelectSeries>(&row.selector);
        return of_series && of_series->series.text() == series && !row.stopped;
      });
  if (subscribed != snapshot.subscriptions.end())
    return fmt::format(
        "a subscription copies the images of a series, not the series: add [[series]] name = \"{0}\", follow = {{ peer = "
        "\"{1}\", "
        "series = \"{0}\" }} to the manifest and apply it",
        series, subscribed->peer_name.text());
  std::vector<std::string> names;
  for (const auto& row : snapshot.series) names.push_back(row.name.text());
  const std::string hint = nearest_hint(series, names);
  return hint.empty() ? "see: ingot query series" : hint;
}

}  // namespace

const state::ImageRow& latest_of_series(const state::Snapshot& snapshot, const std::string& series) {
  const auto found = std::find_if(snapshot.series.begin(), snapshot.series.end(),
                                  [&](const state::SeriesRow& row) { return row.name.text() == series; });
  if (found == snapshot.series.end())
    throw Error(Fault::incomplete, fmt::format("no series \"{}\" is here", io::printable(series)),
                how_to_have_series(snapshot, series))
        .with_code(Code::unknown_series)
        .about(series);
  for (auto member = found->members.rbegin(); member != found->members.rend(); ++member) {
    const auto image = std::find_if(snapshot.images.begin(), snapshot.images.end(),
                                    [&](const state::ImageRow& row) { return row.key == member->image && !row.deleted; });
    if (image != snapshot.images.end() && !is_withdrawn(*image)) return *image;
  }
  throw Error(Fault::incomplete, fmt::format("series \"{}\" has no image that is not withdrawn", io::printable(series)),
              "see: ingot query series")
      .with_code(Code::withdrawn)
      .about(series);
}

}  // namespace ingot::site
