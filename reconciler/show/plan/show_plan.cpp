#include "reconciler/show/plan/show_plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "reconciler/io/printable.hpp"
#include "reconciler/plan/intent.hpp"
#include "reconciler/plan/texts.hpp"
#include "reconciler/show/format/table.hpp"
#include "reconciler/show/plan/show_manifest.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t widest_title = 40;
constexpr std::size_t widest_detail = 32;
constexpr std::size_t notes_shown = 3;  ///< of each code, unless verbose

void heading(Output& out, const Style& style, std::string_view text) { out.print("\n{}\n", style.bold(text)); }

struct Widths {
  std::size_t title = 0;
  std::size_t detail = 0;
};

/// One outlier does not push everything to the right.
Widths widths_of(const ActionGroup& actions) {
  Widths widths;
  for (const ShownAction* action : actions) {
    widths.title = std::max(widths.title, std::min(text_width(action->title), widest_title));
    widths.detail = std::max(widths.detail, std::min(text_width(action->detail), widest_detail));
  }
  return widths;
}

/// Plain appending, since a plan may have 100,000 lines.
void put_padded(std::string_view text, std::size_t width, Output& out) {
  out.put(text);
  for (std::size_t column = text_width(text); column < width; ++column) out.put(' ');
}

/// The first reason, how many more there are, and what it comes along with.
std::string why_of(const ShownAction& action, bool verbose) {
  const plan::Reason& first = action.because.front();
  std::string why = first.text + place_of(first);
  const plan::Reason* const needed = action.needed_by();
  const std::size_t more = action.because.size() - (needed ? 2 : 1);
  if (more > 0 && !verbose) why += fmt::format(" and {} more", more);
  if (needed) why += "; " + needed->rule + " needs it";
  return why;
}

/// What is shown of each action beside its line.
struct Beside {
  bool verbose = false;
  bool kept = false;  ///< also what its intent brings about: that is what apply compares, whatever else the file says
};

/// The line of other verbs says all of it.
bool is_told_by_reasons(Verb verb) { return verb == Verb::update || verb == Verb::withdraw; }

void show_action(const ShownAction& action, const Widths& widths, const Beside& beside, const Style& style, Output& out) {
  const Symbol symbol = symbol_of(action);
  out.put("  ");
  out.put(style.in(symbol.ink, std::string_view(&symbol.symbol, 1)));
  out.put(' ');
  put_padded(text_of(action.verb), 13, out);
  out.put(' ');
  put_padded(action.title, widths.title, out);
  if (widths.detail > 0) {
    out.put("  ");
    put_padded(action.detail, widths.detail, out);
  }
  if (!action.because.empty()) {
    out.put("  ");
    out.put(style.dim(why_of(action, beside.verbose)));
  }
  out.put('\n');
  if (action.deferred) out.print("      {}\n", action.deferred_why);
  if (action.foreseen != Code::none) out.print("      {} {}\n", style.in(Ink::yellow, "hint:"), action.foreseen_why);
  if (beside.kept && (beside.verbose || is_told_by_reasons(action.verb)))
    out.print("      result: {}\n", io::printable(plan::results_text(action.intent)));
  if (!beside.verbose) return;
  for (const auto& reason : action.because) out.print("      {}: {}{}\n", text_of(reason.code), reason.text, place_of(reason));
  for (const auto& after : action.after) out.print("      after {}\n", after.text);
}

void show_group(const std::string& title, const ActionGroup& actions, const Beside& beside, const Style& style, Output& out) {
  heading(out, style, title);
  const Widths widths = widths_of(actions);
  for (const ShownAction* action : actions) show_action(*action, widths, beside, style, out);
}

/// Groups in the order in which the plan first touches them; this server's own last.
void show_actions(const ShownPlan& plan, bool verbose, const Style& style, Output& out) {
  const ActionGroups groups = groups_of(plan);
  const Beside beside{.verbose = verbose, .kept = plan.kept};
  for (const auto& [peer, actions] : groups.of_peers) show_group("From " + peer, actions, beside, style, out);
  if (!groups.own.empty()) show_group("Here", groups.own, beside, style, out);
  if (!groups.deferred.empty()) show_group("Deferred: beyond a limit; a later run does it", groups.deferred, beside, style, out);
}

void show_legend(const ShownPlan& plan, const Style& style, Output& out) {
  if (plan.actions.empty()) return;
  out.put(style.dim("> register/instantiate  < uninstantiate/unregister  + new here  ~ change  ! withdraw  - delete  ^ publish"));
  out.put('\n');
}

void show_base(const ShownPlan& plan, const Style& style, Output& out) {
  if (!plan.base) return;
  const std::string base = base_text(*plan.base);
  if (plan.base->trouble.empty()) {
    const std::string_view verb = plan.base->left_out == 1 ? "is" : "are";
    const std::string text = plan.base->left_out == 0
                                 ? fmt::format("Compared with the plan of {}; no action is left out.", base)
                                 : fmt::format("{} that {} also in the plan of {} {} not shown.",
                                               plan::counted(plan.base->left_out, "action"), verb, base, verb);
    out.print("{}\n", style.dim(text));
  } else {
    out.print("{}\n", style.in(Ink::yellow, fmt::format("Everything is shown: {} has no manifest to compare with: {}", base,
                                                        plan.base->trouble)));
  }
}

void show_unknown(const ShownPlan& plan, bool untrusted, const Style& style, Output& out) {
  for (const auto& peer : plan.unknown) {
    if ((peer.code == Code::untrusted) != untrusted) continue;
    const std::string place = peer.at ? fmt::format(" ({})", peer.at->text()) : "";
    if (untrusted)
      out.print(
          "\n{}\n  {}{}\n",
          style.red(fmt::format("UNTRUSTED: peer {}. Nothing is copied from it until a human has looked.", peer.peer.text())),
          peer.text, place);
    else
      out.print("  ? {:<12} {}: {}{}\n", peer.peer.text(), style.in(Ink::yellow, text_of(peer.code)), peer.text, place);
  }
}

template <class Entry>
void show_obstacle(const Entry& entry, const std::string& place, const Style& style, Output& out) {
  out.print("  x {} {}  {}: {}{}\n", text_of(entry.verb), entry.address.text, style.in(Ink::yellow, text_of(entry.code)),
            entry.text, place);
  if (!entry.mend.empty()) out.print("      hint: {}\n", entry.mend);
}

void show_obstacles(const ShownPlan& plan, const Style& style, Output& out) {
  const bool ordinary_unknown =
      std::any_of(plan.unknown.begin(), plan.unknown.end(), [](const auto& peer) { return peer.code != Code::untrusted; });
  if (ordinary_unknown) {
    heading(out, style, "Unreachable peers (nothing is removed because of this):");
    show_unknown(plan, false, style, out);
  }
  if (!plan.blocked.empty()) {
    heading(out, style, "Blocked: cannot be done now");
    for (const auto& entry : plan.blocked)
      show_obstacle(entry, entry.at ? fmt::format(" ({})", entry.at->text()) : "", style, out);
  }
  if (!plan.held.empty()) {
    const bool approval =
        std::all_of(plan.held.begin(), plan.held.end(), [](const plan::Held& one) { return one.code == Code::not_approved; });
    heading(out, style, approval ? "Not approved: not done" : "Held by a guard: not done");
    for (const auto& entry : plan.held) show_obstacle(entry, "", style, out);
  }
}

/// Without those that stand beside their action already.
std::vector<Note> notes_to_show(const ShownPlan& plan) {
  std::set<std::string_view> told;
  for (const auto& action : plan.actions) {
    if (action.foreseen != Code::none) told.insert(action.address.text);
  }
  std::vector<Note> notes = plan.notes;
  std::erase_if(notes, [&](const Note& note) { return note.code == Code::source_missing && told.contains(note.address); });
  return notes;
}

void show_notes(const ShownPlan& plan, bool verbose, const Style& style, Output& out) {
  const std::vector<Note> notes = notes_to_show(plan);
  if (notes.empty()) return;
  heading(out, style, "Notes");
  for (std::size_t i = 0; i < notes.size();) {
    std::size_t end = i;
    while (end < notes.size() && notes[end].code == notes[i].code) ++end;
    const std::size_t shown_end = verbose ? end : std::min(end, i + notes_shown);
    for (std::size_t at = i; at < shown_end; ++at) {
      const Note& note = notes[at];
      out.print("  {}{}{}: {}\n", text_of(note.code), note.address.empty() ? "" : " ", note.address, note.text);
    }
    if (shown_end < end) out.print("  {}: {} more like these (-v shows them)\n", text_of(notes[i].code), end - shown_end);
    i = end;
  }
}

/// "removals: 2 planned, 1 allowed (limit: 5 images or 10 %, ingot.toml:3)"
std::string limit_text(const plan::LimitLine& line) {
  if (line.name == "min_free") return fmt::format("free space: {} (must keep: {}, {})", line.used, line.limit, line.where);
  if (line.name == "max_bytes") return fmt::format("to fetch: {} (max_bytes: {}, {})", line.used, line.limit, line.where);
  if (line.name == "window") return fmt::format("window: {} ({}, {})", line.used, line.limit, line.where);
  const auto space = std::min(line.limit.find(" ("), line.limit.size());
  const std::string bounds = space == line.limit.size() ? "" : line.limit.substr(space + 2, line.limit.size() - space - 3) + ", ";
  return fmt::format("{}: {} planned, {} allowed ({}{})", line.name, line.used, line.limit.substr(0, space), bounds, line.where);
}

void show_limits(const ShownPlan& plan, const Style& style, Output& out) {
  if (plan.limits.empty() || (plan.actions.empty() && plan.held.empty())) return;
  heading(out, style, "Limits");
  for (const auto& limit : plan.limits) out.print("  {}\n", limit_text(limit));
}

/// "1 deferred, 2 blocked …" of what will not be done; "" if all will.
std::string left_undone(const ShownPlan& plan) {
  std::string text;
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  };
  const auto untrusted =
      std::count_if(plan.unknown.begin(), plan.unknown.end(), [](const auto& peer) { return peer.code == Code::untrusted; });
  add(plan.actions.size() - plan.pending(), "deferred");
  add(plan.blocked.size(), "blocked");
  add(plan.held.size(), "held");
  add(plan.unknown.size() - static_cast<std::size_t>(untrusted),
      plan.unknown.size() - static_cast<std::size_t>(untrusted) == 1 ? "peer unknown" : "peers unknown");
  add(plan.left_out_count(), fmt::format("left out by {}", text_of(plan.left_out_by)));
  add(static_cast<std::size_t>(untrusted), untrusted == 1 ? "peer UNTRUSTED" : "peers UNTRUSTED");
  return text;
}

/// By the actions of this verb that are not deferred.
std::uint64_t bytes_to_fetch(const ShownPlan& plan, Verb verb) {
  std::uint64_t bytes = 0;
  for (const auto& action : plan.actions) {
    if (action.transfer && !action.deferred && action.verb == verb) bytes += action.transfer->bytes;
  }
  return bytes;
}

/// Without the address.
std::string name_of(const CommitLine& by) {
  const auto address = by.author.find(" <");
  return address == 0 ? by.author : by.author.substr(0, address);
}

}  // namespace

std::string base_text(const plan::PlanBase& base) {
  return fmt::format("{} ({}{})", base.revision, short_commit(base.commit), base.went_on ? ", where it branched off" : "");
}

std::string place_of(const plan::Reason& reason, std::string_view folder) {
  const std::string place = reason.at ? std::string(folder) + reason.at->text() : reason.rule == "catalog" ? "" : reason.rule;
  if (place.empty()) return "";
  return fmt::format(" ({}{})", io::printable(place),
                     reason.by ? io::printable(", " + short_commit(reason.by->id) + " by " + name_of(*reason.by)) : "");
}

Symbol symbol_of(Verb verb) {
  switch (verb) {
    case Verb::register_:
    case Verb::instantiate: return {'>', Ink::cyan};
    case Verb::unregister:
    case Verb::uninstantiate: return {'<', Ink::cyan};
    case Verb::create:
    case Verb::add:
    case Verb::export_:
    case Verb::delta:
    case Verb::copy: return {'+', Ink::green};
    case Verb::update:
    case Verb::switch_:
    case Verb::repair: return {'~', Ink::yellow};
    case Verb::delete_:
    case Verb::unexport:
    case Verb::remove: return {'-', Ink::red};
    case Verb::withdraw: return {'!', Ink::magenta};
    case Verb::publish:
    case Verb::upload: return {'^', Ink::cyan};
  }
  return {' ', Ink::none};
}

Symbol symbol_of(const ShownAction& action) {
  const bool sets_only = action.verb == Verb::export_ && !action.because.empty() && action.because.front().code == Code::changed;
  return symbol_of(sets_only ? Verb::update : action.verb);
}

bool ends_something(Verb verb) {
  return verb == Verb::delete_ || verb == Verb::remove || verb == Verb::unregister || verb == Verb::uninstantiate ||
         verb == Verb::withdraw || verb == Verb::unexport;
}

std::vector<std::pair<Verb, std::size_t>> verb_counts(const ShownPlan& plan) {
  std::array<std::size_t, all_verbs.size()> counts{};
  for (const auto& action : plan.actions) {
    if (!action.deferred)
      ++counts.at(static_cast<std::size_t>(std::find(all_verbs.begin(), all_verbs.end(), action.verb) - all_verbs.begin()));
  }
  std::vector<std::pair<Verb, std::size_t>> some;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts.at(i) > 0) some.emplace_back(all_verbs.at(i), counts.at(i));
  }
  return some;
}

std::string plan_summary(const ShownPlan& plan) { return plan_summary(plan, plan.base ? plan.base->revision : ""); }

std::string plan_summary(const ShownPlan& plan, std::string_view base) {
  const std::string undone = left_undone(plan);
  std::string todo;
  for (const auto& [verb, count] : verb_counts(plan)) {
    todo += fmt::format("{}{} {}{}", todo.empty() ? "" : ", ", count,
                        verb == Verb::delta ? (count == 1 ? "delta to make" : "deltas to make") : "to ",
                        verb == Verb::delta ? "" : text_of(verb));
    if (verb == Verb::copy || verb == Verb::repair) todo += fmt::format(" ({} to fetch)", size_text(bytes_to_fetch(plan, verb)));
  }
  if (!todo.empty()) return fmt::format("Plan: {}{}{}.", todo, undone.empty() ? "" : "; ", undone);
  if (!undone.empty()) return fmt::format("No changes now; {}.", undone);
  if (plan.base && plan.base->trouble.empty()) return fmt::format("No differences from the plan of {}.", base);
  return plan.whole ? "No changes. Everything is as the manifest says." : "No changes.";
}

void show_plan(const ShownPlan& plan, bool verbose, const Style& style, Output& out) {
  out.print("{} of {}, {}\n", style.bold(fmt::format("Plan {}", plan.id.hex().substr(0, 12))), plan.server.text(),
            manifest_words(plan.manifest_path, plan.git));
  show_base(plan, style, out);
  show_legend(plan, style, out);
  show_unknown(plan, true, style, out);
  show_actions(plan, verbose, style, out);
  show_obstacles(plan, style, out);
  show_notes(plan, verbose, style, out);
  show_limits(plan, style, out);
  out.print("\n{}\n", style.bold(plan_summary(plan)));
}

}  // namespace ingot::show
