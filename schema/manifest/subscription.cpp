#include "schema/manifest/subscription.hpp"

#include <algorithm>
#include <charconv>

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

std::string selector_text(const Selector& selector) { return selector_text(kind_of(selector), value_of(selector)); }

std::string selector_text(std::string_view kind, std::string_view value) {
  std::string text(kind);
  if (!value.empty()) text.append(" ").append(value);
  return text;
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

namespace {

/// The words of an options' text, one after the other; whatever is not as options_text writes it makes it wrong.
class OptionWords {
 public:
  explicit OptionWords(std::string_view text) : rest_(text) {}

  /// Takes ` KEY=` if that comes next.
  bool key(std::string_view key) {
    std::string_view rest = rest_;
    if (!first_ && !skip(rest, " ")) return false;
    if (!skip(rest, key) || !skip(rest, "=")) return false;
    first_ = false;
    rest_ = rest;
    return true;
  }
  std::string quoted() {
    std::string text;
    if (!skip(rest_, "\"")) wrong_ = true;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    if (!skip(rest_, "\"")) wrong_ = true;
    return text;
  }
  std::vector<std::string> list() {
    std::vector<std::string> texts;
    if (!skip(rest_, "[")) wrong_ = true;
    while (!wrong_ && !skip(rest_, "]")) {
      if (!texts.empty() && !skip(rest_, ",")) wrong_ = true;
      texts.push_back(quoted());
    }
    return texts;
  }
  std::string_view word() {
    const std::string_view found = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(found.size());
    return found;
  }
  template <class Number>
  Number number() {
    const std::string_view text = word();
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) wrong_ = true;
    return value;
  }
  template <class Value>
  Value known(const std::optional<Value>& value) {
    if (!value) wrong_ = true;
    return value.value_or(Value{});
  }
  bool whole() const { return !wrong_ && rest_.empty(); }

 private:
  static bool skip(std::string_view& rest, std::string_view what) {
    if (!rest.starts_with(what)) return false;
    rest.remove_prefix(what.size());
    return true;
  }

  std::string_view rest_;
  bool first_ = true;
  bool wrong_ = false;
};

}  // namespace

std::optional<Since> parse_since(std::string_view text) {
  if (text == "now") return SinceNow{};
  if (text == "start") return SinceStart{};
  SinceSerial since;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), since.serial);
  return error == std::errc() && end == text.data() + text.size() ? std::optional<Since>(since) : std::nullopt;
}

std::optional<SubscriptionOptions> parse_options(std::string_view since, std::string_view without_since) {
  SubscriptionOptions options;
  OptionWords words(without_since);
  options.since = words.known(parse_since(since));
  if (words.key("states")) {
    options.states.clear();
    for (const auto& state : words.list()) options.states.push_back(words.known(parse_image_state(state)));
  }
  if (words.key("exclude")) options.exclude = words.list();
  if (words.key("platform")) options.where.platform = words.quoted();
  if (words.key("version")) options.where.version = words.quoted();
  if (words.key("labels")) {
    for (const auto& text : words.list()) options.where.labels[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  if (words.key("latest")) options.latest = words.number<std::uint32_t>();
  if (words.key("as")) options.as = words.quoted();
  if (words.key("arrive")) {
    const std::string_view state = words.word();
    options.arrive.state = state == "origin" ? std::nullopt : std::optional(words.known(parse_image_state(state)));
  }
  if (words.key("priority")) options.priority = words.number<std::int64_t>();
  if (words.key("prune")) options.prune = words.known(parse_duration(words.word()));
  const bool same = words.whole() && options_text_without_since(options) == without_since && since_text(options.since) == since;
  return same ? std::optional(std::move(options)) : std::nullopt;
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

std::optional<ImageName> name_on_peer(const std::string& as, const ServerName& peer, const ImageName& here) {
  if (as.empty()) return here;
  constexpr std::string_view mark = "{name}";
  std::string text = as;
  for (auto at = text.find("{peer}"); at != std::string::npos; at = text.find("{peer}", at)) text.replace(at, 6, peer.text());
  const std::size_t before = text.find(mark);
  if (before == std::string::npos) return std::nullopt;
  std::size_t marks = 0;
  for (auto at = before; at != std::string::npos; at = text.find(mark, at + mark.size())) ++marks;
  const std::size_t fixed = text.size() - marks * mark.size();
  if (here.text().size() <= fixed) return std::nullopt;
  auto name = ImageName::parse(std::string_view(here.text()).substr(before, (here.text().size() - fixed) / marks));
  return name && name_here(as, peer, *name) == here ? name : std::nullopt;
}

}  // namespace ingot
