#include "reconciler/page/catalog_page.hpp"

#include <charconv>

namespace ingot::page {

namespace {

/// How every page of ingot begins (assemble.cpp writes it); the version and " -->" follow.
constexpr std::string_view mark = "<!doctype html>\n<!-- The catalog page of ingot ";
constexpr std::string_view mark_end = ". ";

std::optional<Version> parse_version(std::string_view text) {
  Version version{};
  for (std::size_t i = 0; i < version.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version.at(i));
    if (error != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const std::string_view expected = i + 1 < version.size() ? "." : mark_end;
    if (!text.starts_with(expected)) return std::nullopt;
    text.remove_prefix(1);
  }
  return version;
}

}  // namespace

std::optional<Version> version_of(std::string_view file) {
  if (!file.starts_with(mark)) return std::nullopt;
  return parse_version(file.substr(mark.size()));
}

Change change_for(const std::optional<std::string_view>& there, bool wanted) {
  if (!there) return wanted ? Change::write : Change::none;
  const auto version = version_of(*there);
  if (!version) return wanted ? Change::alien : Change::none;
  if (!wanted) return Change::remove;
  return *there == catalog_page() || *version > version_of(catalog_page()) ? Change::none : Change::write;
}

}  // namespace ingot::page
