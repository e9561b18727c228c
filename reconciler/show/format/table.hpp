// Aligned columns of text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reconciler/show/format/output.hpp"
#include "reconciler/show/format/style.hpp"

namespace ingot::show {

enum class Align { left, right };

struct Column {
  std::string heading;
  Align align = Align::left;
};

/// Columns of the terminal that valid UTF-8 takes, one per code point.
std::size_t text_width(std::string_view text);

class Table {
 public:
  explicit Table(std::vector<Column> columns);
  /// As many cells as columns; safe for a terminal already (printable()).
  void row(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  /// Heading (bold) and rows; two spaces between columns, none at the end of a line.
  void show(Output& out, const Style& style) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ingot::show
