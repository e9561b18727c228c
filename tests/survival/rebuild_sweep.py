#!/usr/bin/python3
"""G4, G5 with K1, D3, D4: making a state anew is killed or fails at every system call; then the published tree, the bytes, the
papers and the floors are as they were, the old state file is still there, and the next rebuilding ends as an undisturbed one.

INGOT_FULL=1 takes every call, else a sample by INGOT_SEED (printed).
"""
import hashlib
import unittest

import servers  # first: it knows where the oracle is
import published_tree
import server_folder
import sweep

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "rename", "renameat2", "unlink", "ftruncate", "fchmod", "close")
ERRORS = {"openat": "EIO", "pread64": "EIO", "write": "ENOSPC", "pwrite64": "EIO", "fsync": "EIO", "fdatasync": "EIO", "syncfs": "EIO",
          "rename": "EIO", "renameat2": "EIO", "unlink": "EIO", "ftruncate": "EIO", "fchmod": "EIO"}
WORDS = ("state", "rebuild")
DONE, LOCAL, REFUSED = 0, 6, 7


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class RebuildSweep(unittest.TestCase):
    def files(self):
        """What a rebuilding never changes: name → digest."""
        kept = {}
        for place in ("store", "state/trust"):
            for path in (self.gold.folder / place).rglob("*"):
                if path.is_file() and "staging" not in path.parts:
                    kept[str(path.relative_to(self.gold.folder))] = digest_of(path)
        return kept

    def states(self):
        """Digests of all that bears, or bore, the state's name."""
        return {digest_of(path) for path in (self.gold.folder / "state").glob("ingot.db*") if path.is_file()}

    def prepared(self, world, name, old):
        """A server whose newest state is lost: `old` stands in its place. Gives the undisturbed end, and that of the apply after it."""
        state = self.gold.folder / "state/ingot.db"
        servers.copy_folder(self.whole, self.gold.folder)
        for ending in ("-wal", "-shm"):
            state.with_name(state.name + ending).unlink(missing_ok=True)
        state.unlink()
        if old:
            state.write_bytes(old)
        self.template = world.path / name
        servers.copy_folder(self.gold.folder, self.template)
        self.before, self.old = self.files(), {hashlib.sha256(old).hexdigest()} if old else set()
        self.gold.done(self.gold.ingot(*WORDS))
        self.end = server_folder.normalised(self.gold.folder)
        self.gold.apply()
        self.applied = server_folder.normalised(self.gold.folder)
        self.assertTrue(any(line.startswith("subscription") for line in self.end) or not old or old == b"rot")

    def disturbed(self, injection):
        """One rebuilding with this; whether it was felt."""
        servers.copy_folder(self.template, self.gold.folder)
        ran = self.gold.ingot(*WORDS, under=sweep.under_strace(injection))
        killed = servers.ended_by(ran) is not None
        self.assertTrue(killed or ran.returncode in (DONE, LOCAL), ran.stdout + ran.stderr)
        self.assertEqual(published_tree.folder_reader(self.gold.public).read().faults, [])
        self.assertEqual(self.files(), self.before)
        self.assertLessEqual(self.old, self.states(), "the old state is lost")
        again = self.gold.ingot(*WORDS)
        self.assertTrue(again.returncode == DONE or (again.returncode == REFUSED and "it is whole" in again.stderr), again.stdout + again.stderr)
        self.assertLessEqual(self.old, self.states(), "the old state is lost")
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), self.end), [])
        self.assertEqual([path.name for path in (self.gold.folder / "state").glob("ingot.db.*") if ".set-aside-" not in path.name], [])
        self.gold.apply()
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), self.applied), [])
        self.gold.plans_nothing()
        self.assertEqual(server_folder.check(self.gold.folder), [])
        return killed or ran.returncode != DONE

    def test_G4_G5_a_rebuilding_disturbed_at_any_system_call_loses_nothing_and_ends_as_an_undisturbed_one(self):
        print(f"seed {servers.SEED}")
        kills = faults = 0
        with servers.World(sweep.fast_folder()) as world:
            stage = sweep.Stage(world)
            self.gold = stage.gold
            stage.first_apply()
            old = (self.gold.folder / "state/ingot.db").read_bytes()
            self.gold.done(self.gold.ingot("publish"))
            self.whole = world.path / "whole"
            servers.copy_folder(self.gold.folder, self.whole)
            for name, state, most in (("old", old, 14), ("damaged", b"rot", 6)):
                self.prepared(world, name, state)
                trace = str(world.path / "trace")

                def run(under):
                    servers.copy_folder(self.template, self.gold.folder)
                    return self.gold.ingot(*WORDS, under=under)

                points = sweep.points_of(run, tuple(set(CALLS) | set(ERRORS)), trace, "ingot.toml")
                for point in servers.sampled((point for point in points if point[0] in CALLS), most):
                    with self.subTest(state=name, killed=point):
                        kills += self.disturbed(*sweep.killing(point))
                # The last reads are those by which the new database is closed: then its log must not be left behind.
                last_reads = [point for point in points if point[0] == "pread64"][-8:]
                for call, number in servers.sampled((point for point in points if point[0] in ERRORS and point not in last_reads), most) + last_reads:
                    with self.subTest(state=name, failed=(call, number)):
                        faults += self.disturbed(f"inject={call}:error={ERRORS[call]}:when={number}")
        self.assertGreater(kills, 15)
        servers.figure("rebuild_sweep", kills=kills, faults_injected_into_system_calls=faults)
        print(f"{kills} kills, {faults} faults felt, nothing lost")


if __name__ == "__main__":
    unittest.main()
