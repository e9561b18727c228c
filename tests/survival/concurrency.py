#!/usr/bin/python3
"""F1-F3, F6: many runs at once, readers beside all of them, and holders of the lock that die, sleep or are robbed of it.

INGOT_FULL=1: eight runs at once, 200 times; else 8 times.
"""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import sweep
import watcher

RUNS = 8
DONE, BUSY, LOCAL = 0, 5, 6


class Concurrency(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.stage = sweep.Stage(cls.world)
        cls.gold = cls.stage.gold
        cls.first = cls.stage.first_apply()
        cls.second = cls.stage.second_apply()
        cls.runs = cls.walks = 0

    @classmethod
    def tearDownClass(cls):
        servers.figure("concurrency", runs_started_at_once=cls.runs, walks_of_readers_beside=cls.walks)
        print(f"{cls.runs} runs at once, {cls.walks} walks of readers beside")

    def recorded_runs(self):
        return len(json.loads(self.gold.ingot("query", "history", "--json").stdout)["runs"])

    def at_once(self, case, words, beside=()):
        """Exit codes of eight of these, and of what runs beside them with its seconds."""
        with watcher.Watcher(str(self.gold.public), self.stage.own_web.url) as watching:
            runs = [self.gold.start(*words, log=f"run-{number}.log") for number in range(RUNS)]
            looks = []
            while any(run.poll() is None for run in runs) and beside:
                started = time.monotonic()
                looks += [(look, self.gold.ingot(*look), time.monotonic() - started) for look in beside]
            codes = [run.wait(120) for run in runs]
        type(self).runs, type(self).walks = self.runs + RUNS, self.walks + watching.walks
        self.assertEqual(watching.faults, [])
        self.assertEqual(server_folder.check(self.gold.folder, case.before, case.removed), [])
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), case.end), [])
        return codes, looks

    def logs(self):
        return "\n".join(path.read_text() for path in sorted(self.gold.folder.glob("run-*.log")))

    def test_F1_of_eight_runs_at_once_one_applies_and_the_others_are_busy_or_have_nothing_to_do(self):
        for number in range(200 if servers.FULL else 8):
            case = (self.first, self.second)[number % 2]
            case.restore()
            before = self.recorded_runs()
            codes, _ = self.at_once(case, ("apply", "--yes"))
            self.assertLessEqual(set(codes), {DONE, BUSY}, self.logs())
            self.assertIn(DONE, codes)
            self.assertEqual(self.recorded_runs(), before + 1, "one run did it all")

    def test_F1_with_a_lock_timeout_each_waits_for_its_turn(self):
        self.first.restore()
        codes, _ = self.at_once(self.first, ("apply", "--yes", "--lock-timeout", "60s"))
        self.assertEqual(codes, [DONE] * RUNS, self.logs())

    def test_F1_plans_and_queries_beside_never_wait_and_never_fail(self):
        self.first.restore()
        beside = (("plan",), ("status",), ("query", "images"), ("query", "series"), ("query", "history"), ("drift",), ("explain", "mine"))
        _, looks = self.at_once(self.first, ("apply", "--yes", "--lock-timeout", "60s"), beside)
        self.assertGreater(len(looks), 6)
        for look, ran, took in looks:
            self.assertIn(ran.returncode, (0, 2, 3) if look[0] in ("drift", "explain", "status") else (0,), f"{look}: {ran.stdout}{ran.stderr}")
            self.assertLess(took, 20, f"{look} waited")

    def stopped_in_the_middle(self, case, words=("apply", "--yes", "--parallel", "1"), at=("renameat2", 3)):
        """A run that sleeps (SIGSTOP) on entry to a call, while it holds the lock; with the process that is asleep."""
        case.restore()
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={at[0]}", "-e", f"inject={at[0]}:signal=STOP:when={at[1]}"]
        run = self.gold.start(*words, log="asleep.log", under=strace)
        seen = 0
        for _ in range(2_000):
            asleep = self.stopped_child(run.pid)
            seen = seen + 1 if asleep else 0
            if seen == 20:  # strace stops it for an instant at each call
                return run, asleep
            if run.poll() is not None:
                break
            time.sleep(0.005)
        self.fail("the run did not come to sleep: " + (self.gold.folder / "asleep.log").read_text())

    @staticmethod
    def stopped_child(pid):
        try:
            child = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()[0]
            state = pathlib.Path(f"/proc/{child}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except (IndexError, FileNotFoundError, ProcessLookupError):
            return None
        return int(child) if state in "Tt" else None

    def test_F2_the_lock_of_a_killed_run_is_free_at_once(self):
        run, asleep = self.stopped_in_the_middle(self.first)
        self.gold.done(self.gold.ingot(*self.first.words), BUSY)
        os.kill(asleep, signal.SIGKILL)
        run.wait()
        started = time.monotonic()
        self.gold.apply()
        self.assertLess(time.monotonic() - started, 10)
        self.assertEqual(server_folder.check(self.gold.folder, self.first.before), [])
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), self.first.end), [])

    def test_F3_F6_a_run_that_was_robbed_of_its_lock_and_slept_while_another_run_worked_overwrites_nothing(self):
        points = [(self.first, APPLY, ("renameat2", 3)), (self.first, APPLY, ("fdatasync", 9)), (self.second, APPLY, ("rename", 2))]
        # On entry to the rename that puts the head, and just before the state's last word is asked for.
        points += [(self.second, ("publish",), at) for at in (("rename", 1), ("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 3))]
        for case, words, at in points:
            with self.subTest(words=words, at=at):
                run, asleep = self.stopped_in_the_middle(case, words, at)
                (self.gold.folder / "state/lock").unlink()
                other = self.gold.ingot("apply", "--yes")
                self.assertIn(other.returncode, (DONE, LOCAL), other.stdout + other.stderr)
                between = server_folder.listing(self.gold.folder)
                with watcher.Watcher(str(self.gold.public)) as watching:
                    os.kill(asleep, signal.SIGCONT)
                    code = run.wait(60)
                self.assertEqual(watching.faults, [])
                self.assertIn(code, (DONE, LOCAL), (self.gold.folder / "asleep.log").read_text())
                self.assertEqual(server_folder.check(self.gold.folder, between, case.removed), [], (self.gold.folder / "asleep.log").read_text())
                self.gold.apply()
                self.assertEqual(server_folder.check(self.gold.folder, between, case.removed), [])
                self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), case.end), [])

    def test_F5_what_a_run_starts_does_not_hold_its_lock(self):
        self.first.restore()
        ran = subprocess.run(["strace", "-f", "-qq", "-e", "trace=openat,socket,accept4,flock", servers.BINARY, *self.first.words], cwd=self.gold.folder,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        kept = [line for line in ran.stderr.splitlines() if ("state/" in line or "store/" in line) and "O_RDWR" in line and "O_CLOEXEC" not in line]
        self.assertEqual(kept, [], "a file of the run would stay open in a program that it starts")


APPLY = ("apply", "--yes", "--parallel", "1")

if __name__ == "__main__":
    unittest.main()
