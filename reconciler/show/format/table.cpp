#include "reconciler/show/format/table.hpp"

#include <algorithm>

namespace ingot::show {

std::size_t text_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80; }));
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const auto& column : columns_) widths_.push_back(text_width(column.heading));
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], text_width(cells[i]));
  rows_.push_back(std::move(cells));
}

void Table::show(Output& out, const Style& style) const {
  const auto line_of = [&](const auto& text_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string& text = text_at(i);
      const std::string gap(widths_[i] - text_width(text), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::left ? text + gap : gap + text;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  out.put(style.bold(line_of([&](std::size_t i) -> const std::string& { return columns_[i].heading; })));
  out.put('\n');
  for (const auto& row : rows_) {
    out.put(line_of([&](std::size_t i) -> const std::string& { return row[i]; }));
    out.put('\n');
  }
}

}  // namespace ingot::show
