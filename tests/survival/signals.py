#!/usr/bin/python3
"""K7-K9: what a run does when it is asked to stop, told twice, hung up on, or read by nobody; also while a peer stalls."""
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import sweep

SECONDS_TO_STOP = 5
SEGMENTS, SEGMENT = 5, 4 << 20


class Stalling:
    """Passes requests on to a peer, and after so many bytes of a body says nothing more, with the connection open."""

    def __init__(self, port, most):
        self.target, self.most, self.stalled = port, most, threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, socket.create_connection(("127.0.0.1", self.target)) as upstream:
            threading.Thread(target=self._pass, args=(connection, upstream), daemon=True).start()
            given = 0
            try:
                while some := upstream.recv(1 << 16):
                    given += len(some)
                    if given > self.most:
                        self.stalled.set()
                        threading.Event().wait()
                    connection.sendall(some)
            except OSError:
                pass

    @staticmethod
    def _pass(source, target):
        try:
            while some := source.recv(1 << 16):
                target.sendall(some)
        except OSError:
            pass

    def stop(self):
        self.socket.close()


class Signals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.peer = cls.world.site("silver")
        cls.web = cls.world.web(cls.peer.public, "silver-web")
        cls.slow = cls.world.web(cls.peer.public, "slow-web", "limit_rate 10m;")
        cls.peer.manifest(cls.peer.image("large", servers.noise(SEGMENTS * SEGMENT, 2)) + cls.peer.image("small", b"small"))
        cls.peer.apply()
        cls.gold = cls.world.site("gold")
        cls.gold.image("mine", b"mine")
        cls.template = cls.world.path / "template"
        servers.copy_folder(cls.gold.folder, cls.template)
        cls.signals = 0

    @classmethod
    def tearDownClass(cls):
        servers.figure("signals", signals_sent_to_runs=cls.signals)

    def setUp(self):
        servers.copy_folder(self.template, self.gold.folder)
        self.before = server_folder.listing(self.gold.folder)

    def reach_peer_at(self, url):
        self.gold.manifest(self.gold.peer(self.peer, f'urls = ["{url}"]') + '[[image]]\nname = "mine"\nsource = "sources/mine"\n'
                           + '[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n')

    def send(self, process, number):
        type(self).signals += 1
        process.send_signal(number)

    def copying(self, url, bytes_here=2 * SEGMENT, under=()):
        """An apply that has got so much of the large image."""
        self.reach_peer_at(url)
        run = self.gold.start("apply", "--yes", "--json", "--parallel", "1", under=under)
        for _ in range(6_000):
            if self.here() >= bytes_here:
                return run
            self.assertIsNone(run.poll(), (self.gold.folder / "run.log").read_text())
            time.sleep(0.005)
        self.fail("nothing came")

    def here(self):
        """Bytes of the large image that the run has reported."""
        most = 0
        for line in (self.gold.folder / "run.log").read_text().splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if event.get("event") == "progress" and event["address"].endswith("large"):
                most = max(most, event["done"])
        return most

    def stopped(self, run, started, code):
        self.assertEqual(run.wait(30), code, (self.gold.folder / "run.log").read_text())
        self.assertLess(time.monotonic() - started, SECONDS_TO_STOP)
        self.assertEqual(server_folder.check(self.gold.folder, self.before), [])

    def resumes(self, fetched_before):
        """The next run fetches no more than what was missing, and a segment for each that was on its way."""
        self.reach_peer_at(self.web.url)
        asked = len(self.web.requests())
        done = self.gold.result()
        self.assertTrue(done["complete"])
        time.sleep(0.1)
        fetched = sum(count for path, count in self.web.requests()[asked:] if path.startswith("/b/"))
        self.assertLess(fetched, (SEGMENTS + 1) * SEGMENT - fetched_before + SEGMENT)
        self.assertEqual(server_folder.check(self.gold.folder, self.before), [])
        self.gold.plans_nothing()

    def test_K7_one_signal_ends_a_run_in_order_and_the_next_one_goes_on_where_it_stopped(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=number):
                self.setUp()
                run = self.copying(self.slow.url)
                started = time.monotonic()
                self.send(run, number)
                self.stopped(run, started, code)
                result = json.loads((self.gold.folder / "run.log").read_text().splitlines()[-1])
                self.assertEqual(result["event"], "result")
                accounted = [one["address"] for key in ("done", "failed", "not_started") for one in result[key]]
                self.assertIn("copy.silver.large", accounted)
                self.resumes(self.here())

    def test_K7_a_signal_ends_a_run_within_seconds_also_when_a_peer_says_nothing_more(self):
        for most in (3 * SEGMENT, 0):  # in the middle of the bytes; before the very first answer
            with self.subTest(most=most):
                self.setUp()
                stalling = Stalling(self.web.port, most)
                self.addCleanup(stalling.stop)
                self.reach_peer_at(stalling.url)
                run = self.gold.start("apply", "--yes", "--json", "--parallel", "1")
                self.assertTrue(stalling.stalled.wait(30))
                time.sleep(0.2)
                started = time.monotonic()
                self.send(run, signal.SIGTERM)
                self.stopped(run, started, 143)
                self.resumes(0)

    def test_K8_a_second_signal_ends_it_at_once(self):
        run = self.copying(self.slow.url)
        self.send(run, signal.SIGSTOP)  # so that it is still there for the second
        self.send(run, signal.SIGINT)
        self.send(run, signal.SIGTERM)
        started = time.monotonic()
        self.send(run, signal.SIGCONT)
        self.assertIn(run.wait(30), (130, 143))
        self.assertLess(time.monotonic() - started, 2)
        self.assertEqual(server_folder.check(self.gold.folder, self.before), [])
        self.resumes(0)

    def test_K8_a_terminal_that_hangs_up_stops_it_as_SIGTERM_does(self):
        run = self.copying(self.slow.url)
        started = time.monotonic()
        self.send(run, signal.SIGHUP)
        self.stopped(run, started, 143)
        self.resumes(0)

    def test_K8_a_run_under_nohup_outlives_its_terminal(self):
        run = self.copying(self.slow.url, under=("nohup",))
        self.send(run, signal.SIGHUP)
        self.assertEqual(run.wait(60), 0, (self.gold.folder / "run.log").read_text())
        self.gold.plans_nothing()

    def test_K8_a_quit_is_no_worse_than_a_kill(self):
        run = self.copying(self.slow.url)
        started = time.monotonic()
        self.send(run, signal.SIGQUIT)
        run.wait(30)
        self.assertLess(time.monotonic() - started, SECONDS_TO_STOP)
        self.assertEqual(server_folder.check(self.gold.folder, self.before), [])
        self.resumes(self.here() - SEGMENT)

    def test_K8_a_run_whose_output_nobody_reads_is_done_all_the_same(self):
        self.reach_peer_at(self.web.url)
        for words in (("apply", "--yes"), ("apply", "--yes", "--json"), ("apply", "--yes", "-v")):
            with self.subTest(words=words):
                self.setUp()
                self.reach_peer_at(self.web.url)
                read, write = os.pipe()
                run = subprocess.Popen([servers.BINARY, *words], cwd=self.gold.folder, stdin=subprocess.DEVNULL, stdout=write, stderr=write)
                os.close(write)
                os.read(read, 10)
                os.close(read)  # as head does
                code = run.wait(60)
                self.assertGreaterEqual(code, 0, "it died of a signal")
                self.assertEqual(server_folder.check(self.gold.folder, self.before), [])
                names = {row["name"] for row in server_folder.images(self.gold.folder)}
                self.assertEqual(names, {"mine", "large", "small"})
                self.gold.plans_nothing()

    def test_K9_SIGTERM_and_then_SIGKILL_as_a_service_manager_sends_them(self):
        run = self.copying(self.slow.url)
        self.send(run, signal.SIGTERM)
        time.sleep(0.02)
        self.send(run, signal.SIGKILL)
        run.wait(30)
        self.assertEqual(server_folder.check(self.gold.folder, self.before), [])
        self.resumes(self.here() - SEGMENT)


if __name__ == "__main__":
    unittest.main()
