// Copies of peers' images: fetching them, and following what their origin says of them later.
#include <fmt/format.h>

#include <algorithm>

#include "reconciler/apply/account.hpp"
#include "reconciler/apply/recover/provenance.hpp"
#include "reconciler/apply/verbs/by_deltas.hpp"
#include "reconciler/apply/verbs/verbs.hpp"
#include "reconciler/transfer/copy_image.hpp"
#include "reconciler/transfer/kind_check.hpp"
#include "schema/exit_code.hpp"
#include "state/image_rows.hpp"

namespace ingot::apply {
namespace {

/// Bytes that are served already have one place.
store::Place place_of_copy(const Digest& digest, Run& run) {
  return run.context.manifest.server.publish_copies ? store::Place::public_tree : place_of_bytes(digest, run);
}

state::ImageRow row_of(const plan::CopyImage& action, const Task& task, Run& run) {
  const ImageEntry& entry = *action.entry;
  state::ImageRow row = state::listed_row(action.name, entry);
  row.copy = true;
  row.copied_from = action.peer;
  row.state = action.state;
  row.protect = action.protect;
  row.parent_identity = entry.parent;
  if (entry.parent) row.parent_name = entry.parent->name.text();
  row.papers = run.papers_of(task.change);
  row.papers.peer = action.peer.text();
  row.papers.head = action.head->digest;
  row.rule = row.papers.rule;
  return row;
}

/// The packed form in which these bytes are here already, whole.
std::optional<Packed> packed_here(const ImageEntry& entry, Run& run) {
  const auto object = run.journal.with_state([&entry](state::State& state) { return state.object(entry.digest); });
  if (!object || object->size != entry.size || !run.context.store.has(object->packed)) return std::nullopt;
  return object->packed;
}

struct FetchResult {
  Packed packed;
  std::uint64_t fetched = 0;
  std::string how = "its bytes were here";
  std::set<Digest> spent = {};  ///< as in ActionEffects
  store::Staged staged = {};    ///< bytes that came whole and have no name yet
};
using Getting = std::variant<FetchResult, Failed>;

/// At all URLs together, so that a dead one costs its time once. One that lies hides the others, which answer as well:
/// then each is asked alone, and what came right stays.
std::variant<transfer::CopyDone, transfer::CopyFailed> ask_for_bytes(const ServerName& peer, const transfer::CopyJob& job,
                                                                     Run& run) {
  const std::string partial = run.context.store.partial_path(job.digest);
  const auto ask = [&](const std::vector<std::string>& urls) {
    return transfer::copy_packed(run.peers.connect(peer, urls), run.context.files, run.throttle, job, partial);
  };
  try {
    const std::vector<std::string>& urls = run.peers.entry_of(peer).urls;
    auto result = ask(urls);
    for (std::size_t i = 0; i < urls.size() && urls.size() > 1; ++i) {
      const auto* const failed = std::get_if<transfer::CopyFailed>(&result);
      if (failed == nullptr || failed->code != Code::untrusted) break;
      auto alone = ask({urls[i]});
      const auto* const again = std::get_if<transfer::CopyFailed>(&alone);
      if (again == nullptr || (again->code != Code::unreachable && again->code != Code::peer_failing)) result = std::move(alone);
    }
    return result;
  } catch (const Error& error) {
    if (error.fault() != Fault::manifest) throw;
    return transfer::CopyFailed{Code::unreachable, error.what()};  // its credentials are gone: an ordinary failure of this peer
  }
}

/// What is fetched, from whom, and to where.
struct Wanted {
  const ServerName& peer;
  const ImageEntry& entry;
  store::Place place;
  const plan::Transfer* transfer = nullptr;  ///< as planned for this peer; nullptr: whole
};

bool is_of_medium(const Wanted& wanted, Run& run) { return run.peers.entry_of(wanted.peer).offline; }

/// Its deltas are of no use. nullopt: `max_bytes` allows to fetch the whole image instead, which was told.
std::optional<Failed> turn_to_whole(const Wanted& wanted, const std::string& why, const Task& task, Run& run) {
  const std::uint64_t whole = wanted.entry.packed->file.length;
  const auto partial = run.context.store.partial(wanted.entry.digest);
  const std::uint64_t to_come = partial ? whole - std::min(whole, partial->written) : whole;
  const std::string no_use = fmt::format("its deltas are of no use (bad-delta): {}", why);
  if (run.spare_bytes.take(to_come)) {
    run.events.note(fmt::format("{}: {}; the whole image is fetched", task.change.address.text, no_use));
    return std::nullopt;
  }
  // The next run tries the deltas again, and has at most what they leave.
  const std::uint64_t most = run.context.manifest.limits.max_bytes.value_or(UINT64_MAX);
  const std::uint64_t deltas = wanted.transfer->bytes;
  if (to_come <= most - std::min(most, deltas))
    return Failed{Code::deferred,
                  fmt::format("{}; `max_bytes` does not leave {} for the whole image", no_use, size_text(to_come))};
  return Failed{
      Code::does_not_fit,
      fmt::format("{}; the whole image needs {} to fetch beside {} of deltas, and `max_bytes` allows {} for a whole run: "
                  "it never fits; raise max_bytes, or exclude the image",
                  no_use, size_text(to_come), size_text(deltas), size_text(most))};
}

bool is_by_deltas(const Wanted& wanted) { return wanted.transfer != nullptr && wanted.transfer->method == plan::Method::delta; }

std::variant<FetchResult, NoUse> get_by_deltas(const Wanted& wanted, const Task& task, Run& run) {
  auto made = make_by_deltas({wanted.peer, wanted.entry, *wanted.transfer, wanted.place}, task, run);
  if (auto* const no_use = std::get_if<NoUse>(&made)) return std::move(*no_use);
  const auto& done = std::get<MadeByDeltas>(made);
  std::set<Digest> spent = files_of(*wanted.transfer);
  spent.insert(wanted.entry.digest);  // a whole copy that was begun before
  const std::size_t steps = wanted.transfer->steps.size();
  return FetchResult{.packed = done.packed,
                     .fetched = done.fetched,
                     .how = fmt::format("by {} delta{} from {}, {} fetched", steps, steps == 1 ? "" : "s",
                                        wanted.transfer->from->text(), size_text(done.fetched)),
                     .spent = std::move(spent)};
}

Getting fetch_bytes(const Wanted& wanted, const Packed& packed, const Task& task, Run& run, int connections) {
  const ImageEntry& entry = wanted.entry;
  const transfer::CopyJob job{.digest = entry.digest,
                              .size = entry.size,
                              .kind = entry.kind,
                              .packed = packed,
                              .connections = connections,
                              .progress =
                                  [&](const transfer::CopyProgress& progress) {
                                    run.events.progress({.address = task.change.address,
                                                         .verb = task.change.verb,
                                                         .done = progress.here,
                                                         .total = progress.total,
                                                         .fetched = progress.fetched});
                                  },
                              .may_go_on = [&] { run.may_go_on(); }};
  auto result = ask_for_bytes(wanted.peer, job, run);
  if (const auto* failed = std::get_if<transfer::CopyFailed>(&result)) {
    if (failed->code == Code::peer_failing) run.left.leave(wanted.peer);
    const bool lacks = failed->code == Code::unreachable && is_of_medium(wanted, run);
    return Failed{lacks ? Code::not_on_medium : failed->code, failed->text};
  }
  auto& done = std::get<transfer::CopyDone>(result);
  if (const auto here = packed_here(entry, run)) {  // now that the peer has shown that it has them: one object a digest
    run.context.files.remove(run.context.store.partial_path(entry.digest));
    if (wanted.place == store::Place::public_tree) run.context.store.move_to(*here, store::Place::public_tree);
    return FetchResult{.packed = *here, .fetched = done.fetched};
  }
  FetchResult got{.packed = packed, .fetched = done.fetched};
  run.context.store.stage_partial(entry.digest, packed, done.table, wanted.place, std::move(done.file), got.staged);
  return got;
}

/// Bytes that are here as another kind only, perhaps because somebody listed them so: what they are belongs to the image.
std::optional<Failed> check_kind(const ImageEntry& entry, const Packed& here, Run& run) {
  const auto rows = run.journal.with_state([&](state::State& state) { return state.live_images_of(entry.digest); });
  if (entry.kind == ImageKind::file ||
      std::any_of(rows.begin(), rows.end(), [&](const state::ImageRow& row) { return row.kind == entry.kind; }))
    return std::nullopt;
  transfer::KindCheck kind(entry.kind);
  run.context.store.read_plain(
      entry.digest, entry.size, here, [&](std::string_view plain) { kind.write(plain); },
      [&](std::uint64_t) { run.may_go_on(); });
  const std::string why = kind.finish();
  return why.empty() ? std::nullopt : std::optional(Failed{Code::untrusted, why});
}

Getting get_bytes(const Wanted& wanted, const Task& task, Run& run, int connections) {
  const ImageEntry& entry = wanted.entry;
  const auto here = packed_here(entry, run);
  // Who names the digest of a private image has not shown that it has the bytes: it must give them like any others.
  if (here && !run.journal.with_state([&](state::State& state) { return state.is_secret(entry.digest); })) {
    if (auto failed = check_kind(entry, *here, run)) return *std::move(failed);
    if (wanted.place == store::Place::public_tree) run.context.store.move_to(*here, store::Place::public_tree);
    return FetchResult{.packed = *here};
  }
  if (!entry.packed) {
    return Failed{Code::not_served,
                  fmt::format("peer \"{}\" does not serve the bytes of \"{}\"", wanted.peer.text(), entry.name.text())};
  }
  std::uint64_t in_vain = 0;
  if (is_by_deltas(wanted)) {
    auto made = get_by_deltas(wanted, task, run);
    if (auto* const result = std::get_if<FetchResult>(&made)) return std::move(*result);
    const NoUse& no_use = std::get<NoUse>(made);
    if (auto failed = turn_to_whole(wanted, no_use.why, task, run)) return *std::move(failed);
    in_vain = no_use.fetched;
  }
  Getting got = fetch_bytes(wanted, *entry.packed, task, run, connections);
  if (auto* result = std::get_if<FetchResult>(&got)) {
    result->how = fmt::format("whole, {} {}", size_text(result->fetched), is_of_medium(wanted, run) ? "of a medium" : "fetched");
    if (in_vain > 0) result->how += fmt::format("; {} of deltas were of no use", size_text(in_vain));
    result->fetched += in_vain;
    if (wanted.transfer != nullptr) result->spent = files_of(*wanted.transfer);
  }
  return got;
}

/// From the first that gives them. If none does, what each said; the worst of it counts.
Getting get_from_any(const plan::FetchAgain& action, store::Place place, const Task& task, Run& run, int connections) {
  std::optional<Failed> all;
  for (const plan::Offer& offer : action.offers) {
    const bool is_first = &offer == &action.offers.front();
    Getting got =
        get_bytes({.peer = offer.peer, .entry = *offer.entry, .place = place, .transfer = is_first ? &action.transfer : nullptr},
                  task, run, connections);
    auto* failed = std::get_if<Failed>(&got);
    const bool is_beyond_max_bytes = failed && (failed->code == Code::deferred || failed->code == Code::does_not_fit);
    if (!failed || is_beyond_max_bytes) return got;  // of no other peer either
    std::string text = fmt::format("peer \"{}\": {}", offer.peer.text(), failed->text);
    if (!all) {
      all = Failed{failed->code, std::move(text)};
      continue;
    }
    const int before = exit_code_of_failure(all->code);
    if (worse_exit_code(before, exit_code_of_failure(failed->code)) != before) all->code = failed->code;
    all->text += "; " + text;
  }
  return *std::move(all);
}

}  // namespace

Result do_copy(const plan::CopyImage& action, const Task& task, Run& run, int connections) {
  run.group.settle(action.entry->digest);
  for (const plan::DeltaStep& step : action.transfer.steps) run.group.settle(step.base);
  Getting got = get_bytes({.peer = action.peer,
                           .entry = *action.entry,
                           .place = place_of_copy(action.entry->digest, run),
                           .transfer = &action.transfer},
                          task, run, connections);
  if (auto* failed = std::get_if<Failed>(&got)) return std::move(*failed);
  auto& [packed, fetched, how, spent, staged] = std::get<FetchResult>(got);
  run.journal.with_state([&, &bytes = packed](state::State&) { run.context.store.spare(action.entry->digest, bytes); });
  state::ImageRow row = row_of(action, task, run);
  run.context.store.stage_papers(row.digest, task.number, write_papers(row, packed), staged);
  return ActionEffects{.effects = {state::PutImage{.row = std::move(row), .packed = std::move(packed)}},
                       .fetched = fetched,
                       .how = std::move(how),
                       .spent = std::move(spent),
                       .staged = std::move(staged)};
}

/// The damaged file makes room only when the new one is whole and durable; the image itself is what it was.
Result do_copy(const plan::FetchAgain& action, const Task& task, Run& run, int connections) {
  const Digest& digest = action.offers.front().entry->digest;
  Getting got = get_from_any(action, place_of_bytes(digest, run), task, run, connections);
  if (auto* failed = std::get_if<Failed>(&got)) return std::move(*failed);
  auto& [packed, fetched, how, spent, staged] = std::get<FetchResult>(got);
  run.context.store.name(std::move(staged));
  run.journal.with_state([&, &bytes = packed](state::State&) { run.context.store.spare(digest, bytes); });
  run.context.store.edit_papers(digest, [&, &bytes = packed](std::string_view text) { return with_packing(text, bytes); });
  return ActionEffects{.effects = {state::PutBytes{.digest = digest, .packed = std::move(packed)}},
                       .fetched = fetched,
                       .how = std::move(how),
                       .spent = std::move(spent)};
}

/// From the next head on it is this server's own: its bytes are served, as soon as they are whole.
Result do_action(const plan::AdoptCopy& action, const Task&, Run& run) {
  const auto object = run.journal.with_state([&](state::State& state) { return state.object(action.row.digest); });
  if (object && run.context.store.has(object->packed)) run.context.store.move_to(object->packed, store::Place::public_tree);
  run.context.store.edit_papers(action.row.digest,
                                [&](std::string_view text) { return with_adoption(text, action.identity, action.row); });
  return ActionEffects{.effects = {state::AdoptImage{.row = action.row}}};
}

Result do_action(const plan::UpdateCopy& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::ChangeImage{.row = action.row}}};
}

Result do_action(const plan::WithdrawCopy& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::ChangeImage{.row = action.row}}};
}

Result do_action(const plan::RemoveCopy& action, const Task&, Run&) {
  return ActionEffects{.effects = {state::DropImage{.key = action.key}}};
}

}  // namespace ingot::apply
