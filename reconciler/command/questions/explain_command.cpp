#include "reconciler/command/commands.hpp"
#include "reconciler/command/runs/look.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/cached_catalog.hpp"
#include "reconciler/plan/explain/explain.hpp"
#include "reconciler/show/plan/show_explain.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/site/last_plan.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// What is kept of the peers that cannot be had now. Nothing of one whose root is another: that was not seen before.
plan::LastSeenOf last_seen(site::Site& site, const plan::Observed& observed, const observe::AboutImages& about) {
  plan::LastSeenOf last;
  const site::LastPlan kept = site::read_last_plan(site);
  for (std::size_t i = 0; i < site.manifest.peers.size(); ++i) {
    if (!std::holds_alternative<plan::Unknown>(observed.peers[i])) continue;
    const ServerId& id = site.manifest.peers[i].card.id;
    auto cached = observe::cached_catalog(site.memory, id, about);
    if (!cached) continue;
    const auto view = site::view_of(kept, id);  // the same head may have been confirmed since it was fetched
    const Time seen = view && view->seen && view->serial == cached->head.serial ? *view->seen : cached->fetched;
    last.emplace(id, plan::LastSeen{std::move(cached->head), seen, std::move(cached->catalog)});
  }
  return last;
}

/// The images that a word may mean, by their names on peers: the name itself, and the one that the peer gave to a copy here.
observe::AboutImages meant_by(const std::string& what, const site::Site& site) {
  const auto name = ImageName::parse(plan::image_name_in(what));
  if (!name) return {};
  observe::AboutImages names{*name};
  const auto here = site.state.live_image(*name);
  if (here && here->identity) names.insert(here->identity->name);
  return names;
}

std::string unheard(const plan::Observed& observed, const Manifest& manifest) {
  std::string names;
  for (std::size_t i = 0; i < manifest.peers.size(); ++i) {
    if (std::holds_alternative<plan::Unknown>(observed.peers[i]))
      names += (names.empty() ? "" : ", ") + manifest.peers[i].name.text();
  }
  return names.empty() ? "" : fmt::format(" (unknown: what {} has now)", names);
}

}  // namespace

int run_command(const options::ExplainArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  site::warn_of_anothers_folder(manifest->server, session);
  site::Site site(*manifest, state::Access::read_only, session.files, site::Moved::read);
  site::warn_of_move(site, session);
  const auto transport = session.connect();
  const observe::AboutImages about = meant_by(arguments.what, site);
  Observation observation =
      look(site, {.raise_removals = {}, .raise_stops = {}, .allow_empty = true}, {.about = about}, *transport, session);
  observation.observed = plan::with_what_settled_peers_have(std::move(observation.observed));
  const plan::LastSeenOf last = last_seen(site, observation.observed, about);
  const auto subjects =
      plan::explain(arguments.what, *manifest, observation.snapshot, observation.observed, observation.plan, last);
  session.show([&](const show::Style& style, show::Output& out) { show::show_explain(subjects, style, out); },
               [&](show::Output& out) { show::show_explain_json(subjects, out); });
  if (!subjects.empty()) return exit_done;
  const std::string hint =
      site::nearest_hint(arguments.what, plan::known_names(*manifest, site.state.snapshot(), observation.observed, last));
  session.warn(fmt::format("nothing here or on a peer has the name \"{}\"{}{}{}", io::printable(arguments.what),
                           unheard(observation.observed, *manifest), hint.empty() ? "" : "; ", hint));
  return exit_incomplete;
}

}  // namespace ingot::command
