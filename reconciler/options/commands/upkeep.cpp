// key, gc, state, report: what a server needs now and then.
#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

constexpr auto sign_with_key = "also sign with this private key";
constexpr auto disown_images =
    "disown images that are published and that the state does not know. Without --yes they are listed and nothing is changed "
    "(exit code 7)";

/// --add-ROLE, --drop-ROLE, --ROLE-threshold
void add_role(FormOf<ChangeKeys>& form, const std::string& role, WantedKeys ChangeKeys::*of) {
  form.repeated(
      "--add-" + role + " KEY", [of](ChangeKeys & a) -> auto& { return (a.*of).add; }, "add a " + role + " key");
  form.repeated(
      "--drop-" + role + " KEY", [of](ChangeKeys & a) -> auto& { return (a.*of).drop; }, "remove a " + role + " key");
  form.option(
      "--" + role + "-threshold N",
      [of](ChangeKeys& a, const Setting& setting) {
        (a.*of).threshold = static_cast<std::uint32_t>(read_number(setting, 1, 16, 2));
      },
      "how many " + role + " keys must sign, 1-16");
}

void add_changes(FormOf<ChangeKeys>& form) {
  add_role(form, "root", &ChangeKeys::root);
  add_role(form, "catalog", &ChangeKeys::catalog);
  add_role(form, "release", &ChangeKeys::release);
  form.option("--expires TIME", &ChangeKeys::expires,
              "when the root expires: 3650d, or 2036-11-23T00:00:00Z (default: in ten years)");
  form.repeated("--key FILE", &ChangeKeys::sign_with, sign_with_key);
  form.option("--out FILE", &ChangeKeys::out,
              "where to write a root that still needs signatures (default: root-N.dsse in `keys`)");
}

CommandEntry key_command() {
  CommandEntry key{"key", "keys and roots of trust: make, show, rotate, revoke, release, sign, install", R"(
  ingot key show                                       # the root of this server, and which private keys are here
  ingot key make keys/catalog-2.pem                    # a new private key; its public key is printed
  ingot key rotate --add-catalog keys/catalog-2.pem    # heads are then signed with both keys
  ingot key rotate --drop-catalog keys/catalog.pem     # later, when every peer has seen the new root
  ingot key rotate                                     # the same keys for another ten years
  ingot key revoke keys/catalog.pem --add-catalog keys/catalog-2.pem   # the key was stolen
  ingot key sign root-2.dsse --key /media/stick/root-b.pem             # on another machine, without a manifest
  ingot key rotate --add-release release.pub           # peers then copy only images that it has signed
  ingot key release db19_25                            # writes keys/releases.jsonl for the release keys to sign
)",
                   R"(
Root keys say which keys count. Catalog keys sign what is published. In the folder `keys`, root.pem and root-*.pem are used as root
keys, catalog.pem and catalog-*.pem as catalog keys. A new root needs the signatures of the root before it and its own. If enough
private keys are here, it is installed at once and a head is signed under it. Otherwise it stays unpublished in `keys` until others
have signed it. Peers follow a new root by themselves.

Release keys are optional. If a root names release keys, peers copy an image only if enough of them have signed its name, digest,
kind and type. Then a stolen catalog key cannot introduce images. Keep release keys on another machine; release.pem and
release-*.pem in `keys` are used. Sign the images that are there ("ingot plan" lists them), and sign them again before you remove a
key that has signed them.

revoke works from the state, whatever a thief has written to the published tree. Peers withdraw their copies of images that the new
epoch does not have.

KEY is 64 hex digits, a file, or the first 8 or more digits of a key that the root names.
)"};
  add_form<MakeKey>(key, "make").word("FILE", &MakeKey::file);
  add_form<ShowKeys>(key, "show").word("[FILE]", &ShowKeys::file);
  auto rotate = add_form<ChangeKeys>(key, "rotate");
  add_changes(rotate);
  rotate.word("[KEY...]", &ChangeKeys::revoke).check([](ChangeKeys& change) {
    change.verb = "rotate";
    if (!change.revoke.empty())
      wrong(fmt::format("key rotate takes no KEY \"{}\"", io::printable(change.revoke.front())),
            "use --add-catalog KEY, --drop-catalog KEY …; for a stolen key: ingot key revoke KEY");
  });
  auto revoke = add_form<ChangeKeys>(key, "revoke");
  add_changes(revoke);
  revoke.word("KEY...", &ChangeKeys::revoke).option("--yes", &ChangeKeys::yes, disown_images).check([](ChangeKeys& change) {
    change.verb = "revoke";
  });
  add_form<ReleaseImages>(key, "release")
      .word("IMAGE...", &ReleaseImages::images)
      .repeated("--key FILE", &ReleaseImages::sign_with, sign_with_key)
      .option("--out FILE", &ReleaseImages::out, "where to write the releases (default: releases.jsonl in `keys`)");
  add_form<SignRoot>(key, "sign").word("FILE", &SignRoot::file).repeated("--key FILE", &SignRoot::sign_with, sign_with_key);
  add_form<InstallRoot>(key, "install").word("FILE", &InstallRoot::file).option("--yes", &InstallRoot::yes, disown_images);
  return key;
}

CommandEntry gc_command() {
  CommandEntry gc{"gc", "free disk space that no image needs any more", R"(
  ingot gc --dry-run   # what would be removed, and when
  ingot gc             # for a timer, once a day
  ingot gc --grace 0   # the disk is full: remove now
)",
                  R"(
Removes the bytes of deleted images and of removed copies, old pages of the catalog, and partial copies that no rule wants. When gc
sees a file for the first time it only notes it. A later gc removes the file, when the grace period is over. Until then a deleted
image can be restored without its source: put it back into the manifest.

gc never removes what an image here, the published head, or an older head until a day after its end needs, nor partial copies of
wanted images, nor provenance files. The bytes of copies that are no longer served are moved out of the public tree. Cached pages
of peers' catalogs are removed at once if no valid head of the peer names them.

From the stores of [[upload]] gc removes what this server put there, what no valid head names any more, and what was not needed for
the grace period. It removes nothing there while the head in the store is not the one that was published last. A store that fails, or
holds another server's tree, is a note and exit code 3.

A gc that removed something is recorded in the history. Exit code 6 if one of its notes reports damage, or if the disk was too
full to write a note or the record; what was removed is listed all the same.
)"};
  add_form<GcArguments>(gc)
      .option("--grace TIME", &GcArguments::grace,
              "how long to keep a file after gc saw for the first time that nothing needs it (default: 14d). With 0 it is "
              "removed at once, also on a full disk; then a deleted image comes back only from its source or its peer")
      .option("--dry-run", &GcArguments::dry_run, "write nothing, list every file");
  return gc;
}

CommandEntry state_command() {
  CommandEntry state{"state", "rebuild a lost state, or move it to a database and back", R"(
  ingot state rebuild && ingot plan   # look at the plan before you apply it
  ingot state rebuild --json
  ingot state move --to "postgresql://ingot@db.example.net/ingot?sslmode=verify-full"
  ingot state move --to state/ingot.db
)",
                     R"(
The state is an index of the store and of the signed heads. If the state file is lost, damaged or an old backup, "state rebuild"
rebuilds it from the catalog that was published last, the provenance files beside the images, and the trust floors. Every byte is
re-hashed. The old file is renamed and nothing is removed. No serial is used twice.

What only the state knows is lost: the history, and which peers were registered and subscriptions instantiated (an old backup
still has that). The next apply registers and instantiates again, from now on; the plan says which images were published before,
and how to copy them. Images that were found in the store are not managed, so nothing is deleted until a manifest names them. The
commit that was applied last (for the guard "forward") is taken from the published head.

If the published head was not made by this server (a thief may have published it), the images that only that head lists are named,
and nothing is changed (exit code 7).

A backup of the newest state is better: copy state/ while no run is under way, with the store and the keys.

"state move" carries the state over to a database, or from there to a file, where no state is. It copies every row, compares them
all, and marks the old state as moved. Then set `state` in [server] to the new place. Every later command on the old one ends with
exit code 6 and names the new place; queries still read it. A move that was cut off is finished by the same command.
)"};
  add_form<RebuildArguments>(state, "rebuild")
      .option("--yes", &RebuildArguments::yes,
              "accept those images; or, if a root has revoked the keys of that head, disown them");
  add_form<MoveState>(state, "move")
      .needed("--to URL|PATH", &MoveState::to, "the new place: the URL of a PostgreSQL database, or a file")
      .option("--password-file FILE", &MoveState::password_file, "the file with the password for that database");
  return state;
}

CommandEntry report_command() {
  CommandEntry report{"report", "write this server's history as an HTML page to mail", R"(
  ingot report --out gold.html
  ingot report --out gold.html -f /srv/ingot
)",
                      R"(
Writes one HTML file: bytes copied per day and per peer, the growth of the store and when the disk is full at that rate, failures
by place and cause. It reads only the state and the free space of the disk, and asks no peer. The file needs no scripts and loads
nothing; a browser shows it light, dark, on a phone and on paper.

The growth is that of the packed files of all images here, each content once. The forecast continues the average of the last 90
days. Freed space counts from the removal of an image, although gc frees it later.
)"};
  add_form<ReportArguments>(report).needed("--out FILE", &ReportArguments::out, "the HTML file; replaces only an earlier report");
  return report;
}

}  // namespace

std::vector<CommandEntry> upkeep_commands() { return {key_command(), gc_command(), state_command(), report_command()}; }

}  // namespace ingot::options
