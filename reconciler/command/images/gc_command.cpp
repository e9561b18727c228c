// gc as a command: what it may trust, what it took, and the run that the history keeps of it.
#include <optional>
#include <set>

#include <fmt/format.h>

#include "reconciler/apply/publish/published.hpp"
#include "reconciler/apply/run.hpp"
#include "reconciler/apply/upkeep/garbage.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/command/images/refused_pages.hpp"
#include "reconciler/command/trust/publish_run.hpp"
#include "reconciler/command/trust/upload_published.hpp"
#include "reconciler/observe/wanted_bytes.hpp"
#include "reconciler/show/catalog/show_garbage.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"

namespace ingot::command {

namespace {

/// Nothing is taken on the word of a state that may not know all that is here.
void refuse_a_state_in_doubt(const site::Site& site) {
  site.state.check();
  apply::refuse_an_old_state(site.state, site.store);
  if (!site.state.made_anew()) return;
  throw Error(Fault::refused, "the state was rebuilt, and no apply has finished since: gc cannot know yet what is needed",
              "run \"ingot plan\", then \"ingot apply\"; nothing was removed")
      .with_code(Code::rebuilt);
}

struct UploadsCollected {
  bool took = false;
  bool failed = false;
  std::optional<Error> ended;  ///< what ended the run before all was done: it is thrown when all else is recorded and told
};

int exit_code_of_gc(const apply::Garbage& garbage, const UploadsCollected& uploads) {
  if (uploads.ended) return exit_code_of(uploads.ended->fault());
  if (garbage.fault) return exit_local;
  return uploads.failed ? exit_incomplete : exit_done;
}

/// After the work, since a full disk takes no row before: a gc that took nothing is no run. If it cannot be recorded, that
/// is one more note.
void record(apply::Garbage& garbage, const UploadsCollected& uploads, const site::Site& site, const site::RunLock& lock,
            Time started, const console::Session& session) {
  if (garbage.taken.empty() && garbage.unserved.empty() && !uploads.took) return;
  try {
    site::Site writable(site.manifest, lock, session.files);
    const state::RunStart run = run_start_of("gc", site.manifest, started);
    apply::begin_run(run, writable.state, writable.store);
    writable.state.finish_run(run.id, session.clock.now(), exit_code_of_gc(garbage, uploads));
  } catch (const Error& error) {
    if (error.fault() != Fault::local) throw;
    garbage.notes.push_back("this run could not be recorded: " + error.text());
    garbage.fault = true;
  }
}

/// Paths of the published tree that stay: older heads may name them.
std::set<std::string> paths_that_stay(const apply::Garbage& garbage, const store::Store& store) {
  constexpr std::string_view served = "public/";
  std::set<std::string> paths;
  for (const store::StoredFile& file : store.contents()) {
    if (file.path.starts_with(served)) paths.insert(file.path.substr(served.size()));
  }
  for (const auto* gone : {&garbage.taken, &garbage.unserved}) {
    for (const apply::GarbageFile& file : *gone) {
      if (file.path.starts_with(served)) paths.erase(file.path.substr(served.size()));
    }
  }
  return paths;
}

/// What was removed from a place, or would be, as a note; "": nothing is unneeded there.
std::string note_of(const UploadEntry& entry, const upload::CollectedObjects& objects, bool dry_run) {
  if (objects.taken.empty() && objects.waiting.empty()) return "";
  std::uint64_t bytes = 0;
  for (const auto& object : objects.taken) bytes += object.bytes;
  return fmt::format("upload.{}: {} object{} ({}) {} removed from {}, {} wait for the end of the grace period", entry.name.text(),
                     objects.taken.size(), objects.taken.size() == 1 ? "" : "s", size_text(bytes), dry_run ? "would be" : "were",
                     place_of(entry), objects.waiting.size());
}

/// What readers of a store may still need is what the store's newest head names, so a place that is behind waits.
void collect_upload(const UploadEntry& entry, const std::set<std::string>& needed, const upload::CollectRules& rules,
                    Uploads& places, apply::Garbage& garbage, UploadsCollected& result) {
  const auto note = [&](const std::string& text) {
    garbage.notes.push_back(fmt::format("upload.{}: {}", entry.name.text(), text));
  };
  upload::CollectedObjects objects;
  try {
    places.place(entry).collect(needed, rules, objects);
    if (objects.refused) note("nothing is removed there before \"ingot apply\" has uploaded what is published");
  } catch (const Error& error) {  // one store that fails holds no other up
    if (error.fault() == Fault::incomplete || error.fault() == Fault::manifest) {
      result.failed = true;
      note(error.text() + (error.mend().empty() ? "" : "; " + error.mend()));
    } else {
      result.ended = error;
    }
  }
  result.took = result.took || (!rules.dry_run && !objects.taken.empty());
  if (std::string text = note_of(entry, objects, rules.dry_run); !text.empty()) garbage.notes.push_back(std::move(text));
}

UploadsCollected collect_uploads(apply::Garbage& garbage, const apply::GarbageRules& rules, const Manifest& manifest,
                                 const site::RunLock& lock, Time now, const console::Session& session) {
  UploadsCollected result;
  if (manifest.uploads.empty() || garbage.fault) return result;
  try {
    site::Site site =
        rules.dry_run ? site::Site(manifest, state::Access::read_only, session.files) : site::Site(manifest, lock, session.files);
    Uploads places(site, session);
    const std::set<std::string> needed = paths_that_stay(garbage, site.store);
    for (const UploadEntry& entry : manifest.uploads) {
      collect_upload(entry, needed, {.now = now, .grace = rules.grace, .dry_run = rules.dry_run}, places, garbage, result);
      if (result.ended) break;
    }
  } catch (const Error& error) { result.ended = error; }  // what gc removed before is told all the same
  return result;
}

}  // namespace

int run_command(const options::GcArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  const site::RunLock lock = site::take_lock(manifest->server, "gc", session);
  site::Site site(*manifest, state::Access::read_only, session.files);
  if (!arguments.dry_run) source::require_commit(site, session.flags);
  refuse_a_state_in_doubt(site);
  const Time now = session.clock.now();
  const apply::GarbageRules rules{
      .grace = arguments.grace, .dry_run = arguments.dry_run, .wanted = observe::wanted_bytes(site, now)};
  apply::Garbage garbage = apply::collect_garbage(site.state, site.store, manifest->server, rules, now);
  if (!rules.dry_run) forget_refused_pages(site);
  if (const auto trouble = site.memory.trouble()) {
    garbage.notes.push_back(*trouble);
    garbage.fault = true;
  }
  const UploadsCollected uploads = collect_uploads(garbage, rules, *manifest, lock, now, session);
  if (!rules.dry_run) record(garbage, uploads, site, lock, now, session);
  const bool each = arguments.dry_run || session.flags.verbose;
  session.show(
      [&](const show::Style& style, show::Output& out) { show::show_garbage(garbage, arguments.dry_run, each, style, out); },
      [&](show::Output& out) { show::show_garbage_json(garbage, rules, out); });
  if (uploads.ended) throw Error(*uploads.ended);
  return exit_code_of_gc(garbage, uploads);
}

}  // namespace ingot::command
