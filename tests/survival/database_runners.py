#!/usr/bin/python3
"""R30, R25: several machines run one server. Its state is in PostgreSQL, its store on a file system that each of them mounts for
itself: sshfs, where FUSE can be used, since each mount caches what it saw; else a folder of the local disk. (NFS needs a kernel that
has it.) In each round all of them apply; runners, their sessions and the database die, and runners are stopped while others work.

INGOT_FULL=1: eight runners, 200 rounds; else four, and a few. INGOT_SEED repeats a sample.
"""
import os
import random
import re
import shutil
import signal
import subprocess
import time
import unittest

import servers  # first: it knows where the oracle is
import database
import server_folder
import sweep
import watcher

RUNNERS, ROUNDS = (8, 200) if servers.FULL else (4, 5)
DONE, BUSY, LOCAL = 0, 5, 6
KEPT = 5  # own images at a time
DISTURBANCES = ("runner", "session", "database", "stopped", "none")


class Shared:
    """A folder as several machines see it."""

    SFTP = "/usr/lib/openssh/sftp-server"

    def __init__(self, folder, mounts):
        self.folder, self.mounts = folder, mounts
        self.by_fuse = bool(shutil.which("sshfs")) and os.path.exists(self.SFTP) and os.path.exists("/dev/fuse") and os.geteuid() == 0
        program = mounts / "sftp"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nexec {self.SFTP}\n")
        program.chmod(0o755)

    def seen_by(self, machine):
        if not self.by_fuse:
            return self.folder
        place = self.mounts / f"machine{machine}"
        place.mkdir()
        words = ["sshfs", f"here:{self.folder}", place, "-o", f"ssh_command={self.mounts}/sftp,default_permissions,allow_other,auto_cache"]
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        return place

    def __str__(self):
        return "sshfs, one mount for each machine" if self.by_fuse else "a folder of the local disk"


class Machine:
    """A folder with the manifest of the shared server, and caches of its own."""

    def __init__(self, site, number, store):
        self.site = servers.Site(site.folder.parent / f"machine{number}", site.name, site.url)
        for name in ("server.card.toml", "silver.card.toml"):
            shutil.copy(site.folder / name, self.site.folder)
        self.lines = f'store = "{store}"\nkeys = "{site.folder}/keys"\n'
        self.run = None

    def start(self):
        self.run = self.site.start("apply", "--yes", "--lock-timeout", "40s")

    def stop(self):
        self.run.send_signal(signal.SIGSTOP)

    def log(self):
        return (self.site.folder / "run.log").read_text()


@unittest.skipIf(database.why_not(), database.why_not())
class DatabaseRunners(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(servers.SEED)
        self.postgres = database.Postgres()
        self.world = self.enterContext(servers.World(sweep.fast_folder()))
        self.silver = self.world.site("silver")
        self.silver_web = self.world.web(self.silver.public, "silver-web")
        self.theirs = ""
        self.silver_offers(0)

    def silver_offers(self, number):
        """An image more."""
        self.theirs += self.silver.image(f"theirs-{number}", servers.noise(30_000, number))
        self.silver.manifest(self.theirs)
        self.silver.apply()

    def site_in_database(self, name, url):
        site = self.world.site("gold")
        site.peer(self.silver)
        site.done(site.ingot("state", "move", "--to", url))
        server_folder.in_database(site.folder, self.postgres.url(name), "gold")
        return site

    def entries(self, site, number):
        """Of each round: an own image comes, and the oldest goes."""
        names = [f"mine-{one}" for one in range(max(0, number - KEPT + 1), number + 1)]
        text = "".join(site.image(name, b"bytes of " + name.encode()).replace('"sources/', f'"{site.folder}/sources/') for name in names)
        return ('[guard]\nremovals = { count = 9, percent = 100 }\n[[peer]]\nname = "silver"\ncard = "silver.card.toml"\n'
                f'urls = ["{self.silver_web.url}"]\n[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n'
                f'{text}[[series]]\nname = "own"\nimages = ["{names[-1]}"]\n')

    def disturb(self, how):
        """Something happens in the middle; gives a machine that is stopped."""
        time.sleep(self.random.random() * 0.6)
        machine = self.random.choice(self.machines)
        if how == "runner":
            machine.run.kill()
        elif how == "session":
            self.postgres.end_sessions(f"pid = (SELECT max(pid) FROM pg_stat_activity WHERE application_name = 'ingot' AND pid % 2 = {self.random.randint(0, 1)})")
        elif how == "database":
            self.postgres.stop_at_once()
            time.sleep(0.2)
            self.postgres.start()
        elif how == "stopped":
            holder = self.postgres.sql("SELECT holder FROM \"ingot_gold\".engine", database="work")
            working = [one for one in self.machines if f"process {one.run.pid}," in holder]
            machine = (working or [machine])[0]
            machine.stop()
            if not servers.FULL or self.random.random() < 0.8:  # as after 12 s without a sign of life
                self.postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
            return machine
        return None

    def one_round(self, number, how):
        if number % 2 == 0 and number > 0:
            self.silver_offers(number)
        entries = self.entries(self.gold, number)
        for machine in self.machines:
            machine.site.manifest(entries, f'state = "{self.url}"\n{machine.lines}')
            machine.start()
        stopped = self.disturb(how)
        texts = []
        for machine in self.machines:
            if machine is not stopped:
                self.judge(machine, texts)
        if stopped:
            stopped.run.send_signal(signal.SIGCONT)
            self.judge(stopped, texts)
        # Whoever comes next finishes what is left.
        last = self.random.choice(self.machines).site
        again = last.ingot("apply", "--yes", "--lock-timeout", "15s")
        self.assertEqual(again.returncode, DONE, f"round {number}, {how}: {again.stdout}{again.stderr}" + "\n".join(texts))
        last.plans_nothing()
        self.lone.manifest(entries, f'state = "{self.postgres.url("lone")}"')
        self.lone.apply()
        gone = [f"mine-{one}" for one in range(number)]
        self.assertEqual(server_folder.check(self.gold.folder, removed=gone), [], f"round {number}, {how}\n" + "\n".join(texts))
        self.assertEqual(sweep.different(server_folder.normalised(self.gold.folder), server_folder.normalised(self.lone.folder)), [],
                         f"round {number}, {how}\n" + "\n".join(texts))

    def judge(self, machine, texts):
        code = machine.run.wait(120)
        texts.append(f"--- {machine.site.folder.name} ended with {code}\n{machine.log()}")
        self.assertIn(code, (DONE, BUSY, LOCAL, -signal.SIGKILL), texts[-1])
        if code == LOCAL:
            self.assertRegex(machine.log(), "cannot reach the state|lost its session|was changed by another|cannot use the state", texts[-1])

    def faults_of(self, watching, how):
        """R30: what a stopped run puts back late is at worst stale."""
        return [one for one in watching.faults if how != "stopped" or not re.search("went back to serial", one)]

    def test_R30_R25_several_machines_over_one_state_and_store_end_as_one_that_nobody_disturbs(self):
        self.postgres.sql("CREATE DATABASE work")
        self.url = self.postgres.url("work")
        self.gold = self.site_in_database("work", self.url)
        self.postgres.copy_database("work", "lone")
        servers.copy_folder(self.gold.folder, self.world.path / "lone")
        self.lone = servers.Site(self.world.path / "lone", "gold", self.gold.url)
        server_folder.in_database(self.lone.folder, self.postgres.url("lone"), "gold")
        shared = Shared(self.gold.folder / "store", self.world.path / "mounts")
        self.machines = [Machine(self.gold, number, shared.seen_by(number)) for number in range(RUNNERS)]
        web = self.world.web(self.gold.public, "gold-web")
        print(f"seed {servers.SEED}, store: {shared}")
        walks = 0
        happened = dict.fromkeys(DISTURBANCES, 0)
        for number in range(ROUNDS):
            how = DISTURBANCES[number % len(DISTURBANCES)]
            with watcher.Watcher(str(self.gold.public), web.url) as watching:
                self.one_round(number, how)
            self.assertEqual(self.faults_of(watching, how), [], f"round {number}, {how}")
            walks, happened[how] = walks + watching.walks, happened[how] + 1
        servers.figure("database_runners", runs_of_several_machines=ROUNDS * RUNNERS, walks_of_readers_beside=walks)
        print(f"{ROUNDS} rounds of {RUNNERS} machines, {walks} walks of readers beside; {happened}")

    def test_R30_a_standby_that_takes_over_in_the_middle_has_all_that_was_acknowledged(self):
        standby = database.Postgres(copy_of=self.postgres)
        self.postgres.sql("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        self.postgres.sql("CREATE DATABASE work")
        self.url = (f"postgresql://postgres@127.0.0.1:{self.postgres.port},127.0.0.1:{standby.port}/work?target_session_attrs=read-write")
        gold = self.site_in_database("work", self.url)
        images = "".join(gold.image(f"mine-{one:02}", servers.noise(20_000, one)) for one in range(60 if servers.FULL else 25))
        gold.manifest(images, f'state = "{self.url}"')
        run = gold.start("apply", "--yes", "--parallel", "1")
        log = gold.folder / "run.log"
        while run.poll() is None and log.read_text().count("done ") < 5:
            time.sleep(0.002)
        self.postgres.stop_at_once()
        self.assertEqual(run.wait(60), LOCAL, log.read_text())
        done = set(re.findall(r"^done +(\S+ +\S+)", log.read_text(), re.M))
        self.assertGreater(len(done), 4, "it was not in the middle")
        standby.sql("SELECT pg_promote(true, 30)")
        server_folder.in_database(gold.folder, standby.url("work"), "gold")
        again = gold.apply("--lock-timeout", "15s")
        self.assertEqual(done & set(re.findall(r"^done +(\S+ +\S+)", again.stdout + again.stderr, re.M)), set(), "what was acknowledged is lost")
        gold.plans_nothing()
        self.assertEqual(server_folder.check(gold.folder), [])
        print(f"{len(done)} actions were acknowledged before the standby took over, none is lost")


if __name__ == "__main__":
    servers.take_own_mounts()
    unittest.main()
