// The history of runs. A run or action without an end died: it shows as unfinished for ever.
#include <algorithm>
#include <array>
#include <utility>

#include "state/state_impl.hpp"

namespace ingot::state {

namespace {

/// Takes the columns git_commit … git_dirty.
std::optional<ManifestCommit> read_provenance(Statement& row) {
  auto commit = row.next<std::optional<std::string>>();
  ManifestCommit git{.repository = row.next<std::optional<std::string>>().value_or(""), .ref = {}, .commit = {}, .blob = {}};
  git.ref = row.next<std::optional<std::string>>().value_or("");
  git.blob = row.next<std::optional<std::string>>().value_or("");
  git.dirty = row.next<std::optional<bool>>().value_or(false);
  if (!commit) return std::nullopt;
  git.commit = *std::move(commit);
  return git;
}

/// Takes the columns number, id … counts; gives the number of the run.
std::int64_t read_run(Statement& row, RunRecord& run) {
  const auto number = row.next<std::int64_t>();
  run.start.id = row.next<std::string>();
  run.start.started = row.next<Time>();
  run.start.command = row.next<std::string>();
  run.start.actor = row.next<std::string>();
  run.start.manifest_path = row.next<std::string>();
  run.start.manifest_digest = row.next<Digest>();
  run.start.git = read_provenance(row);
  run.start.plan_id = row.next<std::string>();
  run.start.planned = row.next<std::uint64_t>();
  run.finished = row.next<std::optional<Time>>();
  run.exit_code = row.next<std::optional<int>>();
  run.done = row.next<std::uint64_t>();
  run.failed = row.next<std::uint64_t>();
  run.skipped = row.next<std::uint64_t>();
  run.deferred = row.next<std::uint64_t>();
  return number;
}

constexpr char select_runs[] =
    "SELECT r.number, r.id, r.started, r.command, r.actor, r.manifest_path, r.manifest_digest,"
    " r.git_commit, r.git_repository, r.git_ref, r.git_blob, r.git_dirty, r.plan_id, r.planned,"
    " r.finished, r.exit_code,"
    " (SELECT count(*) FROM action a WHERE a.run = r.number AND a.outcome = 'done'),"
    " (SELECT count(*) FROM action a WHERE a.run = r.number AND a.outcome = 'failed'),"
    " (SELECT count(*) FROM action a WHERE a.run = r.number AND a.outcome = 'skipped' AND a.code <> 'deferred'),"
    " (SELECT count(*) FROM action a WHERE a.run = r.number AND a.outcome = 'skipped' AND a.code = 'deferred') FROM run r ";

constexpr std::array<std::pair<ActionEnd, std::string_view>, 4> end_words{{
    {ActionEnd::done, "done"},
    {ActionEnd::failed, "failed"},
    {ActionEnd::skipped, "skipped"},
    {ActionEnd::unfinished, "unfinished"},
}};

/// Takes the columns sequence … finished.
ActionRecord read_action(Statement& row) {
  ActionRecord action;
  action.sequence = row.next<std::int64_t>();
  action.address.text = row.next<std::string>();
  const auto verb = parse_verb(row.next_text());
  if (!verb) row.damaged("an unknown verb");
  action.verb = *verb;
  action.arguments = row.next<std::string>();
  const auto end = parse_action_end(row.next_text());
  if (!end) row.damaged("an unknown outcome");
  action.outcome = *end;
  const auto code = parse_code(row.next_text());
  if (!code) row.damaged("an unknown code, which a newer ingot may have written");
  action.code = *code;
  action.text = row.next<std::string>();
  action.started = row.next<Time>();
  action.finished = row.next<std::optional<Time>>();
  return action;
}

constexpr char select_actions[] =
    "SELECT sequence, address, verb, arguments, coalesce(outcome, 'unfinished'), code, text, started, finished FROM action";

/// `address`: of these actions; "": of all.
std::vector<ActionRecord> read_actions(Database& database, std::int64_t run, const std::string& address = "") {
  std::vector<ActionRecord> actions;
  static constexpr auto sql = joined_sql(select_actions, " WHERE run = ?1 AND (?2 = '' OR address = ?2) ORDER BY sequence");
  Statement rows = database.query(sql.data(), run, address);
  while (rows.step()) actions.push_back(read_action(rows));
  return actions;
}

}  // namespace

std::string_view text_of(ActionEnd end) {
  const auto* const found = std::find_if(end_words.begin(), end_words.end(), [&](const auto& word) { return word.first == end; });
  return found->second;
}

std::optional<ActionEnd> parse_action_end(std::string_view text) {
  const auto* const found =
      std::find_if(end_words.begin(), end_words.end(), [&](const auto& word) { return word.second == text; });
  return found == end_words.end() ? std::nullopt : std::optional(found->first);
}

void check_history(Database& database) {
  Statement runs = database.scan(select_runs);
  for (RunRecord run; runs.step();) read_run(runs, run);
  Statement actions = database.scan(select_actions);
  while (actions.step()) read_action(actions);
}

std::vector<RunRecord> State::runs(std::size_t most) const {
  return impl_->read([&] {
    static constexpr auto sql = joined_sql(select_runs, "ORDER BY r.number DESC LIMIT ?");
    std::vector<RunRecord> runs;
    Statement rows = impl_->database.query(sql.data(), std::min<std::uint64_t>(most, INT64_MAX));
    while (rows.step()) read_run(rows, runs.emplace_back());
    return runs;
  });
}

void State::each_run(const std::function<void(const RunRecord&)>& visit) const {
  impl_->read([&] {
    static constexpr auto sql = joined_sql(select_runs, "ORDER BY r.number");
    Statement rows = impl_->database.scan(sql.data());
    while (rows.step()) {
      RunRecord run;
      read_run(rows, run);
      visit(run);
    }
  });
}

void State::each_action(const std::function<void(const std::string&, const ActionRecord&)>& visit) const {
  impl_->read([&] {
    Statement rows = impl_->database.scan(
        "SELECT r.id, a.sequence, a.address, a.verb, a.arguments, coalesce(a.outcome, 'unfinished'), a.code, a.text, a.started,"
        " a.finished FROM action a JOIN run r ON r.number = a.run ORDER BY a.sequence");
    while (rows.step()) {
      const auto run = rows.next<std::string>();
      visit(run, read_action(rows));
    }
  });
}

std::optional<RunRecord> State::run(const std::string& id) const {
  return impl_->read([&]() -> std::optional<RunRecord> {
    // The run of that very name comes first: it is meant even if others begin with it.
    static constexpr auto sql = joined_sql(select_runs, "WHERE substr(r.id, 1, length(?1)) = ?1 ORDER BY r.id = ?1 DESC LIMIT 2");
    if (id.empty()) return std::nullopt;
    Statement rows = impl_->database.query(sql.data(), id);
    if (!rows.step()) return std::nullopt;
    RunRecord run;
    const auto number = read_run(rows, run);
    if (run.start.id != id && rows.step()) return std::nullopt;
    run.actions = read_actions(impl_->database, number);
    return run;
  });
}

std::optional<RunRecord> State::last_run() const {
  auto newest = runs(1);
  if (newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

std::optional<ManifestCommit> State::applied_last() const {
  return impl_->read([&]() -> std::optional<ManifestCommit> {
    Statement row = impl_->database.query(
        "SELECT git_commit, git_repository, git_ref, git_blob, git_dirty FROM run"
        " WHERE command IN ('apply', 'reconcile') AND git_commit IS NOT NULL ORDER BY number DESC LIMIT 1");
    return row.step() ? read_provenance(row) : std::nullopt;
  });
}

std::vector<RunRecord> State::runs_of(const Address& address) const {
  return impl_->read([&] {
    static constexpr auto sql = joined_sql(
        select_runs, "WHERE EXISTS (SELECT 1 FROM action a WHERE a.run = r.number AND a.address = ?) ORDER BY r.number DESC");
    std::vector<RunRecord> runs;
    Statement rows = impl_->database.query(sql.data(), address.text);
    while (rows.step()) {
      RunRecord run;
      const auto number = read_run(rows, run);
      run.actions = read_actions(impl_->database, number, address.text);
      runs.push_back(std::move(run));
    }
    return runs;
  });
}

std::int64_t State::newest_action() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->database.engine().newest_key(impl_->database, "action");
}

}  // namespace ingot::state
