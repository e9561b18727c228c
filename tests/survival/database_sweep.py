#!/usr/bin/python3
"""R30, R25: the connection to a state in PostgreSQL is cut, or freezes, at each message of a whole run; then nothing is half done,
the run has said so, nothing was published after its session was gone, the lock is free within 15 s, and the next run ends where
an undisturbed one does.

INGOT_FULL=1 cuts at every message, and freezes at a sample; else there are few cuts. INGOT_SEED repeats a sample.
"""
import random
import time
import unittest

import servers  # first: it knows where the oracle is
import database
import published_tree
import server_folder
import sweep
import watcher

DONE, LOCAL = 0, 6
SECONDS_UNTIL_FREE = 15
FREEZES = 25  # of each case: each takes a quarter of a minute


class Moment:
    """What the published head was when the connection was disturbed."""

    def __init__(self, site):
        self.site, self.head, self.at = site, None, None

    def __call__(self):
        if self.at is None:
            self.head, self.at = head_of(self.site), time.monotonic()


def head_of(site):
    path = site.public / "head.dsse"
    return path.read_bytes() if path.exists() else b""


@unittest.skipIf(database.why_not(), database.why_not())
class DatabaseSweep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = database.Postgres()
        cls.proxy = database.Proxy(cls.postgres.port)
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.stage = sweep.Stage(cls.world)
        cls.gold = cls.stage.gold
        cls.postgres.sql("CREATE DATABASE work")
        # Its state was made in a file; from now on it is in the database.
        cls.gold.done(cls.gold.ingot("state", "move", "--to", cls.proxy.url("work")))
        server_folder.in_database(cls.gold.folder, cls.postgres.url("work"), "gold")
        manifest = cls.gold.manifest
        cls.gold.manifest = lambda entries: manifest(entries, f'state = "{cls.proxy.url("work")}"')
        cls.tried = cls.cuts = cls.freezes = 0

    @classmethod
    def tearDownClass(cls):
        server_folder.in_database(cls.gold.folder, "", "gold")
        servers.figure("database_sweep", connections_cut=cls.cuts, connections_frozen=cls.freezes)
        print(f"{cls.cuts} connections cut, {cls.freezes} frozen, nothing lost")

    def restored(self, case):
        case.restore()
        self.postgres.copy_database(f"template_{case.name}".replace("-", "_"), "work")

    def prepared(self, make):
        """`make`: a method of Stage. Its template of the database is of before its undisturbed run."""
        name = make.__name__.replace("_", "-")
        self.postgres.copy_database("work", f"template_{name}".replace("-", "_"))
        case = make()
        self.assertEqual(case.name, name)
        self.restored(case)
        self.proxy.arm()
        self.gold.done(self.gold.ingot(*case.words))
        case.messages = self.proxy.count
        self.assertGreater(case.messages, 20)
        return case

    def disturbed(self, case, number, how):
        """One run with this; all that is wrong."""
        self.restored(case)
        moment = Moment(self.gold)
        self.proxy.on_moment = moment
        self.proxy.arm(number, how)
        wrong = []
        with watcher.Watcher(str(self.gold.public), self.stage.own_web.url) as watching:
            run = self.gold.start(*case.words)
            if how == "freeze":
                wrong += self.freed_in_time(case, run)
            code = run.wait(60)
        text = (self.gold.folder / "run.log").read_text()
        (self.gold.folder / "run.log").unlink()
        took = time.monotonic() - moment.at if moment.at else 0
        self.proxy.thaw()
        self.proxy.arm()
        if code not in (DONE, LOCAL):
            wrong.append(f"it ended with {code}")
        if code == LOCAL and not any(said in text for said in ("cannot reach the state", "lost its session")):
            wrong.append("it does not say that the state is gone")
        if code == LOCAL and "again" not in text:
            wrong.append("it does not say what to do")
        if code == DONE and moment.at and case.normalised() != case.end:
            wrong.append("it says that all is done, and it is not")
        if took > 30:
            wrong.append(f"it took {took:.0f} s to end")
        if moment.at and how != "freeze" and code == LOCAL and head_of(self.gold) != moment.head:
            wrong.append("it published after its session was gone")
        wrong += case.faults()
        wrong += self.runs_again(case)
        wrong += watching.faults
        type(self).tried += 1
        type(self).cuts += bool(moment.at) and how != "freeze"
        type(self).freezes += bool(moment.at) and how == "freeze"
        return [f"{case.name}, message {number}, {how}: {one}\n{text}" for one in wrong]

    def freed_in_time(self, case, run):
        """While the way of this run is frozen, another machine, on a way of its own, gets the lock and does the work."""
        if not self.proxy.moment.wait(20):
            return []
        started = time.monotonic()
        while self.postgres.locks("work") > 0 and time.monotonic() < started + 40:
            time.sleep(0.1)
        took = time.monotonic() - started
        return [f"the lock was free after {took:.1f} s only"] if took > SECONDS_UNTIL_FREE else []

    def runs_again(self, case):
        between = server_folder.listing_or_fault(self.gold.folder)
        again = self.gold.ingot(*case.words, "--lock-timeout", f"{SECONDS_UNTIL_FREE}s")
        wrong = [] if again.returncode == DONE else [f"the next run ended with {again.returncode}: {again.stdout}{again.stderr}"]
        return wrong + case.faults(between) + sweep.different(case.normalised(), case.end)

    def swept(self, case, how, most):
        wrong = []
        for number in servers.sampled(range(1, case.messages + 1), most):
            wrong += self.disturbed(case, number, how)
            self.assertEqual(wrong, [], f"seed {servers.SEED}")

    def test_R30_R25_a_connection_that_is_cut_or_frozen_at_any_message_loses_nothing_and_the_next_run_goes_on(self):
        print(f"seed {servers.SEED}")
        for make, most in ((self.stage.first_apply, (2, 1, 1)), (self.stage.second_apply, (1, 1, 0))):
            case = self.prepared(make)
            for how, cuts in zip(("lose", "answer", "alone"), most, strict=True):
                self.swept(case, how, cuts)
            if servers.FULL:
                for number in sorted(random.Random(servers.SEED).sample(range(1, case.messages + 1), FREEZES)):
                    self.assertEqual(self.disturbed(case, number, "freeze"), [], f"seed {servers.SEED}")
            self.restored(case)
            self.gold.done(self.gold.ingot(*case.words))
        self.assertGreater(self.cuts, self.tried * 0.9, "a sweep that cuts nothing shows nothing")


if __name__ == "__main__":
    unittest.main()
