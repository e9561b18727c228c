// status, drift, query, history, explain, show: what is and was here, and why.
#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

CommandEntry status_command() {
  CommandEntry status{"status", "one screen: peers, last run, pending work, disk", R"(
  ingot status
  ingot status --json
)",
                      R"(
One screen: the published catalog, each peer as it is now, the last run, what is pending, deferred, blocked and held, and the disk.
Asks the peers as plan does. Checks that every image has its files with the right length, and names each image that has not;
the bytes themselves are checked by verify. Works while an apply runs. Also asks the `url` of this server: exit code 3 if it is
unreachable or serves another head than the one that was published last.
)"};
  add_form<StatusArguments>(status);
  return status;
}

CommandEntry drift_command() {
  CommandEntry drift{"drift", "check that everything that was applied is still here", R"(
  ingot drift && echo "everything is here"
)",
                     R"(
Compares the state with the store: every image must have its bytes with the right length, and the catalog must be published. Of
exports, every member of each exported image must be as it was unpacked, and the link must point where it was moved to.
Reads only this machine and changes nothing. Does not hash bytes; verify does. Exit code 2 if something is missing.
)"};
  add_form<DriftArguments>(drift);
  return drift;
}

CommandEntry query_command() {
  CommandEntry query{"query", "list peers, images, series, types, subscriptions or runs", R"(
  ingot query images                             # what is here
  ingot query images db19_24                     # one image
  ingot query images --peer fpps-2               # what fpps-2 offers now
  ingot query series --peer fpps-2 db19
  ingot query subscriptions
  ingot query history                            # runs, newest first
  ingot query images --at 2026-11-01T00:00:00Z   # what was here then
  ingot query images --json | jq '.images[] | select(.copied_from)'
)",
                     R"(
Without --peer, query reads only the state: no network, no keys. For an image that is asked for by its NAME it also checks that
the files are there. With --peer it asks that peer of the manifest, registered or not. If the peer is unreachable, cached data is
shown with a warning, and the exit code is 3. NAME is a whole name, not a pattern. Exit code 3 if no such name exists.

SIZE is the length of the image: of the file, or of the tar that is made from a tree. The plan shows other sizes: for an image to
add, the size of the source files; for a copy also the bytes to fetch, which are compressed.

With --at, query shows what was here in the past: names, when and by which run they came, and the facts of an image that never
change. It uses the history of this state. If the history cannot answer (the state was lost since then, or a peer was renamed),
the exit code is 3 and the message says from which time on it can.
)"};
  add_form<QueryArguments>(query)
      .word("peers|images|series|types|subscriptions|history", &QueryArguments::topic)
      .word("[NAME]", &QueryArguments::name)
      .option("--peer PEER", &QueryArguments::peer,
              "ask this peer (peers, images, series, types), or show the subscriptions of this peer")
      .option("--at RUN|COMMIT|TIME", &QueryArguments::at,
              "what was here after a run (its id or the beginning of it), after the newest run of a commit, branch "
              "or tag, or at a time such as 2026-11-23T02:00:00Z")
      .check([](QueryArguments& given) {
        if (given.topic == Topic::history && given.peer)
          wrong("query history has no --peer: the history is that of this server", see("query"));
        if (given.topic == Topic::history && given.at) wrong("query history has no --at: it lists all runs", see("query"));
        if (given.at && given.peer && given.topic != Topic::subscriptions)
          wrong("--at asks what was here, --peer what a peer offers now", "leave out one of them");
      });
  return query;
}

CommandEntry history_command() {
  CommandEntry history{"history", "when and why something was added or removed, and by which run", R"(
  ingot history db19_24               # an image, also a deleted one, by its name here or on its peer
  ingot history copy.fpps-2.db19_25   # an address, as plan --json shows it
  ingot history subscription.fpps-2.series.db19
  ingot history db19_24 --json | jq '.changes[0].run'
)",
                       R"(
Lists every action on it that a run did, tried or skipped, newest first: what was done and why, by whom, and by which run
("ingot show RUN" shows the whole run). Reads only the state. For an image that is older than this state, its provenance file is
shown. Exit code 3 if nothing is known of it.
)"};
  add_form<HistoryArguments>(history).word("NAME|ADDRESS", &HistoryArguments::what);
  return history;
}

CommandEntry explain_command() {
  CommandEntry explain{"explain", "why something is planned, or why not", R"(
  ingot explain db19_25               # searched here and on every peer
  ingot explain copy.fpps-2.db19_25   # an address, as plan --json shows it
  ingot explain subscription.fpps-2.series.db19
)",
                       R"(
For each thing with that name, explain says whether it is planned, done, held, blocked, unknown or not wanted, by which rule of
the manifest, and why. For an unreachable peer it uses what the peer offered when it was seen last.
)"};
  add_form<ExplainArguments>(explain).word("NAME|ADDRESS", &ExplainArguments::what);
  return explain;
}

CommandEntry show_command() {
  CommandEntry show{"show", "show a saved plan, a run, or an image", R"(
  ingot show tonight.plan              # a saved plan; a path is always a file
  ingot show db19_24                   # an image: lineage, series, provenance
  ingot show 20261123T020000Z-1a2b3c   # a run, action by action
  ingot show 20261123                  # the beginning of a run's id is enough
)",
                    R"(
Exit code 65 if the names and details in a saved plan do not match its actions. The result of each update is shown below it;
with -v, the result of every action. Only "ingot apply PLAN" checks reasons and sizes: it plans again, and refuses a plan that
differs (exit code 8).
)"};
  add_form<ShowArguments>(show)
      .word("PLAN|RUN|IMAGE", &ShowArguments::what)
      .formats({Format::text, Format::json, Format::markdown});
  return show;
}

}  // namespace

std::vector<CommandEntry> question_commands() {
  return {status_command(), drift_command(), query_command(), history_command(), explain_command(), show_command()};
}

}  // namespace ingot::options
