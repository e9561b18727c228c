#include "reconciler/show/html/svg_charts.hpp"

#include <algorithm>
#include <numeric>

namespace ingot::show {

namespace {

// The drawing in units of its view box; the page scales it.
constexpr double chart_width = 860, chart_height = 250;
constexpr double plot_left = 62, plot_right = 836, plot_top = 14, plot_bottom = 222;

/// One decimal, without a zero after the point: small, and the same on every machine.
std::string coordinate(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

double scaled(std::uint64_t value, std::uint64_t top) {
  return (plot_bottom - plot_top) * static_cast<double>(value) / static_cast<double>(std::max<std::uint64_t>(top, 1));
}

/// The end of the axis: the first line that is not below `most`.
std::uint64_t axis_top(std::uint64_t most) {
  const std::uint64_t step = axis_step(most);
  return (most + step - 1) / step * step;
}

void open_chart(const std::string& title, HtmlWriter& html) {
  html.open("figure");
  html.open("div", {{"class", "frame"}, {"tabindex", "0"}});
  html.open("svg", {{"class", "chart"},
                    {"viewBox", fmt::format("0 0 {} {}", coordinate(chart_width), coordinate(chart_height))},
                    {"role", "img"},
                    {"aria-label", title}});
}

void close_chart(HtmlWriter& html) {
  html.close();
  html.close();
}

void put_value_axis(std::uint64_t top, const ValueText& value_text, HtmlWriter& html) {
  const std::uint64_t step = axis_step(top);
  for (std::uint64_t value = 0; value <= top; value += step) {
    const double y = plot_bottom - scaled(value, top);
    html.empty("path", {{"class", "grid"}, {"d", fmt::format("M{} {}H{}", plot_left, coordinate(y), plot_right)}});
    html.element("text", value_text(value), {{"class", "e"}, {"x", coordinate(plot_left - 8)}, {"y", coordinate(y + 4)}});
    if (value > top - step) break;
  }
}

void put_tick(double x, const std::string& label, HtmlWriter& html) {
  html.element("text", label, {{"class", "m"}, {"x", coordinate(x)}, {"y", coordinate(plot_bottom + 18)}});
}

std::uint64_t total_of(const Bar& bar) { return std::accumulate(bar.parts.begin(), bar.parts.end(), std::uint64_t{0}); }

void put_bar(const Bar& bar, double left, double width, std::uint64_t top, HtmlWriter& html) {
  if (total_of(bar) == 0) return;
  html.open("g");
  html.element("title", bar.title);
  double y = plot_bottom;
  for (std::size_t part = 0; part < bar.parts.size(); ++part) {
    if (bar.parts[part] == 0) continue;
    const double height = std::max(scaled(bar.parts[part], top), 0.5);
    y -= height;
    html.empty("rect", {{"class", fmt::format("c{}", part)},
                        {"x", coordinate(left)},
                        {"y", coordinate(y)},
                        {"width", coordinate(width)},
                        {"height", coordinate(height)}});
  }
  html.close();
}

/// From days and values to places in the drawing.
class TimelineScale {
 public:
  TimelineScale(const Timeline& chart, std::uint64_t top)
      : begin_(chart.points.front().x), end_(std::max(chart.points.back().x, begin_ + 1)), top_(top) {
    if (chart.ahead) end_ = std::max(end_, chart.ahead->x);
  }
  std::string x(std::int64_t at) const {
    return coordinate(plot_left +
                      (plot_right - plot_left) * static_cast<double>(at - begin_) / static_cast<double>(end_ - begin_));
  }
  std::string y(std::uint64_t value) const { return coordinate(plot_bottom - scaled(value, top_)); }
  std::string path(const std::vector<ChartPoint>& points) const {
    std::string path = fmt::format("M{} {}", x(points.front().x), y(points.front().y));
    for (std::size_t i = 1; i < points.size(); ++i) path += fmt::format("H{}V{}", x(points[i].x), y(points[i].y));
    return path;
  }

 private:
  std::int64_t begin_, end_;
  std::uint64_t top_;
};

std::uint64_t highest(const Timeline& chart) {
  std::uint64_t most = std::max<std::uint64_t>(chart.edge.value_or(0), 1);
  for (const auto& point : chart.points) most = std::max(most, point.y);
  return chart.ahead ? std::max(most, chart.ahead->y) : most;
}

void put_edge(const Timeline& chart, const TimelineScale& scale, HtmlWriter& html) {
  if (!chart.edge) return;
  const std::string y = scale.y(*chart.edge);
  html.empty("path", {{"class", "edge"}, {"d", fmt::format("M{} {}H{}", plot_left, y, plot_right)}});
  html.element("text", chart.edge_label, {{"x", coordinate(plot_left + 6)}, {"y", y}, {"dy", "-5"}});
}

std::vector<LegendEntry> legend_of(const std::vector<std::string>& parts) {
  std::vector<LegendEntry> legend;
  for (std::size_t i = 0; i < parts.size(); ++i)
    legend.push_back({.shape = LegendShape::square, .style = fmt::format("c{}", i), .text = parts[i]});
  return legend;
}

}  // namespace

std::uint64_t axis_step(std::uint64_t most) {
  constexpr std::uint64_t most_lines = 5;
  std::uint64_t step = 1;
  for (int i = 0; most / step >= most_lines && i < 54; ++i) step = i % 3 == 1 ? step / 2 * 5 : step * 2;
  return step;
}

void put_legend(const std::vector<LegendEntry>& entries, HtmlWriter& html) {
  html.open("figcaption");
  for (const auto& entry : entries) {
    html.open("span");
    html.open("svg", {{"width", "11"}, {"height", "11"}, {"aria-hidden", "true"}});
    switch (entry.shape) {
      case LegendShape::square:
        html.empty("rect", {{"class", entry.style}, {"width", "11"}, {"height", "11"}, {"rx", "2"}});
        break;
      case LegendShape::mark: html.empty("path", {{"class", entry.style}, {"d", "M5.5 .5v10"}}); break;
      case LegendShape::cross: html.empty("path", {{"class", entry.style}, {"d", "M1 1l9 9M10 1l-9 9"}}); break;
    }
    html.close();
    html.text(entry.text);
    html.close();
  }
  html.close();
}

void put_bars(const BarChart& chart, HtmlWriter& html) {
  std::uint64_t most = 1;
  for (const auto& bar : chart.bars) most = std::max(most, total_of(bar));
  const std::uint64_t top = axis_top(most);
  open_chart(chart.title, html);
  put_value_axis(top, chart.value_text, html);
  const double pitch = (plot_right - plot_left) / static_cast<double>(std::max<std::size_t>(chart.bars.size(), 1));
  const double width = std::clamp(pitch * 0.76, 1.0, 40.0);
  for (std::size_t i = 0; i < chart.bars.size(); ++i) {
    const double middle = plot_left + pitch * (static_cast<double>(i) + 0.5);
    put_bar(chart.bars[i], middle - width / 2, width, top, html);
    if (!chart.bars[i].label.empty()) put_tick(middle, chart.bars[i].label, html);
  }
  close_chart(html);
  if (chart.parts.size() > 1) put_legend(legend_of(chart.parts), html);
  html.close();
}

void put_timeline(const Timeline& chart, HtmlWriter& html) {
  const std::uint64_t top = axis_top(highest(chart));
  const TimelineScale scale(chart, top);
  open_chart(chart.title, html);
  put_value_axis(top, chart.value_text, html);
  const ChartPoint& last = chart.points.back();
  const std::string path = scale.path(chart.points);
  html.empty("path", {{"class", "area"},
                      {"d", fmt::format("{}V{}H{}Z", path, coordinate(plot_bottom), scale.x(chart.points.front().x))}});
  html.empty("path", {{"class", "curve"}, {"d", path}});
  if (chart.ahead) {
    html.empty(
        "path",
        {{"class", "ahead"},
         {"d", fmt::format("M{} {}L{} {}", scale.x(last.x), scale.y(last.y), scale.x(chart.ahead->x), scale.y(chart.ahead->y))}});
  }
  put_edge(chart, scale, html);
  for (const auto& tick : chart.ticks) {
    html.element("text", tick.label, {{"class", "m"}, {"x", scale.x(tick.x)}, {"y", coordinate(plot_bottom + 18)}});
  }
  close_chart(html);
  if (!chart.legend.empty()) put_legend(legend_of(chart.legend), html);
  html.close();
}

}  // namespace ingot::show
