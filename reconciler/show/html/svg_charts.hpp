// Pictures of numbers as inline SVG: bars and a line over time. Colours are classes of the style sheet. Every bar has its value
// as a title; a page shows the same numbers in a table too.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/show/html/html_writer.hpp"

namespace ingot::show {

/// How a value is written on the axis: size_text, number_text.
using ValueText = std::function<std::string(std::uint64_t)>;

struct Bar {
  std::string label;                 ///< under the bar; "": none
  std::string title;                 ///< of the bar, for who points at it
  std::vector<std::uint64_t> parts;  ///< from the bottom up, as many as the chart's `parts`
};

/// Bars whose parts are stacked.
struct BarChart {
  std::string title;               ///< what a screen reader says
  std::vector<std::string> parts;  ///< at most `most_parts`; names for the legend, which is left out for one part
  std::vector<Bar> bars;
  ValueText value_text;
};
inline constexpr std::size_t most_parts = 7;
void put_bars(const BarChart& chart, HtmlWriter& html);

struct ChartPoint {
  std::int64_t x = 0;
  std::uint64_t y = 0;
};
struct ChartTick {
  std::int64_t x = 0;
  std::string label;
};

/// A value over time, and where it goes.
struct Timeline {
  std::string title;
  std::vector<ChartPoint> points;        ///< ascending by x, at least one; between two points the first one's value holds
  std::optional<ChartPoint> ahead;       ///< the end of a dashed line from the last point on
  std::optional<std::uint64_t> edge;     ///< a level that must not be reached
  std::string edge_label;                ///< above the level
  std::vector<ChartTick> ticks;          ///< on the axis of time
  std::vector<std::string> legend = {};  ///< of the line and of the dashed line
  ValueText value_text;
};
void put_timeline(const Timeline& chart, HtmlWriter& html);

/// How a legend draws what it explains.
enum class LegendShape { square, mark, cross };
struct LegendEntry {
  LegendShape shape = LegendShape::square;
  std::string style;  ///< the class of what is explained
  std::string text;
};
/// A row of marks with what they mean, inside a <figure>.
void put_legend(const std::vector<LegendEntry>& entries, HtmlWriter& html);

/// The distance of the lines of an axis that goes up to `most`: 1, 2 or 5 times a power of ten, at most five lines.
std::uint64_t axis_step(std::uint64_t most);

}  // namespace ingot::show
