#include <algorithm>
#include <set>

#include "reconciler/apply/publish/own_keys.hpp"
#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/images/verify_upload.hpp"
#include "reconciler/command/runs/applied.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/observe/verifying.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

std::vector<state::ImageRow> images_meant(const options::VerifyArguments& arguments, const site::Site& site) {
  const state::Snapshot snapshot = site.state.snapshot();
  std::vector<state::ImageRow> images;
  for (const auto& name : arguments.images) images.push_back(site::find_image(snapshot, name));
  if (!arguments.images.empty()) return images;
  std::copy_if(snapshot.images.begin(), snapshot.images.end(), std::back_inserter(images),
               [](const state::ImageRow& image) { return !image.deleted; });
  return images;
}

int shown(const show::Findings& findings, const console::Session& session) {
  session.show([&](const show::Style& style, show::Output& out) { show::show_verify(findings, style, out); },
               [&](show::Output& out) { show::show_verify_json(findings, out); });
  return findings.faults.empty() ? exit_done : exit_local;
}

/// One file that cannot be opened or moved holds none of the others up.
template <class Work>
void attempt(const console::Session& session, Work work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    session.warn(io::printable(error.text()));
  }
}

void make_readable(const observe::Verified& verified, site::Site& site, const console::Session& session) {
  for (const auto& path : verified.unreadable) attempt(session, [&] { site.store.make_readable(path); });
}

/// What is damaged makes room: from now on it is gone, and that is what a plan sees. What turns out to be whole is put where
/// readers look for it.
void set_aside(const observe::Verified& verified, site::Site& site, const console::Session& session) {
  const auto tell = [&](const std::vector<std::string>& paths) {
    for (const auto& path : paths)
      session.warn(fmt::format("\"{}\" is damaged and was moved to the folder \"quarantine\" of the store", io::printable(path)));
  };
  for (const auto& object : verified.objects) {
    attempt(session, [&] {
      tell(site.store.set_aside_damaged(object.packed));
      const store::Place place = apply::place_of_bytes(object.digest, site.state, site.manifest.server.publish_copies);
      if (site.store.bring_back(object.packed, place))
        session.warn(fmt::format("bytes of {} in quarantine are whole and were restored", object.digest.text()));
      if (place == store::Place::public_tree && site.store.has(object.packed)) site.store.move_to(object.packed, place);
    });
  }
  for (const auto& delta : verified.deltas) {
    attempt(session, [&] {
      tell(site.store.set_aside_damaged(Packed{.file = *delta.file, .segments = 1, .table = std::nullopt}));
      site.state.record({state::DropDelta{.image = delta.image, .base = delta.base}});
    });
  }
  for (const auto& piece : verified.pieces) attempt(session, [&] { tell(site.store.set_aside_damaged(piece)); });
}

/// What stays damaged, and what would mend it.
void warn_of_the_rest(const plan::Plan& plan, const apply::Account& account, const console::Session& session) {
  for (const auto& peer : plan.unknown)
    session.warn(fmt::format("peer \"{}\" is {}: {}", peer.peer.text(), text_of(peer.code), io::printable(peer.text)));
  for (const auto& one : plan.blocked)
    session.warn(fmt::format("{}: {}; {}", io::printable(one.address.text), io::printable(one.text), io::printable(one.mend)));
  for (const auto& failed : account.failed) {
    if (const auto* why = std::get_if<Failed>(&failed.outcome))
      session.warn(fmt::format("{}: {}", io::printable(failed.address.text), io::printable(why->text)));
  }
}

/// By the verb that any apply repairs with, as a run of the history.
apply::Account repair(const observe::Verified& verified, site::Site& site, const console::Session& session) {
  const apply::CatalogKeys keys =
      apply::load_catalog_keys(session.files, site.manifest.server.keys, apply::newest_own_root(site.store, site.state.self()));
  site.state.check();
  apply::refuse_an_old_state(site.state, site.store);
  apply::refuse_a_state_older_than_the_papers(site.state, site.store);
  set_aside(verified, site, session);
  const auto transport = session.connect();
  plan::PlanOptions options{.raise_removals = {}, .raise_stops = {}, .allow_empty = true};
  options.repairs_of.emplace();
  for (const auto& object : verified.objects) options.repairs_of->insert(object.digest);
  const Observation observation = look(site, options, {.pages = Pages::always}, *transport, session);
  state::RunStart start = run_start_of("verify --repair", site.manifest, session.clock.now());
  start.plan_id = observation.plan_id.text();
  start.planned = observation.plan.pending();
  apply::Account account = applied(observation, start, progress_for(session), site, *transport, keys, session);
  warn_of_the_rest(observation.plan, account, session);
  return account;
}

/// Of what was found before, that which is whole now was repaired.
show::Findings after_repair(observe::Verified before, observe::Verified now) {
  std::set<std::string> still;
  for (const auto& fault : now.findings.faults) still.insert(fault.what);
  show::Findings findings = std::move(before.findings);
  for (auto& fault : findings.faults) {
    if (!still.contains(fault.what)) findings.repaired.push_back(std::move(fault));
  }
  findings.faults = std::move(now.findings.faults);
  return findings;
}

int verify_and_repair(const options::VerifyArguments& arguments, const Manifest& manifest, const console::Session& session) {
  const site::RunLock lock = site::take_lock(manifest.server, "verify --repair", session);
  site::Site site(manifest, lock, session.files);
  source::require_commit(site, session.flags);
  const bool published = arguments.images.empty();
  observe::Verified before = observe::verify(images_meant(arguments, site), published, site, session);
  make_readable(before, site, session);
  if (before.findings.faults.empty() || before.root_is_lost) return shown(before.findings, session);
  const apply::Account account = repair(before, site, session);
  if (account.fatal) throw Error(*account.fatal);
  observe::Verified now = observe::verify(before.images, published, site, session);
  const int code = shown(after_repair(std::move(before), std::move(now)), session);
  const bool only_unknown = account.exit_code == exit_incomplete && account.failed.empty();  // a peer that was not needed
  return code == exit_done && only_unknown ? code : worse_exit_code(code, account.exit_code);
}

}  // namespace

int run_command(const options::VerifyArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  if (arguments.upload) return verify_upload(*arguments.upload, arguments.repair, *manifest, session);
  if (arguments.repair) return verify_and_repair(arguments, *manifest, session);
  const site::Site site(*manifest, state::Access::read_only, session.files);
  return shown(observe::verify(images_meant(arguments, site), arguments.images.empty(), site, session).findings, session);
}

}  // namespace ingot::command
