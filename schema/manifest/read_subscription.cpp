// [[subscription]], [[copy]] and [[ignore]]: what is wanted of a peer, and what is known to fail.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "schema/catalog/catalog.hpp"
#include "schema/manifest/read_sections.hpp"
#include "schema/text/text.hpp"
#include "schema/text/text_rules.hpp"

namespace ingot {

namespace {

constexpr TomlKey peer_key{"peer", "\"fpps-2\""};
constexpr std::int64_t highest_priority = 1'000'000;
constexpr std::int64_t most_latest = 1'000'000'000;

/// Reads all four selectors, so that each of their mistakes is found, and holds them to exactly one (R6).
std::optional<Selector> read_selector(TableReader& table) {
  std::optional<Selector> selector;
  std::vector<std::string> written;
  const auto note = [&](std::string_view key) {
    if (table.has(key)) written.emplace_back(key);
  };
  const auto all = table.boolean({"all", "true"});
  if (all && *all) selector = SelectAll{};
  if (all && !*all) table.wrong({"all", "true"}, "can only be true", "leave it out, or write all = true");
  if (const auto image = table.name<ImageName>({"image", "\"db19_23\""})) selector = SelectImage{*image};
  if (const auto series = table.name<SeriesName>({"series", "\"db19\""})) selector = SelectSeries{*series};
  if (const auto type = table.name<TypeName>({"imagetype", "\"LINUXOS\""})) selector = SelectType{*type};
  for (const std::string_view key : {"all", "image", "series", "imagetype"}) note(key);
  if (written.size() > 1) {
    table.problem(table.spot_of(written[1]), "selector",
                  fmt::format("the subscription has {} selectors: {}", written.size(), quoted_list(written)),
                  "keep one, and write a subscription for each of the others");
    return std::nullopt;
  }
  if (written.empty())
    table.missing("selector", "the subscription does not say what is wanted",
                  "add one of: all = true, image = \"…\", series = \"…\", imagetype = \"…\"");
  return selector;
}

/// "now", "start", or a serial.
Since read_since(TableReader& table) {
  constexpr TomlKey key{"since", "\"start\""};
  const TomlValue* found = table.value(key);
  if (found == nullptr) return SinceNow{};
  if (const auto* word = std::get_if<std::string>(&found->value)) {
    if (*word == "now") return SinceNow{};
    if (*word == "start") return SinceStart{};
    table.wrong(key, fmt::format("is {}, but must be \"now\", \"start\" or a serial without quotes", quoted(*word)));
    return SinceNow{};
  }
  if (std::holds_alternative<std::int64_t>(found->value)) {
    const auto serial = table.integer(key, 0, static_cast<std::int64_t>(largest_serial));
    return serial ? Since(SinceSerial{static_cast<Serial>(*serial)}) : Since(SinceNow{});
  }
  table.wrong(key, "must be \"now\", \"start\" or a serial");
  return SinceNow{};
}

void read_states(TableReader& table, SubscriptionOptions& options) {
  constexpr TomlKey key{"states", "[\"PUBLISHED\"]"};
  if (!table.has("states")) {
    (void)table.value(key);
    return;
  }
  std::vector<ImageState> states;
  bool any = false;
  table.texts(key, [&](const std::string& written, Spot spot) {
    any = true;
    const auto state = state_from(table, key, written, spot);
    if (!state) return;
    if (*state == ImageState::withdrawn) {
      return table.wrong_at(spot, key, "names WITHDRAWN, and a withdrawn image is never copied",
                            "remove it; withdrawals of copies follow by themselves");
    }
    if (std::find(states.begin(), states.end(), *state) == states.end()) states.push_back(*state);
  });
  const auto* list = std::get_if<TomlList>(&table.value(key)->value);
  if (list != nullptr && !any && list->empty()) table.wrong(key, "is empty, so that no image could ever match");
  options.states = std::move(states);
}

void read_where(TableReader& table, Where& where) {
  constexpr TomlKey labels_key{"labels", "{ team = \"dba\" }"};
  auto filter = table.table({"where", "{ platform = \"linux-*\" }"});
  if (!filter) return;
  where.platform = filter->ruled({"platform", "\"linux-*\""}, why_not_a_glob);
  where.version = filter->ruled({"version", "\"19.*\""}, why_not_a_glob);
  filter->text_table(labels_key, [&](const TextEntry& entry) {
    if (const auto why = why_not_a_label_name(entry.key)) {
      filter->wrong_at(entry.key_spot, labels_key, fmt::format("has a label {} that {}", quoted(entry.key), *why));
    }
    if (const auto why = why_not_a_glob(entry.value)) {
      filter->wrong_at(entry.spot, labels_key, fmt::format("has a glob for {} that {}", quoted(entry.key), *why));
    }
    where.labels.emplace(entry.key, entry.value);
  });
  filter->finish();
}

std::optional<std::uint32_t> read_latest(TableReader& table) {
  constexpr TomlKey key{"latest", "3"};
  const auto latest = table.integer(key, 1, most_latest);
  if (table.has("latest") && !table.has("series") && table.whole()) {
    table.wrong(key, "counts from the end of a series, and this subscription selects none", "remove it, or select a series");
  }
  return latest ? std::optional<std::uint32_t>(static_cast<std::uint32_t>(*latest)) : std::nullopt;
}

Arrive read_arrive(TableReader& table) {
  constexpr TomlKey key{"arrive", "\"PUBLISHED\""};
  const std::string* written = table.text(key);
  if (written == nullptr) return {};
  if (*written == "origin") return {.state = std::nullopt};
  const auto state = parse_image_state(*written);
  if (state && *state != ImageState::withdrawn) return {.state = state};
  const std::vector<std::string> words{"PUBLISHED", "TESTABLE", "RESTRICTED", "origin"};
  table.wrong(key, fmt::format("is {}, which is no state for a copy to arrive in", quoted(*written)),
              did_you_mean(*written, words, "known are " + quoted_list(words)));
  return {};
}

std::optional<Seconds> read_prune(TableReader& table) {
  constexpr TomlKey key{"prune", "\"30d\""};
  const TomlValue* found = table.value(key);
  if (found == nullptr) return std::nullopt;
  const auto* flag = std::get_if<bool>(&found->value);
  if (flag != nullptr && !*flag) return std::nullopt;
  if (!std::holds_alternative<std::string>(found->value)) {
    table.wrong(key, "must be false or a time such as \"30d\": for how long no rule has wanted a copy before it is removed");
    return std::nullopt;
  }
  return table.parsed(key, "a time such as \"30d\"", parse_duration);
}

}  // namespace

void read_subscription(TableReader& table, ManifestDraft& draft) {
  table.require(peer_key);
  const auto peer = table.name<ServerName>(peer_key);
  const auto selector = read_selector(table);
  SubscriptionOptions options;
  options.since = read_since(table);
  read_states(table, options);
  read_globs(table, {"exclude", "[\"*-debug\"]"}, options.exclude);
  read_where(table, options.where);
  options.latest = read_latest(table);
  options.as = table.ruled({"as", "\"{peer}-{name}\""}, why_not_a_template).value_or("");
  if (options.as == "{name}") options.as.clear();  // the default, written out
  options.arrive = read_arrive(table);
  options.priority = table.integer({"priority", "10"}, -highest_priority, highest_priority).value_or(0);
  options.prune = read_prune(table);
  if (peer) draft.peer_references.push_back({*peer, table.spot_of("peer")});
  if (peer && selector) {
    draft.subscriptions.push_back(
        {.entry = {.peer = *peer, .selector = *selector, .options = std::move(options), .at = table.at()}, .spot = table.spot()});
  }
}

void read_copy(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey name_key{"name", "\"db19_13\""};
  constexpr TomlKey state_key{"state", "\"RESTRICTED\""};
  table.require(peer_key);
  table.require(name_key);
  const auto peer = table.name<ServerName>(peer_key);
  const auto name = table.name<ImageName>(name_key);
  const auto keep = table.boolean({"keep", "false"});
  const auto protect = table.boolean({"protect", "true"});
  std::optional<ImageState> state;
  if (const std::string* written = table.text(state_key)) state = state_from(table, state_key, *written, table.spot_of("state"));
  if (keep && !*keep && protect && *protect) {
    table.problem(table.spot_of("keep"), "exclusive-keys", "keep = false removes the copy that protect = true holds",
                  "write protect = false, or remove keep");
  }
  const bool adopt = table.boolean({"adopt", "true"}).value_or(false);
  if (keep && !*keep && adopt) {
    table.problem(table.spot_of("keep"), "exclusive-keys", "keep = false removes the copy that adopt = true takes over",
                  "keep one of them");
  }
  if (peer && !adopt) draft.peer_references.push_back({*peer, table.spot_of("peer")});
  if (peer && name) {
    draft.copies.push_back(
        {.entry =
             {.peer = *peer, .name = *name, .keep = keep, .protect = protect, .state = state, .adopt = adopt, .at = table.at()},
         .spot = table.spot()});
  }
}

void read_ignore(TableReader& table, ManifestDraft& draft) {
  constexpr TomlKey address_key{"address", "\"copy.fpps-2.db19_13\""};
  constexpr TomlKey reason_key{"reason", "\"ticket 4711: its origin is being moved\""};
  constexpr TomlKey until_key{"until", "\"2027-01-31\""};
  for (const TomlKey key : {address_key, reason_key, until_key}) table.require(key);
  const auto address = table.ruled(address_key, why_not_an_address);
  const auto reason = table.ruled(reason_key, [](std::string_view text) -> std::optional<std::string> {
    if (text.empty()) return "is empty";
    return why_not_a_text(text, longest_text);
  });
  const auto until = table.parsed(until_key, "a day such as \"2027-01-31\"", parse_day);
  if (address && reason && until)
    draft.ignored.push_back({.address = *address, .reason = *reason, .until = *until + std::chrono::hours(24), .at = table.at()});
}

}  // namespace ingot
