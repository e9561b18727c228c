// The line of an apply: what is known is kept, actions go one by one in the plan's order, copies side by side, groups of them
// are recorded together, what came is published, and all is accounted for. What a verb does is in its own file.
#include "reconciler/apply/apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <mutex>

#include "reconciler/apply/account.hpp"
#include "reconciler/apply/publish/catalog_page.hpp"
#include "reconciler/apply/publish/publish.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/recover/floors.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/apply/schedule.hpp"
#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/apply/verbs/verbs.hpp"
#include "reconciler/io/interrupt.hpp"
#include "reconciler/plan/damaged.hpp"
#include "reconciler/upload/jobs.hpp"
#include "schema/exit_code.hpp"
#include "schema/overloaded.hpp"

namespace ingot::apply {
namespace {

/// What of an action that fetches an image the schedule has to know.
template <class Fetching>
CopyTask task_of(std::size_t action, const Fetching& fetching, const Manifest& manifest) {
  CopyTask task{.action = action,
                .peer = fetching.peer,
                .digest = fetching.entry->digest,
                .base = {},
                .segments = fetching.entry->packed ? fetching.entry->packed->segments : 1};
  for (const PeerEntry& peer : manifest.peers) {
    if (peer.name == task.peer) task.streams = peer.streams.value_or(task.streams);
  }
  return task;
}

/// nullopt: it fetches nothing.
std::optional<CopyTask> copy_task(std::size_t place, const plan::Action& action, const Manifest& manifest) {
  std::optional<CopyTask> task;
  if (const auto* copy = std::get_if<plan::CopyImage>(&action)) task = task_of(place, *copy, manifest);
  if (const auto* again = std::get_if<plan::FetchAgain>(&action)) task = task_of(place, again->offers.front(), manifest);
  const plan::Transfer* transfer = plan::transfer_of(action);
  if (task && !transfer->steps.empty()) task->base = transfer->steps.front().base;
  return task;
}

/// Of whom an action may have an image's bytes; empty: of nobody, or they are here already.
std::vector<ServerName> asked_peers(const plan::Action& action) {
  const plan::Transfer* const transfer = plan::transfer_of(action);
  if (transfer == nullptr || transfer->bytes == 0) return {};
  if (const auto* copy = std::get_if<plan::CopyImage>(&action)) return {copy->peer};
  std::vector<ServerName> peers;
  if (const auto* again = std::get_if<plan::FetchAgain>(&action)) {
    for (const plan::Offer& offer : again->offers) peers.push_back(offer.peer);
  }
  return peers;
}

enum class Due { nothing, content, renewal };

/// Whether the published catalog still names bytes that this plan found damaged or gone.
bool names_damaged(const plan::Plan& plan, const ApplyContext& context) {
  if (plan.served_damaged.empty()) return false;
  const std::set<Digest> left_out = context.store.left_out();
  return std::any_of(plan.served_damaged.begin(), plan.served_damaged.end(), [&](const Digest& digest) {
    const auto object = context.state.object(digest);
    return !left_out.contains(digest) && object && !context.store.lacks(object->packed).empty();
  });
}

/// What there is to publish: new, lost or damaged content, or the head alone, whose life is half over.
Due what_is_due(const plan::Plan& plan, ApplyContext& context) {
  const ServerSection& server = context.manifest.server;
  if (context.state.content_pending(server.publish_copies) || names_damaged(plan, context) ||
      !why_publish_again(context.state, context.store, server).empty())
    return Due::content;
  return head_is_aging(context.state, server, context.clock.now()) ? Due::renewal : Due::nothing;
}

/// One run under way.
class Applying {
 public:
  Applying(const plan::Plan& plan, const state::RunStart& start, ApplyContext& context)
      : run_(plan, start.id, context,
             {.recorded = [this](const Waiting& member, const Outcome& outcome) { conclude_recorded(member, outcome); },
              .cannot_record = [this](const Error& error) { ledger_.end_early(error); }}),
        ledger_(plan) {}

  Account all() {
    try {
      record_what_was_seen();
      do_actions();
      run_.group.end();
      publish_the_rest();
    } catch (const Error& error) { ledger_.end_early(error); }
    run_.group.end();
    close_publication();
    do_uploads();
    return ledger_.close(rest(), io::interrupted(), beside_the_plan_);
  }

 private:
  /// The planned publication: begun at its place in the plan, over when the run is.
  struct Publication {
    std::size_t action = 0;
    std::int64_t number = 0;
    Outcome outcome = Skipped{"there was nothing to publish"};
  };

  /// Why what was not started was not.
  std::string rest() const { return ledger_.ended_early() ? "the run ended early" : "interrupted"; }

  const std::vector<plan::Change>& actions() const { return run_.plan.actions; }

  void record_what_was_seen() {
    keep_seen(run_.context.seen, run_.context.state, run_.context.memory, run_.context.clock.now());
    state::Effects wanted;
    for (const plan::Wantedness& one : run_.plan.wantedness)
      wanted.push_back(state::MarkWanted{.key = one.key, .unwanted_since = one.unwanted_since});
    for (const plan::ForgottenExport& one : run_.plan.forgotten)
      wanted.push_back(state::DropExported{.name = one.name, .folder = one.folder, .image = one.image});
    for (const plan::UnwantedDelta& one : run_.plan.unwanted_deltas)
      wanted.push_back(state::DropDelta{.image = one.image, .base = one.base});
    if (!wanted.empty()) run_.context.state.record(wanted);
  }

  void do_actions() {
    const std::size_t end = first_upload();
    for (std::size_t action = 0; action < end;) {
      if (task_at(action)) {
        action = do_copies_from(action);
      } else {
        do_one(action++, 1);
      }
    }
  }

  /// Uploads stand last in a plan: they take what all the others have published.
  std::size_t first_upload() const {
    const auto found = std::find_if(actions().begin(), actions().end(), [](const plan::Change& change) {
      return std::holds_alternative<plan::UploadTree>(change.action);
    });
    return static_cast<std::size_t>(found - actions().begin());
  }

  /// All side by side, so that a store that fails holds no other up.
  void do_uploads() {
    std::vector<std::function<void()>> jobs;
    for (std::size_t action = first_upload(); action < actions().size(); ++action)
      jobs.emplace_back([this, action] { do_one(action, 1); });
    for (const UploadEntry& entry : run_.context.manifest.uploads) {
      if (was_published_since(entry)) jobs.emplace_back([this, &entry] { upload_beside_the_plan(entry); });
    }
    if (!jobs.empty()) keep_page_to_upload();
    upload::run_jobs(jobs, static_cast<std::uint32_t>(jobs.size()));
  }

  void keep_page_to_upload() {
    try {
      keep_page(run_.context.store, run_.context.manifest.server);
    } catch (const Error&) {}  // nothing that is signed depends on it; the end of the run tries again and tells
  }

  /// A head that was renewed, or what came after the publication: no action of the plan uploads it.
  bool was_published_since(const UploadEntry& entry) {
    if (!published_ || !run_.plan.whole || io::interrupted() != 0 || ledger_.ended_early()) return false;
    const Address address = upload_address(entry.name);
    const auto concerns = [&](const auto& one) { return one.address == address; };
    return std::none_of(actions().begin(), actions().end(), concerns) &&
           std::none_of(run_.plan.blocked.begin(), run_.plan.blocked.end(), concerns);
  }

  void upload_beside_the_plan(const UploadEntry& entry) {
    const Address address = upload_address(entry.name);
    Outcome outcome = Done{};
    try {
      upload_to(entry, run_);
      run_.events.note(fmt::format("uploaded what was published to {}", place_of(entry)));
    } catch (const std::exception& error) { outcome = outcome_of_any(error); }
    if (std::holds_alternative<Done>(outcome)) return;
    const std::lock_guard lock(beside_mutex_);
    beside_the_plan_.push_back({.address = address, .verb = Verb::upload, .outcome = outcome, .size = 0, .fetched = 0});
  }

  std::optional<CopyTask> task_at(std::size_t action) const {
    return copy_task(action, actions()[action].action, run_.context.manifest);
  }

  /// Copies that stand together in the plan run side by side; gives the first action behind them.
  std::size_t do_copies_from(std::size_t first) {
    std::vector<CopyTask> tasks;
    std::size_t action = first;
    for (; action < actions().size(); ++action) {
      auto task = task_at(action);
      if (!task) break;
      if (auto why = why_not(action))
        skip(action, *std::move(why));
      else
        tasks.push_back(*std::move(task));
    }
    const auto workers = static_cast<std::uint32_t>(std::min<std::size_t>(run_.context.parallel, tasks.size()));
    run_turns(Turns(std::move(tasks), run_.context.parallel, limits_of_peers()), workers,
              [this](const Turn& turn) { do_one(turn.task.action, static_cast<int>(turn.connections)); });
    return action;
  }

  std::map<ServerName, std::uint32_t> limits_of_peers() const {
    std::map<ServerName, std::uint32_t> limits;
    for (const PeerEntry& peer : run_.context.manifest.peers) {
      if (peer.parallel) limits.emplace(peer.name, *peer.parallel);
    }
    return limits;
  }

  /// Begins and does one action; its group records it. From any thread; never throws.
  void do_one(std::size_t action, int connections) {
    const plan::Change& change = actions()[action];
    const bool joins = Group::joins(change.action);
    if (joins)
      run_.group.settle(change.after);
    else
      run_.group.end();
    if (auto why = why_not(action)) return skip(action, *std::move(why));
    std::int64_t number = 0;
    try {
      number = run_.group.begin(change);
    } catch (const Error& error) {  // what cannot be written down must not be done
      ledger_.end_early(error);
      return skip(action, {.why = "the run ended early"});
    }
    run_.events.start(change);
    if (std::holds_alternative<plan::Publish>(change.action)) return begin_publication(action, number);
    run_.group.add({.action = action,
                    .change = change,
                    .number = number,
                    .result = attempt({.change = change, .number = number}, connections)});
  }

  /// What came of an action; every failure is a value.
  std::variant<ActionEffects, Outcome> attempt(const Task& task, int connections) {
    try {
      Result result = do_it(task, connections);
      if (auto* failed = std::get_if<Failed>(&result)) {
        if (failed->code == Code::not_on_medium)
          return Outcome(Skipped{
              .why = "deferred: the medium lacks it (not-on-medium): " + failed->text, .deferred = true, .in_vain = true});
        if (failed->code == Code::in_use || failed->code == Code::deferred)
          return Outcome(Skipped{.why = "deferred: " + failed->text, .deferred = true});
        return Outcome(std::move(*failed));
      }
      return std::get<ActionEffects>(std::move(result));
    } catch (const std::exception& error) { return without_delta(task, outcome_of_any(error)); }
  }

  /// A delta for which there is no room is made by a later run: nothing needs it.
  static Outcome without_delta(const Task& task, Outcome outcome) {
    const auto* failed = std::get_if<Failed>(&outcome);
    if (task.change.verb != Verb::delta || failed == nullptr || failed->code != Code::no_space) return outcome;
    return Skipped{.why = "deferred: " + failed->text, .deferred = true};
  }

  Result do_it(const Task& task, int connections) {
    return std::visit(Overloaded{[](const plan::Publish&) -> Result { return ActionEffects{}; },
                                 [&](const plan::CopyImage& copy) -> Result { return do_copy(copy, task, run_, connections); },
                                 [&](const plan::FetchAgain& again) -> Result { return do_copy(again, task, run_, connections); },
                                 [&](const auto& other) -> Result { return do_action(other, task, run_); }},
                      task.change.action);
  }

  void conclude_recorded(const Waiting& member, const Outcome& outcome) {
    const auto* const effects = std::get_if<ActionEffects>(&member.result);
    if (effects) drop_partials(effects->spent);
    conclude(member.action, outcome, effects ? effects->fetched : 0);
  }

  /// Not before the image is recorded: a run that is killed until then goes on with them. What another copy uses now, that one
  /// drops; what cannot be removed is found by the next plan.
  void drop_partials(const std::set<Digest>& spent) {
    run_.files_in_use.with_free(spent, [this](const Digest& file) {
      try {
        run_.context.store.drop_partial(file);
      } catch (const Error&) {}  // nothing depends on it
    });
  }

  /// Records what became of an action that changes nothing; if not even that can be written, the run is over.
  void record(std::int64_t number, const Outcome& outcome) {
    try {
      run_.journal.finish(number, outcome, {});
    } catch (const Error& error) { ledger_.end_early(error); }
  }

  void conclude(std::size_t action, const Outcome& outcome, std::uint64_t fetched, bool begun = true) {
    const plan::Change& change = actions()[action];
    const ActionResult result{.address = change.address,
                              .verb = change.verb,
                              .outcome = outcome,
                              .size = change.size,
                              .fetched = fetched,
                              .begun = begun};
    ledger_.put(action, result);
    run_.events.end(change, result);
  }

  /// Why an action may not be begun now; nullopt: it may.
  std::optional<Skipped> why_not(std::size_t action) const {
    if (auto why = ledger_.why_not(action)) return why;
    if (auto why = run_.left.why_not(asked_peers(actions()[action].action))) return why;
    return run_.bounds.forbid(actions()[action]);
  }

  void skip(std::size_t action, Skipped why) { conclude(action, std::move(why), 0, false); }

  void begin_publication(std::size_t action, std::int64_t number) {
    publication_ = Publication{.action = action, .number = number};
    if (const auto outcome = publish_what_is_due()) publication_->outcome = *outcome;
  }

  /// nullopt: there is nothing to publish.
  std::optional<Outcome> publish_what_is_due() {
    ApplyContext& context = run_.context;
    try {
      const Due due = what_is_due(run_.plan, context);
      if (due == Due::nothing) return std::nullopt;
      const PublishedNow now = publish(context.state, context.store, context.catalog_keys, context.manifest.server, context.clock,
                                       {.commit = context.commit.value_or("")});
      left_out_ = now.left_out;
      published_ = true;
      run_.events.note(due == Due::content ? fmt::format("published serial {}", now.serial)
                                           : fmt::format("renewed the head, valid until {}", time_text(now.expires)));
      return Done{};
    } catch (const std::exception& error) { return outcome_of_any(error); }
  }

  /// At the end, what came since the publication's place in the plan, or is left of a failure; then others see what is done.
  void publish_the_rest() {
    if (io::interrupted() != 0 || ledger_.ended_early()) return;
    const auto outcome = publish_what_is_due();
    account_for_left_out();
    if (!outcome) return;
    if (publication_) {
      publication_->outcome = *outcome;
    } else if (!std::holds_alternative<Done>(*outcome)) {
      beside_the_plan_.push_back(
          {.address = catalog_address(), .verb = Verb::publish, .outcome = *outcome, .size = 0, .fetched = 0});
    }
  }

  /// Images that were published without their bytes are failures of their own, unless the plan has told of them.
  void account_for_left_out() {
    if (left_out_.empty()) return;
    std::set<Address> told;
    for (const auto& one : run_.plan.blocked) {
      if (one.verb == Verb::repair) told.insert(one.address);
    }
    for (const auto& image :
         damaged_public_images(run_.context.state, run_.context.store, run_.context.manifest.server.publish_copies)) {
      if (told.contains(image.address)) continue;
      beside_the_plan_.push_back(
          {.address = image.address,
           .verb = Verb::publish,
           .outcome = Failed{Code::damaged, plan::what_is_damaged(image) + "; " + plan::how_to_mend(image)},
           .size = 0,
           .fetched = 0});
    }
  }

  void close_publication() {
    if (!publication_) return;
    const bool cut_short = io::interrupted() != 0 || ledger_.ended_early();
    if (cut_short && !std::holds_alternative<Failed>(publication_->outcome) && still_pending())
      publication_->outcome = Skipped{rest()};
    record(publication_->number, publication_->outcome);
    conclude(publication_->action, publication_->outcome, 0);
  }

  bool still_pending() {
    try {
      return run_.context.state.content_pending(run_.context.manifest.server.publish_copies);
    } catch (const Error& error) {
      ledger_.end_early(error);
      return true;
    }
  }

  Run run_;
  Ledger ledger_;
  std::optional<Publication> publication_;
  std::set<Digest> left_out_;  ///< of the last publication
  bool published_ = false;     ///< something was published
  std::mutex beside_mutex_;
  std::vector<ActionResult> beside_the_plan_;
};

/// The run before this one, as the history has it; one that died has no exit code.
bool last_run_failed(const state::State& state) {
  const auto last = state.last_run();
  return last && last->exit_code != exit_done;
}

/// The first run of a commit is kept even if it changes nothing: what may follow it is judged by it (`forward`).
bool is_of_the_last_commit(const state::RunStart& start, const state::State& state) {
  if (!start.git || start.git->dirty) return true;
  const auto last = state.applied_last();
  return last && last->commit == start.git->commit;
}

/// Whether the run would leave no trace: nothing to do, nothing to publish, nothing to tell. That a failure is over is told.
bool is_idle(const plan::Plan& plan, const state::RunStart& start, ApplyContext& context) {
  return plan.pending() == 0 && is_of_the_last_commit(start, context.state) && !last_run_failed(context.state) &&
         plan.wantedness.empty() && plan.forgotten.empty() && plan.unwanted_deltas.empty() && exit_code_of(plan, false) == 0 &&
         what_is_due(plan, context) == Due::nothing;
}

/// A state that was made anew knows what is needed here once an apply has left nothing undone; entries that are blocked
/// are told by each plan, and hold nothing back.
void note_caught_up(const plan::Plan& plan, const Account& account, state::State& state) {
  if (plan.whole && account.done.size() == plan.pending() && !account.fatal && state.made_anew()) state.note_caught_up();
}

void end_with(const Error& error, Account& account) {
  if (!account.fatal) account.fatal = error;
  account.exit_code = worse_exit_code(account.exit_code, exit_code_of(error.fault()));
}

/// No action: nothing that is signed depends on the page. A run that ended early leaves it to the next one.
void write_page(ApplyContext& context, Account& account) {
  if (account.fatal || io::interrupted() != 0) return;
  try {
    keep_page(context.store, context.manifest.server);
  } catch (const Error& error) { end_with(error, account); }
}

Account idle(const plan::Plan& plan, ApplyContext& context) {
  keep_seen(context.seen, context.state, context.memory, context.clock.now());
  Account account = Ledger(plan).close("deferred", 0, {});
  write_page(context, account);
  note_caught_up(plan, account, context.state);
  for (std::size_t action = 0; action < plan.actions.size(); ++action) {
    ForwardingEvents(context.events).end(plan.actions[action], account.not_started[action]);
  }
  return account;
}

/// What was to be done and was not begun.
std::vector<state::UnbegunAction> not_begun(const plan::Plan& plan, const Account& account) {
  std::vector<state::UnbegunAction> actions;
  auto result = account.not_started.begin();
  for (const plan::Change& change : plan.actions) {
    if (result == account.not_started.end()) break;
    if (result->address != change.address) continue;
    if (!result->begun) {
      actions.push_back({.address = change.address,
                         .verb = change.verb,
                         .arguments = arguments_of(change),
                         .why = std::get<Skipped>(result->outcome)});
    }
    ++result;
  }
  return actions;
}

void finish_run(const plan::Plan& plan, const state::RunStart& start, ApplyContext& context, Account& account) {
  try {
    note_caught_up(plan, account, context.state);
    context.state.finish_run(start.id, context.clock.now(), account.exit_code, not_begun(plan, account));
  } catch (const Error& error) { end_with(error, account); }
}

}  // namespace

Account apply(const plan::Plan& plan, const state::RunStart& start, ApplyContext& context) {
  ForwardingEvents(context.events).begin(plan);
  for (const Digest& partial : plan.abandoned) context.store.drop_partial(partial);
  if (is_idle(plan, start, context)) return idle(plan, context);
  begin_run(start, context.state, context.store);
  Account account = Applying(plan, start, context).all();
  write_page(context, account);
  finish_run(plan, start, context, account);
  return account;
}

}  // namespace ingot::apply
