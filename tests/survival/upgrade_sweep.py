#!/usr/bin/python3
"""K10: the upgrade of a state is killed or fails at every system call; then it is of the old format or the new one, never
between, and the next try brings it to the new one, with a whole backup of the old.

INGOT_FULL=1 takes every call, else a sample by INGOT_SEED (printed).
"""
import contextlib
import os
import sqlite3
import unittest

import servers
import sweep

OLD, NEW = 4, 5  # the product's newest format, and the one that UPGRADE brings a state to
UPGRADE = os.environ.get("INGOT_UPGRADE", str(servers.SOURCE / "build/release/tests/survival/upgrade_a_state"))
ERRORS = {"openat": "EIO", "pread64": "EIO", "pwrite64": "ENOSPC", "fsync": "EIO", "fdatasync": "EIO", "ftruncate": "EIO", "rename": "EIO",
          "renameat2": "EIO", "unlink": "EIO", "link": "EIO", "linkat": "EIO"}
CALLS = (*ERRORS, "write", "close")


class UpgradeSweep(unittest.TestCase):
    def content(self, path):
        """What must be the same before and after: all rows of all images, but for the new column."""
        with contextlib.closing(sqlite3.connect(path)) as state:
            self.assertEqual(state.execute("PRAGMA integrity_check").fetchone(), ("ok",))
            columns = [row[1] for row in state.execute("PRAGMA table_info(image)") if row[1] != "colour"]
            colours = "colour" in [row[1] for row in state.execute("PRAGMA table_info(image)")]
            version = state.execute("PRAGMA user_version").fetchone()[0]
            self.assertEqual(version, NEW if colours else OLD, "the state is between two formats")
            if colours:
                self.assertEqual(state.execute("SELECT DISTINCT colour FROM image").fetchall(), [("green",)])
            return version, state.execute(f"SELECT {', '.join(columns)} FROM image ORDER BY key").fetchall()

    def upgraded_after(self, gold, template, injections):
        servers.copy_folder(template, gold.folder)
        state = gold.folder / "state/ingot.db"
        rows = self.content(state)[1]
        ran = gold.program(UPGRADE, state, under=sweep.under_strace(*injections))
        felt = ran.returncode != 0
        self.assertEqual(self.content(state), (OLD if felt and self.content(state)[0] == OLD else NEW, rows))
        gold.done(gold.program(UPGRADE, state))
        self.assertEqual(self.content(state), (NEW, rows))
        backups = [path for path in state.parent.glob("*.backup*") if not path.name.endswith(".new")]
        self.assertIn((OLD, rows), [self.content(path) for path in backups])
        return felt

    def test_K10_an_upgrade_that_is_killed_or_fails_at_any_system_call_leaves_the_old_state_or_the_new_one(self):
        print(f"seed {servers.SEED}")
        kills = faults = 0
        with servers.World(sweep.fast_folder()) as world:
            gold = world.site("gold")
            gold.manifest("".join(gold.image(f"image-{number}", b"%d" % number) for number in range(30)))
            gold.apply()
            template = world.path / "template"
            servers.copy_folder(gold.folder, template)
            points = sweep.points_of(lambda under: gold.program(UPGRADE, gold.folder / "state/ingot.db", under=under), CALLS, str(world.path / "trace"), "ingot.db")
            for point in servers.sampled(points, 15):
                kills += self.upgraded_after(gold, template, sweep.killing(point))
            for call, number in servers.sampled((point for point in points if point[0] in ERRORS), 10):
                faults += self.upgraded_after(gold, template, [f"inject={call}:error={ERRORS[call]}:when={number}"])
        self.assertGreater(kills, 10)
        servers.figure("upgrade_sweep", kills=kills, faults_injected_into_system_calls=faults)
        print(f"{kills} kills, {faults} faults, nothing lost")


if __name__ == "__main__":
    unittest.main()
