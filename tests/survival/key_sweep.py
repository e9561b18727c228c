#!/usr/bin/python3
"""K1, D3, D4 for keys: `key make`, `key rotate` and `key install` are killed or fail at every system call; no key is lost or half
made, readers see a whole tree, and the same command once more ends as an undisturbed one.

INGOT_FULL=1 takes every call, else a sample by INGOT_SEED (printed).
"""
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import fault_sweep
import kill_sweep
import sweep

ERRORS = {call: fault_sweep.ERRORS[call] for call in ("openat", "read", "pread64", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat2", "unlink")}
DONE, LOCAL = 0, 6


class KeySweep(unittest.TestCase):
    def keys(self):
        return {path.name: path.read_bytes() for path in (self.gold.folder / "keys").iterdir()}

    def roots(self):
        return len(list((self.gold.public / "root").iterdir()))

    def swept(self, case, most, roots):
        """Kills and faults; `roots`: how many there may be after the rerun."""
        kept = self.keys()
        kills = sweep.Tally()
        for point in servers.sampled(sweep.points(case, kill_sweep.CALLS), most):
            sweep.try_one(case, self.stage, sweep.killing(point), kills, kill_sweep.judge)
            self.looked_at(kills, kept, roots, point)
        faults = sweep.Tally()
        every = [f"inject={call}:error={error}:when={number}" for call, number in sweep.points(case, ERRORS) for error in ERRORS[call]]
        for injection in servers.sampled(every, most):
            sweep.try_one(case, self.stage, [injection], faults, fault_sweep.judge)
            self.looked_at(faults, kept, roots, injection)
        self.kills, self.faults = self.kills + kills.hit, self.faults + faults.hit

    def looked_at(self, tally, kept, roots, what):
        self.assertEqual(tally.wrong, [], f"seed {servers.SEED}")
        self.assertLessEqual(kept.items(), self.keys().items(), what)
        self.assertIn(self.roots(), roots, what)

    def made(self, injections):
        """`key make` with these: the key is whole or not there, and what others have beside it stays."""
        servers.copy_folder(self.template, self.gold.folder)
        path = self.gold.folder / "keys/root-b.pem"
        ran = self.gold.ingot("key", "make", path, under=sweep.under_strace(*injections))
        killed = servers.ended_by(ran) is not None
        self.assertTrue(killed or ran.returncode in (DONE, LOCAL), ran.stdout + ran.stderr)
        again = self.gold.ingot("key", "make", path)
        self.assertIn(again.returncode, (LOCAL,) if ran.returncode == DONE else (DONE, LOCAL), again.stdout + again.stderr)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.gold.done(self.gold.ingot("key", "show", path))
        self.assertEqual(path.with_name("root-b.pem.new").read_bytes(), b"somebody's")
        return killed or ran.returncode != DONE

    def test_K1_D4_a_change_of_keys_disturbed_at_any_system_call_is_completed_by_the_same_command(self):
        print(f"seed {servers.SEED}")
        self.kills = self.faults = 0
        with servers.World(sweep.fast_folder()) as world:
            self.stage = sweep.Stage(world)
            self.gold = self.stage.gold
            self.stage.first_apply()
            self.gold.done(self.gold.ingot("key", "make", "keys/catalog-2.pem"))
            start = world.path / "start"
            servers.copy_folder(self.gold.folder, start)
            # A rerun of what was done is another rotation; of what was not, it is the same.
            self.swept(self.stage.case("key-rotate", ("key", "rotate")), 10, (2, 3))
            servers.copy_folder(start, self.gold.folder)
            self.gold.done(self.gold.ingot("key", "make", "root-2.pem"))
            self.gold.done(self.gold.ingot("key", "rotate", "--add-root", "root-2.pem", "--root-threshold", "2", "--out", "next.dsse"))
            self.gold.done(self.gold.ingot("key", "sign", "next.dsse", "--key", "root-2.pem"))
            self.swept(self.stage.case("key-install", ("key", "install", "next.dsse")), 6, (2,))
            servers.copy_folder(start, self.gold.folder)
            (self.gold.folder / "keys/root-b.pem.new").write_bytes(b"somebody's")
            self.template = world.path / "to-make"
            servers.copy_folder(self.gold.folder, self.template)

            def run(under):
                servers.copy_folder(self.template, self.gold.folder)
                return self.gold.ingot("key", "make", "keys/root-b.pem", under=under)

            points = sweep.points_of(run, ("openat", "write", "fsync", "renameat2", "close"), str(world.path / "trace"), "root-b.pem")
            for call, number in servers.sampled(points, 8):
                self.kills += self.made(sweep.killing((call, number)))
                self.faults += self.made([f"inject={call}:error=EIO:when={number}"])
            self.assertEqual(server_folder.check(self.gold.folder), [])
        self.assertGreater(self.kills, 15)
        servers.figure("key_sweep", kills=self.kills, faults_injected_into_system_calls=self.faults)
        print(f"{self.kills} kills, {self.faults} faults, no key lost")


if __name__ == "__main__":
    unittest.main()
