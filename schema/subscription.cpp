#include "schema/subscription.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "schema/overloaded.hpp"

namespace ingot {

namespace {

/// A text in quotes, so that joined texts stay apart.
std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string list_text(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  std::string result = "[";
  for (const auto& text : texts) result += (result.size() > 1 ? "," : "") + in_quotes(text);
  return result + "]";
}

}  // namespace

std::string_view kind_of(const Selector& selector) {
  return std::visit(Overloaded{[](const SelectAll&) { return std::string_view("all"); },
                               [](const SelectImage&) { return std::string_view("image"); },
                               [](const SelectSeries&) { return std::string_view("series"); },
                               [](const SelectType&) { return std::string_view("imagetype"); }},
                    selector);
}

std::string value_of(const Selector& selector) {
  return std::visit(
      Overloaded{[](const SelectAll&) { return std::string(); }, [](const SelectImage& select) { return select.image.text(); },
                 [](const SelectSeries& select) { return select.series.text(); },
                 [](const SelectType& select) { return select.type.text(); }},
      selector);
}

std::optional<Selector> parse_selector(std::string_view kind, std::string_view value) {
  if (kind == "all" && value.empty()) return SelectAll{};
  if (kind == "image") {
    if (auto name = ImageName::parse(value)) return SelectImage{*std::move(name)};
  }
  if (kind == "series") {
    if (auto name = SeriesName::parse(value)) return SelectSeries{*std::move(name)};
  }
  if (kind == "imagetype") {
    if (auto name = TypeName::parse(value)) return SelectType{*std::move(name)};
  }
  return std::nullopt;
}

std::string since_text(const Since& since) {
  return std::visit(
      Overloaded{[](const SinceNow&) { return std::string("now"); }, [](const SinceStart&) { return std::string("start"); },
                 [](const SinceSerial& serial) { return std::to_string(serial.serial); }},
      since);
}

std::string options_text_without_since(const SubscriptionOptions& options) {
  std::vector<std::string> states;
  for (const ImageState state : options.states) states.emplace_back(text_of(state));
  std::vector<std::string> labels;
  for (const auto& [label, glob] : options.where.labels) labels.push_back(label + "=" + glob);
  std::string text = "states=" + list_text(std::move(states)) + " exclude=" + list_text(options.exclude);
  if (options.where.platform) text += " platform=" + in_quotes(*options.where.platform);
  if (options.where.version) text += " version=" + in_quotes(*options.where.version);
  if (!labels.empty()) text += " labels=" + list_text(std::move(labels));
  if (options.latest) text += fmt::format(" latest={}", *options.latest);
  if (!options.as.empty()) text += " as=" + in_quotes(options.as);
  text += fmt::format(" arrive={}", options.arrive.state ? text_of(*options.arrive.state) : "origin");
  if (options.priority != 0) text += fmt::format(" priority={}", options.priority);
  if (options.prune) text += " prune=" + duration_text(*options.prune);
  return text;
}

std::string options_text(const SubscriptionOptions& options) {
  return "since=" + since_text(options.since) + " " + options_text_without_since(options);
}

std::optional<ImageName> name_here(const std::string& as, const ServerName& peer, const ImageName& name) {
  if (as.empty()) return name;
  std::string text = as;
  const auto fill = [&text](std::string_view mark, const std::string& value) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  };
  fill("{peer}", peer.text());
  fill("{name}", name.text());
  return ImageName::parse(text);
}

}  // namespace ingot
