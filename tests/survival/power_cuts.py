#!/usr/bin/python3
"""K2-K6: power cuts on a real ext4 file system; then the oracle, a rerun, and the oracle again.

The file system lies in an image behind a loop device and commits nothing by itself (commit=300). A cut is ext4's shutdown
ioctl without a flush of its log: whatever no fsync has asked for is gone when it is mounted again. Needs root, ext4 and a
free loop device, else the test is skipped. INGOT_FULL=1: 340 cuts; else about 40, at points chosen by INGOT_SEED (printed).
"""
import fcntl
import json
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import sys
import time
import unittest

import servers  # first: it knows where the oracle is
import export_sweep
import exported_folder
import server_folder
import sweep
import watcher

SHUTDOWN, LOG_FLUSHED, LOG_LOST = 0x8004587D, 1, 2  # EXT4_IOC_SHUTDOWN and its flags
APPLY = ("apply", "--yes", "--json", "--parallel", "1")
CALLS = ("openat", "write", "pwrite64", "fsync", "syncfs", "sync_file_range", "fdatasync", "renameat2", "renameat", "rename", "symlinkat", "unlink",
         "unlinkat", "ftruncate", "fallocate", "mkdir", "close")


def quietly(*words):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


class Disk:
    """An ext4 file system at `mounted`; keep() and restore() its whole image, by a name."""

    def __init__(self, folder, holder=None):
        self.image, self.mounted = folder / "disk.img", (holder or folder) / "disk"
        self.mounted.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(96 << 20)
        quietly("mkfs.ext4", "-q", "-F", self.image)
        self.mount()

    def mount(self):
        quietly("mount", "-o", "loop,commit=300", self.image, self.mounted)

    def unmount(self):
        # A child of the run that was cut may live for an instant longer.
        for _ in range(100):
            if subprocess.run(("umount", self.mounted), stderr=subprocess.DEVNULL, check=False).returncode == 0:
                return
            time.sleep(0.1)
        quietly("umount", self.mounted)

    def _copy(self, source, target):
        self.unmount()
        quietly("cp", "--sparse=always", source, target)
        self.mount()

    def keep(self, name):
        self._copy(self.image, self.image.with_suffix(f".{name}"))

    def restore(self, name):
        self._copy(self.image.with_suffix(f".{name}"), self.image)

    def cut(self, flag=LOG_LOST):
        descriptor = os.open(self.mounted, os.O_RDONLY)
        fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", flag))
        os.close(descriptor)


class Cuts:
    """A server on that disk, its peer elsewhere, and one command that cuts disturb."""

    def __init__(self, world, holder):
        self.disk, self.log = Disk(world.path, holder), world.path / "run.log"
        peer = world.site("silver")
        web = world.web(peer.public, "silver-web")
        peer.manifest(peer.image("theirs", servers.noise(9_000, 1)) + peer.image("large", servers.noise(4_500_000, 2))
                      + peer.image("unwanted", b"for a while"))
        peer.apply()
        self.gold = servers.Site(self.disk.mounted / "gold", "gold", "https://gold.example.net/")
        self.gold.done(self.gold.ingot("init", "--server", "gold", str(self.gold.folder)))
        self.peer = self.gold.peer(peer, f'urls = ["{web.url}"]')
        self.exported = None  # an export that the command works on
        self.count = self.killed = self.went_back = 0  # cuts; right behind a system call; that took back a head which readers saw

    def take(self, words, start, entries="", removed=()):
        """From now on this command is cut, in a server that is as was kept under the name `start`, but for its manifest."""
        self.words, self.removed = words, removed
        self.disk.restore(start)
        if entries:
            self.gold.manifest(self.peer + entries)
        self.disk.keep("start")
        self.before = server_folder.listing(self.gold.folder)
        started = time.monotonic()
        self.gold.done(self.gold.ingot(*words))
        self.took = time.monotonic() - started
        self.end = self.normalised()

    def normalised(self):
        return sorted(server_folder.normalised(self.gold.folder) + (self.exported.lines() if self.exported else []))

    def check(self):
        faults = server_folder.check(self.gold.folder, self.before, self.removed)
        return faults + (self.exported.faults() if self.exported else [])

    def run_until_cut(self, under=(), delay=None, flag=LOG_LOST):
        """What readers saw before the cut, and the exit code, None if it was still running."""
        self.disk.restore("start")
        with watcher.Watcher(str(self.gold.public)) as watching, open(self.log, "wb") as log:
            process = subprocess.Popen([*under, servers.BINARY, *self.words], cwd=self.gold.folder, stdin=subprocess.DEVNULL,
                                       stdout=log, stderr=subprocess.STDOUT)
            try:
                code = process.wait(timeout=60 if delay is None else delay)
            except subprocess.TimeoutExpired:
                code = None
                process.send_signal(signal.SIGSTOP)
            while watching.walks < 2 and not watching.faults:  # with a fault it may have ended
                time.sleep(0.001)
            last = server_folder.published_tree.folder_reader(str(self.gold.public)).read()
        self.disk.cut(flag)
        process.kill()
        process.wait()
        self.disk.unmount()
        self.disk.mount()
        self.count += 1
        return {**watching.heads, (last.epoch, last.serial): last.head}, code, watching.faults

    def said_to_be_done(self):
        """Names of images that the run reported as here before the cut."""
        for line in self.log.read_text().splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("event") == "done" and event["verb"] in ("add", "copy"):
                yield event["address"].rsplit(".", 1)[1]

    def faults_now(self, code):
        faults = self.check()
        if faults:
            return faults
        live = {row["name"] for row in server_folder.images(self.gold.folder) if not row["deleted"]}
        faults += [f"{name} was reported as done and is gone" for name in self.said_to_be_done() if name not in live]
        if code == 0 and self.normalised() != self.end:
            faults.append("the run had ended well, and not all of it is there")
        return faults

    def cut_and_recover(self, **how):
        """Everything that is wrong after a cut, and after the rerun."""
        heads, code, faults = self.run_until_cut(**how)
        self.killed += code == -signal.SIGKILL
        self.went_back += self.number_of_head() < max(heads)
        faults += self.faults_now(code)
        if not faults:
            ran = self.gold.ingot(*self.words)
            faults += [] if ran.returncode == 0 else [f"the rerun ended with {ran.returncode}: {ran.stdout}{ran.stderr}"]
            faults += self.check()
            faults += sweep.different(self.normalised(), self.end)
            faults += self.faults_of_serials(heads)
        return faults

    def number_of_head(self):
        tree = server_folder.published_tree.folder_reader(str(self.gold.public)).read()
        return tree.epoch, tree.serial

    def faults_of_serials(self, seen):
        """K5: what readers saw before the cut is what the server says now, or it says something with a higher number."""
        now = server_folder.published_tree.folder_reader(str(self.gold.public)).read()
        for number, head in seen.items():
            if number > (now.epoch, now.serial):
                yield f"readers saw serial {number[1]}, and the head is {now.serial}"
            elif number == (now.epoch, now.serial) and head != now.head:
                yield f"readers saw another head with serial {now.serial}"

    def points_behind(self, pattern):
        """Points right behind the calls whose line of a trace matches."""
        self.disk.restore("start")
        log = str(self.log) + ".trace"
        self.gold.done(self.gold.ingot(*self.words, under=["strace", "-f", "-y", "-qq", "-o", log, "-e", "trace=" + ",".join(CALLS)]))
        counts, behind = {}, None  # strace counts the calls of each process apart: a child reads the repository
        for line in pathlib.Path(log).read_text(encoding="utf-8", errors="replace").splitlines():
            match = re.match(r"(\d+) +(\w+)\(", line)
            if not match:
                continue
            process, call = match.groups()
            counts[process, call] = counts.get((process, call), 0) + 1
            if behind == process:
                yield call, counts[process, call]
                behind = None
            if re.search(pattern, line):
                behind = process


def killed_at(point):
    return {"under": sweep.under_strace(*sweep.killing(point))}


class PowerCuts(unittest.TestCase):
    FIRST = '[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n'
    SECOND = ('[guard]\nremovals = { count = 9, percent = 100 }\n[[copy]]\npeer = "silver"\nname = "unwanted"\nkeep = false\n' + FIRST)

    @classmethod
    def setUpClass(cls):
        print(f"seed {servers.SEED}")
        cls.dice = random.Random(servers.SEED)
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.cuts = Cuts(cls.world, cls.enterClassContext(export_sweep.guarded_world()).path)
        cls.addClassCleanup(cls.cuts.disk.unmount)
        gold = cls.cuts.gold
        cls.own = gold.image("mine", servers.noise(300_000, 3)) + gold.image("hidden", b"hidden", "private = true") + gold.image("old", b"old")
        cls.later = gold.image("mine", servers.noise(300_000, 3)) + gold.image("hidden", b"hidden") + gold.image("new", b"new")
        cls.cuts.disk.keep("new")
        gold.manifest(cls.cuts.peer + cls.own + cls.FIRST)
        gold.apply()
        cls.cuts.disk.keep("applied")

    def survived(self, faults, how):
        self.assertEqual(list(faults), [], f"{how}, seed {servers.SEED}")

    def cut_anywhere(self, times):
        """At any time, and at any system call; one in four with the log flushed, as by a crash of the machine alone."""
        every = sweep_points(self.cuts)
        for number in range(times):
            how = {"delay": self.dice.random() * self.cuts.took * 1.1} if number % 2 else killed_at(self.dice.choice(every))
            how["flag"] = LOG_FLUSHED if number % 4 == 3 else LOG_LOST
            self.survived(self.cuts.cut_and_recover(**how), how)

    def test_K2_a_first_apply_survives_power_cuts_at_any_time(self):
        self.cuts.take(APPLY, "new", self.own + self.FIRST)
        self.cut_anywhere(150 if servers.FULL else 10)

    def test_K2_without_fsync_a_power_cut_loses_something_and_this_test_sees_it(self):
        self.cuts.take(APPLY, "new", self.own + self.FIRST)
        for call in ("fsync", "fdatasync"):  # the product's own; SQLite's
            _, code, _ = self.cuts.run_until_cut(under=sweep.under_strace(f"inject={call}:retval=0"))
            self.assertEqual(code, 0)
            self.assertNotEqual(self.cuts.faults_now(code), [], f"a run whose {call} does nothing lost nothing")

    def test_K2_a_second_apply_with_removals_survives_power_cuts_at_any_time(self):
        self.cuts.take(APPLY, "applied", self.later + self.SECOND, ("old", "unwanted"))
        self.cut_anywhere(130 if servers.FULL else 10)

    def test_R29_K2_an_export_and_its_link_survive_power_cuts_at_any_time(self):
        gold, images = self.cuts.gold, {name: export_sweep.members_of(name) for name in ("db1", "db2")}
        self.cuts.disk.restore("applied")
        for name, members in images.items():
            for path, data in members.items():
                (gold.folder / "trees" / name / path).parent.mkdir(parents=True, exist_ok=True)
                (gold.folder / "trees" / name / path).write_bytes(data)

        def exporting(*names):
            entries = "".join(f'[[image]]\nname = "{name}"\nsource = "trees/{name}"\n' for name in names)
            return (self.own + self.FIRST + entries + '[[series]]\nname = "db"\nimages = [' + ", ".join(f'"{name}"' for name in names)
                    + ']\n[[export]]\nname = "home"\nseries = "db"\nto = "u01"\nlink = "current"\n')
        gold.manifest(self.cuts.peer + exporting("db1"))
        gold.apply()
        self.cuts.disk.keep("exported")
        self.cuts.exported = exported_folder.ExportedFolder(gold.folder, gold.folder / "u01", ("current",), images)
        try:
            self.cuts.take(APPLY, "exported", exporting("db1", "db2"))
            self.assertEqual(self.cuts.exported.target(), "db2")
            self.cut_anywhere(60 if servers.FULL else 8)
        finally:
            self.cuts.exported = None

    def test_K3_K4_K5_a_publication_survives_power_cuts_at_its_turning_points(self):
        self.cuts.take(("publish",), "applied")
        for name, pattern in (("K3: right after a commit", r"fdatasync\(.*ingot\.db-wal"),
                              ("K4, K5: the head is visible, and not yet durable", r"rename\(.*head\.dsse"),
                              ("K4: the head is durable, and the state does not know", r"fsync\(\d+<[^>]*store/public>")):
            points = list(self.cuts.points_behind(pattern))
            self.assertNotEqual(points, [], name)
            for point in servers.sampled(points, 3):
                for flag in (LOG_LOST, LOG_FLUSHED):
                    before = self.cuts.killed
                    self.survived(self.cuts.cut_and_recover(**killed_at(point), flag=flag), f"{name}: {point}")
                    self.assertEqual(self.cuts.killed, before + 1, f"{name}: {point} was not reached")
        self.assertGreater(self.cuts.went_back, 0, "no cut came while a head was visible and not yet durable")
        self.cut_anywhere(40 if servers.FULL else 2)

    @classmethod
    def tearDownClass(cls):
        servers.figure("power_cuts", power_cuts_on_ext4=cls.cuts.count)
        print(f"{cls.cuts.count} power cuts")


def sweep_points(cuts):
    cuts.disk.restore("start")
    case = sweep.Case("cut", cuts.gold, cuts.words)
    case.restore = lambda: None
    case.trace = str(cuts.log) + ".trace"
    return sweep.points(case, CALLS)


def why_not():
    """Why this machine cannot do it; None if it can."""
    if not servers.OWN_MOUNTS:
        return "only root may mount a file system, and not in every container"
    if not os.path.exists("/dev/loop-control"):
        return "there are no loop devices"
    try:
        with servers.World() as world:
            disk = Disk(world.path)
            disk.cut()
            disk.unmount()
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no ext4 file system can be mounted and cut here: {error} {getattr(error, 'stderr', b'')!r}"
    return None


if __name__ == "__main__":
    servers.take_own_mounts()
    if reason := why_not():
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main()
