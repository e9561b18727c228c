#!/usr/bin/python3
"""R30, K1: "state move" is killed at every system call, from a file to PostgreSQL and back. Afterwards at most one place is the state,
nothing is lost, and the same command finishes what was begun.

INGOT_FULL=1 takes every call, else a sample by INGOT_SEED (printed).
"""
import unittest

import servers  # first: it knows where the oracle is
import database
import server_folder
import sweep

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "unlink", "ftruncate", "mkdir", "close", "sendto", "connect")
DONE, LOCAL = 0, 6


@unittest.skipIf(database.why_not(), database.why_not())
class MoveSweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = database.Postgres()
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        stage = sweep.Stage(cls.world)
        cls.gold, case = stage.gold, stage.first_apply()
        cls.end = case.end
        cls.entries = (cls.gold.folder / "ingot.toml").read_text().split("[server]\n")[1].split("\n\n", 1)[1]
        cls.file, cls.url = "state/ingot.db", cls.postgres.url("work")
        cls.postgres.sql("CREATE DATABASE work")

    @classmethod
    def tearDownClass(cls):
        server_folder.in_database(cls.gold.folder, "", "gold")

    def lives_in(self, place):
        """The manifest names this one from now on, and the oracle looks there."""
        self.gold.manifest(self.entries, f'state = "{place}"')
        server_folder.in_database(self.gold.folder, place if "://" in place else "", "gold")

    def use(self, place):
        self.lives_in(place)
        return self.gold.ingot("plan", "--detailed-exitcode")

    def restore(self):
        servers.copy_folder(self.template, self.gold.folder)
        self.postgres.copy_database("template_of_move", "work")
        self.lives_in(self.old)

    def move(self, **more):
        return self.gold.ingot("state", "move", "--to", self.new, **more)

    def killed_at(self, point):
        """One move with a kill; whether it was killed."""
        self.restore()
        killed = servers.ended_by(self.move(under=sweep.under_strace(*sweep.killing(point)))) is not None
        old = self.use(self.old)
        said = old.stdout + old.stderr
        self.assertIn(old.returncode, (DONE, LOCAL), said)
        if old.returncode == DONE:
            self.assertEqual(self.use(self.new).returncode, LOCAL, "both places are the state")
        else:
            self.assertIn(f'was moved to "{self.shown}" at ', said)
            status = self.gold_with_old("status")
            self.assertIn(f'was moved to "{self.shown}" at ', status.stderr, "status does not say so")
            written = self.gold_with_old("apply", "--yes")
            self.assertEqual(written.returncode, LOCAL)
            self.assertIn(f'was moved to "{self.shown}" at ', written.stderr)
        self.lives_in(self.old)
        again = self.move()
        if again.returncode != DONE:  # it was done to its end
            self.assertEqual((again.returncode, self.use(self.new).returncode), (LOCAL, DONE), again.stdout + again.stderr)
        self.assertEqual(self.use(self.old).returncode, LOCAL, "both places are the state")
        self.assertEqual(self.use(self.new).returncode, DONE)
        self.assertEqual(server_folder.check(self.gold.folder), [])
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), self.end), [])
        self.gold.apply()
        return killed

    def gold_with_old(self, *words):
        self.lives_in(self.old)
        return self.gold.ingot(*words)

    def swept(self, old, new, most):
        """`old` holds the state now; in the end `new` does."""
        self.old, self.new = old, new
        self.shown = new if "://" in new else str(self.gold.folder / new)
        self.template = self.world.path / "template-of-move"
        servers.copy_folder(self.gold.folder, self.template)
        self.postgres.copy_database("work", "template_of_move")
        points = sweep.points_of(lambda under: self.move(under=under), CALLS, str(self.world.path / "trace"), "ingot.toml")
        return sum(self.killed_at(point) for point in servers.sampled(points, most))

    def test_R30_K1_a_move_killed_at_any_system_call_leaves_one_state_and_is_finished_by_the_same_command(self):
        print(f"seed {servers.SEED}")
        kills = self.swept(self.file, self.url, 2)
        kills += self.swept(self.url, "state/back.db", 2)
        servers.figure("move_sweep", kills=kills)
        print(f"{kills} kills, nothing lost")


if __name__ == "__main__":
    unittest.main()
