#include "reconciler/command/images/verify_upload.hpp"

#include <algorithm>
#include <set>

#include "reconciler/apply/run.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/command/trust/upload_published.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/catalog/show_findings.hpp"
#include "reconciler/site/find_image.hpp"
#include "reconciler/source/git_view.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

const UploadEntry& upload_called(const std::string& name, const Manifest& manifest) {
  std::vector<std::string> names;
  for (const UploadEntry& entry : manifest.uploads) {
    if (entry.name.text() == name) return entry;
    names.push_back(entry.name.text());
  }
  const std::string hint = site::nearest_hint(name, names);
  throw Error(Fault::incomplete, fmt::format("the manifest has no upload \"{}\"", io::printable(name)),
              hint.empty() ? "see the [[upload]] entries of the manifest" : hint)
      .with_code(Code::unknown_name)
      .about(name);
}

int exit_code_of_look(const show::Findings& findings) { return findings.faults.empty() ? exit_done : exit_incomplete; }

/// One look at a place, before and after a repair.
class Verifying {
 public:
  Verifying(const UploadEntry& entry, site::Site& site, const console::Session& session)
      : site_(site), session_(session), uploads_(site, session), place_(uploads_.place(entry)) {
    const auto published = site.state.published();
    upload::refuse_foreign(place_.look_at_head(), published ? published->serial : 0, entry);
  }

  show::Findings look(bool note) {
    show::Findings findings{.pieces = place_.objects(), .faults = {}};
    for (const upload::WrongObject& object : place_.verify(uploads_.options(), note))
      findings.faults.push_back({.what = "object " + object.path, .path = "", .why = object.why});
    return findings;
  }

  /// As a run of the history, which ends with the second look. Gives what that found.
  show::Findings repair() {
    const state::RunStart start = run_start_of("verify --upload --repair", site_.manifest, session_.clock.now());
    apply::begin_run(start, site_.state, site_.store);
    try {
      place_.upload(uploads_.options());
      show::Findings now = look(false);
      site_.state.finish_run(start.id, session_.clock.now(), exit_code_of_look(now));
      return now;
    } catch (const Error& error) {
      site_.state.finish_run(start.id, session_.clock.now(), exit_code_of(error.fault()));
      throw;
    }
  }

 private:
  site::Site& site_;
  const console::Session& session_;
  Uploads uploads_;
  apply::UploadPlace place_;
};

int shown_upload(const show::Findings& findings, const UploadEntry& entry, const console::Session& session) {
  session.show(
      [&](const show::Style& style, show::Output& out) { show::show_verify_upload(findings, place_of(entry), style, out); },
      [&](show::Output& out) { show::show_verify_json(findings, out); });
  return exit_code_of_look(findings);
}

int verify_and_repair_upload(const UploadEntry& entry, const Manifest& manifest, const console::Session& session) {
  const site::RunLock lock = site::take_lock(manifest.server, "verify --upload --repair", session);
  site::Site site(manifest, lock, session.files);
  source::require_commit(site, session.flags);
  Verifying verifying(entry, site, session);
  const show::Findings before = verifying.look(true);
  if (before.faults.empty()) return shown_upload(before, entry, session);
  show::Findings now = verifying.repair();
  std::set<std::string> still;
  for (const auto& fault : now.faults) still.insert(fault.what);
  std::copy_if(before.faults.begin(), before.faults.end(), std::back_inserter(now.repaired),
               [&](const show::Finding& fault) { return !still.contains(fault.what); });
  return shown_upload(now, entry, session);
}

}  // namespace

int verify_upload(const std::string& name, bool repair, const Manifest& manifest, const console::Session& session) {
  const UploadEntry& entry = upload_called(name, manifest);
  if (repair) return verify_and_repair_upload(entry, manifest, session);
  site::Site site(manifest, state::Access::read_only, session.files);
  return shown_upload(Verifying(entry, site, session).look(false), entry, session);
}

}  // namespace ingot::command
