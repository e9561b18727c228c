#!/usr/bin/python3
"""D3-D8: at each system call in turn the disk or the network fails, once or from there on for ever; then the oracle, and a rerun.

A run never says that all is done when it is not, never calls it a bug (1), never dies of it, and never takes it for an
attack (4) or a wrong manifest (65). INGOT_FULL=1 takes every call of every case, else a sample by INGOT_SEED (printed).
"""
import unittest

import servers
import sweep

ERRORS = {"openat": ("EIO", "EMFILE"), "pread64": ("EIO",), "read": ("EIO",), "getdents64": ("EIO",), "newfstatat": ("EIO",),
          "write": ("ENOSPC", "EINTR"), "pwrite64": ("ENOSPC", "EIO", "EINTR"), "fsync": ("EIO",), "fdatasync": ("EIO",), "syncfs": ("EIO",),
          "sync_file_range": ("EIO",), "close": ("EIO",),
          "rename": ("EIO",), "renameat2": ("EIO",), "unlink": ("EIO",), "ftruncate": ("EIO",), "fallocate": ("ENOSPC",), "mkdir": ("ENOSPC",),
          "fchmod": ("EIO",), "flock": ("EINTR",),
          "socket": ("EMFILE",), "connect": ("ECONNREFUSED",), "sendto": ("ECONNRESET",), "recvfrom": ("ECONNRESET",), "poll": ("EINTR",)}
EXPECTED = {0: "it could do without", 3: "incomplete", 6: "local fault"}


def injections(point):
    """Once, and from there on for ever; what interrupts a call for ever ends no call."""
    call, number = point
    for error in ERRORS[call]:
        yield f"inject={call}:error={error}:when={number}"
        if error != "EINTR":
            yield f"inject={call}:error={error}:when={number}+"


def judge(ran):
    return True, [] if ran.returncode in EXPECTED else [f"it ended with {ran.returncode}: {ran.stdout}{ran.stderr}"]


class FaultSweep(unittest.TestCase):
    def swept(self, stage, case, most, tally):
        every = [one for point in sweep.points(case, ERRORS) for one in injections(point)]
        for number, injection in enumerate(servers.sampled(every, most)):
            sweep.try_one(case, stage, [injection], tally, judge, idle_too=number % 5 == 0)
            self.assertEqual(tally.wrong, [], f"seed {servers.SEED}")

    def test_D3_D5_D6_D7_D8_a_disk_or_network_that_fails_at_any_system_call_loses_nothing_and_is_told_of(self):
        print(f"seed {servers.SEED}")
        tally = sweep.Tally()
        with servers.World(sweep.fast_folder()) as world:
            stage = sweep.Stage(world)
            first = stage.first_apply()
            self.swept(stage, first, 28, tally)
            for name, point in (("recovery-of-publication", ("rename", 15)), ("recovery-of-copy", ("renameat2", 4))):
                self.swept(stage, stage.recovery(first, name, point), 8, tally)
            first.restore()
            stage.gold.apply()
            second = stage.second_apply()
            self.swept(stage, second, 16, tally)
            # A file that was made, and of which the very next call fails, is not left behind.
            for call, number in servers.sampled(sweep.points(second, ("fchmod",)), 4):
                sweep.try_one(second, stage, [f"inject={call}:error=EIO:when={number}"], tally, judge)
            self.swept(stage, stage.publish(), 10, tally)
            self.swept(stage, stage.collection(), 10, tally)
            # What looks again until it works would look for ever; so no sample here.
            for call, number in sweep.points(first, ("newfstatat",))[:12]:
                sweep.try_one(first, stage, [f"inject={call}:error=EIO:when={number}+"], tally, judge)
            self.assertEqual(tally.wrong, [])
        servers.figure("fault_sweep", faults_injected_into_system_calls=tally.hit, walks_of_readers_beside=tally.walks)
        print(f"{tally.hit} faults, {tally.walks} walks of readers beside, nothing lost")


if __name__ == "__main__":
    unittest.main()
