#!/usr/bin/python3
"""D3, D4, D8-D10: disks, inodes, file sizes and file descriptors run out at every step; disks are read-only; a store is in parts.

Disks are small tmpfs in a mount namespace of their own; that needs root, else those tests are skipped. INGOT_FULL=1 takes
every step, else a sample by INGOT_SEED (printed).
"""
import contextlib
import os
import resource
import shutil
import signal
import subprocess
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import sweep

APPLY = ("apply", "--yes", "--parallel", "1")
NEEDS_MOUNTS = unittest.skipUnless(servers.OWN_MOUNTS, "only root may mount a small disk, and not in every container")


class Exhaustion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {servers.SEED}")
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.stage = sweep.Stage(cls.world)
        cls.gold, cls.tried = cls.stage.gold, 0
        cls.first = cls.stage.first_apply(limits="min_free = \"0 %\"\n")
        cls.second = cls.stage.second_apply(limits="min_free = \"0 %\"\n")

    @classmethod
    def tearDownClass(cls):
        servers.figure("exhaustion", disks_and_other_limits_exhausted=cls.tried)
        print(f"{cls.tried} limits met")

    @contextlib.contextmanager
    def disk(self, case, options, room="size=200m"):
        """The server of the case on a disk of its own, mounted with `room` and then with `options`."""
        folder = self.gold.folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        self.mount("-t", "tmpfs", "-o", room, "tmpfs", folder)
        try:
            subprocess.run(["cp", "-a", f"{case.template}/.", folder], check=True)
            self.mount("-o", f"remount,{options}", folder)
            yield
        finally:
            subprocess.run(["umount", "-l", folder], check=True)

    @staticmethod
    def mount(*words):
        subprocess.run(["mount", *map(str, words)], check=True)

    def judged(self, case, ran, what, expected=(0, 6)):
        type(self).tried += 1
        self.assertIn(ran.returncode, expected, f"{what}: {ran.stdout}{ran.stderr}")
        self.assertEqual(server_folder.check(self.gold.folder, case.before, case.removed), [], what)
        # What there was no room for from the start is deferred, and no failure.
        if ran.returncode == 0 and "deferred" not in ran.stdout:
            self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), case.end), [], what)

    def recovered(self, case, what):
        again = self.gold.ingot(*case.words)
        self.assertEqual(again.returncode, 0, f"{what}: {again.stdout}{again.stderr}")
        self.assertEqual(server_folder.check(self.gold.folder, case.before, case.removed), [], what)
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), case.end), [], what)

    def shrinking(self, case, option, values, roomy):
        """The disk is as small as each of `values` for a run, then roomy."""
        codes = set()
        for value in values:
            with self.disk(case, f"{option}={value}"):
                ran = self.gold.ingot(*case.words)
                codes.add(ran.returncode)
                # 3: an image that such a disk can never hold is blocked.
                self.judged(case, ran, f"{case.name} with {option}={value}", (0, 3, 6))
                self.mount("-o", f"remount,{roomy}", self.gold.folder)
                self.recovered(case, f"{case.name} after {option}={value}")
        self.assertIn(6, codes)

    def used(self, case):
        with self.disk(case, "size=200m"):
            space = os.statvfs(self.gold.folder)
            self.gold.done(self.gold.ingot(*case.words))
            after = os.statvfs(self.gold.folder)
        blocks = [(one.f_blocks - one.f_bfree) * one.f_frsize // 1024 for one in (space, after)]
        return blocks, [one.f_files - one.f_ffree for one in (space, after)]

    @NEEDS_MOUNTS
    def test_D3_a_disk_that_is_full_at_any_step_loses_nothing_and_the_run_goes_on_with_room(self):
        for case, most in ((self.first, 8), (self.second, 5)):
            (before, after), _ = self.used(case)
            steps = servers.sampled(range(before + 8, after + 800, 16), most)
            self.shrinking(case, "size", [f"{step}k" for step in [before + 4, *steps]], "size=200m")

    @NEEDS_MOUNTS
    def test_D4_a_disk_without_inodes_at_any_step_loses_nothing_and_the_run_goes_on_with_some(self):
        for case, most in ((self.first, 8), (self.second, 5)):
            _, (before, after) = self.used(case)
            self.shrinking(case, "nr_inodes", [before + 1, *servers.sampled(range(before + 2, after + 3), most)], "nr_inodes=100000")

    def limited(self, case, which, values, codes=(0, 3, 6)):
        seen = set()
        for value in values:
            case.restore()
            ran = self.gold.ingot(*case.words, preexec_fn=lambda value=value: resource.setrlimit(which, (value, value)))
            seen.add(ran.returncode)
            self.judged(case, ran, f"{case.name} with {value}", codes)
            self.recovered(case, f"{case.name} after {value}")
        return seen

    def test_D4_a_limit_on_the_size_of_files_ends_a_run_with_6_and_never_by_a_signal(self):
        sizes = [1, 4_096, 20_000, 33_000, 40_000, 100_000, 200_000, 400_000, 1_000_000, 4_400_000]
        self.assertIn(6, self.limited(self.first, resource.RLIMIT_FSIZE, servers.sampled(sizes, 5), (0, 6)))

    def test_D8_a_limit_on_open_files_ends_a_run_with_6_or_3_and_loses_nothing(self):
        # Below six not even the program's libraries can be opened while the manifest is.
        self.assertTrue({3, 6} & self.limited(self.first, resource.RLIMIT_NOFILE, servers.sampled(range(5, 24), 6)))

    @NEEDS_MOUNTS
    def test_D9_on_a_read_only_disk_looking_works_and_apply_fails_before_it_fetches_anything(self):
        with self.disk(self.second, "ro"):
            asked = len(self.world.webs[0].requests())
            ran = self.gold.ingot(*self.second.words)
            self.judged(self.second, ran, "read-only", (6,))
            self.assertEqual(len(self.world.webs[0].requests()), asked, "a peer was asked by a run that cannot keep anything")
            for words in (("plan",), ("status",), ("verify",), ("query", "images"), ("drift",), ("explain", "mine"), ("extract", "mine", "-")):
                looked = self.gold.ingot(*words)
                own_url_is_nowhere = (3,) if words == ("status",) else ()
                self.assertIn(looked.returncode, (0, 2) + own_url_is_nowhere, f"{words}: {looked.stdout}{looked.stderr}")

    @NEEDS_MOUNTS
    def test_D9_a_folder_that_may_not_be_written_is_told_of_and_nothing_is_lost(self):
        for name in ("store/staging", "store/public/c", "store/public", "state"):
            self.second.restore()
            subprocess.run(["chown", "-R", "65534:65534", self.gold.folder], check=True)
            os.chmod(self.world.path, 0o755)
            os.chown(self.gold.folder / name, 0, 0)
            mode = (self.gold.folder / name).stat().st_mode & 0o777
            os.chmod(self.gold.folder / name, 0o755)
            ran = self.gold.ingot(*self.second.words, user=65534, group=65534, extra_groups=[])
            os.chmod(self.gold.folder / name, mode)
            self.judged(self.second, ran, name, (6,))
            self.assertIn(name.rsplit("/", 1)[-1], ran.stdout + ran.stderr)
            self.recovered(self.second, name)

    @NEEDS_MOUNTS
    def test_D10_a_store_with_a_part_on_another_file_system_is_refused_at_the_start(self):
        for part in ("staging", "private", "public/b"):
            self.second.restore()
            folder = self.gold.folder / "store" / part
            self.mount("-t", "tmpfs", "-o", "size=50m", "tmpfs", folder)
            try:
                asked = len(self.world.webs[0].requests())
                ran = self.gold.ingot(*self.second.words)
                self.assertEqual(ran.returncode, 6, ran.stdout + ran.stderr)
                self.assertIn("file system", ran.stderr)
                self.assertEqual(len(self.world.webs[0].requests()), asked)
                self.assertEqual(os.listdir(folder), [])
            finally:
                subprocess.run(["umount", folder], check=True)
            self.recovered(self.second, part)

    def test_D8_calls_that_do_only_a_part_or_are_interrupted_change_nothing(self):
        """A library before the system's own does one byte at a time, and every second call is interrupted (EINTR)."""
        library = os.environ.get("INGOT_SHORT_CALLS")
        if not library:
            self.skipTest("INGOT_SHORT_CALLS does not say where the library is")
        for case in (self.first, self.second):
            case.restore()
            ran = self.gold.ingot(*case.words, env={**os.environ, "LD_PRELOAD": library})
            self.judged(case, ran, "short calls", (0,))

    def test_D4_SIGXFSZ_is_ignored_from_the_start(self):
        self.first.restore()
        ran = self.gold.ingot("validate", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)))
        self.assertNotEqual(ran.returncode, -signal.SIGXFSZ)


if __name__ == "__main__":
    servers.take_own_mounts()
    unittest.main()
