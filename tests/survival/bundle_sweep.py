#!/usr/bin/python3
"""K1, D3, D4 for bundles: `ingot bundle` is killed or fails at every system call, while it adds to a disk. The disk has the head of
the run before or of this one, whole, and the same command once more ends as an undisturbed one.

INGOT_FULL=1 takes every call, else a sample by INGOT_SEED (printed).
"""
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import fault_sweep
import kill_sweep
import sweep

CALLS = ("openat", "write", "pwrite64", "fsync", "syncfs", "rename", "ftruncate", "mkdir", "close")
ERRORS = {"openat": ("EIO",), "pread64": ("EIO",), "pwrite64": ("ENOSPC", "EIO"), "fsync": ("EIO",), "syncfs": ("EIO",),
          "rename": ("EIO",), "ftruncate": ("EIO",), "mkdir": ("ENOSPC",)}


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class BundleSweep(unittest.TestCase):
    def bundle(self, under=()):
        servers.copy_folder(self.template, self.stick)
        return self.gold.ingot("bundle", self.stick, under=under)

    def disturbed(self, injection, judge):
        ran = self.bundle(sweep.under_strace(injection))
        felt, wrong = judge(ran)
        self.assertEqual(wrong, [], injection)
        now = files_of(self.stick)
        whole = {path: data for path, data in now.items() if not path.endswith(".part")}
        if now["head.dsse"] == self.end["head.dsse"]:
            self.assertEqual(whole, self.end, injection)
        else:
            self.assertNotEqual(ran.returncode, 0, injection)
            self.assertLessEqual(self.start.items(), now.items(), injection)
        self.gold.done(self.gold.ingot("bundle", self.stick))
        self.assertEqual(files_of(self.stick), self.end, injection)
        return felt

    def test_K1_D3_D4_a_bundle_disturbed_at_any_system_call_has_a_whole_catalog_and_is_completed_by_the_same_command(self):
        print(f"seed {servers.SEED}")
        with servers.World(sweep.fast_folder()) as world:
            self.gold = world.site("gold")
            small = self.gold.image("small", b"small")
            self.gold.manifest(small)
            self.gold.apply()
            self.stick, self.template = world.path / "stick", world.path / "stick-before"
            self.gold.done(self.gold.ingot("bundle", self.template))
            self.start = files_of(self.template)
            self.gold.manifest(small + self.gold.image("large", servers.noise(4_500_000, 3)))
            self.gold.apply()
            before = server_folder.listing(self.gold.folder)
            self.gold.done(self.bundle())
            self.end = files_of(self.stick)
            trace = str(world.path / "trace")
            kills = sum(self.disturbed(sweep.killing(point)[0], kill_sweep.judge)
                        for point in servers.sampled(sweep.points_of(self.bundle, CALLS, trace, "ingot.toml"), 24))
            every = [f"inject={call}:error={error}:when={number}{on}"
                     for call, number in sweep.points_of(self.bundle, ERRORS, trace, "ingot.toml")
                     for error in ERRORS[call] for on in ("", "+")]
            faults = sum(self.disturbed(injection, fault_sweep.judge) for injection in servers.sampled(every, 24))
            self.assertEqual(server_folder.check(self.gold.folder, before), [])
        self.assertGreater(kills, 15)
        servers.figure("bundle_sweep", kills=kills, faults_injected_into_system_calls=faults)
        print(f"{kills} kills, {faults} faults, the disk always had a whole catalog")


if __name__ == "__main__":
    unittest.main()
