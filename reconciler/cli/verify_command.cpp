#include <algorithm>
#include <set>

#include "reconciler/apply/own_keys.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/cli/applied.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/find_image.hpp"
#include "reconciler/cli/publish_run.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/cli/verifying.hpp"
#include "reconciler/io/printable.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

std::vector<ImageRow> images_meant(const VerifyArguments& arguments, const Site& site) {
  const Snapshot snapshot = site.state.snapshot();
  std::vector<ImageRow> images;
  for (const auto& name : arguments.images) images.push_back(find_image(snapshot, name));
  if (!arguments.images.empty()) return images;
  std::copy_if(snapshot.images.begin(), snapshot.images.end(), std::back_inserter(images),
               [](const ImageRow& image) { return !image.deleted; });
  return images;
}

int shown(const Findings& findings, const Session& session) {
  session.show([&](const Style& style, Output& out) { show_verify(findings, style, out); },
               [&](Output& out) { show_verify_json(findings, out); });
  return findings.faults.empty() ? exit_done : exit_local;
}

/// One file that cannot be opened or moved holds none of the others up.
template <class Work>
void attempt(const Session& session, Work work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    session.warn(printable(error.text()));
  }
}

void make_readable(const Verified& verified, Site& site, const Session& session) {
  for (const auto& path : verified.unreadable) attempt(session, [&] { site.store.make_readable(path); });
}

/// What is damaged makes room: from now on it is gone, and that is what a plan sees. What turns out to be whole is put where
/// readers look for it.
void set_aside(const Verified& verified, Site& site, const Session& session) {
  const auto tell = [&](const std::vector<std::string>& paths) {
    for (const auto& path : paths)
      session.warn(
          fmt::format("\"{}\" is damaged, and was set aside in the folder \"quarantine\" of the store", printable(path)));
  };
  for (const auto& object : verified.objects) {
    attempt(session, [&] {
      tell(site.store.set_aside_damaged(object.packed));
      const Place place = place_of_bytes(object.digest, site.state, site.manifest.server.publish_copies);
      if (site.store.bring_back(object.packed, place))
        session.warn(fmt::format("bytes of {} that were set aside once are whole, and were put back", object.digest.text()));
      if (place == Place::public_tree && site.store.has(object.packed)) site.store.move_to(object.packed, place);
    });
  }
  for (const auto& piece : verified.pieces) attempt(session, [&] { tell(site.store.set_aside_damaged(piece)); });
}

/// What stays damaged, and what would mend it.
void warn_of_the_rest(const Plan& plan, const Account& account, const Session& session) {
  for (const auto& peer : plan.unknown)
    session.warn(fmt::format("peer \"{}\" is {}: {}", peer.peer.text(), peer.code, printable(peer.text)));
  for (const auto& one : plan.blocked)
    session.warn(fmt::format("{}: {}; {}", printable(one.address.text), printable(one.text), printable(one.mend)));
  for (const auto& failed : account.failed) {
    if (const auto* why = std::get_if<Failed>(&failed.outcome))
      session.warn(fmt::format("{}: {}", printable(failed.address.text), printable(why->text)));
  }
}

/// By the verb that any apply repairs with, as a run of the history.
Account repair(const Verified& verified, Site& site, const Session& session) {
  const CatalogKeys keys =
      load_catalog_keys(session.files, site.manifest.server.keys, newest_own_root(site.store, site.state.self()));
  site.state.check();
  refuse_an_old_state(site.state, site.store);
  refuse_a_state_older_than_the_papers(site.state, site.store);
  set_aside(verified, site, session);
  const auto transport = session.connect();
  PlanOptions options{.raise_removals = {}, .raise_stops = {}, .allow_empty = true};
  options.repairs_of.emplace();
  for (const auto& object : verified.objects) options.repairs_of->insert(object.digest);
  const Looked looked = look(site, options, Pages::always, *transport, session);
  RunStart start = run_start_of("verify --repair", site.manifest, session.clock.now());
  start.plan_id = looked.plan_id.text();
  start.planned = looked.plan.pending();
  Account account = applied(looked, start, progress_for(session), site, *transport, keys, session);
  warn_of_the_rest(looked.plan, account, session);
  return account;
}

/// Of what was found before, that which is whole now was repaired.
Findings after_repair(Verified before, Verified now) {
  std::set<std::string> still;
  for (const auto& fault : now.findings.faults) still.insert(fault.what);
  Findings findings = std::move(before.findings);
  for (auto& fault : findings.faults) {
    if (!still.contains(fault.what)) findings.repaired.push_back(std::move(fault));
  }
  findings.faults = std::move(now.findings.faults);
  return findings;
}

int verify_and_repair(const VerifyArguments& arguments, const Manifest& manifest, const Session& session) {
  const RunLock lock = take_lock(manifest.server, "verify --repair", session);
  Site site(manifest, Access::read_write, session.files);
  const bool published = arguments.images.empty();
  Verified before = verify(images_meant(arguments, site), published, site, session);
  make_readable(before, site, session);
  if (before.findings.faults.empty() || before.root_is_lost) return shown(before.findings, session);
  const Account account = repair(before, site, session);
  if (account.fatal) throw Error(*account.fatal);
  Verified now = verify(before.images, published, site, session);
  const int code = shown(after_repair(std::move(before), std::move(now)), session);
  const bool only_unknown = account.exit_code == exit_incomplete && account.failed.empty();  // a peer that was not needed
  return code == exit_done && only_unknown ? code : worse_exit_code(code, account.exit_code);
}

}  // namespace

int run_command(const VerifyArguments& arguments, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  if (arguments.repair) return verify_and_repair(arguments, *manifest, session);
  const Site site(*manifest, Access::read_only, session.files);
  return shown(verify(images_meant(arguments, site), arguments.images.empty(), site, session).findings, session);
}

}  // namespace ingot
