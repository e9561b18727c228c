#include "reconciler/options/help_pages.hpp"

#include <array>

namespace ingot::options {

namespace {

constexpr std::array all_pages{
    Page{"init", "a starter manifest, keys, an empty signed catalog, the card",
         R"(Usage: ingot init --server NAME [--url URL] [DIR]

  ingot init --server fpps-1 --url https://gold.dc1.example.net/
  ingot init --server fpps-1 --url https://gold.dc1.example.net/ /srv/gold
  git clone git@example.net:gold.git && cd gold/fpps-1 && ingot init    beside a manifest from git
  ingot init --repo https://git.example.net/gold.git --rev main -f sites/fpps-1 /srv/gold    without a checkout

Makes a server in DIR (default: this folder): ingot.toml to start from, .gitignore, keys, store, state, an empty signed
catalog, and server.card.toml, which introduces this server to its peers. Overwrites nothing: run again, or beside a
manifest from git, it makes what is missing.

  --server NAME    this server's name; needed unless a manifest is there
  --url URL        where peers will reach store/public; needed for the card, can be written into the manifest later
)"},
    Page{"card", "this server's card, or what a card says",
         R"(Usage: ingot card [--out FILE]
       ingot card FILE

  ingot card --out server.card.toml      this server's card, to give to its peers
  ingot card peers/fpps-2.card.toml      what a card says, and whether the manifest knows it

A card introduces a server: its name, its URL and its trust root. A peer commits it to git and names it in a [[peer]]. To make
it, ingot reads [server] of the manifest and the root in the store, and nothing else: no peer's card needs to be whole.

  --out FILE    write the card to FILE; FILE is replaced only once the card is made. "ingot card > FILE" empties FILE first, also
                if no card can be made
)"},
    Page{"validate", "check the manifest alone",
         R"(Usage: ingot validate [--format FORMAT] [--output FORMAT=FILE]

  ingot validate
  ingot validate -f sites/fpps-1
  ingot validate --format github                                            annotations of a GitHub workflow
  ingot validate --output codequality=quality.json --output junit=tests.xml    reports of a GitLab job
  ingot validate --json

Reads the manifest, what it includes and its cards: no network, no state, no sources. Shows every mistake at once, each with
its place and how to mend it. Exit 65 if there is one.

  --output FORMAT=FILE        write this too, also if there is a mistake; may be given several times

Formats: text, json, markdown, github (annotations of a workflow), codequality (GitLab's report), sarif, junit.
)"},
    Page{"plan", "what would change, and why",
         R"(Usage: ingot plan [--out FILE] [--target ADDRESS] [--exclude ADDRESS] [--allow-empty]
       ingot plan ... --raise-limit removals=N|stops=N|withdrawals=N
       ingot plan ... --detailed-exitcode
       ingot plan --base REV ...
       ingot plan --against URL ...

  ingot plan
  ingot plan --base origin/main                                        what this checked-out change adds to it
  ingot plan --rev main                                                of a commit, whatever is checked out
  ingot plan --against https://gold.example.net --base origin/main     on a build server, without the server's state and sources
  ingot plan --json | jq '.actions[].address'
  ingot plan --out tonight.plan && ingot apply tonight.plan            exactly what was looked at, or nothing
  ingot plan --output markdown=comment.md --output json=plan.json      for a merge request, also if the run fails
  ingot plan --target copy.fpps-2.db19_25                              this copy and what it needs, nothing else
  ingot plan --exclude peer.fpps-3                                     all but what needs fpps-3
  ingot plan --detailed-exitcode || notify-send "ingot: exit $?"      2: changes are pending
  ingot plan --raise-limit removals=20                                 20 removals may happen in this run

Asks every peer, compares with the manifest and shows what apply would do, with the reason of each line. Changes nothing and
never waits for another run. The lines are grouped by peer; --json has them in the order in which apply goes. A plan that
publishes looks whether the published images' files are there; damage of others is told by status and drift.

The line that names a rule says who last changed it, if the manifest is from git and the entry is new, changed or gone.

  --against URL               plan against what the server publishes there (publish_state = true), instead of the state here. It
                              is verified with server.card.toml beside the manifest; what it said is kept in XDG_CACHE_HOME/ingot.
                              The plan has the id that it has there, but for what only the server sees: its disk, its hour
                              (no window bounds it), its host's guard, and its private images and the types and series without a
                              public one, which are taken to be there as the manifest has them
  --check-sources             look at every member of every source, not only at the top of those with more than 10,000 in all
  --base REV                  show only what differs from the plan of REV: of the manifest as it was where this one's commit
                              branched off from REV. What is left is for reading: apply would do the whole
  --out FILE                  keep the plan for "ingot apply FILE", "ingot show FILE" and "ingot diff": as --json shows it, with
                              what it takes to check it later; mode 0600. Replaces a plan that is there, and nothing else
  --output FORMAT=FILE        write this too, also if the run fails; may be given several times
  --detailed-exitcode         2 if there is something to do
  --target ADDRESS            only this, and what it needs (a copy: its peer, subscription and type; a series: its members);
                              may be given several times. Nothing is removed that is not named, and the rest is counted
  --exclude ADDRESS           not this, nor what needs it; may be given several times
  --raise-limit removals=N    allow N removals in this run, whatever [guard] says
  --raise-limit stops=N       allow N uninstantiations and unregistrations in this run; withdrawals=N: from one peer
  --allow-empty               plan even for a manifest that declares nothing, while the state manages something

Formats: text, json, markdown (a comment: its first line is a marker by which a job finds it again), github (annotations of a
workflow, and the summary of the step), terraform and codequality (GitLab's reports), sarif, junit.
)"},
    Page{"apply", "make it so",
         R"(Usage: ingot apply [PLAN] [--metrics FILE] [--output FORMAT=FILE]
       ingot apply [--yes | --approve VERB,... | --expect ID] [--rewind] [--target ADDRESS] [--exclude ADDRESS] ...

  ingot apply                     shows the plan, asks, does it
  ingot apply tonight.plan        exactly what "ingot plan --out tonight.plan" showed, without asking, or nothing (exit 8)
  ingot apply --approve copy,add,withdraw      these alone; what else there is to do is listed, and the exit is 7
  ingot apply --yes               does not ask: for scripts; timers run "ingot reconcile"
  ingot apply --yes --json        one JSON event per line; the last is always the result
  ingot apply --yes --output markdown=applied.md --output junit=tests.xml      what became of it, for a build server

Plans, then does what the plan says. What fails does not stop what does not depend on it; run it again and it goes on where
it stopped. Ctrl-C stops cleanly, a second one at once. With --yes --quiet the plan is shown only if it foresees trouble,
and a run with nothing to do prints nothing.

A PLAN is done once, and only if it still fits: the state and the manifest are what they were, and each of its actions would be
planned now as it was then, with the reasons and sizes that the file shows. The peers are asked again; what they have published
since is left for the next plan. If it does not fit, what differs is told line by line, nothing is done, and the exit is 8.

  --approve VERB,...          do these, and hold the rest and what needs it; publishing needs no approval of its own
  --expect ID                 plan again, and go on only if the plan has this id (as plan --json shows it); else exit 8
  --yes                       do not ask; without it and without a terminal, apply refuses before any work (exit 9)
  --yes --approve uninstantiate    end dropped subscriptions although another selector of their peer names nothing there
                              (unknown-selector); also of a PLAN that lists them as held
  --rewind                    the manifest may be of an older commit than the one applied last, or of another branch, though
                              the guard "forward" is set; says what that takes back
  --target ADDRESS            only this, and what it needs; may be given several times (see: ingot plan --help)
  --exclude ADDRESS           not this, nor what needs it; may be given several times
  --raise-limit removals=N    allow N removals in this run, whatever [guard] says
  --raise-limit stops=N       allow N uninstantiations and unregistrations in this run; withdrawals=N: from one peer
  --allow-empty               apply even a manifest that declares nothing, while the state manages something
  --output FORMAT=FILE        write what became of it, too, also if the run fails; may be given several times. FORMAT: text, json
                              (the first and the last event), markdown, github, codequality, sarif, junit
  --metrics FILE              write what node_exporter's textfile collector reads, at the end of the run, also of one that
                              failed, such as /var/lib/prometheus/node-exporter/ingot.prom. A FILE for each server: every metric
                              has the label "server". Replaces nothing but a file of metrics, and follows no link
)"},
    Page{"reconcile", "what a timer runs: make it so, without asking, in time",
         R"(Usage: ingot reconcile [--jitter TIME] [--deadline TIME] [--metrics FILE]

  ingot reconcile                                  as a timer runs it: examples/systemd and examples/cron
  ingot reconcile --jitter 10m --deadline 50m      a random wait first; an hour's timer never meets the run before
  ingot reconcile --repo https://git.example.net/gold.git --rev main -f sites/fpps-1    without a checkout
  ingot reconcile --json                           one JSON event per line; the last is always the result

Plans and does what the plan says, without asking, within the guards of manifest and host and no further: they cannot be
raised here. What a guard holds is listed and not done, and a commit that [guard] git does not let through stops all (exit 7).
When there is nothing to do it prints nothing, keeps no run in the history and exits 0. What is past max_bytes, outside of a
window or past the deadline is deferred: the next run goes on with it, and if nothing else is left the exit is 0.

  --jitter TIME      wait a random time first, at most so long; nothing is read and no lock is held meanwhile
  --deadline TIME    begin no action later than this after the start, and stop the copies that are under way: what they have
                     fetched is kept. What was done is published all the same, and withdrawals wait for nothing.
                     Asking the peers takes at most a quarter of the time that is left; fetching the repository has a limit of
                     its own
  --metrics FILE     as for apply, in the same file
)"},
    Page{"diff", "in what two kept plans differ",
         R"(Usage: ingot diff PLAN PLAN

  ingot plan --out new.plan; ingot diff old.plan new.plan
  ingot diff old.plan new.plan --json | jq '.added[].address'

Which actions are gone, which were added, and which are to bring about something else, key by key. Reads the files that
"ingot plan --out" or "ingot plan --json" wrote, and nothing else. Exit 0 if the plans are the same, 2 if they differ.
)"},
    Page{"status", "one screen: peers, last run, what is pending",
         R"(Usage: ingot status

  ingot status
  ingot status --json

One screen: the published catalog, each peer as it is now, the last run, what is pending, deferred, blocked and held, and
the disk. Asks the peers as plan does, and looks whether every image's file is there with its length, which it names if it
is not (verify reads the bytes themselves); works while an apply runs. It also asks this server's own `url`: exit 3 if that
cannot be reached or serves another head than the one that was published last.
)"},
    Page{"drift", "is what was applied still here?",
         R"(Usage: ingot drift

  ingot drift && echo "all is here"

Compares the state with the store: every image's bytes are there with the right length, and so is the published catalog.
Local and read-only, nothing is hashed (that is verify). Exit 2 if something is missing.
)"},
    Page{"query", "peers, images, series, types, subscriptions, history",
         R"(Usage: ingot query peers|images|series|types|subscriptions|history [--peer PEER] [NAME]
       ingot query peers|images|series|types|subscriptions --at RUN|COMMIT|TIME [NAME]

  ingot query images                        what is here
  ingot query images db19_24                one of them
  ingot query images --peer fpps-2          what fpps-2 offers now
  ingot query series --peer fpps-2 db19
  ingot query subscriptions
  ingot query history                       runs, newest first
  ingot query images --at 2026-11-01T00:00:00Z      what was here then; also after a run, or after the run of a commit
  ingot query images --json | jq '.images[] | select(.copied_from)'

Without --peer it reads the state alone: no network, no keys; of an image that is asked for by its NAME it also looks whether
the files are there. With --peer it asks that peer of the manifest, registered or not; if it cannot be had, what was seen last
is shown, with a warning and exit 3. A NAME is one whole name, not a pattern; one that nothing bears is exit 3.
SIZE is the length of the image: of the file, or of the tar that is made of a tree. The plan shows less: of an image to add the
size of the files in its source, of a copy also the bytes to fetch, which are packed.

With --at it says what was here then, by what the history has of all that came and went since: names, when and by which run they
came, and what never changes of an image. What the history cannot prove, it does not say: where the state was lost, or a peer got
another name, since then, the exit is 3, and the message says from when on there is an answer.

  --peer PEER    ask this peer (peers, images, series, types), or show what is of this peer (subscriptions)
  --at RUN|COMMIT|TIME    a run or the beginning of its id; a commit, branch or tag that a run was of, and then the newest such
                 run; or a time, such as 2026-11-23T02:00:00Z
)"},
    Page{"history", "when and why something came or went, and by which run",
         R"(Usage: ingot history NAME|ADDRESS

  ingot history db19_24                           an image, also one that is gone, by its name here or on its peer
  ingot history copy.fpps-2.db19_25               an address, as plan --json gives it
  ingot history subscription.fpps-2.series.db19
  ingot history db19_24 --json | jq '.changes[0].run'

Every action on it that a run here did, tried or left, newest first: what was done and why, by whom, and by which run ("ingot
show RUN" has all of it). The state alone is read. Of an image that came before this state began, its papers are told.
Exit 3 if nothing is known of it.
)"},
    Page{"explain", "why it is planned, or why it is not",
         R"(Usage: ingot explain NAME|ADDRESS

  ingot explain db19_25                 searched everywhere: here and on every peer
  ingot explain copy.fpps-2.db19_25     an address, as plan --json gives it
  ingot explain subscription.fpps-2.series.db19

Says for each thing of that name whether it is planned, done, held, blocked, unknown or not wanted, by which rule of the
manifest, and on what evidence: of a peer that cannot be had now, what it offered when it was seen last.
)"},
    Page{"show", "a kept plan, one run of the history, or one image with its papers",
         R"(Usage: ingot show PLAN|RUN|IMAGE

  ingot show tonight.plan             a plan that "ingot plan --out" kept, as it was shown; a path is always a file
  ingot show db19_24                  everything about an image: lineage, series, papers
  ingot show 20261123T020000Z-1a2b3c  what a run did, action by action; the beginning of its id is enough
  ingot show 20261123

Of a kept plan names and details must be those of its actions (exit 65). Under each update stands its result; -v shows it of every
action. Only "ingot apply PLAN" can tell whether reasons and sizes are right: it plans again and refuses others (exit 8).
)"},
    Page{"extract", "an image's bytes, verified",
         R"(Usage: ingot extract IMAGE|series:NAME DEST|- [--sparse] [--no-special] [--withdrawn]

  ingot extract db19_24 /u01/app/db19_24          a tree: DEST becomes the folder
  ingot extract series:db19 /u01/app/db19         the latest image of a series that is not withdrawn
  ingot extract db19_24 - | tar tv                the tree as a tar stream

Every byte is verified first. DEST must not exist, or be empty, or be just this image; it appears whole or not at all. An empty
folder that cannot be replaced is filled in place. Exit code 3: set-id bits, capabilities, ACLs, modes or times were lost.

  --sparse       leave holes where blocks of 4 KiB are all zeros; otherwise a file has all its blocks
  --no-special   leave out set-id bits, capabilities and ACLs; a mode or time that cannot be kept is no fault
  --withdrawn    even if the image was withdrawn
)"},
    Page{"verify", "re-hash images and the published catalog, and repair",
         R"(Usage: ingot verify [IMAGE...] [--repair]

  ingot verify                  all images, the published pages and the head
  ingot verify db19_24 db19_25
  ingot verify --repair         and mend what is damaged or gone

Reads every byte again. Exit 0 if all is whole, 6 with a list if something is damaged.

  --repair       what is damaged is set aside in the store's folder "quarantine" (gc takes it later, but never the only file of an
                 image), and had again: an image of this server from its source, if that is what it was when it was added;
                 any image from the peers that offer the same bits, one after the other; what was set aside, if it turns out
                 to be whole. What cannot be had is published without its bytes. Published pages and the head are written
                 anew. Needs the keys that apply needs, and the lock; is a run of the history, and does nothing else.
                 Exit 0 if all is whole then, else 6 (or 4, see ingot --help).

apply repairs by itself what a plan can see: files that are gone or have another length (with more than 10,000 images, only those
that are published anew or were left out). Only verify finds bits that flipped.
A root of trust that is damaged comes back from a backup alone.
)"},
    Page{"publish", "renew the published head, alone",
         R"(Usage: ingot publish [--above SERIAL] [--metrics FILE]

  ingot publish
  ingot publish --above 1200      whoever stole the catalog key has published up to serial 1200

Publishes what the state says under a newly signed head, good for another head_ttl. apply does so by itself when half of it
is over: this is for a server that changes seldom.

  --above SERIAL    the new serial is higher than this. Peers that saw a thief's head refuse lower ones for ever: after
                    "ingot key revoke", ask them for the serial ("ingot query peers" there) and climb past it
  --metrics FILE    as for apply, in the same file
)"},
    Page{"key", "keys and roots of trust: make, show, rotate, revoke, release, sign, install",
         R"(Usage: ingot key make FILE
       ingot key show [FILE]
       ingot key rotate [--add-root KEY] [--drop-root KEY] [--root-threshold N] [--expires TIME]
                        [--add-catalog KEY] [--drop-catalog KEY] [--catalog-threshold N]
                        [--add-release KEY] [--drop-release KEY] [--release-threshold N] [--key FILE] [--out FILE]
       ingot key revoke KEY... [the same] [--yes]
       ingot key release IMAGE... [--key FILE] [--out FILE]
       ingot key sign FILE [--key FILE]
       ingot key install FILE [--yes]

  ingot key show                                         this server's root: its keys, its end, which private keys are here
  ingot key make keys/catalog-2.pem                      a new private key; its public key is printed
  ingot key rotate --add-catalog keys/catalog-2.pem      the next root names it too; heads are signed with both keys
  ingot key rotate --drop-catalog keys/catalog.pem       later, when all peers have been here
  ingot key rotate                                       the same keys for another ten years
  ingot key revoke keys/catalog.pem --add-catalog keys/catalog-2.pem      it was stolen
  ingot key sign root-2.dsse --key /media/stick/root-b.pem                elsewhere; no manifest is needed
  ingot key rotate --add-release release.pub             from now on peers copy only images that this key has signed
  ingot key release db19_25                              for the release keys to sign: keys/releases.jsonl

Root keys say which keys count, catalog keys sign what is published. In the folder `keys`, root.pem and root-*.pem are used
as root keys, catalog.pem and catalog-*.pem as catalog keys. A root needs the signatures of the root before and its own: with
enough private keys here it is installed at once and a head is signed under it; otherwise it waits in `keys`, unpublished,
until others have signed it. Peers follow by themselves.

Release keys are optional. If a root names some, peers copy an image only if enough of them have signed its name, digest, kind
and type: a stolen catalog key then introduces nothing. Keep them elsewhere; release.pem and release-*.pem in `keys` are used.
Sign the images that are there ("ingot plan" names them), and again before a key that has signed them is dropped.

  KEY                     64 digits 0-9a-f, a key's file, or the first 8 or more digits of a key that the root names
  --add-root, --drop-root, --add-catalog, --drop-catalog, --add-release, --drop-release KEY
                          may be given several times
  --root-threshold, --catalog-threshold, --release-threshold N    how many of the keys must sign
  --expires TIME          when the root ends: 3650d, or 2036-11-23T00:00:00Z (default: ten years)
  --key FILE              sign with this private key, too; several times
  --out FILE              where a root that is not complete is written (default: root-N.dsse in `keys`),
                          or releases (default: releases.jsonl in `keys`)
  --yes                   revoke and install: disown the images that are published and that the state does not know. Without it
                          they are named, and nothing is changed (exit 7)

revoke always works from the state, whatever a thief has put into the published tree. Peers withdraw their copies of what the
new epoch does not know.
)"},
    Page{"gc", "free the disk of what no image needs any more",
         R"(Usage: ingot gc [--grace TIME] [--dry-run]

  ingot gc --dry-run      what would go, and when
  ingot gc                for a timer, once a day
  ingot gc --grace 0      the disk is full: what may go, goes now

Takes the bytes of deleted images and of removed copies, old pages of the catalog, and partial copies that no rule wants. What
it sees first it only notes; a later gc takes it, when the grace is over: until then an image that is put back into the
manifest needs no source. Never taken: what an image here, the published head or an older head until a day after its end
needs, the partial copies of wanted images, and papers. Bytes of copies that are not served any more move out of the public tree.
A gc that took something is a run of the history. It ends with 6 if one of its notes tells of damage, or if the disk was too
full to note what waits or the run; what it took is told all the same.

Pages of peers' catalogs in the cache that no good head of theirs names go at once.

  --grace TIME    how long something is kept after gc first saw that nothing needs it (default: 14d). With 0 it goes at
                  once, on a full disk too: what it costs is that no deleted image comes back without its source or peer
  --dry-run       write nothing, list every file
)"},
    Page{"state", "make a lost or damaged state anew",
         R"(Usage: ingot state rebuild [--yes]

  ingot state rebuild && ingot plan      look at the plan before you apply it
  ingot state rebuild --json

The state is an index: the store and the signed heads are the truth. Where the state file is lost, damaged or an old backup,
this makes a new one: of the catalog that was published last, the papers beside the images, and the floors of trust; every
byte is re-hashed. The old file is moved aside, nothing is removed, and no serial is given twice.

What only a state knows is lost with it: the history, and what peers were registered and subscriptions instantiated (an old
backup still says so). The next apply registers and instantiates anew, which counts from now; the plan says which images lie
before that and how to take them. Nothing that was adopted is managed, so nothing is deleted until a manifest names it.
Which commit was applied last (the guard "forward") is what the published head says of it.

If the published head is not one that this server made (a thief may have put it there), what only that head lists is named, and
nothing is changed (exit 7).

  --yes    take it in; or, if a root has revoked the keys of that head, disown it

A better way is a backup of the newest state: copy state/ while no run is under way, with the store and the keys.
)"},
    Page{"fleet", "many servers at once: do their manifests fit, and which image is where",
         R"(Usage: ingot fleet check MANIFEST... [--format text|json|dot|mermaid]
       ingot fleet status [IMAGE|series:NAME] --cards DIR

  ingot fleet check sites/*/ingot.toml                           what does not fit, and who gets what from whom
  ingot fleet check sites/* --format dot | dot -Tsvg > fleet.svg
  ingot fleet status db19_25 --cards peers                       is it everywhere?
  ingot fleet status series:db19 --cards peers --json

check reads the manifests of many servers together, each with the server.card.toml beside it; no network, no state. It finds
names that collide (servers, images that would meet, clients and targets of other sites), rules that can never match, images that
a server counts on and no rule brings, series of which copies are never copied on, cards that are not the peer's own, and pairs
of which only one has registered the other. What is made of each rule is what "ingot plan" would make of it once all images
are new; images that no manifest names are not known. Exit 65 if there is an error; warnings and notes are 0.

status asks each server whose card (*.toml) is in DIR what it publishes now: no registration, no state, no keys. Servers publish
what they have, not what they want, so a copy that is not there is "absent", unless the server has an older member of the same
series of that origin: then it lacks this one, and is "waiting". Of a server that does not answer, what it said last is shown in
parentheses, if it was asked here before; the second table says how old its word is.

  origin, present   it is there, with the bits that its origin has signed
  withdrawn         it is there, and marked as withdrawn
  differs           under its identity, but other bits: exit 4

Exit 2 if a server that has answered lacks an image or a withdrawal, 3 if one could not be asked, 4 if one is not to be trusted.

  --cards DIR    the folder with the servers' cards
)"},
    Page{"completion", "what makes a shell complete ingot's commands and options",
         R"(Usage: ingot completion bash|zsh|fish
       ingot completion names -- WORD...

  source <(ingot completion bash)                                     in this shell
  ingot completion bash > ~/.local/share/bash-completion/completions/ingot
  ingot completion zsh > ~/.zfunc/_ingot                              in a folder of $fpath
  ingot completion fish > ~/.config/fish/completions/ingot.fish

Commands, options, and the values that are one of a few words; files where a file is meant. Debian's package brings them along.
Names of images, series and peers are those of the server whose manifest is here, or that -f and --home name: the shell asks for
them by "ingot completion names", with the words so far. It reads manifest and state alone, and is silent of what it cannot read.
)"},
    Page{"schema", "JSON Schemas of the manifest and of all output",
         R"(Usage: ingot schema [NAME]

  ingot schema                                       lists them
  ingot schema manifest > manifest.schema.json       for an editor: "#:schema manifest.schema.json" in ingot.toml's first line
  ingot schema plan
)"},
};

}  // namespace

std::span<const Page> page_texts() { return all_pages; }

}  // namespace ingot::options
