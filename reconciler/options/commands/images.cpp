// extract, delta, verify, publish, add, bundle: the bytes of images, and their way in and out.
#include "reconciler/options/define.hpp"

namespace ingot::options {

namespace {

CommandEntry extract_command() {
  CommandEntry extract{"extract", "unpack an image, verified", R"(
  ingot extract db19_24 /u01/app/db19_24    # a tree: DEST becomes the folder
  ingot extract series:db19 /u01/app/db19   # the latest image of a series
  ingot extract db19_24 - | tar tv          # the tree as a tar stream
)",
                       R"(
Every byte is verified before it appears. DEST must not exist, be empty, or hold exactly this image. DEST appears whole or not at
all. An empty folder that cannot be replaced (a mount point) is filled in place. A series means its latest member that is not
withdrawn. Exit code 3 if set-id bits, capabilities, ACLs, modes or times were lost.
)"};
  add_form<ExtractArguments>(extract)
      .word("IMAGE|series:NAME", &ExtractArguments::what)
      .word("DEST|-", &ExtractArguments::destination)
      .option("--sparse", &ExtractArguments::sparse,
              "leave holes in files where blocks of 4 KiB are all zeros; without it all blocks are written")
      .option("--no-special", &ExtractArguments::no_special,
              "leave out set-id bits, capabilities and ACLs; accept modes and times that cannot be kept")
      .option("--withdrawn", &ExtractArguments::withdrawn, "allow an image that was withdrawn");
  return extract;
}

CommandEntry delta_command() {
  CommandEntry delta{"delta", "make and apply the difference of two images by hand", R"(
  ingot delta make db19.24 db19.25 db19.delta         # folders, or files
  ingot delta apply db19.24 db19.delta /u01/db19.25   # a tree: DEST becomes the folder
  ingot delta apply disk-1.qcow2 disk.delta - > disk-2.qcow2
)",
                     R"(
A delta is a file that makes one image (NEW) of another one (BASE). apply and the servers make and use deltas by themselves; this
command needs no manifest and no store. BASE and NEW are each a folder, or a file: a file image, or the tar of a tree as "ingot
extract IMAGE -" writes it. A folder is first written as a tar to the folder TMPDIR (default: /tmp).

apply hashes BASE before, and the result before DEST gets its name. DEST must not exist, or be empty. With DEST - the bytes are right
only if the exit code is 0. Exit code 64 if BASE is another image than the one that the delta was made from, 4 if the delta is damaged.

make replaces no file. It takes at most 0.7 GiB of memory, apply at most 256 MiB.
)"};
  add_form<ApplyDelta>(delta, "apply")
      .word("BASE", &ApplyDelta::base)
      .word("DELTA", &ApplyDelta::delta)
      .word("DEST|-", &ApplyDelta::destination)
      .option("--sparse", &ApplyDelta::sparse, "leave holes in files where blocks of 4 KiB are all zeros")
      .option("--no-special", &ApplyDelta::no_special,
              "leave out set-id bits, capabilities and ACLs; accept modes and times that cannot be kept");
  add_form<MakeDelta>(delta, "make")
      .word("BASE", &MakeDelta::base)
      .word("NEW", &MakeDelta::result)
      .word("DELTA", &MakeDelta::delta);
  return delta;
}

CommandEntry verify_command() {
  CommandEntry verify{"verify", "re-hash images and the published catalog, and repair them", R"(
  ingot verify               # all images, the published pages and the head
  ingot verify db19_24 db19_25
  ingot verify --repair      # and repair what is damaged or missing
  ingot verify --upload s3   # is all that is published in the store of [[upload]] s3?
)",
                      R"(
Reads every byte again. Exit code 0 if everything is whole, 6 with a list if something is damaged.

apply repairs by itself what a plan can see: files that are missing or have another length (with more than 10,000 images, only
images that are published anew or were left out of the catalog). Only verify finds changed bytes. A damaged root of trust must be
restored from a backup.
)"};
  add_form<VerifyArguments>(verify)
      .word("[IMAGE...]", &VerifyArguments::images)
      .option("--repair", &VerifyArguments::repair,
              "move what is damaged to the folder \"quarantine\" of the store, and restore it: own images from their unchanged "
              "source; any image from the peers that offer the same bytes, one after the other; or from quarantine, if that "
              "turns out to be whole. An image that cannot be restored is published without its bytes. Published pages and the "
              "head are written again. Needs the keys that apply needs, and the lock. The repair is recorded in the history as a "
              "run, and does nothing else. gc removes the quarantine later, but never the only file of an image. Exit code 0 if "
              "everything is whole afterwards, else 6 (or 4, see \"ingot --help\")")
      .option("--upload NAME", &VerifyArguments::upload,
              "look at the objects that this [[upload]] put into its store instead: sizes and ETags of all, every byte of the "
              "catalog. Exit code 3 with a list if objects are missing or wrong; with --repair they are uploaded again. Takes no "
              "IMAGE")
      .check([](VerifyArguments& given) {
        if (given.upload && !given.images.empty())
          wrong("--upload looks at all that is published: it takes no IMAGE", "leave out the images, or --upload");
      });
  return verify;
}

CommandEntry publish_command() {
  CommandEntry publish{"publish", "sign and publish the head again, and nothing else", R"(
  ingot publish
  ingot publish --above 1200   # a thief of the catalog key has published serial 1200
)",
                       R"(
Publishes the images of the state under a newly signed head, valid for another head_ttl. apply does this by itself when half of
head_ttl is over. Use this command for a server that seldom changes.
)"};
  add_form<PublishArguments>(publish)
      .option("--above SERIAL", number(&PublishArguments::above, 0, largest_serial, 1200),
              "publish with a serial that is higher than this. Peers that saw the head of a thief refuse lower serials for ever: "
              "after \"ingot key revoke\", ask them for the serial (\"ingot query peers\" there)")
      .option("--metrics FILE", &PublishArguments::metrics, metrics_file);
  return publish;
}

CommandEntry add_command() {
  CommandEntry add{"add", "write the manifest file of a new image, for pipelines", R"(
  ingot add builds/2026-11-30.img --name nightly-2026-11-30 --series nightly
  ingot add /stage/db19.25 --name db19_25 --type ORACLEDBSOFTWARE --parent db19_24 --version 19.25.0 --label team=dba
  ingot add out.img --name "app-$TAG" --series app --version "$TAG" && git add images && git commit -m "app $TAG"
)",
                   R"(
Writes images/NAME.toml beside the manifest: one [[image]] in a file of its own, so that two pipelines never change the same line.
Nothing is applied: commit the file, and the server's next run adds the image. The manifest must include the file, with
include = ["images/*.toml"].

The manifest is checked with the new file first. Exit code 65 if an image of this name or this file exists, if a series does not, or if
the manifest does not include the file; then nothing is written.

SOURCE is written relative to the new file. An absolute SOURCE outside of the folder of the manifest stays absolute.
)"};
  add_form<AddArguments>(add)
      .word("SOURCE", &AddArguments::source)
      .needed("--name NAME", &AddArguments::name, "the name of the image")
      .repeated("--series NAME", &AddArguments::series,
                "a [[series]] of the manifest that the image joins, behind the images that it lists")
      .option("--parent IMAGE", &AddArguments::parent, "the image that this one was made from")
      .option("--version TEXT", &AddArguments::version, "the version; a series is sorted by it")
      .option("--type TYPE", &AddArguments::type, "a built-in type or one of an [[imagetype]] (default: SOFTWARE)")
      .option("--platform TEXT", &AddArguments::platform, "such as linux-x86_64")
      .option("--description TEXT", &AddArguments::description, "one line")
      .option("--state TESTABLE|RESTRICTED|PUBLISHED", &AddArguments::state, "the state of the image (default: PUBLISHED)")
      .repeated("--label NAME=VALUE", &AddArguments::labels, "a label");
  return add;
}

CommandEntry bundle_command() {
  CommandEntry bundle{"bundle", "write what is published to a disk, for a site without a network", R"(
  ingot bundle /media/usb/dc1                           # everything
  ingot bundle /media/usb/dc1 --series db19 --latest 2  # the two newest of a series
  ingot bundle /media/usb/dc1 db19_24 db19_25           # these
  ingot bundle /media/usb/dc1 --since 1200              # what came after serial 1200
  ingot bundle /media/usb/dc1 --verify                  # read the disk again
  ingot bundle /media/usb/dc1 --verify --peer dc1       # the same at the other site
  ingot bundle /media/usb/oslo --peer oslo              # what is here of a peer's images
)",
                      R"(
DEST becomes a published tree: the signed head, the roots, the whole catalog, and the bytes of the images that were chosen. A site
without a network registers the server with urls = ["file:///media/usb/dc1/"] and offline = true. What the disk lacks is deferred there
(not-on-medium).

Files are added and never removed. A file that is there with its length is not written again. An interrupted run is resumed. Until the
run ends, the disk has the head of the run before. Before anything is written, bundle checks that the disk has room and, on FAT, that
no file has 4 GiB or more. The disk needs neither links nor modes.

Exit code 3 if an image that was named does not exist or has no bytes here, or if the head has expired; 6 if the disk cannot take the
bundle, or bytes of this server or on the disk (--verify) are damaged or cannot be read; 7 if DEST has a bundle of another server, or a
newer one.

Withdrawn images are left out unless they are named.
)"};
  add_form<BundleArguments>(bundle)
      .word("DEST", &BundleArguments::destination)
      .word("[IMAGE...]", &BundleArguments::images)
      .option("--series NAME", &BundleArguments::series, "the images of this series")
      .option("--latest N", number(&BundleArguments::latest, 1, 1'000'000'000, 2), "with --series: only the newest N")
      .option("--since SERIAL", number(&BundleArguments::since, 0, largest_serial, 1200),
              "only what came into the catalog (with --series: into the series) after this serial")
      .option("--peer PEER", &BundleArguments::peer,
              "the catalog of this peer as it was last seen, and those of its images that are here; no network is used")
      .option("--verify", &BundleArguments::verify,
              "read the files of all images in DEST again and compare them with the signed catalog; exit code 6 if an image is "
              "damaged. A damaged delta is only reported. "
              "Nothing is written: takes no IMAGE, --series or --since")
      .check([](BundleArguments& given) {
        if (given.latest && !given.series) wrong("--latest needs --series", "write for example --series db19 --latest 2");
        if (given.verify && (!given.images.empty() || given.series || given.since))
          wrong("--verify reads all that is in DEST: it takes no IMAGE, --series or --since",
                "run \"ingot bundle\" with them first, then with --verify alone");
      });
  return bundle;
}

}  // namespace

std::vector<CommandEntry> image_commands() {
  return {extract_command(), delta_command(), verify_command(), publish_command(), add_command(), bundle_command()};
}

}  // namespace ingot::options
