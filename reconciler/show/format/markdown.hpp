// Markdown for the comment of a merge request: text from outside stands in code, and a document never grows past what such a
// comment may hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::show {

/// Bytes; GitHub takes 65,536 characters.
inline constexpr std::size_t longest_markdown = 60'000;

/// Text that means nothing but itself: no link, no mention, no reference, no HTML. Its fence is longer than any in it. Cut to 300
/// bytes.
std::string markdown_code(std::string_view raw);
/// The same in a table, whose cells a bar would end even in code.
std::string markdown_cell(std::string_view raw);

/// Lines that stand together: a list above the fold, or a fold with a table.
struct MarkdownSection {
  std::string before;
  std::vector<std::string> lines = {};
  std::string after = {};
  std::size_t columns = 0;  ///< of the table; 0: a list
};
/// A table without rows: `before` stands above it.
MarkdownSection markdown_table(const std::string& before, const std::vector<std::string>& headings);
/// `cells`: as many as headings, each Markdown already.
void add_row(MarkdownSection& table, const std::vector<std::string>& cells);

/// As many lines of every section as fit; of very many sections the first and the last.
std::string fitted_markdown(const std::string& head, std::vector<MarkdownSection> sections);

}  // namespace ingot::show
