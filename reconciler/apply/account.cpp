#include "reconciler/apply/account.hpp"

#include <fmt/format.h>

#include <csignal>

#include "reconciler/io/interrupt.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::apply {
namespace {

bool is_series(const plan::Action& action) {
  return std::holds_alternative<plan::CreateSeries>(action) || std::holds_alternative<plan::UpdateSeries>(action);
}

bool takes_space(const plan::Action& action) {
  return std::holds_alternative<plan::CopyImage>(action) || std::holds_alternative<plan::AddImage>(action) ||
         std::holds_alternative<plan::FetchAgain>(action) || std::holds_alternative<plan::TakeInAgain>(action);
}

/// A series is done with the copies that came, a catalog with what is there: they wait for others, but need none of them.
bool only_waits_for(const plan::Change& change, const plan::Change& other) {
  return std::holds_alternative<plan::Publish>(change.action) ||
         (is_series(change.action) && std::holds_alternative<plan::CopyImage>(other.action));
}

/// An update of a series that takes in new members and changes nothing else.
bool only_takes_in(const plan::Change& change) {
  const auto* const update = std::get_if<plan::UpdateSeries>(&change.action);
  return update && update->changes.size() == change.after.size();
}

Skipped why_in_vain(const Address& needed, const Outcome& outcome) {
  if (is_deferred(outcome))
    return {.why = fmt::format("deferred: depends on \"{}\", which is deferred", needed.text), .deferred = true};
  return {.why = fmt::format("depends on \"{}\", which {}", needed.text,
                             std::holds_alternative<Failed>(outcome) ? "failed" : "was not done")};
}

Skipped deferred(const plan::Change& change) {
  return {.why = change.deferred_why.empty() ? "deferred" : "deferred: " + change.deferred_why, .deferred = true};
}

/// Whether an image comes by deltas from another one that is fetched too.
bool starts_from(const plan::Change& change, const plan::Change& other) {
  const plan::Transfer* transfer = plan::transfer_of(change.action);
  return transfer != nullptr && transfer->method == plan::Method::delta && plan::transfer_of(other.action) != nullptr;
}

}  // namespace

int exit_code_of_failure(Code code) {
  if (code == Code::untrusted || code == Code::digest_mismatch) return exit_untrusted;
  if (code == Code::no_space || code == Code::io || code == Code::damaged) return exit_local;
  if (code == Code::internal) return exit_internal;
  if (code == Code::changed_export) return exit_refused;
  return exit_incomplete;
}

Ledger::Ledger(const plan::Plan& plan) : plan_(plan), results_(plan.actions.size()) {
  for (std::size_t place = 0; place < plan.actions.size(); ++place) places_.emplace(plan.actions[place].address, place);
}

void Ledger::put(std::size_t action, ActionResult result) {
  const std::lock_guard lock(mutex_);
  const auto* failed = std::get_if<Failed>(&result.outcome);
  if (failed && failed->code == Code::no_space && result.verb != Verb::delta) disk_full_ = true;
  results_[action] = std::move(result);
}

void Ledger::end_early(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!end_) end_ = error;
}

bool Ledger::ended_early() const {
  const std::lock_guard lock(mutex_);
  return end_.has_value();
}

std::optional<Skipped> Ledger::waits_in_vain(const plan::Change& change) const {
  std::optional<Skipped> first;
  std::size_t missing = 0;
  for (const Address& needed : change.after) {
    const auto place = places_.find(needed);
    if (place == places_.end()) continue;
    const auto& result = results_[place->second];
    if (!result || std::holds_alternative<Done>(result->outcome)) continue;
    if (starts_from(change, plan_.actions[place->second])) continue;  // without it the image comes whole
    if (!only_waits_for(change, plan_.actions[place->second])) return why_in_vain(needed, result->outcome);
    if (++missing == 1) first = why_in_vain(needed, result->outcome);
  }
  // Without any of its new members it would be called done, and nothing would have changed.
  return missing > 0 && missing == change.after.size() && only_takes_in(change) ? first : std::nullopt;
}

std::optional<Skipped> Ledger::why_not(std::size_t action) const {
  const plan::Change& change = plan_.actions[action];
  const std::lock_guard lock(mutex_);
  if (change.deferred) return deferred(change);
  if (end_) return Skipped{"the run ended early"};
  if (io::interrupted() != 0) return Skipped{"interrupted"};
  if (disk_full_ && takes_space(change.action)) return Skipped{"the disk is full"};
  return waits_in_vain(change);
}

Account Ledger::close(const std::string& rest, int signal, const std::vector<ActionResult>& beside_the_plan) const {
  const std::lock_guard lock(mutex_);
  Account account;
  account.exit_code = exit_code_of(plan_, false);
  const auto enter = [&](const ActionResult& result) {
    std::visit(Overloaded{[&](const Done&) { account.done.push_back(result); },
                          [&](const Skipped&) { account.not_started.push_back(result); },
                          [&](const Failed& failed) {
                            account.failed.push_back(result);
                            const int code = exit_code_of_failure(failed.code);
                            if (code == exit_incomplete && plan_.ignored.contains(result.address.text)) return;
                            account.exit_code = worse_exit_code(account.exit_code, code);
                          }},
               result.outcome);
  };
  for (std::size_t place = 0; place < results_.size(); ++place) {
    const plan::Change& change = plan_.actions[place];
    enter(results_[place].value_or(ActionResult{.address = change.address,
                                                .verb = change.verb,
                                                .outcome = change.deferred ? deferred(change) : Skipped{rest},
                                                .size = change.size,
                                                .fetched = 0,
                                                .begun = false}));
  }
  for (const ActionResult& result : beside_the_plan) enter(result);
  if (end_) {
    account.fatal = end_;
    account.exit_code = worse_exit_code(account.exit_code, exit_code_of(end_->fault()));
  }
  if (signal != 0) account.exit_code = signal == SIGINT ? exit_interrupted : exit_terminated;
  return account;
}

}  // namespace ingot::apply
