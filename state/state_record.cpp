// Recording what a run does: its beginning and end, and each action's outcome together with its effects.
#include <fmt/format.h>

#include "schema/error.hpp"
#include "schema/overloaded.hpp"
#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

struct OutcomeTexts {
  ActionEnd end = ActionEnd::done;
  Code code = Code::none;
  std::string_view text;
};

OutcomeTexts texts_of(const Outcome& outcome) {
  return std::visit(
      Overloaded{[](const Done& done) {
                   return OutcomeTexts{ActionEnd::done, Code::none, done.how};
                 },
                 [](const Failed& failed) {
                   return OutcomeTexts{ActionEnd::failed, failed.code, failed.text};
                 },
                 [](const Skipped& skipped) {
                   return OutcomeTexts{ActionEnd::skipped, skipped.deferred ? Code::deferred : Code::none, skipped.why};
                 }},
      outcome);
}

std::int64_t number_of_run(Database& database, const std::string& run) {
  Statement row = database.query("SELECT number FROM run WHERE id = ?", run);
  if (!row.step()) throw Error(Fault::internal, fmt::format("the run \"{}\" was never begun", run));
  return row.next<std::int64_t>();
}

void begin(Database& database, const std::string& run, const std::vector<BegunAction>& actions) {
  if (actions.empty()) return;
  const std::int64_t number = number_of_run(database, run);
  for (const BegunAction& action : actions) {
    database.execute("INSERT INTO action (sequence, run, address, verb, arguments, started) VALUES (?, ?, ?, ?, ?, ?)",
                     action.number, number, action.address.text, text_of(action.verb), action.arguments, action.started);
  }
}

void finish(Database& database, Recording& recording, const FinishedAction& action, Time finished) {
  const auto texts = texts_of(action.outcome);
  if (database.execute("UPDATE action SET outcome = ?, code = ?, text = ?, finished = ? WHERE sequence = ? AND outcome IS NULL",
                       text_of(texts.end), text_of(texts.code), texts.text, finished, action.number) != 1)
    throw Error(Fault::internal, fmt::format("the action {} was never begun, or is finished already", action.number));
  for (const auto& effect : action.effects) recording.write(effect);
}

}  // namespace

void State::begin_run(const RunStart& start) {
  impl_->write([&](Recording&) {
    const auto& git = start.git;
    const auto known = [&](const auto& member) { return git ? std::optional((*git).*member) : std::nullopt; };
    impl_->database.execute(
        "INSERT INTO run (id, started, command, actor, manifest_path, manifest_digest, git_commit, git_repository, git_ref, "
        "git_blob,"
        " git_dirty, plan_id, planned) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        start.id, start.started, start.command, start.actor, start.manifest_path, start.manifest_digest,
        known(&ManifestCommit::commit), known(&ManifestCommit::repository), known(&ManifestCommit::ref),
        known(&ManifestCommit::blob), known(&ManifestCommit::dirty), start.plan_id, start.planned);
  });
}

void State::finish_run(const std::string& run, Time finished, int exit_code, const std::vector<UnbegunAction>& not_begun) {
  impl_->write([&](Recording&) {
    const std::int64_t number = number_of_run(impl_->database, run);
    std::int64_t next = not_begun.empty() ? 0 : impl_->next_action();
    for (const auto& action : not_begun) {
      impl_->database.execute(
          "INSERT INTO action (sequence, run, address, verb, arguments, outcome, code, text, started, finished)"
          " VALUES (?, ?, ?, ?, ?, 'skipped', ?, ?, ?, ?)",
          next++, number, action.address.text, text_of(action.verb), action.arguments, text_of(texts_of(action.why).code),
          action.why.why, finished, finished);
    }
    impl_->database.execute("UPDATE run SET finished = ?, exit_code = ? WHERE number = ?", finished, exit_code, number);
  });
}

std::int64_t State::begin_action(const std::string& run, const Address& address, Verb verb, const std::string& arguments,
                                 Time started) {
  return impl_->write([&](Recording&) {
    const std::int64_t number = impl_->next_action();
    begin(impl_->database, run,
          {{.number = number, .address = address, .verb = verb, .arguments = arguments, .started = started}});
    return number;
  });
}

void State::begin_actions(const std::string& run, const std::vector<BegunAction>& actions) {
  impl_->write([&](Recording&) { begin(impl_->database, run, actions); });
}

std::vector<ImageKey> State::finish_action(std::int64_t action, const Outcome& outcome, const Effects& effects, Time finished) {
  return finish_actions("", {}, {{.number = action, .outcome = outcome, .effects = effects}}, finished).front();
}

std::vector<std::vector<ImageKey>> State::finish_actions(const std::string& run, const std::vector<BegunAction>& begun,
                                                         const std::vector<FinishedAction>& actions, Time finished) {
  return impl_->write([&](Recording& recording) {
    begin(impl_->database, run, begun);
    std::vector<std::vector<ImageKey>> keys;
    for (const FinishedAction& action : actions) {
      const std::size_t before = recording.keys().size();
      finish(impl_->database, recording, action, finished);
      keys.emplace_back(recording.keys().begin() + static_cast<std::ptrdiff_t>(before), recording.keys().end());
    }
    return keys;
  });
}

void State::record(const Effects& effects) {
  impl_->write([&](Recording& recording) {
    for (const auto& effect : effects) recording.write(effect);
  });
}

}  // namespace ingot::state
