#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/upkeep/damaged_images.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/io/hash.hpp"
#include "reconciler/observe/observe_exports.hpp"
#include "reconciler/observe/published_pieces.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

void look_at_images(const site::Site& site, show::Findings& findings) {
  for (const auto& image : apply::all_damaged_images(site.state, site.store)) {
    findings.faults.push_back({"image " + image.name.text(), image.path, "its file " + image.why, show::FindingKind::image});
  }
  findings.images = site.state.images_total();
}

/// A state that was put back from an old copy: nothing but the newest one helps.
bool look_at_state(const site::Site& site, show::Findings& findings) {
  try {
    apply::refuse_an_old_state(site.state, site.store);
    return true;
  } catch (const Error& error) {
    if (error.code() != Code::old_state) return true;  // a root that is lost is told with the pages
    findings.faults.push_back(
        {"state", site.manifest.server.state, error.text() + "; " + error.mend(), show::FindingKind::state});
    return false;
  }
}

/// A head that is there, but not the one that the state finished last: a run died between the two.
void look_at_head(const site::Site& site, show::Findings& findings) {
  const auto bytes = site.store.published_head();
  const auto finished = site.state.published();
  if (!bytes || (finished && finished->head == io::sha256(*bytes))) return;
  findings.faults.push_back(
      {"head", "public/head.dsse", "it is not the head that the state published last; run \"ingot publish\""});
}

void look_at_pieces(const site::Site& site, show::Findings& findings) {
  for (const auto& [what, namer, piece] : observe::published_pieces(site, findings)) {
    ++findings.pieces;
    const auto status = site.files.status(site.store.folder() + "/" + observe::piece_path(piece));
    if (!status || status->kind != io::EntryKind::file || status->size != piece.length) {
      findings.faults.push_back({std::string(what), observe::piece_path(piece),
                                 status ? fmt::format("it has another length than {} says", namer) : "it is not there"});
    }
  }
}

/// Whether what was exported, as the newest state has it, is as ingot left it: all members, without opening a file.
void look_at_exports(const site::Site& site, show::Findings& findings) {
  const observe::ExportDrift drift = observe::export_drift(site.manifest, site.state.snapshot({.without_failures = true}));
  findings.exports = drift.looked_at;
  for (const auto& fault : drift.faults) {
    const show::FindingKind kind = fault.is_link ? show::FindingKind::link : show::FindingKind::exported;
    findings.faults.push_back({fault.address.text, fault.path, fault.why, kind});
  }
}

}  // namespace

int run_command(const options::DriftArguments&, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::Site site(*manifest, state::Access::read_only, session.files);
  show::Findings findings;
  look_at_images(site, findings);
  const bool is_newest = look_at_state(site, findings);
  if (is_newest) look_at_head(site, findings);
  look_at_pieces(site, findings);
  if (is_newest) look_at_exports(site, findings);
  session.show([&](const show::Style& style, show::Output& out) { show::show_drift(findings, style, out); },
               [&](show::Output& out) { show::show_drift_json(findings, out); });
  return findings.faults.empty() ? exit_done : exit_changes;
}

}  // namespace ingot::command
