// publish, key, state: the head, the keys, and a lost state.
#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/options/define.hpp"

namespace ingot::options {

CommandEntry publish_command() {
  CommandEntry publish{.name = "publish", .summary = "sign and publish the head again, and nothing else"};
  publish.examples = R"(
  ingot publish
  ingot publish --above 1200   # a thief of the catalog key has published serial 1200
)";
  publish.text = R"(
Publishes the images of the state under a newly signed head, valid for another head_ttl. apply does this by itself when half of
head_ttl is over. Use this command for a server that seldom changes.
)";
  add_form<PublishArguments>(publish)
      .option(
          "--above SERIAL",
          [](PublishArguments& publish, const Setting& setting) {
            publish.above = read_number(setting, 0, largest_serial, 1200);
          },
          "publish with a serial that is higher than this. Peers that saw the head of a thief refuse lower serials for ever: "
          "after \"ingot key revoke\", ask them for the serial (\"ingot query peers\" there)")
      .option("--metrics FILE", &PublishArguments::metrics, metrics_file);
  return publish;
}

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

}  // namespace

CommandEntry key_command() {
  CommandEntry key{.name = "key", .summary = "keys and roots of trust: make, show, rotate, revoke, release, sign, install"};
  key.examples = R"(
  ingot key show                                       # the root of this server, and which private keys are here
  ingot key make keys/catalog-2.pem                    # a new private key; its public key is printed
  ingot key rotate --add-catalog keys/catalog-2.pem    # heads are then signed with both keys
  ingot key rotate --drop-catalog keys/catalog.pem     # later, when every peer has seen the new root
  ingot key rotate                                     # the same keys for another ten years
  ingot key revoke keys/catalog.pem --add-catalog keys/catalog-2.pem   # the key was stolen
  ingot key sign root-2.dsse --key /media/stick/root-b.pem             # on another machine, without a manifest
  ingot key rotate --add-release release.pub           # peers then copy only images that it has signed
  ingot key release db19_25                            # writes keys/releases.jsonl for the release keys to sign
)";
  key.text = R"(
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
)";
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

CommandEntry state_command() {
  CommandEntry state{.name = "state", .summary = "rebuild a lost or damaged state from the store"};
  state.examples = R"(
  ingot state rebuild && ingot plan   # look at the plan before you apply it
  ingot state rebuild --json
)";
  state.text = R"(
The state is an index of the store and of the signed heads. If the state file is lost, damaged or an old backup, this command
rebuilds it from the catalog that was published last, the provenance files beside the images, and the trust floors. Every byte is
re-hashed. The old file is renamed and nothing is removed. No serial is used twice.

What only the state knows is lost: the history, and which peers were registered and subscriptions instantiated (an old backup
still has that). The next apply registers and instantiates again, from now on; the plan says which images were published before,
and how to copy them. Images that were found in the store are not managed, so nothing is deleted until a manifest names them. The
commit that was applied last (for the guard "forward") is taken from the published head.

If the published head was not made by this server (a thief may have published it), the images that only that head lists are named,
and nothing is changed (exit code 7).

A backup of the newest state is better: copy state/ while no run is under way, with the store and the keys.
)";
  add_form<RebuildArguments>(state, "rebuild")
      .option("--yes", &RebuildArguments::yes,
              "accept those images; or, if a root has revoked the keys of that head, disown them");
  return state;
}

}  // namespace ingot::options
