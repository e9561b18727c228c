#!/usr/bin/python3
"""R29, K1, D3-D8 for exports: a run that exports, moves a link or removes an export is killed, or fails, at every system call. A reader of
the link sees a whole image throughout, and the rerun ends as an undisturbed run does.

As root the folders lie below /root: root exports only to folders that nobody else can change. INGOT_FULL=1 takes every call, else
a sample by INGOT_SEED (printed).
"""
import os
import unittest

import servers  # first: it knows where the oracle is
import exported_folder
import fault_sweep
import kill_sweep
import sweep

CALLS = (*kill_sweep.CALLS, "symlinkat", "renameat", "syncfs", "fchmod", "fchmodat", "fchownat", "utimensat", "execve", "clone", "clone3",
         "vfork")
LOOKS = {"openat": ("EIO", "EMFILE"), "newfstatat": ("EIO",), "statx": ("EIO",), "readlink": ("EMFILE",), "readlinkat": ("EIO",),
         "getdents64": ("EIO",)}
ERRORS = {**LOOKS, "write": ("ENOSPC",), "pwrite64": ("ENOSPC", "EIO"), "fsync": ("EIO",), "syncfs": ("EIO",), "renameat2": ("EIO",),
          "renameat": ("EIO",), "symlinkat": ("ENOSPC",), "unlinkat": ("EIO",), "mkdirat": ("ENOSPC",), "fchmod": ("EIO",),
          "fchmodat": ("EIO",), "fchownat": ("EPERM",), "utimensat": ("EIO",)}
APPLY = ("apply", "--yes", "--parallel", "1")


def guarded_world():
    """Where this user may export to, with the guard file that allows root to."""
    world = servers.World("/root" if os.geteuid() == 0 else None)
    guard = world.path / "guard.toml"
    guard.write_text(f'[guard]\nexport_to = ["{world.path}"]\nexport_run = ["{world.path}"]\n')
    os.environ["INGOT_GUARD"] = str(guard)
    return world


def members_of(name):
    return {"bin/run": name.encode(), "data/a": servers.noise(120_000, name) + name.encode(), "empty": b""}


class Stage:
    """A server that exports the newest of its tree images, in the states that cases begin with."""

    def __init__(self, world):
        self.world, self.gold = world, world.site("gold")
        self.own_web = world.web(self.gold.public, "gold-web")
        self.to, self.other = self.gold.folder / "u01", self.gold.folder / "u02"
        for folder in (self.to, self.other):
            folder.mkdir()
            (folder / "notes").write_text("not ingot's")
            (folder / "db7").mkdir()  # a name that an image may bear
            (folder / "db7/mine").write_text("mine")
        self.program = world.path / "after-switch"
        self.program.write_text("#!/bin/sh\nexit 0\n")
        self.program.chmod(0o755)
        self.images = {f"db{number}": members_of(f"db{number}") for number in range(1, 5)}
        for name, members in self.images.items():
            for path, data in members.items():
                place = self.gold.folder / "sources" / name / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)

    def manifest(self, *names, export="latest = 1\n", to="u01", link="current", withdrawn=()):
        text = "[guard]\nremovals = { count = 9, percent = 100 }\n"
        for name in names:
            text += f'[[image]]\nname = "{name}"\nsource = "sources/{name}"\n' + ('state = "WITHDRAWN"\nreason = "CVE"\n' if name in withdrawn else "")
        text += '[[series]]\nname = "db"\nimages = [' + ", ".join(f'"{name}"' for name in names) + "]\n"
        if export is not None:
            text += f'[[export]]\nname = "home"\nseries = "db"\nto = "{to}"\nlink = "{link}"\n{export}'
        self.gold.manifest(text)

    def case(self, name, keeps_link=True, links=("current",), folders=None, runs=1):
        folders = [exported_folder.ExportedFolder(self.gold.folder, folder, links, self.images) for folder in folders or (self.to,)]
        return sweep.prepared(sweep.Case(name, self.gold, APPLY, exported=exported_folder.ExportedFolders(*folders),
                                         keeps_link=keeps_link, runs=runs), self.world)

    def cases(self):
        """Each begins where the one before ended."""
        self.manifest("db1", "db2")
        yield self.case("first-export")
        self.manifest("db1", "db2", "db3")
        yield self.case("rotation")
        self.manifest("db1", "db2", "db3", "db4", export="latest = 2\n")
        yield self.case("one-more")
        all_four, withdrawn = ("db1", "db2", "db3", "db4"), ("db4",)
        self.manifest(*all_four, export="latest = 2\n", withdrawn=withdrawn)
        yield self.case("withdrawal")
        more = "latest = 2\nmode = \"0750\"\n"
        self.manifest(*all_four, export=more, withdrawn=withdrawn)
        yield self.case("another-mode")
        more += f'run = ["{self.program}"]\n'
        self.manifest(*all_four, export=more, withdrawn=withdrawn)
        yield self.case("a-program-runs")
        if os.geteuid() == 0:
            more += 'owner = "54321:54321"\n'
            self.manifest(*all_four, export=more, withdrawn=withdrawn)
            yield self.case("another-owner")
        self.manifest(*all_four, export=more, link="newest", withdrawn=withdrawn)
        yield self.case("another-link", links=("newest", "current"))
        self.manifest(*all_four, export=more, to="u02", link="newest", withdrawn=withdrawn)
        yield self.case("another-folder", links=("newest",), folders=(self.other, self.to), runs=2)
        yield self.case("the-old-folder-goes", links=("newest",), folders=(self.other, self.to))
        self.manifest(*all_four, export=None, withdrawn=withdrawn)
        yield self.case("dropped", keeps_link=False, links=("newest",), folders=(self.other,))


def judge_of(injection):
    """An export that cannot be looked at may be one that somebody changed: it is left alone, and said so (7). No other fault may be
    taken for that."""
    def judge(ran):
        left_alone = ran.returncode == 7 and "changed-export" in ran.stdout + ran.stderr
        return (True, []) if left_alone and injection.split("=")[1].split(":")[0] in LOOKS else fault_sweep.judge(ran)
    return judge


class ExportSweep(unittest.TestCase):
    def tried(self, injections, judge_of_one, most):
        """`injections(case)`: all of a case, of which some are tried; `judge_of_one(injection)` gives the judge of a run."""
        print(f"seed {servers.SEED}")
        tally = sweep.Tally()
        with guarded_world() as world:
            stage = Stage(world)
            for case in stage.cases():
                for number, injection in enumerate(servers.sampled(injections(case), most)):
                    sweep.try_one(case, stage, [injection], tally, judge_of_one(injection), idle_too=number % 5 == 0)
                    self.assertEqual(tally.wrong, [], f"seed {servers.SEED}")
                case.restore()
                stage.gold.apply()
        return tally

    def test_R29_K1_a_run_killed_at_any_system_call_leaves_the_link_whole_and_is_completed_by_the_next(self):
        tally = self.tried(lambda case: [sweep.killing(point)[0] for point in sweep.points(case, CALLS)], lambda _: kill_sweep.judge, 6)
        self.assertGreater(tally.hit, tally.tried * 0.9, "a sweep that kills nothing shows nothing")
        servers.figure("export_sweep_kills", kills=tally.hit, walks_of_readers_beside=tally.walks)
        print(f"{tally.hit} kills, {tally.walks} walks of readers beside, every link whole")

    def test_R29_D3_D5_D8_a_call_that_fails_leaves_the_link_whole_and_is_told_of(self):
        def injections(case):
            return [f"inject={call}:error={error}:when={number}{on}" for call, number in sweep.points(case, ERRORS)
                    for error in ERRORS[call] for on in ("", "+")]
        tally = self.tried(injections, judge_of, 6)
        servers.figure("export_sweep_faults", faults_injected_into_system_calls=tally.hit, walks_of_readers_beside=tally.walks)
        print(f"{tally.hit} faults, {tally.walks} walks of readers beside, every link whole")


if __name__ == "__main__":
    unittest.main()
