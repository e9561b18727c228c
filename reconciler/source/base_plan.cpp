#include "reconciler/source/base_plan.hpp"

#include "reconciler/console/manifest_path.hpp"
#include "reconciler/io/git/history.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/source/host_guard.hpp"
#include "reconciler/source/manifest_source.hpp"

namespace ingot::source {

BaseObservation look_at_base(const std::string& base, const Manifest& manifest, plan::PlanOptions options,
                             const console::Session& session,
                             const std::function<plan::Plan(const Manifest& manifest, const plan::PlanOptions& options)>& plan) {
  const auto place = git_place_of(session.flags);
  if (!place)
    throw Error(Fault::usage, fmt::format("\"{}\" is in no git repository, which --base needs", io::printable(manifest.path)),
                "leave out --base");
  const io::NamedCommit named = place->repository.resolve(base);
  const auto common = manifest.git ? io::GitHistory(place->repository).merge_base(named.id, manifest.git->commit) : std::nullopt;
  const std::string commit = common.value_or(named.id);
  BaseObservation observation{.base = {.revision = base, .commit = commit, .went_on = commit != named.id}, .plan = std::nullopt};
  if (!common && manifest.git)
    session.warn(
        fmt::format("it is unknown where this manifest's commit branched off from {} (a shallow clone, or another history): "
                    "changes of {} since then are shown as reverted",
                    io::printable(base), io::printable(base)));
  const std::string shown =
      session.flags.rev ? session.flags.manifest.value_or("ingot.toml") : console::manifest_path(session.flags);
  auto read = manifest_at(*place, {.commit = commit, .shown = shown}, session.flags);
  if (const auto* const problems = std::get_if<Problems>(&read)) {
    observation.base.trouble = problems->front().line_text();
    return observation;
  }
  Manifest& before = std::get<Manifest>(read);
  // It is asked of this server as it is, wherever the base had it.
  before.server.store = manifest.server.store;
  before.server.state = manifest.server.state;
  before.server.state_password_file = manifest.server.state_password_file;
  before.server.cache = manifest.server.cache;
  before.server.keys = manifest.server.keys;
  const auto host = host_guard();
  if (const auto* const guard = std::get_if<Guard>(&host)) before.guard = strictest(before.guard, *guard);
  options.allow_empty = true;
  observation.plan = plan(before, options);
  return observation;
}

}  // namespace ingot::source
