// extract, delta, verify, gc: the bytes of images.
#include "reconciler/options/define.hpp"

namespace ingot::options {

CommandEntry extract_command() {
  CommandEntry extract{.name = "extract", .summary = "unpack an image, verified"};
  extract.examples = R"(
  ingot extract db19_24 /u01/app/db19_24    # a tree: DEST becomes the folder
  ingot extract series:db19 /u01/app/db19   # the latest image of a series
  ingot extract db19_24 - | tar tv          # the tree as a tar stream
)";
  extract.text = R"(
Every byte is verified before it appears. DEST must not exist, be empty, or hold exactly this image. DEST appears whole or not at
all. An empty folder that cannot be replaced (a mount point) is filled in place. A series means its latest member that is not
withdrawn. Exit code 3 if set-id bits, capabilities, ACLs, modes or times were lost.
)";
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
  CommandEntry delta{.name = "delta", .summary = "make and apply the difference of two images by hand"};
  delta.examples = R"(
  ingot delta make db19.24 db19.25 db19.delta         # folders, or files
  ingot delta apply db19.24 db19.delta /u01/db19.25   # a tree: DEST becomes the folder
  ingot delta apply disk-1.qcow2 disk.delta - > disk-2.qcow2
)";
  delta.text = R"(
A delta is a file that makes one image (NEW) of another one (BASE). apply and the servers make and use deltas by themselves; this
command needs no manifest and no store. BASE and NEW are each a folder, or a file: a file image, or the tar of a tree as "ingot
extract IMAGE -" writes it. A folder is first written as a tar to the folder TMPDIR (default: /tmp).

apply hashes BASE before, and the result before DEST gets its name. DEST must not exist, or be empty. With DEST - the bytes are right
only if the exit code is 0. Exit code 64 if BASE is another image than the one that the delta was made from, 4 if the delta is damaged.

make replaces no file. It takes at most 0.7 GiB of memory, apply at most 256 MiB.
)";
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
  CommandEntry verify{.name = "verify", .summary = "re-hash images and the published catalog, and repair them"};
  verify.examples = R"(
  ingot verify            # all images, the published pages and the head
  ingot verify db19_24 db19_25
  ingot verify --repair   # and repair what is damaged or missing
)";
  verify.text = R"(
Reads every byte again. Exit code 0 if everything is whole, 6 with a list if something is damaged.

apply repairs by itself what a plan can see: files that are missing or have another length (with more than 10,000 images, only
images that are published anew or were left out of the catalog). Only verify finds changed bytes. A damaged root of trust must be
restored from a backup.
)";
  add_form<VerifyArguments>(verify)
      .word("[IMAGE...]", &VerifyArguments::images)
      .option("--repair", &VerifyArguments::repair,
              "move what is damaged to the folder \"quarantine\" of the store, and restore it: own images from their unchanged "
              "source; any image from the peers that offer the same bytes, one after the other; or from quarantine, if that "
              "turns out to be whole. An image that cannot be restored is published without its bytes. Published pages and the "
              "head are written again. Needs the keys that apply needs, and the lock. The repair is recorded in the history as a "
              "run, and does nothing else. gc removes the quarantine later, but never the only file of an image. Exit code 0 if "
              "everything is whole afterwards, else 6 (or 4, see \"ingot --help\")");
  return verify;
}

CommandEntry gc_command() {
  CommandEntry gc{.name = "gc", .summary = "free disk space that no image needs any more"};
  gc.examples = R"(
  ingot gc --dry-run   # what would be removed, and when
  ingot gc             # for a timer, once a day
  ingot gc --grace 0   # the disk is full: remove now
)";
  gc.text = R"(
Removes the bytes of deleted images and of removed copies, old pages of the catalog, and partial copies that no rule wants. When gc
sees a file for the first time it only notes it. A later gc removes the file, when the grace period is over. Until then a deleted
image can be restored without its source: put it back into the manifest.

gc never removes what an image here, the published head, or an older head until a day after its end needs, nor partial copies of
wanted images, nor provenance files. The bytes of copies that are no longer served are moved out of the public tree. Cached pages
of peers' catalogs are removed at once if no valid head of the peer names them.

A gc that removed something is recorded in the history. Exit code 6 if one of its notes reports damage, or if the disk was too
full to write a note or the record; what was removed is listed all the same.
)";
  add_form<GcArguments>(gc)
      .option("--grace TIME", &GcArguments::grace,
              "how long to keep a file after gc saw for the first time that nothing needs it (default: 14d). With 0 it is "
              "removed at once, also on a full disk; then a deleted image comes back only from its source or its peer")
      .option("--dry-run", &GcArguments::dry_run, "write nothing, list every file");
  return gc;
}

}  // namespace ingot::options
