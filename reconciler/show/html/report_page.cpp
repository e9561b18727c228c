#include "reconciler/show/html/report_page.hpp"

#include <array>
#include <chrono>

#include "reconciler/io/hash.hpp"
#include "reconciler/show/html/report_style.hpp"
#include "schema/text/base64.hpp"

namespace ingot::show {

namespace {

std::string policy() {
  const Digest digest = io::sha256(report_style);
  const std::string_view bytes(reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size());
  return fmt::format("default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'", to_base64(bytes));
}

std::string_view class_of(Mood mood) {
  switch (mood) {
    case Mood::plain: return "";
    case Mood::good: return "good";
    case Mood::warn: return "warn";
    case Mood::bad: return "bad";
  }
  return "";
}

void put_cell(std::string_view tag, const Cell& cell, HtmlWriter& html) {
  std::string classes(cell.number ? "n" : "");
  if (cell.mood != Mood::plain) classes.append(classes.empty() ? "" : " ").append(class_of(cell.mood));
  if (classes.empty())
    html.open(tag);
  else
    html.open(tag, {{"class", classes}});
  html.text(cell.text);
  html.close();
}

}  // namespace

void put_page(std::string_view title, const std::function<void(HtmlWriter&)>& body, Output& out) {
  out.put(report_begin);
  HtmlWriter html(out);
  html.open("html", {{"lang", "en"}});
  html.open("head");
  html.empty("meta", {{"charset", "utf-8"}});
  html.empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy()}});
  html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  html.empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  html.empty("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
  html.element("title", title);
  html.open("style");
  html.literal(report_style);
  html.close();
  html.close();
  html.open("body");
  html.open("main");
  body(html);
  html.close();
  html.close();
  html.close();
}

void put_header(std::string_view kicker, std::string_view title, std::string_view lead, HtmlWriter& html) {
  html.open("header");
  html.element("p", kicker, {{"class", "kicker"}});
  html.element("h1", title);
  html.element("p", lead, {{"class", "lead"}});
  html.close();
}

void put_tiles(const std::vector<Tile>& tiles, HtmlWriter& html) {
  html.open("ul", {{"class", "tiles"}});
  for (const auto& tile : tiles) {
    html.open("li");
    html.element("span", tile.label);
    if (tile.mood == Mood::plain)
      html.element("b", tile.value);
    else
      html.element("b", tile.value, {{"class", class_of(tile.mood)}});
    if (!tile.note.empty()) html.element("small", tile.note);
    html.close();
  }
  html.close();
}

void put_section(std::string_view heading, std::string_view text, HtmlWriter& html, const std::function<void()>& content) {
  html.open("section");
  html.element("h2", heading);
  if (!text.empty()) html.element("p", text);
  content();
  html.close();
}

Cell number_cell(std::string text, Mood mood) { return {.text = std::move(text), .number = true, .mood = mood}; }

void put_table(const std::vector<std::string>& headings, const std::vector<std::vector<Cell>>& rows, std::uint64_t more,
               HtmlWriter& html) {
  html.open("div", {{"class", "frame"}, {"tabindex", "0"}});
  html.open("table");
  html.open("thead");
  html.open("tr");
  for (std::size_t i = 0; i < headings.size(); ++i)
    put_cell("th", {.text = headings[i], .number = !rows.empty() && rows.front()[i].number}, html);
  html.close();
  html.close();
  html.open("tbody");
  for (const auto& row : rows) {
    html.open("tr");
    for (const auto& cell : row) put_cell("td", cell, html);
    html.close();
  }
  if (more > 0) {
    html.open("tr", {{"class", "more"}});
    html.element("td", fmt::format("{} more not shown", number_text(more)), {{"colspan", headings.size()}});
    html.close();
  }
  html.close();
  html.close();
  html.close();
}

std::string day_text(Time time) {
  constexpr std::array<std::string_view, 12> months{"January", "February", "March",     "April",   "May",      "June",
                                                    "July",    "August",   "September", "October", "November", "December"};
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return fmt::format("{} {} {}", static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()));
}

std::string moment_text(Time time) { return fmt::format("{}, {} UTC", day_text(time), time_text(time).substr(11, 5)); }

std::string number_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string count_of(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", number_text(count), one, count == 1 || one == "series" ? "" : "s");
}

}  // namespace ingot::show
