#include "reconciler/cli/cached_catalog.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/last_plan.hpp"
#include "reconciler/cli/look.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/show_explain.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/plan/explain.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

/// What is kept of the peers that cannot be had now. Nothing of one whose root is another: that was not seen before.
LastSeenOf last_seen(Site& site, const Observed& observed) {
  LastSeenOf last;
  const LastPlan kept = read_last_plan(site);
  for (std::size_t i = 0; i < site.manifest.peers.size(); ++i) {
    if (!std::holds_alternative<Unknown>(observed.peers[i])) continue;
    const ServerId& id = site.manifest.peers[i].card.id;
    auto cached = cached_catalog(site.memory, id);
    if (!cached) continue;
    const auto view = view_of(kept, id);  // the same head may have been confirmed since it was fetched
    const Time seen = view && view->seen && view->serial == cached->head.serial ? *view->seen : cached->fetched;
    last.emplace(id, LastSeen{std::move(cached->head), seen, std::move(cached->catalog)});
  }
  return last;
}

std::string unheard(const Observed& observed, const Manifest& manifest) {
  std::string names;
  for (std::size_t i = 0; i < manifest.peers.size(); ++i) {
    if (std::holds_alternative<Unknown>(observed.peers[i])) names += (names.empty() ? "" : ", ") + manifest.peers[i].name.text();
  }
  return names.empty() ? "" : fmt::format(" (of what is on {} now nothing is known)", names);
}

}  // namespace

int run_command(const ExplainArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  Site site(*manifest, Access::read_only, session.files);
  const auto transport = session.connect();
  const Looked looked =
      look(site, {.raise_removals = {}, .raise_stops = {}, .allow_empty = true}, Pages::always, *transport, session);
  const LastSeenOf last = last_seen(site, looked.observed);
  const auto subjects = explain(arguments.what, *manifest, looked.snapshot, looked.observed, looked.plan, last);
  session.show([&](const Style& style, Output& out) { show_explain(subjects, style, out); },
               [&](Output& out) { show_explain_json(subjects, out); });
  if (!subjects.empty()) return exit_done;
  const std::string hint = nearest_hint(arguments.what, known_names(*manifest, looked.snapshot, looked.observed, last));
  session.warn(fmt::format("nothing here or on a peer bears the name \"{}\"{}{}{}", printable(arguments.what),
                           unheard(looked.observed, *manifest), hint.empty() ? "" : "; ", hint));
  return exit_incomplete;
}

}  // namespace ingot
