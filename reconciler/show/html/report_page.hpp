// The frame of every report: one HTML file without scripts, links or outside resources, and the pieces that reports share.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reconciler/show/html/html_writer.hpp"
#include "schema/text/quantity.hpp"

namespace ingot::show {

/// How a file of ours begins: only such a file, or an empty one, is replaced.
inline constexpr std::string_view report_begin = "<!DOCTYPE html>\n<!-- ingot report -->\n";

/// A page: `title` for the browser, then `body` inside <main>. The Content-Security-Policy allows nothing but the style sheet
/// that is in the page.
void put_page(std::string_view title, const std::function<void(HtmlWriter&)>& body, Output& out);

/// The quality of a number.
enum class Mood { plain, good, warn, bad };

/// A number that stands out.
struct Tile {
  std::string label;
  std::string value;
  std::string note = {};
  Mood mood = Mood::plain;
};
void put_tiles(const std::vector<Tile>& tiles, HtmlWriter& html);

/// `kicker`: a line above the title. `lead`: the sentences that a reader in a hurry reads.
void put_header(std::string_view kicker, std::string_view title, std::string_view lead, HtmlWriter& html);

/// A section with its heading, a sentence that explains it ("": none), and its content.
void put_section(std::string_view heading, std::string_view text, HtmlWriter& html, const std::function<void()>& content);

/// A cell of a table. Numbers stand on the right.
struct Cell {
  std::string text;
  bool number = false;
  Mood mood = Mood::plain;
};
Cell number_cell(std::string text, Mood mood = Mood::plain);

/// A table in a frame that scrolls sideways on a small screen. Headings of number columns stand on the right as the cells of
/// the first row do. `more`: rows that were left out; a last line says so.
void put_table(const std::vector<std::string>& headings, const std::vector<std::vector<Cell>>& rows, std::uint64_t more,
               HtmlWriter& html);

/// "30 November 2026", "30 November 2026, 06:52 UTC"
std::string day_text(Time time);
std::string moment_text(Time time);
/// "1,234"
std::string number_text(std::uint64_t count);
/// "1 image", "1,234 images"
std::string count_of(std::uint64_t count, std::string_view one);

}  // namespace ingot::show
