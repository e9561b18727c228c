#include "reconciler/apply/damaged_images.hpp"
#include "reconciler/apply/published.hpp"
#include "reconciler/cli/commands.hpp"
#include "reconciler/cli/published_pieces.hpp"
#include "reconciler/cli/read_manifest.hpp"
#include "reconciler/io/hash.hpp"
#include "schema/exit_code.hpp"

namespace ingot {

namespace {

void look_at_images(const Site& site, Findings& findings) {
  for (const auto& image : all_damaged_images(site.state, site.store)) {
    findings.faults.push_back({"image " + image.name.text(), image.path, "its file " + image.why});
  }
  findings.images = site.state.images_total();
}

/// A state that was put back from an old copy: nothing but the newest one helps.
bool look_at_state(const Site& site, Findings& findings) {
  try {
    refuse_an_old_state(site.state, site.store);
    return true;
  } catch (const Error& error) {
    if (error.code() != "old-state") return true;  // a root that is lost is told with the pages
    findings.faults.push_back({"state", site.manifest.server.state, error.text() + "; " + error.mend()});
    return false;
  }
}

/// A head that is there, but not the one that the state finished last: a run died between the two.
void look_at_head(const Site& site, Findings& findings) {
  const auto bytes = site.store.published_head();
  const auto finished = site.state.published();
  if (!bytes || (finished && finished->head == sha256(*bytes))) return;
  findings.faults.push_back(
      {"head", "public/head.dsse", "it is not the one that the state published last; \"ingot publish\" brings them together"});
}

void look_at_pieces(const Site& site, Findings& findings) {
  for (const auto& [what, namer, piece] : published_pieces(site, findings)) {
    ++findings.pieces;
    const auto status = site.files.status(site.store.folder() + "/" + piece_path(piece));
    if (!status || status->kind != EntryKind::file || status->size != piece.length) {
      findings.faults.push_back({std::string(what), piece_path(piece),
                                 status ? fmt::format("it has another length than {} names", namer) : "it is not there"});
    }
  }
}

}  // namespace

int run_command(const DriftArguments&, const Session& session) {
  const auto manifest = read_manifest(session);
  if (!manifest) return exit_manifest;
  const Site site(*manifest, Access::read_only, session.files);
  Findings findings;
  look_at_images(site, findings);
  if (look_at_state(site, findings)) look_at_head(site, findings);
  look_at_pieces(site, findings);
  session.show([&](const Style& style, Output& out) { show_drift(findings, style, out); },
               [&](Output& out) { show_drift_json(findings, out); });
  return findings.faults.empty() ? exit_done : exit_changes;
}

}  // namespace ingot
