// What a plan does with the things that bear a name, what keeps it from it, and what is here of them already.
#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "reconciler/plan/explain/explanation.hpp"
#include "reconciler/plan/guard/delta_ways.hpp"
#include "reconciler/plan/make_plan.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot::plan {

namespace {

/// Every address that the word may mean: itself, or a thing of each kind that bears it as a name.
std::vector<std::string> addresses_of(const std::string& what, const Explanation& explanation) {
  std::vector<std::string> addresses{what};
  const auto add_if = [&](const auto& name, auto make) {
    if (name) addresses.push_back(make(*name).text);
  };
  const auto name = ImageName::parse(what);
  add_if(ServerName::parse(what), peer_address);
  add_if(TypeName::parse(what), type_address);
  add_if(name, image_address);
  add_if(SeriesName::parse(what), series_address);
  add_if(ExportName::parse(what), export_address);
  for (const auto& entry : explanation.situation().manifest.exports) {
    if (name) addresses.push_back(exported_address(entry.name, *name).text);
  }
  for (const auto& row : explanation.situation().snapshot.exported) {
    if (row.image == name) addresses.push_back(exported_address(row.name, row.image).text);
  }
  for (const auto& rule : explanation.situation().manifest.subscriptions) {
    const std::string value = value_of(rule.selector);
    if (rule.peer.text() == what || (!value.empty() && value == what))
      addresses.push_back(subscription_address(rule.peer, rule.selector).text);
  }
  if (const state::ImageRow* row = name ? explanation.situation().live(*name) : nullptr; row && row->copy && row->identity) {
    if (const PeerCase* peer = explanation.situation().peer(row->identity->origin))
      addresses.push_back(copy_address(peer->name(), row->identity->name).text);
  }
  for (const auto& peer : explanation.situation().peers) {
    if (name) addresses.push_back(copy_address(peer.name(), *name).text);
  }
  for (const auto& change : explanation.plan().actions) {
    const auto* copy = std::get_if<CopyImage>(&change.action);
    if (copy && copy->name.text() == what) addresses.push_back(change.address.text);
  }
  return addresses;
}

/// How the bytes come, and why not by deltas; "": the catalog offers none.
std::string way_text(const Change& change, const Explanation& explanation) {
  const Transfer* transfer = transfer_of(change.action);
  const auto* copy = std::get_if<CopyImage>(&change.action);
  const auto* again = std::get_if<FetchAgain>(&change.action);
  const ImageEntry* entry = copy ? &*copy->entry : again ? &*again->offers.front().entry : nullptr;
  if (transfer == nullptr || entry == nullptr || transfer->method == Method::reuse) return "";
  if (transfer->method == Method::delta) {
    return fmt::format("; {} to fetch by {} from {}", size_text(transfer->bytes), counted(transfer->steps.size(), "delta"),
                       transfer->from->text());
  }
  if (entry->deltas.empty()) return "; the whole image is fetched, because the peer has no delta that makes it";
  const ServerName& peer = *source_of(change.action);
  const auto way = DeltaWays(explanation.situation()).cheapest(peer, *entry);
  if (!way) return "; the whole image is fetched, because the peer's deltas start from images that are not here";
  return fmt::format("; the rest of the whole image ({}) is fetched, because deltas from {} are not shorter ({})",
                     size_text(transfer->bytes), way->from->text(), size_text(way->bytes));
}

Subject planned_subject(const Change& change, const Explanation& explanation) {
  std::string text = change.deferred
                         ? fmt::format("{} it is planned, and deferred: {}", text_of(change.verb), change.deferred_why)
                         : fmt::format("{}: {}", text_of(change.verb), change.because.front().text);
  text += way_text(change, explanation);
  if (change.foreseen != Code::none) text += "; " + foreseen_text(change);
  return {.address = change.address.text,
          .verdict = SubjectVerdict::planned,
          .code = change.because.front().code,
          .text = text,
          .because = change.because,
          .evidence = {}};
}

Subject blocked_subject(const Blocked& blocked) {
  std::vector<Reason> because;
  if (blocked.at) because.push_back({.code = blocked.code, .rule = blocked.address.text, .at = blocked.at, .text = blocked.text});
  return {.address = blocked.address.text,
          .verdict = SubjectVerdict::blocked,
          .code = blocked.code,
          .text = blocked.text + "; " + blocked.mend,
          .because = std::move(because),
          .evidence = {}};
}

/// A peer that cannot be had now; one whose identity changed is blocked, and that says more.
const PeerCase* unknown_peer(const std::string& address, const Explanation& explanation) {
  for (const auto& peer : explanation.situation().peers) {
    if (peer.sight == Sight::unknown && !peer.changed_from && peer_address(peer.name()).text == address) return &peer;
  }
  return nullptr;
}

/// What the plan says of one address, as one subject: it may plan one thing and be kept from another, and that comes first.
void add_planned(const std::string& address, Explanation& explanation) {
  std::optional<Subject> subject;
  const auto tell = [&](Subject more) {
    if (!subject) {
      subject = std::move(more);
      return;
    }
    subject->text += fmt::format(". It is also {}: {}", text_of(more.verdict), more.text);
    subject->because.insert(subject->because.end(), more.because.begin(), more.because.end());
  };
  const PeerCase* unknown = unknown_peer(address, explanation);
  if (unknown)
    tell({.address = address,
          .verdict = SubjectVerdict::unknown,
          .code = unknown->why.code,
          .text = unknown->why.why,
          .because = {},
          .evidence = {}});
  for (const auto& blocked : explanation.plan().blocked) {
    if (blocked.address.text == address && !(unknown && blocked.code == Code::peer_unknown)) tell(blocked_subject(blocked));
  }
  for (const auto& held : explanation.plan().held) {
    if (held.address.text != address) continue;
    tell({.address = address,
          .verdict = SubjectVerdict::held,
          .code = held.code,
          .text = held.text + "; " + held.mend,
          .because = held.because,
          .evidence = {}});
  }
  if (const Change* change = explanation.planned(address)) tell(planned_subject(*change, explanation));
  if (subject) explanation.add(*std::move(subject));
}

void add_done(Explanation& explanation, const std::string& address, std::string text, std::vector<Reason> because = {},
              Code code = Code::none) {
  if (!explanation.told(address))
    explanation.add({.address = address,
                     .verdict = SubjectVerdict::done,
                     .code = code,
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
  for (const auto& row : snapshot.exports) {
    if (row.linked && export_address(row.name).text == address)
      add_done(explanation, address, fmt::format("its link {}/{} shows {}", row.folder, row.link, row.linked->text()));
  }
  for (const auto& row : snapshot.exported) {
    if (exported_address(row.name, row.image).text == address)
      add_done(explanation, address, fmt::format("it is exported to {}", row.folder));
  }
  for (const auto& row : snapshot.subscriptions) {
    const PeerCase* peer = explanation.situation().peer(row.peer);
    if (subscription_address(peer ? peer->name() : row.peer_name, row.selector).text != address) continue;
    if (row.stopped)
      add_done(explanation, address, fmt::format("it was stopped at serial {}; its copies stay", *row.stopped), {},
               Code::dropped);
    else
      add_done(explanation, address, fmt::format("it is instantiated: it copies images published after serial {}", row.baseline));
  }
}

/// Why an image of this server's own is here: the manifest's entry.
std::vector<Reason> why_here(const state::ImageRow& row, const Explanation& explanation) {
  const LocalImage* local = explanation.situation().local(row.name);
  if (!local) return {};
  return {{.code = Code::new_,
           .rule = image_address(row.name).text,
           .at = local->at,
           .text = fmt::format("the manifest has it; it was added on {}", time_text(row.papers.time))}};
}

/// The rule that brought a copy, and its line if the manifest still has it.
std::vector<Reason> why_copied(const state::ImageRow& row, const PeerCase* peer, const Explanation& explanation) {
  if (row.rule.empty()) return {};
  Reason reason{.code = Code::subscription, .rule = row.rule, .at = std::nullopt, .text = "this rule copied it"};
  for (const auto& rule : explanation.situation().manifest.subscriptions) {
    if (peer && rule.peer == peer->name() && brought_by(row, rule)) reason.at = rule.at;
  }
  return {std::move(reason)};
}

/// Since when no rule wants a copy, and when that ends it. Of a peer that was not read only the first is known (R19).
std::string unwanted_text(const state::ImageRow& row, const Explanation& explanation) {
  const auto& known = explanation.desired().known;
  const auto copy = std::find_if(known.begin(), known.end(), [&](const KnownCopy& one) { return one.row == &row; });
  if (copy != known.end() ? copy->wanted : !row.unwanted_since) return "";
  std::string text = row.unwanted_since ? fmt::format("; no rule has wanted it since {}", time_text(*row.unwanted_since))
                                        : "; no rule wants it any more";
  const SubscriptionEntry* rule = copy == known.end() ? nullptr : pruning_rule(*copy);
  if (!rule) return text;
  const auto& prune = *rule->options.prune;
  text += fmt::format(", and its subscription ({}) says `prune = \"{}\"`: it is removed ", rule->at.text(), duration_text(prune));
  return text +
         (row.unwanted_since ? "by an apply after " + time_text(*row.unwanted_since + prune) : "that time after the next apply");
}

void add_image(const std::set<std::string>& addresses, const state::ImageRow& row, Explanation& explanation) {
  if (!row.copy) {
    const std::string address = image_address(row.name).text;
    if (!addresses.contains(address)) return;
    if (row.deleted)
      add_done(explanation, address, fmt::format("it was deleted here; its digest was {}", row.digest.text()), {}, Code::dropped);
    else
      add_done(explanation, address, "it is here", why_here(row, explanation));
    return;
  }
  if (!row.identity || row.deleted) return;
  const PeerCase* peer = explanation.situation().peer(row.identity->origin);
  const ServerName& from = peer ? peer->name() : row.copied_from ? *row.copied_from : row.origin_name;
  const std::string address = copy_address(from, row.identity->name).text;
  if (!addresses.contains(address) && !addresses.contains(image_address(row.name).text)) return;
  std::string text = fmt::format("it is here as \"{}\"; it came on {}", row.name.text(), time_text(row.papers.time));
  if (row.withdrawn_by_origin) text += ", and its origin withdrew it";
  text += unwanted_text(row, explanation);
  add_done(explanation, address, std::move(text), why_copied(row, peer, explanation));
}

/// Images here that bear the name, here or on their origin; of one address the live one, else the one deleted last.
void add_images(const std::set<std::string>& addresses, const std::string& name, Explanation& explanation) {
  std::vector<const state::ImageRow*> rows;
  for (const auto& row : explanation.situation().snapshot.images) {
    if (row.name.text() == name || (row.identity && row.identity->name.text() == name)) rows.push_back(&row);
  }
  std::sort(rows.begin(), rows.end(), [](const state::ImageRow* one, const state::ImageRow* other) {
    return std::tie(one->deleted, other->key) < std::tie(other->deleted, one->key);
  });
  for (const state::ImageRow* row : rows) add_image(addresses, *row, explanation);
}

}  // namespace

void tell_of_here(const std::string& what, Explanation& explanation) {
  const std::vector<std::string> addresses = addresses_of(what, explanation);
  for (const auto& address : addresses) add_planned(address, explanation);
  for (const auto& address : addresses) add_recorded(address, explanation);
  add_images({addresses.begin(), addresses.end()}, image_name_in(what), explanation);
  if (what == catalog_address().text) add_done(explanation, what, "what is published is what the state says");
}

}  // namespace ingot::plan
