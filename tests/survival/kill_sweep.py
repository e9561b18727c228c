#!/usr/bin/python3
"""K1, K6: SIGKILL at every system call that matters, by strace; then the oracle, and a rerun that ends as an undisturbed run does.

INGOT_FULL=1 takes every call of every case, else a sample by INGOT_SEED (printed).
"""
import unittest

import servers
import sweep

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "sync_file_range", "renameat2", "rename", "link", "linkat", "unlink",
         "unlinkat", "ftruncate", "fallocate", "mkdir", "mkdirat", "close", "sendto", "connect")


def judge(ran):
    signal = servers.ended_by(ran)
    well = signal is not None or ran.returncode == 0
    return signal is not None, [] if well else [f"not killed, and ended with {ran.returncode}: {ran.stdout}{ran.stderr}"]


class KillSweep(unittest.TestCase):
    def swept(self, stage, case, most, tally):
        chosen = servers.sampled(sweep.points(case, CALLS), most)
        for number, point in enumerate(chosen):
            sweep.try_one(case, stage, sweep.killing(point), tally, judge, idle_too=number % 5 == 0)
            self.assertEqual(tally.wrong, [], f"seed {servers.SEED}")

    def test_K1_K6_a_run_killed_at_any_system_call_loses_nothing_and_is_completed_by_the_next(self):
        print(f"seed {servers.SEED}")
        tally = sweep.Tally()
        with servers.World(sweep.fast_folder()) as world:
            stage = sweep.Stage(world)
            first = stage.first_apply()
            self.swept(stage, first, 24, tally)
            # What the recovery of a run that died does may die too: in the middle of a publication, and of the last copy.
            for name, point in (("recovery-of-publication", ("rename", 15)), ("recovery-of-copy", ("renameat2", 4))):
                self.swept(stage, stage.recovery(first, name, point), 10, tally)
            first.restore()
            stage.gold.apply()
            self.swept(stage, stage.second_apply(), 20, tally)
            self.swept(stage, stage.publish(), 10, tally)
            self.swept(stage, stage.collection(), 10, tally)
        self.assertGreater(tally.hit, tally.tried * 0.9, "a sweep that kills nothing shows nothing")
        servers.figure("kill_sweep", kills=tally.hit, walks_of_readers_beside=tally.walks)
        print(f"{tally.hit} kills, {tally.walks} walks of readers beside, nothing lost")


if __name__ == "__main__":
    unittest.main()
