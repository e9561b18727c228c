#!/usr/bin/python3
"""R26 under fault: what a guard holds stays held after a crash in the middle of an apply, after an old state was put back, and
with many runs at once; no run removes more than its guard allows.

A row is a server, a manifest that goes beyond a guard, and how an apply of that ends. INGOT_FULL=1 kills it at every call,
else at a sample by INGOT_SEED (printed).
"""
import dataclasses
import shutil
import subprocess
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import sweep

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "renameat2", "rename", "unlink")
APPLY = ("apply", "--yes", "--parallel", "1")
DONE, SECURITY, BUSY, LOCAL, REFUSED = 0, 4, 5, 6, 7
OWN = [f"own-{number}" for number in range(6)]


@dataclasses.dataclass
class Row:
    name: str
    exit: int         # of an apply that nothing disturbs
    told: str         # what it says
    may_go: int = 0   # how many images one run may remove


ROWS = (Row("removals", REFUSED, "nothing is removed"),
        Row("removals within the bound", DONE, "", may_go=1),
        Row("stops", REFUSED, "stops"),
        Row("protect", REFUSED, "protect"),
        Row("emptied manifest", REFUSED, "--allow-empty"),
        Row("vanished entries", SECURITY, "without a tombstone"))


class Guards(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {servers.SEED}")
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.peer = cls.world.site("silver")
        cls.web = cls.world.web(cls.peer.public, "silver-web")
        cls.serve("theirs", "other")
        fork = cls.world.path / "fork"
        servers.copy_folder(cls.peer.folder, fork)
        cls.serve("theirs", "other", "third")
        cls.gold = cls.world.site("gold")
        cls.gold.manifest(cls.entries(OWN))
        cls.gold.apply()
        cls.gold.plans_nothing()
        cls.whole = cls.world.path / "whole"
        servers.copy_folder(cls.gold.folder, cls.whole)
        cls.peers = {"as it was": cls.world.path / "silver-as-it-was", "vanished": fork}
        servers.copy_folder(cls.peer.folder, cls.peers["as it was"])
        # The fork knows nothing of the third image, and climbs past the serial that showed it.
        servers.copy_folder(fork, cls.peer.folder)
        cls.peer.done(cls.peer.ingot("publish", "--above", "1000"))
        servers.copy_folder(cls.peer.folder, fork)
        cls.kills = cls.runs = 0

    @classmethod
    def tearDownClass(cls):
        servers.figure("guards", kills=cls.kills, runs_started_at_once=cls.runs)

    @classmethod
    def serve(cls, *names):
        cls.peer.manifest("".join(cls.peer.image(name, b"bytes of " + name.encode()) for name in names))
        cls.peer.apply()

    SUBSCRIBED = ("theirs", "other", "third")

    @classmethod
    def entries(cls, own, subscribed=SUBSCRIBED, guard="", protect="own-0"):
        gold = cls.gold
        images = "".join(gold.image(name, b"bytes of " + name.encode(), "protect = true" if name == protect else "") for name in own)
        rules = "".join(f'[[subscription]]\npeer = "silver"\nimage = "{name}"\nsince = "start"\nprune = "1s"\n' for name in subscribed)
        return f"[guard]\n{guard}\n" + gold.peer(cls.peer, f'urls = ["{cls.web.url}"]') + images + rules

    def beyond(self, row):
        """The manifest that goes beyond the guard; with something to add, so that there is a middle to be killed in."""
        new = ["new-0", "new-1"]
        return {"removals": lambda: self.entries(OWN[:3] + new),
                "removals within the bound": lambda: self.entries(OWN[:5] + new),
                "stops": lambda: self.entries(OWN + new, subscribed=(), guard="stops = 2"),
                "protect": lambda: self.entries(OWN[1:] + new),
                "emptied manifest": lambda: "",
                "vanished entries": lambda: self.entries(OWN + new)}[row.name]()

    def prepare(self, row):
        servers.copy_folder(self.whole, self.gold.folder)
        servers.copy_folder(self.peers["vanished" if row.name == "vanished entries" else "as it was"], self.peer.folder)
        self.gold.manifest(self.beyond(row))
        return self.held()

    def held(self):
        """What is here and no guard lets go: live images, subscriptions, peers."""
        live = {f"image {row['name']}" for row in server_folder.images(self.gold.folder) if not row["deleted"]}
        return live | {line for line in server_folder.normalised(self.gold.folder) if line.startswith(("subscription", "peer"))}

    def expect_held(self, row, before):
        gone = before - self.held()
        self.assertLessEqual(len(gone), row.may_go, gone)
        self.assertEqual([one for one in gone if not one.startswith("image own-")], [])
        self.assertEqual(server_folder.check(self.gold.folder, removed=()), [])

    def expect_refused(self, row, ran):
        self.assertEqual(ran.returncode, row.exit, ran.stdout + ran.stderr)
        self.assertIn(row.told, ran.stdout + ran.stderr)

    def test_R26_a_run_that_nothing_disturbs_holds_it_and_so_does_the_next(self):
        for row in ROWS:
            with self.subTest(row=row.name):
                before = self.prepare(row)
                for _ in range(2):
                    self.expect_refused(row, self.gold.ingot(*APPLY))
                    self.expect_held(row, before)

    def test_R26_after_a_crash_in_the_middle_of_an_apply_the_next_run_removes_nothing_that_was_held(self):
        for row in ROWS:
            with self.subTest(row=row.name):
                before = self.prepare(row)

                def run(under, row=row):
                    self.prepare(row)
                    ran = self.gold.ingot(*APPLY, under=under)
                    self.assertEqual(ran.returncode, row.exit, ran.stdout + ran.stderr)
                    return subprocess.CompletedProcess(ran.args, 0, ran.stdout, ran.stderr)  # it ended as it should

                for point in servers.sampled(sweep.points_of(run, CALLS, str(self.world.path / "trace"), "ingot.toml"), 4):
                    self.prepare(row)
                    died = self.gold.ingot(*APPLY, under=sweep.under_strace(*sweep.killing(point)))
                    type(self).kills += servers.ended_by(died) is not None
                    self.expect_held(row, before)
                    self.expect_refused(row, self.gold.ingot(*APPLY))
                    self.expect_held(row, before)
        self.assertGreater(self.kills, 2 * len(ROWS), "a sweep that kills nothing shows nothing")

    def test_R26_G5_after_an_old_state_was_put_back_nothing_that_was_held_is_removed(self):
        for row in ROWS:
            with self.subTest(row=row.name):
                before = self.prepare(row)
                old = self.world.path / "old-state"
                servers.copy_folder(self.gold.folder / "state", old)
                self.gold.ingot(*APPLY)
                self.gold.ingot("publish")
                now = self.held()
                shutil.rmtree(self.gold.folder / "state")
                servers.copy_folder(old, self.gold.folder / "state")
                self.gold.done(self.gold.ingot(*APPLY), LOCAL)  # it is noticed
                self.gold.done(self.gold.ingot("state", "rebuild"))
                self.assertLessEqual(now, self.held() | {"image own-5"} if row.may_go else self.held())
                for _ in range(2):
                    ran = self.gold.ingot(*APPLY)
                    self.assertIn(ran.returncode, {DONE, row.exit}, ran.stdout + ran.stderr)
                    self.expect_held(row, before)

    def test_R26_F1_of_many_runs_at_once_no_two_remove_what_one_may_not(self):
        for row in ROWS:
            with self.subTest(row=row.name):
                before = self.prepare(row)
                runs = [self.gold.start(*APPLY, "--lock-timeout", "60s", log=f"run-{number}.log") for number in range(4)]
                codes = [run.wait(120) for run in runs]
                type(self).runs += len(runs)
                logs = "\n".join(path.read_text() for path in sorted(self.gold.folder.glob("run-*.log")))
                self.assertLessEqual(set(codes), {row.exit, DONE, BUSY} if row.exit == DONE else {row.exit, BUSY}, logs)
                self.expect_held(row, before)


if __name__ == "__main__":
    unittest.main()
