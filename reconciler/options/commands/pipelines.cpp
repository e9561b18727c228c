// add, bundle: images on their way into the manifest, and out on a disk.
#include "reconciler/options/define.hpp"

namespace ingot::options {

CommandEntry add_command() {
  CommandEntry add{.name = "add", .summary = "write the manifest file of a new image, for pipelines"};
  add.examples = R"(
  ingot add builds/2026-11-30.img --name nightly-2026-11-30 --series nightly
  ingot add /stage/db19.25 --name db19_25 --type ORACLEDBSOFTWARE --parent db19_24 --version 19.25.0 --label team=dba
  ingot add out.img --name "app-$TAG" --series app --version "$TAG" && git add images && git commit -m "app $TAG"
)";
  add.text = R"(
Writes images/NAME.toml beside the manifest: one [[image]] in a file of its own, so that two pipelines never change the same line.
Nothing is applied: commit the file, and the server's next run adds the image. The manifest must include the file, with
include = ["images/*.toml"].

The manifest is checked with the new file first. Exit code 65 if an image of this name or this file exists, if a series does not, or if
the manifest does not include the file; then nothing is written.

SOURCE is written relative to the new file. An absolute SOURCE outside of the folder of the manifest stays absolute.
)";
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
      .option(
          "--state TESTABLE|RESTRICTED|PUBLISHED",
          [](AddArguments& given, const Setting& setting) {
            read_choice(setting);
            given.state = parse_image_state(setting.value);
          },
          "the state of the image (default: PUBLISHED)")
      .repeated("--label NAME=VALUE", &AddArguments::labels, "a label");
  return add;
}

CommandEntry bundle_command() {
  CommandEntry bundle{.name = "bundle", .summary = "write what is published to a disk, for a site without a network"};
  bundle.examples = R"(
  ingot bundle /media/usb/dc1                           # everything
  ingot bundle /media/usb/dc1 --series db19 --latest 2  # the two newest of a series
  ingot bundle /media/usb/dc1 db19_24 db19_25           # these
  ingot bundle /media/usb/dc1 --since 1200              # what came after serial 1200
  ingot bundle /media/usb/dc1 --verify                  # read the disk again
  ingot bundle /media/usb/oslo --peer oslo              # what is here of a peer's images
)";
  bundle.text = R"(
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
)";
  add_form<BundleArguments>(bundle)
      .word("DEST", &BundleArguments::destination)
      .word("[IMAGE...]", &BundleArguments::images)
      .option("--series NAME", &BundleArguments::series, "the images of this series")
      .option(
          "--latest N",
          [](BundleArguments& given, const Setting& setting) { given.latest = read_number(setting, 1, 1'000'000'000, 2); },
          "with --series: only the newest N")
      .option(
          "--since SERIAL",
          [](BundleArguments& given, const Setting& setting) { given.since = read_number(setting, 0, largest_serial, 1200); },
          "only what came into the catalog (with --series: into the series) after this serial")
      .option("--peer PEER", &BundleArguments::peer,
              "the peer's catalog, as it was seen last, with the images of it that are here; no network is used")
      .option("--verify", &BundleArguments::verify,
              "read every file of an image in DEST again and compare it with the signed catalog; exit code 6 if one is damaged. "
              "Nothing is written: takes no IMAGE, --series or --since")
      .check([](BundleArguments& given) {
        if (given.latest && !given.series) wrong("--latest needs --series", "write for example --series db19 --latest 2");
        if (given.verify && (!given.images.empty() || given.series || given.since))
          wrong("--verify reads all that is in DEST: it takes no IMAGE, --series or --since",
                "run \"ingot bundle\" with them first, then with --verify alone");
      });
  return bundle;
}

}  // namespace ingot::options
