#include "reconciler/show/format/markdown.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::show {

namespace {

constexpr std::size_t longest_cell = 300;

/// Cut at the start of a character.
std::string cut(std::string_view text) {
  if (text.size() <= longest_cell) return std::string(text);
  std::size_t end = longest_cell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

/// "| | … 7 more … | | |"
std::string row_of_rest(const std::string& more, std::size_t columns) {
  std::string row = columns > 1 ? "| | " + more + " |" : "| " + more + " |";
  for (std::size_t i = 2; i < columns; ++i) row += " |";
  return row + "\n";
}

/// What stays of a section of which `most` lines may be shown: its beginning and its end.
std::string text_of(const MarkdownSection& section, std::size_t most) {
  std::string text = section.before;
  const std::size_t count = section.lines.size();
  const std::size_t head = count <= most ? count : (most + 1) / 2;
  const std::size_t tail = count <= most ? 0 : most - head;
  for (std::size_t i = 0; i < head; ++i) text += section.lines[i];
  const std::string more = fmt::format("… {} more …", count - head - tail);
  if (head + tail < count) text += section.columns > 0 ? row_of_rest(more, section.columns) : "- " + more + "\n";
  for (std::size_t i = count - tail; i < count; ++i) text += section.lines[i];
  return text + section.after;
}

std::string assembled(const std::string& head, const std::vector<MarkdownSection>& sections, std::size_t most) {
  std::string text = head;
  for (const auto& section : sections) text += text_of(section, most);
  return text;
}

}  // namespace

std::string markdown_code(std::string_view raw) {
  if (raw.empty()) return "";
  const std::string text = cut(raw);
  std::size_t longest = 0, ticks = 0;
  for (const char c : text) {
    ticks = c == '`' ? ticks + 1 : 0;
    longest = std::max(longest, ticks);
  }
  const std::string fence(longest + 1, '`');
  const std::string_view pad = text.front() == '`' || text.back() == '`' ? " " : "";
  return fmt::format("{}{}{}{}{}", fence, pad, text, pad, fence);
}

std::string markdown_cell(std::string_view raw) {
  std::string text = markdown_code(raw);
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, 1, '\\');
  return text;
}

MarkdownSection markdown_table(const std::string& before, const std::vector<std::string>& headings) {
  MarkdownSection section{.before = before + "\n|", .columns = headings.size()};
  for (const auto& heading : headings) section.before += " " + heading + " |";
  section.before += "\n|";
  for (std::size_t i = 0; i < headings.size(); ++i) section.before += "---|";
  section.before += "\n";
  return section;
}

void add_row(MarkdownSection& table, const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const auto& one : cells) row += " " + one + " |";
  table.lines.push_back(row + "\n");
}

std::string fitted_markdown(const std::string& head, std::vector<MarkdownSection> sections) {
  std::size_t least = 0, most = 0;
  for (const auto& section : sections) most = std::max(most, section.lines.size());
  if (std::string all = assembled(head, sections, most); all.size() < longest_markdown) return all;
  for (std::size_t size = assembled(head, sections, 0).size(); sections.size() > 2 && size >= longest_markdown;) {
    const auto middle = sections.begin() + static_cast<std::ptrdiff_t>(sections.size() / 2);
    size -= text_of(*middle, 0).size();
    sections.erase(middle);
  }
  while (most - least > 1) {
    const std::size_t middle = least + (most - least) / 2;
    (assembled(head, sections, middle).size() < longest_markdown ? least : most) = middle;
  }
  return assembled(head, sections, least);
}

}  // namespace ingot::show
