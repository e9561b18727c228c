// "ingot state rebuild": adopts what the store holds, re-hashes it, and tells what became of the state.
#include <set>

#include "reconciler/apply/publish/fresh_ids.hpp"
#include "reconciler/apply/recover/rebuild_state.hpp"
#include "reconciler/apply/recover/replace_state.hpp"
#include "reconciler/apply/recover/whole_catalog.hpp"
#include "reconciler/command/commands.hpp"
#include "reconciler/console/byte_progress.hpp"
#include "reconciler/io/printable.hpp"
#include "reconciler/show/format/json_writer.hpp"
#include "reconciler/site/site.hpp"
#include "reconciler/source/git_view.hpp"
#include "reconciler/source/read_manifest.hpp"
#include "schema/exit_code.hpp"
#include "schema/text/url.hpp"

namespace ingot::command {

namespace {

constexpr const char* rebuild_command = "state rebuild";

std::string names_text(const std::vector<ImageName>& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name.text());
  return text;
}

void show_rebuilt(const apply::RebuiltState& rebuilt, const show::Style& style, show::Output& out) {
  out.print("{} {} own images and {} copies, {} deleted images, {} series, floors of {} servers; {} re-hashed.\n",
            style.bold("Rebuilt:"), rebuilt.own, rebuilt.copies, rebuilt.tombstones, rebuilt.series, rebuilt.floors,
            size_text(rebuilt.bytes));
  if (!rebuilt.set_aside.empty()) out.print("The old state is now \"{}\".\n", io::printable(rebuilt.set_aside));
  if (rebuilt.kept_peers) out.print("Peers and subscriptions are taken from the old state.\n");
  if (rebuilt.left_out > 0)
    out.print("{} row{} of the old state cannot be read, and {} left out: check peers and subscriptions in \"ingot plan\".\n",
              rebuilt.left_out, rebuilt.left_out == 1 ? "" : "s", rebuilt.left_out == 1 ? "was" : "were");
  if (!rebuilt.by_papers_alone.empty()) {
    out.print("From their provenance files alone, as no catalog lists them (private, not published yet, or deleted): {}\n",
              names_text(rebuilt.by_papers_alone));
  }
  if (!rebuilt.not_adopted.empty())
    out.print("Not adopted, because another image has the name: {}\n", names_text(rebuilt.not_adopted));
  for (const auto& lost : rebuilt.lost)
    out.print("{}: {} ({})\n", style.red("image " + lost.image.text()), io::printable(lost.why), io::printable(lost.path));
  out.print("Nothing was removed. Nothing here is managed until a manifest names it. Next, run: ingot plan\n");
}

void put_names(std::string_view key, const std::vector<ImageName>& names, show::JsonWriter& json) {
  json.values(key, names, [&](const auto& name) { return name.text(); });
}

void show_rebuilt_json(const apply::RebuiltState& rebuilt, show::Output& out) {
  show::JsonWriter json(out);
  json.begin_object();
  json.member("format", "ingot.rebuilt/1");
  json.member("serial", rebuilt.serial);
  json.member("own", rebuilt.own);
  json.member("copies", rebuilt.copies);
  json.member("deleted", rebuilt.tombstones);
  json.member("series", rebuilt.series);
  json.member("floors", rebuilt.floors);
  json.member("bytes", rebuilt.bytes);
  json.member("kept_peers", rebuilt.kept_peers);
  json.member("left_out", rebuilt.left_out);
  json.member_or_null("set_aside", rebuilt.set_aside);
  put_names("by_papers_alone", rebuilt.by_papers_alone, json);
  put_names("not_adopted", rebuilt.not_adopted, json);
  json.objects("damaged", rebuilt.lost, [&](const auto& lost) {
    json.member("image", lost.image.text());
    json.member_or_null("path", lost.path);
    json.member("text", lost.why);
  });
  json.end_object();
  json.finish();
}

void refuse_a_database(const ServerSection& server) {
  if (!is_database_url(server.state)) return;
  throw Error(
      Fault::refused, fmt::format("the state \"{}\" is in a database, and only a file is rebuilt", io::printable(server.state)),
      "restore the database from its backup; or set `state` to a file that does not exist, run \"ingot state rebuild\", and "
      "carry the file over by \"ingot state move\"");
}

store::Store open_store_of_its_own_lineage(const ServerSection& server, io::Files& files) {
  const auto lineage = store::Store::lineage_of(files, server.store);
  if (lineage) return store::Store::open(files, server.store, *lineage);
  throw Error(Fault::local, fmt::format("there is no store \"{}\" to rebuild the state from", io::printable(server.store)),
              "restore the store from its backup, or set `store` in [server] to its folder; \"ingot init\" creates a new server")
      .about(server.store);
}

/// What this server did not publish itself is taken in, or disowned, only if somebody says so.
void refuse_doubtful(const apply::RebuiltState& rebuilt) {
  if (rebuilt.doubtful.empty()) return;
  const std::string names = apply::names_of(rebuilt.doubtful);
  if (rebuilt.disowned) {
    throw Error(Fault::refused,
                fmt::format("the published head is signed by revoked keys, and this server did not make it. The new state "
                            "disowns the images that only that head lists: {}",
                            names),
                "if a thief published that, run it again with --yes; nothing was changed")
        .with_code(Code::disowned);
  }
  throw Error(Fault::refused,
              fmt::format("the published head is not in the folder \"heads\" of the store, so this server did not make it. The "
                          "new state would accept the images that only that head lists: {}",
                          names),
              "if these images are this server's own, run it again with --yes. If not, its catalog key is stolen: restore a "
              "state from the backup, and revoke the key with \"ingot key revoke\"; nothing was changed")
      .with_code(Code::foreign_head);
}

/// Images whose bytes are not whole are adopted all the same, and told.
void rehash(const state::Restoration& what, const store::Store& store, apply::RebuiltState& told,
            const console::Session& session) {
  console::ByteProgress progress(session, "re-hash", told.bytes);
  std::set<Digest> seen;
  for (const state::RestoredImage& image : what.images) {
    const state::ImageRow& row = image.row;
    if (row.deleted || !seen.insert(row.digest).second) continue;
    std::uint64_t before = 0;
    const auto damages = store.check_object(row.digest, row.size, image.packed, [&](std::uint64_t done) {
      progress.add(done - before);
      before = done;
    });
    for (const store::Damage& damage : damages) told.lost.push_back({.image = row.name, .path = damage.path, .why = damage.why});
  }
}

}  // namespace

int run_command(const options::RebuildArguments& arguments, const console::Session& session) {
  const auto manifest = source::read_manifest(session);
  if (!manifest) return exit_manifest;
  // What was applied last is what a lost state cannot say: of the guards all but "forward" are asked.
  (void)source::require_commit(*manifest, source::AppliedLast{}, session.flags, false);
  const ServerSection& server = manifest->server;
  refuse_a_database(server);
  store::Store store = open_store_of_its_own_lineage(server, session.files);
  io::make_folders(session.files, site::state_folder(server), 0700);  // it may be lost with the state
  const site::RunLock lock = site::take_lock_without_a_state(server, rebuild_command, session);
  const Time started = session.clock.now();
  std::optional<state::State> old;
  if (const std::string why = apply::why_not_rebuild(server, store, session.files, old); !why.empty()) {
    throw Error(Fault::refused, fmt::format("the state \"{}\" needs no rebuilding: {}", io::printable(server.state), why),
                "nothing was changed");
  }
  store.sync_all();  // what a dead run left unsynced is adopted, and counts as durable from here on
  io::PeerMemory memory(session.files, site::state_folder(server));
  apply::RebuiltState rebuilt;
  const state::Restoration restoration =
      apply::gather_restoration(*manifest, store, session.files, memory, old, started, rebuilt);
  if (!arguments.yes) refuse_doubtful(rebuilt);
  rehash(restoration, store, rebuilt, session);
  old.reset();  // closed before its file is moved
  const int exit = rebuilt.lost.empty() ? exit_done : exit_local;
  const state::RunStart start{.id = apply::new_run_id(started, apply::random_bits()),
                              .started = started,
                              .command = rebuild_command,
                              .actor = site::actor(),
                              .manifest_path = manifest->path,
                              .manifest_digest = manifest->digest,
                              .git = manifest->git,
                              .plan_id = "",
                              .planned = 0};
  rebuilt.set_aside = apply::replace_state(server.state, session.files, restoration,
                                           {.start = start, .finished = session.clock.now(), .exit_code = exit, .actions = {}});
  session.show([&](const show::Style& style, show::Output& out) { show_rebuilt(rebuilt, style, out); },
               [&](show::Output& out) { show_rebuilt_json(rebuilt, out); });
  return exit;
}

}  // namespace ingot::command
