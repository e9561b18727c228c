// A matrix of marks as inline SVG. Equal marks below each other are one line that is dashed into squares, so that 40,000 marks
// need some 200 kB.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "reconciler/show/html/html_writer.hpp"
#include "reconciler/show/html/svg_charts.hpp"

namespace ingot::show {

/// What a cell shows. Marks differ in shape too, not only in colour.
enum class Mark { none, origin, present, waiting, withdrawn, unknown, differs, heat1, heat2, heat3, heat4 };
/// The class of its style.
std::string mark_class(Mark mark);

/// "copied", beside the mark.
LegendEntry legend_entry(Mark mark, std::string text);

struct MatrixCell {
  Mark mark = Mark::none;
  std::string text = {};  ///< shown instead of the mark
};
struct MatrixRow {
  std::string label;
  std::string title;  ///< for who points at the label
  std::vector<MatrixCell> cells;
};
struct Matrix {
  std::string title;  ///< what a screen reader says
  std::vector<std::string> columns;
  std::vector<MatrixRow> rows;
};

/// How many rows are shown at most of a matrix with so many columns: a page must stay small enough to mail.
std::size_t rows_that_fit(std::size_t columns, std::size_t most_rows, std::size_t most_cells);

/// Inside a frame that scrolls. A label of more than 40 characters is cut.
void put_matrix(const Matrix& matrix, HtmlWriter& html);

}  // namespace ingot::show
