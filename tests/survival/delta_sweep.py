#!/usr/bin/python3
"""R28, K1, D3-D8 for deltas: a run that makes deltas, and one that copies by them, is killed, or fails, at every system call. Nothing
that is here is lost, and the rerun ends as an undisturbed run does. INGOT_FULL=1 takes every call, else a sample by INGOT_SEED (printed).
"""
import unittest

import servers  # first: it knows where the oracle is
import fault_sweep
import kill_sweep
import sweep

APPLY = ("apply", "--yes", "--parallel", "1")
SERVER = 'deltas = { size = "100 kB" }\n'
FOLLOW = '[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n'


def version(number):
    """Most bytes are those of the version before."""
    data = bytearray(servers.noise(600_000, 7))
    for one in range(1, number + 1):
        data[one * 50_000:one * 50_000 + 12] = b"version %04d" % number
    return bytes(data)


class Stage:
    """A server whose images descend from each other, and one that copies them and has the oldest."""

    def __init__(self, world):
        self.world = world
        self.silver, self.gold = world.site("silver"), world.site("gold")
        web = self.own_web = world.web(self.silver.public, "silver-web")
        self.publish(1)
        self.gold.manifest(self.gold.peer(self.silver, f'urls = ["{web.url}"]') + FOLLOW)
        self.gold.apply()

    def manifest(self, last):
        self.silver.manifest("".join(self.silver.image(f"db{number}", version(number), f'parent = "db{number - 1}"' if number > 1 else "")
                                     for number in range(1, last + 1)), SERVER)

    def publish(self, last):
        self.manifest(last)
        self.silver.apply()

    def cases(self):
        """Each begins where the one before ended."""
        self.manifest(3)
        yield sweep.prepared(sweep.Case("making", self.silver, APPLY), self.world)
        self.own_web = self.world.web(self.gold.public, "gold-web")
        yield sweep.prepared(sweep.Case("copying", self.gold, APPLY), self.world)


class DeltaSweep(unittest.TestCase):
    def tried(self, injections, judge, most):
        print(f"seed {servers.SEED}")
        tally = sweep.Tally()
        with servers.World(sweep.fast_folder()) as world:
            stage = Stage(world)
            for case in stage.cases():
                for number, injection in enumerate(servers.sampled(injections(case), most)):
                    sweep.try_one(case, stage, [injection], tally, judge, idle_too=number % 5 == 0)
                    self.assertEqual(tally.wrong, [], f"seed {servers.SEED}")
                case.restore()
                case.site.apply()
        return tally

    def test_R28_K1_a_run_killed_at_any_system_call_is_completed_by_the_next(self):
        tally = self.tried(lambda case: [sweep.killing(point)[0] for point in sweep.points(case, kill_sweep.CALLS)], kill_sweep.judge, 6)
        self.assertGreater(tally.hit, tally.tried * 0.9, "a sweep that kills nothing shows nothing")
        servers.figure("delta_sweep_kills", kills=tally.hit)
        print(f"{tally.hit} kills, nothing lost")

    def test_R28_D3_D5_D8_a_call_that_fails_loses_nothing_and_is_told_of(self):
        def injections(case):
            return [one for point in sweep.points(case, fault_sweep.ERRORS) for one in fault_sweep.injections(point)]
        tally = self.tried(injections, fault_sweep.judge, 6)
        servers.figure("delta_sweep_faults", faults_injected_into_system_calls=tally.hit)
        print(f"{tally.hit} faults, nothing lost")


if __name__ == "__main__":
    unittest.main()
