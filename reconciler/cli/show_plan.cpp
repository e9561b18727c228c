#include "reconciler/cli/show_plan.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "reconciler/cli/plan_line.hpp"
#include "reconciler/cli/show_manifest.hpp"
#include "reconciler/cli/table.hpp"
#include "reconciler/io/terminal.hpp"
#include "reconciler/plan/texts.hpp"

namespace ingot {

namespace {

constexpr std::size_t widest_name = 40;
constexpr std::size_t widest_detail = 32;
constexpr std::size_t notes_shown = 3;  ///< of each code, unless verbose

/// In the order in which a summary names them: what moves bytes first.
constexpr std::array all_verbs{Verb::copy,        Verb::repair,        Verb::add,           Verb::create,     Verb::update, Verb::withdraw, Verb::register_,
                               Verb::instantiate, Verb::uninstantiate, Verb::unregister, Verb::remove, Verb::delete_,  Verb::publish};

void heading(Output& out, const Style& style, std::string_view text) { out.print("\n{}\n", style.bold(text)); }

struct ShownChange {
  const Change* change;
  PlanLine line;
};

struct Widths {
  std::size_t name = 0;
  std::size_t detail = 0;
};

/// One outlier does not push everything to the right.
Widths widths_of(const std::vector<ShownChange>& changes) {
  Widths widths;
  for (const auto& shown : changes) {
    widths.name = std::max(widths.name, std::min(text_width(shown.line.name), widest_name));
    widths.detail = std::max(widths.detail, std::min(text_width(shown.line.detail), widest_detail));
  }
  return widths;
}

/// Plain appending, since a plan may have 100,000 lines.
void put_padded(std::string_view text, std::size_t width, Output& out) {
  out.put(text);
  for (std::size_t column = text_width(text); column < width; ++column) out.put(' ');
}

void show_change(const ShownChange& shown, const Widths& widths, bool verbose, const Style& style, Output& out) {
  const Change& change = *shown.change;
  const Symbol symbol = symbol_of(change.verb);
  out.put("  ");
  out.put(style.in(symbol.ink, std::string_view(&symbol.symbol, 1)));
  out.put(' ');
  put_padded(text_of(change.verb), 13, out);
  out.put(' ');
  put_padded(shown.line.name, widths.name, out);
  if (widths.detail > 0) {
    out.put("  ");
    put_padded(shown.line.detail, widths.detail, out);
  }
  if (!change.because.empty()) {
    const Reason& first = change.because.front();
    std::string why = printable(first.text) + place_of(first);
    if (change.because.size() > 1 && !verbose) why += fmt::format(" and {} more", change.because.size() - 1);
    out.put("  ");
    out.put(style.dim(why));
  }
  out.put('\n');
  if (change.deferred) out.print("      {}\n", printable(change.deferred_why));
  if (!verbose) return;
  for (const auto& reason : change.because) out.print("      {}: {}{}\n", reason.code, printable(reason.text), place_of(reason));
  for (const auto& after : change.after) out.print("      after {}\n", after.text);
}

void show_group(const std::string& title, const std::vector<ShownChange>& changes, bool verbose, const Style& style, Output& out) {
  heading(out, style, title);
  const Widths widths = widths_of(changes);
  for (const auto& shown : changes) show_change(shown, widths, verbose, style, out);
}

/// Groups in the order in which the plan first touches them; this server's own last.
void show_actions(const Plan& plan, bool verbose, const Style& style, Output& out) {
  std::vector<ServerName> order;
  std::map<ServerName, std::vector<ShownChange>> of_peer;
  std::vector<ShownChange> own, deferred;
  for (const auto& change : plan.actions) {
    ShownChange shown{&change, plan_line(change)};
    if (change.deferred) {
      deferred.push_back(std::move(shown));
    } else if (!shown.line.peer) {
      own.push_back(std::move(shown));
    } else {
      auto& group = of_peer[*shown.line.peer];
      if (group.empty()) order.push_back(*shown.line.peer);
      group.push_back(std::move(shown));
    }
  }
  for (const auto& peer : order) show_group("From " + peer.text(), of_peer.at(peer), verbose, style, out);
  if (!own.empty()) show_group("Here", own, verbose, style, out);
  if (!deferred.empty()) show_group("Deferred: past a limit; a later run goes on with what fits", deferred, verbose, style, out);
}

void show_legend(const Plan& plan, const Style& style, Output& out) {
  if (plan.actions.empty()) return;
  out.put(style.dim("> begin  < end  + new here  ~ change  ! withdraw  - delete  ^ publish"));
  out.put('\n');
}

void show_base(const Plan& plan, const Style& style, Output& out) {
  if (!plan.base) return;
  const std::string base = fmt::format("{} ({})", printable(plan.base->revision), short_commit(plan.base->commit));
  if (plan.base->trouble.empty()) {
    out.print("{}\n", style.dim(fmt::format("Only what it adds to {}: {} that the base would do anyway {} not shown.", base, counted(plan.base->left_out, "action"), plan.base->left_out == 1 ? "is" : "are")));
  } else {
    out.print("{}\n", style.in(Ink::yellow, fmt::format("All is shown: {} has no manifest to compare with: {}", base, printable(plan.base->trouble))));
  }
}

void show_unknown(const Plan& plan, bool untrusted, const Style& style, Output& out) {
  for (const auto& peer : plan.unknown) {
    if ((peer.code == "untrusted") != untrusted) continue;
    const std::string place = peer.at ? fmt::format(" ({})", printable(peer.at->text())) : "";
    if (untrusted) out.print("\n{}\n  {}{}\n", style.red(fmt::format("UNTRUSTED: peer {}. Nothing is taken from it until a human has looked.", peer.peer.text())), printable(peer.text), place);
    else out.print("  ? {:<12} {}: {}{}\n", peer.peer.text(), style.in(Ink::yellow, peer.code), printable(peer.text), place);
  }
}

template <class Entry>
void show_obstacle(const Entry& entry, const std::string& place, const Style& style, Output& out) {
  out.print("  x {} {}  {}: {}{}\n", text_of(entry.verb), printable(entry.address.text), style.in(Ink::yellow, entry.code), printable(entry.text), place);
  if (!entry.mend.empty()) out.print("      to mend: {}\n", printable(entry.mend));
}

void show_obstacles(const Plan& plan, const Style& style, Output& out) {
  const bool ordinary_unknown = std::any_of(plan.unknown.begin(), plan.unknown.end(), [](const auto& peer) { return peer.code != "untrusted"; });
  if (ordinary_unknown) {
    heading(out, style, "Unknown: these peers cannot be had now, and nothing is removed on that evidence");
    show_unknown(plan, false, style, out);
  }
  if (!plan.blocked.empty()) {
    heading(out, style, "Blocked: cannot be done as things are");
    for (const auto& entry : plan.blocked) show_obstacle(entry, entry.at ? fmt::format(" ({})", printable(entry.at->text())) : "", style, out);
  }
  if (!plan.held.empty()) {
    heading(out, style, "Held by a guard: not done");
    for (const auto& entry : plan.held) show_obstacle(entry, "", style, out);
  }
}

void show_notes(const Plan& plan, bool verbose, const Style& style, Output& out) {
  if (plan.notes.empty()) return;
  heading(out, style, "Notes");
  for (std::size_t i = 0; i < plan.notes.size();) {
    std::size_t end = i;
    while (end < plan.notes.size() && plan.notes[end].code == plan.notes[i].code) ++end;
    const std::size_t shown_end = verbose ? end : std::min(end, i + notes_shown);
    for (std::size_t at = i; at < shown_end; ++at) {
      const Note& note = plan.notes[at];
      out.print("  {}{}{}: {}\n", note.code, note.address.empty() ? "" : " ", printable(note.address), printable(note.text));
    }
    if (shown_end < end) out.print("  {}: {} more like these (-v shows them)\n", plan.notes[i].code, end - shown_end);
    i = end;
  }
}

void show_limits(const Plan& plan, const Style& style, Output& out) {
  if (plan.limits.empty() || (plan.actions.empty() && plan.held.empty())) return;
  heading(out, style, "Limits");
  for (const auto& limit : plan.limits) out.print("  {:<10} {}, limit {} ({})\n", limit.name, printable(limit.used), printable(limit.limit), printable(limit.where));
}

/// "1 deferred, 2 blocked …" of what will not be done; "" if all will.
std::string left_undone(const Plan& plan) {
  std::string text;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  const auto untrusted = std::count_if(plan.unknown.begin(), plan.unknown.end(), [](const auto& peer) { return peer.code == "untrusted"; });
  add(plan.actions.size() - plan.pending(), "deferred");
  add(plan.blocked.size(), "blocked");
  add(plan.held.size(), "held");
  add(plan.unknown.size() - static_cast<std::size_t>(untrusted), plan.unknown.size() - static_cast<std::size_t>(untrusted) == 1 ? "peer unknown" : "peers unknown");
  add(static_cast<std::size_t>(untrusted), untrusted == 1 ? "peer UNTRUSTED" : "peers UNTRUSTED");
  return text;
}

/// By the actions of this verb that are not deferred.
std::uint64_t bytes_to_fetch(const Plan& plan, Verb verb) {
  std::uint64_t bytes = 0;
  for (const auto& change : plan.actions) {
    const Transfer* const transfer = transfer_of(change.action);
    if (transfer != nullptr && !change.deferred && change.verb == verb) bytes += transfer->bytes;
  }
  return bytes;
}

/// Without the address.
std::string name_of(const CommitLine& by) {
  const auto address = by.author.find(" <");
  return address == 0 ? by.author : by.author.substr(0, address);
}

}  // namespace

std::string place_of(const Reason& reason) {
  const std::string place = reason.at ? reason.at->text() : reason.rule == "catalog" ? "" : reason.rule;
  if (place.empty()) return "";
  return fmt::format(" ({}{})", printable(place), reason.by ? printable(", " + short_commit(reason.by->id) + " by " + name_of(*reason.by)) : "");
}

Symbol symbol_of(Verb verb) {
  switch (verb) {
    case Verb::register_:
    case Verb::instantiate: return {'>', Ink::cyan};
    case Verb::unregister:
    case Verb::uninstantiate: return {'<', Ink::cyan};
    case Verb::create:
    case Verb::add:
    case Verb::copy: return {'+', Ink::green};
    case Verb::update:
    case Verb::repair: return {'~', Ink::yellow};
    case Verb::delete_:
    case Verb::remove: return {'-', Ink::red};
    case Verb::withdraw: return {'!', Ink::magenta};
    case Verb::publish: return {'^', Ink::cyan};
  }
  return {' ', Ink::none};
}

std::vector<std::pair<Verb, std::size_t>> verb_counts(const Plan& plan) {
  std::array<std::size_t, all_verbs.size()> counts{};
  for (const auto& change : plan.actions) {
    if (!change.deferred) ++counts.at(static_cast<std::size_t>(std::find(all_verbs.begin(), all_verbs.end(), change.verb) - all_verbs.begin()));
  }
  std::vector<std::pair<Verb, std::size_t>> some;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts.at(i) > 0) some.emplace_back(all_verbs.at(i), counts.at(i));
  }
  return some;
}

std::string plan_summary(const Plan& plan) {
  const std::string undone = left_undone(plan);
  std::string todo;
  for (const auto& [verb, count] : verb_counts(plan)) {
    todo += fmt::format("{}{} to {}", todo.empty() ? "" : ", ", count, text_of(verb));
    if (verb == Verb::copy || verb == Verb::repair) todo += fmt::format(" ({} to fetch)", size_text(bytes_to_fetch(plan, verb)));
  }
  if (!todo.empty()) return fmt::format("Plan: {}{}{}.", todo, undone.empty() ? "" : "; ", undone);
  if (!undone.empty()) return fmt::format("No changes now; {}.", undone);
  if (plan.base && plan.base->trouble.empty()) return "No changes beyond what the base would do.";
  return "No changes. All is as the manifest says.";
}

void show_plan(const Plan& plan, const Digest& id, bool verbose, const Style& style, Output& out) {
  out.print("{} of {}, {}\n", style.bold(fmt::format("Plan {}", id.hex().substr(0, 12))), plan.server.text(), manifest_words(plan.manifest_path, plan.git));
  show_base(plan, style, out);
  show_legend(plan, style, out);
  show_unknown(plan, true, style, out);
  show_actions(plan, verbose, style, out);
  show_obstacles(plan, style, out);
  show_notes(plan, verbose, style, out);
  show_limits(plan, style, out);
  out.print("\n{}\n", style.bold(plan_summary(plan)));
}

}  // namespace ingot
