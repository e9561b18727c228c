#include "reconciler/show/html/svg_matrix.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "reconciler/show/format/short_text.hpp"
#include "reconciler/show/format/table.hpp"

namespace ingot::show {

namespace {

// Pixels. The dashes of the style sheet's class "mark" fit to row_pitch.
constexpr int row_pitch = 14, mark_size = 10, letter = 6, edge = 10;
constexpr std::size_t longest_label = 40, longest_heading = 24;

/// Where things are.
struct MatrixPlan {
  int label_width = 0;
  int heading_height = 0;
  int pitch = 14;  ///< of the columns
  int heading_overhang = 0;

  explicit MatrixPlan(const Matrix& matrix) {
    std::size_t longest = 8, tallest = 4;
    for (const auto& row : matrix.rows) longest = std::max(longest, std::min(text_width(row.label), longest_label));
    for (const auto& column : matrix.columns) tallest = std::max(tallest, std::min(text_width(column), longest_heading));
    label_width = static_cast<int>(longest) * letter + 2 * edge;
    heading_height = static_cast<int>(tallest) * letter * 7 / 8 + 2 * edge;
    heading_overhang = static_cast<int>(tallest) * letter / 2 + edge;
    pitch = matrix.columns.size() <= 12 ? 30 : matrix.columns.size() <= 24 ? 22 : 16;
  }
  int x(std::size_t column) const { return label_width + static_cast<int>(column) * pitch + pitch / 2; }
  int y(std::size_t row) const { return heading_height + static_cast<int>(row) * row_pitch; }
};

void put_headings(const Matrix& matrix, const MatrixPlan& plan, HtmlWriter& html) {
  for (std::size_t i = 0; i < matrix.columns.size(); ++i) {
    const int x = plan.x(i), y = plan.heading_height - 6;
    html.open("text", {{"transform", fmt::format("translate({} {})rotate(-60)", x + 4, y)}});
    html.element("title", matrix.columns[i]);
    html.text(shortened(matrix.columns[i], longest_heading));
    html.close();
  }
}

void put_labels(const Matrix& matrix, const MatrixPlan& plan, HtmlWriter& html) {
  for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
    html.open("text", {{"class", "label"}, {"x", edge}, {"y", plan.y(i) + mark_size - 1}});
    if (!matrix.rows[i].title.empty()) html.element("title", matrix.rows[i].title);
    html.text(shortened(matrix.rows[i].label, longest_label));
    html.close();
  }
}

/// A light line under every fifth row leads the eye.
void put_guides(const Matrix& matrix, const MatrixPlan& plan, HtmlWriter& html) {
  std::string path;
  const int right = plan.x(matrix.columns.size()) - plan.pitch / 2;
  for (std::size_t row = 0; row <= matrix.rows.size(); row += 5) path += fmt::format("M{} {}H{}", edge, plan.y(row) - 2, right);
  html.empty("path", {{"class", "grid"}, {"d", path}});
}

/// The squares of one column, equal ones below each other as one line.
void add_column(const Matrix& matrix, std::size_t column, const MatrixPlan& plan, std::map<Mark, std::string>& paths) {
  const int x = plan.x(column);
  for (std::size_t row = 0; row < matrix.rows.size();) {
    const MatrixCell& cell = matrix.rows[row].cells[column];
    const std::size_t begin = row;
    if (cell.mark == Mark::none || !cell.text.empty()) {
      ++row;
    } else if (cell.mark == Mark::differs) {
      paths[cell.mark] += fmt::format("M{} {}l8 8m0 -8l-8 8", x - 4, plan.y(row++) + 1);
    } else {
      while (row < matrix.rows.size() && matrix.rows[row].cells[column].mark == cell.mark &&
             matrix.rows[row].cells[column].text.empty())
        ++row;
      const int length = static_cast<int>(row - begin) * row_pitch - (row_pitch - mark_size);
      paths[cell.mark] += fmt::format("M{} {}v{}", x, plan.y(begin), length);
    }
  }
}

void put_cells(const Matrix& matrix, const MatrixPlan& plan, HtmlWriter& html) {
  std::map<Mark, std::string> paths;
  for (std::size_t column = 0; column < matrix.columns.size(); ++column) add_column(matrix, column, plan, paths);
  for (const auto& [mark, path] : paths) html.empty("path", {{"class", mark_class(mark)}, {"d", path}});
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    for (std::size_t column = 0; column < matrix.columns.size(); ++column) {
      const MatrixCell& cell = matrix.rows[row].cells[column];
      if (cell.text.empty()) continue;
      html.element("text", cell.text, {{"class", "m value"}, {"x", plan.x(column)}, {"y", plan.y(row) + mark_size - 1}});
    }
  }
}

}  // namespace

std::string mark_class(Mark mark) {
  constexpr std::array<std::string_view, 11> names{"",        "origin", "present", "waiting", "withdrawn", "unknown",
                                                   "differs", "heat1",  "heat2",   "heat3",   "heat4"};
  const std::string name(names[static_cast<std::size_t>(mark)]);
  return mark == Mark::differs ? "cross " + name : "mark " + name;
}

LegendEntry legend_entry(Mark mark, std::string text) {
  return {.shape = mark == Mark::differs ? LegendShape::cross : LegendShape::mark,
          .style = mark_class(mark),
          .text = std::move(text)};
}

std::size_t rows_that_fit(std::size_t columns, std::size_t most_rows, std::size_t most_cells) {
  return std::min(most_rows, most_cells / std::max<std::size_t>(columns, 1));
}

void put_matrix(const Matrix& matrix, HtmlWriter& html) {
  const MatrixPlan plan(matrix);
  const int width = plan.x(matrix.columns.size()) - plan.pitch / 2 + plan.heading_overhang;
  const int height = plan.y(matrix.rows.size()) + edge;
  html.open("div", {{"class", "frame"}, {"tabindex", "0"}});
  html.open("svg", {{"width", width},
                    {"height", height},
                    {"viewBox", fmt::format("0 0 {} {}", width, height)},
                    {"role", "img"},
                    {"aria-label", matrix.title}});
  put_guides(matrix, plan, html);
  put_headings(matrix, plan, html);
  put_labels(matrix, plan, html);
  put_cells(matrix, plan, html);
  html.close();
  html.close();
}

}  // namespace ingot::show
