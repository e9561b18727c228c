// What a plan does with the things that bear a name, what keeps it from it, and what is here of them already.
#include <set>

#include <fmt/format.h>

#include "reconciler/plan/explanation.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

/// Every address that the word may mean: itself, or a thing of each kind that bears it as a name.
std::vector<std::string> addresses_of(const std::string& what, const Explanation& explanation) {
  std::vector<std::string> addresses{what};
  for (const std::string_view kind : {"peer.", "imagetype.", "image.", "series."}) addresses.push_back(std::string(kind) + what);
  for (const auto& rule : explanation.situation().manifest.subscriptions) {
    const std::string value = value_of(rule.selector);
    if (rule.peer.text() == what || (!value.empty() && value == what))
      addresses.push_back(subscription_address(rule.peer, rule.selector).text);
  }
  const auto name = ImageName::parse(what);
  if (const ImageRow* row = name ? explanation.situation().live(*name) : nullptr; row && row->copy && row->identity) {
    if (const PeerCase* peer = explanation.situation().peer(row->identity->origin))
      addresses.push_back(copy_address(peer->name(), row->identity->name).text);
  }
  for (const auto& peer : explanation.situation().peers) addresses.push_back("copy." + peer.name().text() + "." + what);
  for (const auto& change : explanation.plan().actions) {
    const auto* copy = std::get_if<CopyImage>(&change.action);
    if (copy && copy->name.text() == what) addresses.push_back(change.address.text);
  }
  return addresses;
}

void add_planned(const std::string& address, Explanation& explanation) {
  if (const Change* found = explanation.planned(address)) {
    const Change& change = *found;
    const std::string text = change.deferred
                                 ? fmt::format("{} it is planned, and deferred: {}", text_of(change.verb), change.deferred_why)
                                 : fmt::format("{}: {}", text_of(change.verb), change.because.front().text);
    explanation.add({.address = address,
                     .verdict = "planned",
                     .code = change.because.front().code,
                     .text = text,
                     .because = change.because,
                     .evidence = {}});
  }
  for (const auto& held : explanation.plan().held) {
    if (held.address.text == address)
      explanation.add({.address = address,
                       .verdict = "held",
                       .code = held.code,
                       .text = held.text + "; " + held.mend,
                       .because = {},
                       .evidence = {}});
  }
  for (const auto& blocked : explanation.plan().blocked) {
    if (blocked.address.text != address) continue;
    std::vector<Reason> because;
    if (blocked.at) because.push_back({.code = blocked.code, .rule = address, .at = blocked.at, .text = blocked.text});
    explanation.add({.address = address,
                     .verdict = "blocked",
                     .code = blocked.code,
                     .text = blocked.text + "; " + blocked.mend,
                     .because = std::move(because),
                     .evidence = {}});
  }
}

void add_done(Explanation& explanation, const std::string& address, std::string text, std::vector<Reason> because = {},
              std::string code = {}) {
  if (!explanation.told(address))
    explanation.add({.address = address,
                     .verdict = "done",
                     .code = std::move(code),
                     .text = std::move(text),
                     .because = std::move(because),
                     .evidence = {}});
}

/// What is as it should be already.
void add_recorded(const std::string& address, Explanation& explanation) {
  const auto& snapshot = explanation.situation().snapshot;
  for (const auto& row : snapshot.registrations) {
    if (peer_address(row.name).text == address)
      add_done(explanation, address, fmt::format("it is registered since {}", time_text(row.registered)));
  }
  for (const auto& row : snapshot.types) {
    if (type_address(row.name).text == address)
      add_done(explanation, address, fmt::format("it is here, based on {}", row.base.text()));
  }
  for (const auto& row : snapshot.series) {
    if (series_address(row.name).text == address)
      add_done(explanation, address, fmt::format("it is here, with {}", counted(row.members.size(), "image")));
  }
  for (const auto& row : snapshot.subscriptions) {
    const PeerCase* peer = explanation.situation().peer(row.peer);
    if (subscription_address(peer ? peer->name() : row.peer_name, row.selector).text != address) continue;
    if (row.stopped)
      add_done(explanation, address, fmt::format("it was stopped at serial {}; its copies stay", *row.stopped), {}, "dropped");
    else
      add_done(explanation, address, fmt::format("it is instantiated; it counts what comes after serial {}", row.baseline));
  }
}

void add_image(const std::set<std::string>& addresses, const ImageRow& row, Explanation& explanation) {
  if (!row.copy) {
    const std::string address = image_address(row.name).text;
    if (!addresses.contains(address)) return;
    if (row.deleted)
      add_done(explanation, address, fmt::format("it was deleted here; its bits were {}", row.digest.text()), {}, "dropped");
    else
      add_done(explanation, address, "it is here");
    return;
  }
  if (!row.identity || row.deleted) return;
  const PeerCase* peer = explanation.situation().peer(row.identity->origin);
  const std::string from = peer ? peer->name().text() : row.copied_from ? row.copied_from->text() : row.origin_name.text();
  const std::string address = "copy." + from + "." + row.identity->name.text();
  if (!addresses.contains(address) && !addresses.contains(image_address(row.name).text)) return;
  std::string text = fmt::format("it is here as \"{}\"; it came on {}", row.name.text(), time_text(row.papers.time));
  if (row.withdrawn_by_origin) text += ", and its origin withdrew it";
  if (row.unwanted_since) text += fmt::format("; no rule has wanted it since {}", time_text(*row.unwanted_since));
  std::vector<Reason> because;
  if (!row.rule.empty())
    because.push_back({.code = "subscription", .rule = row.rule, .at = std::nullopt, .text = "this rule brought it"});
  add_done(explanation, address, std::move(text), std::move(because));
}

/// Images here that bear the name, here or on their origin.
void add_images(const std::set<std::string>& addresses, const std::string& name, Explanation& explanation) {
  for (const auto& row : explanation.situation().snapshot.images) {
    const bool named = row.name.text() == name || (row.identity && row.identity->name.text() == name);
    if (named) add_image(addresses, row, explanation);
  }
}

}  // namespace

void tell_of_here(const std::string& what, Explanation& explanation) {
  const std::vector<std::string> addresses = addresses_of(what, explanation);
  for (const auto& address : addresses) add_planned(address, explanation);
  for (const auto& address : addresses) add_recorded(address, explanation);
  add_images({addresses.begin(), addresses.end()}, image_name_in(what), explanation);
  if (what == catalog_address().text) add_done(explanation, what, "what is published is what the state says");
}

}  // namespace ingot
