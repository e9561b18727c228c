#include "reconciler/show/run/show_account.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/plan/shown_plan.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t lines_shown = 20;  ///< of each list, unless verbose

std::string why(const Outcome& outcome) {
  return std::visit(
      Overloaded{[](const Done&) { return std::string(); },
                 [](const Failed& failed) { return fmt::format("{}: {}", text_of(failed.code), io::printable(failed.text)); },
                 [](const Skipped& skipped) { return io::printable(skipped.why); }},
      outcome);
}

bool waits(const apply::ActionResult& result) { return is_deferred(result.outcome); }

void show_results(std::string_view title, const std::vector<apply::ActionResult>& results, Ink ink, bool verbose,
                  const Style& style, Output& out) {
  if (results.empty()) return;
  out.print("\n{}\n", style.in(ink, title));
  const std::size_t shown = verbose ? results.size() : std::min(results.size(), lines_shown);
  for (std::size_t i = 0; i < shown; ++i) {
    out.print("  {} {}  {}\n", text_of(results[i].verb), io::printable(results[i].address.text), why(results[i].outcome));
  }
  if (shown < results.size()) out.print("  {} more (-v shows them)\n", results.size() - shown);
}

std::string done_text(const apply::Account& account) {
  std::uint64_t fetched = 0;
  for (const auto& result : account.done) fetched += result.fetched;
  for (const auto& result : account.failed) fetched += result.fetched;
  std::string text = fmt::format("{} done", account.done.size());
  if (fetched > 0) text += fmt::format(" ({} fetched)", size_text(fetched));
  return text;
}

/// Whether some of what is left may work next time with nothing mended: a peer answers again.
bool goes_away(const apply::Account& account, const plan::Plan& plan) {
  return !plan.unknown.empty() ||
         std::any_of(account.failed.begin(), account.failed.end(), [](const apply::ActionResult& result) {
           const auto* failed = std::get_if<Failed>(&result.outcome);
           return failed && failed->code == Code::unreachable;
         });
}

/// Copies that an interrupt or a deadline ended: what they fetched counts as nothing done, but is not lost.
std::string kept_text(const apply::Account& account) {
  const auto count = std::count_if(account.not_started.begin(), account.not_started.end(), [](const apply::ActionResult& result) {
    const auto* const skipped = std::get_if<Skipped>(&result.outcome);
    return result.begun && result.verb == Verb::copy && skipped && !skipped->in_vain;
  });
  if (count == 0) return "";
  return fmt::format("The bytes fetched for {} are kept for the next run.",
                     count == 1 ? "an unfinished copy" : fmt::format("{} unfinished copies", count));
}

std::string joined(const std::string& text, const std::string& line) { return line.empty() ? text : text + "\n" + line; }

std::string next_step(const plan::Plan& plan, const apply::Account& account) {
  switch (account.exit_code) {
    case exit_done: return kept_text(account);
    case exit_incomplete:
      if (account.failed.empty() && plan.unknown.empty())
        return "Blocked actions stay blocked until the manifest or the peer changes; \"ingot plan\" says what to change.";
      if (!goes_away(account, plan))
        return "Finished actions are durable. Fix what failed, then run \"ingot apply\" again for the rest.";
      return "Finished actions are durable. Run \"ingot apply\" again for the rest.";
    case exit_untrusted:
      return "Some data is untrusted, and none of it was used. Find out why before you run \"ingot apply\" again.";
    case exit_local:
      if (exit_code_of(plan, false) == exit_done && account.failed.empty() && account.not_started.empty() && !account.fatal)
        return "All actions are done and recorded. Only a report could not be written; a warning names it.";
      return "Something on this server is wrong: a disk, a right, the store or the state. Fix what the messages name (\"ingot "
             "verify\" names damaged images), then run \"ingot apply\" again.";
    case exit_refused:
      if (plan.held.empty())
        return "Blocked actions stay blocked until the manifest, the guard of this host or the peer changes; \"ingot plan\" says "
               "what to change.";
      if (std::all_of(plan.held.begin(), plan.held.end(), [](const plan::Held& one) { return one.code == Code::not_approved; }))
        return "Actions that were not approved were not done; \"ingot plan\" shows them.";
      return "Actions that a guard holds were not done; \"ingot plan\" says why, and how to go on.";
    case exit_interrupted:
    case exit_terminated:
      return joined("Interrupted. The state is consistent. Run \"ingot apply\" again: it goes on where it stopped.",
                    kept_text(account));
    default: return "Run \"ingot apply\" again.";
  }
}

}  // namespace

std::string account_text(const plan::Plan& plan, const apply::Account& account) {
  const auto deferred = static_cast<std::size_t>(std::count_if(account.not_started.begin(), account.not_started.end(), waits));
  std::string text = "Applied: " + done_text(account);
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format(", {} {}", count, what);
  };
  add(account.failed.size(), "failed");
  add(account.not_started.size() - deferred, "not started");
  add(deferred, "deferred");
  add(plan.held.size(), "held");
  add(std::accumulate(plan.left_out.begin(), plan.left_out.end(), std::size_t{0},
                      [](std::size_t sum, const auto& of_verb) { return sum + of_verb.second; }),
      fmt::format("left out by {}", text_of(plan.left_out_by)));
  add(plan.blocked.size(), "blocked");
  add(plan.unknown.size(), plan.unknown.size() == 1 ? "peer unknown" : "peers unknown");
  return text + ".";
}

void show_account(const plan::Plan& plan, const apply::Account& account, const std::string& run, bool verbose, const Style& style,
                  Output& out) {
  show_results("Failed", account.failed, Ink::red, verbose, style, out);
  std::vector<apply::ActionResult> not_started, deferred;
  std::partition_copy(account.not_started.begin(), account.not_started.end(), std::back_inserter(deferred),
                      std::back_inserter(not_started), waits);
  show_results("Not started", not_started, Ink::bold, verbose, style, out);
  show_results("Left for a later run", deferred, Ink::none, verbose, style, out);
  if (account.fatal) out.print("\n{} {}\n", style.red("The run ended early:"), io::printable(account.fatal->what()));
  out.print("\n{}\n", style.bold(account_text(plan, account)));
  const std::string next = next_step(plan, account);
  if (!next.empty()) out.print("{}\n", next);
  if (!account.failed.empty()) out.print("\"ingot show {}\" shows everything.\n", run);
}

}  // namespace ingot::show
