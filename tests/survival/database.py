"""A real PostgreSQL for the survival tests, and a proxy before it that knows its messages and disturbs at any of them."""
import atexit
import collections
import glob
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import servers
import sweep


def programs():
    """Debian keeps those of each version apart. "": there are none."""
    return max(glob.glob("/usr/lib/postgresql/*/bin/"), default="")


def why_not():
    """Why a test with a database cannot run here; "": it can."""
    return "" if programs() else "PostgreSQL is not installed (package postgresql)"


class Postgres:
    """One server on loopback, in a folder of its own, as a user without rights; it ends with this program."""

    def __init__(self, settings=(), copy_of=None, where=None):
        self.port, self.settings = servers.free_port(), list(settings)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-pg-", dir=where or sweep.fast_folder()))
        self.process = None
        atexit.register(self.remove)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        if copy_of:
            self._run("pg_basebackup", "-d", copy_of.url(), "-D", self.folder / "data", "-R", "-X", "stream", "-c", "fast", "--no-sync")
        else:
            self._run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
                      "--no-instructions")
        self.start()

    def _words(self, program, *words):
        """It refuses to run as root."""
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=QUIT", "--"] if os.geteuid() == 0 else []
        return [*user, programs() + program, *map(str, words)]

    def _run(self, *words):
        ran = subprocess.run(self._words(*words), cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if ran.returncode != 0:
            raise RuntimeError(f"{words[0]}: {ran.stdout}")

    def start(self):
        options = [word for one in ("max_connections=200", "fsync=off", *self.settings) for word in ("-c", one)]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self._words("postgres", "-D", self.folder / "data", "-k", self.folder, "-h", "127.0.0.1", "-p", self.port,
                                                        *options), cwd="/", stdout=log, stderr=log)
        for _ in range(3_000):
            if subprocess.run([programs() + "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False).returncode == 0:
                return
            time.sleep(0.02)
        raise RuntimeError("PostgreSQL does not answer: " + (self.folder / "log").read_text())

    def stop_at_once(self):
        """As if it lost its power."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def remove(self):
        if self.process and self.process.poll() is None:
            self.stop_at_once()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database="postgres"):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def sql(self, *statements, database="postgres"):
        """What the statements print, a row a line."""
        words = [word for one in statements for word in ("-c", one)]
        ran = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), *words], cwd="/",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if ran.returncode != 0:
            raise RuntimeError(f"psql: {ran.stderr}")
        return ran.stdout.strip()

    def copy_database(self, source, target):
        """As it is; whoever is connected to either is thrown out."""
        self.sql(f'DROP DATABASE IF EXISTS "{target}" WITH (FORCE)', f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY file_copy')

    def end_sessions(self, which="true"):
        self.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ingot' AND {which}")

    def locks(self, database):
        """How many sessions hold a run lock there."""
        return int(self.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
                            f"(SELECT oid FROM pg_database WHERE datname = '{database}')"))


def _reset(one):
    """Ends a connection as a machine does that is gone: the other side gets RST."""
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RD)  # wakes the thread that reads from it
    except OSError:
        pass
    one.close()


class Proxy:
    """Stands before a PostgreSQL and counts what asks it to do something: simple queries, and the Sync that ends others.

    arm(number, how): at the number-th of them from now on,
      lose    it is not passed on, and every connection is reset
      answer  it is passed on; once the server has answered, every connection is reset, and nobody hears the answer
      alone   as lose, for this connection alone
      freeze  nothing is passed on any more, either way, and nothing is closed: the kernels still acknowledge. Until thaw()
    """

    def __init__(self, server_port):
        self.server_port = server_port
        self.number, self.how, self.count, self.moment = None, "", 0, threading.Event()
        self.mutex, self.pairs = threading.Lock(), set()
        self.flowing = threading.Event()
        self.flowing.set()
        self.kinds = collections.Counter()
        self.on_moment = None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def arm(self, number=None, how=""):
        self.flowing.set()
        self.number, self.how, self.count = number, how, 0
        self.moment.clear()

    def thaw(self):
        self.flowing.set()

    def cut(self):
        with self.mutex:
            pairs = list(self.pairs)
            self.pairs.clear()
        for pair in pairs:
            for one in pair:
                _reset(one)

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.server_port), 5)
            except OSError:
                _reset(client)
                continue
            server.settimeout(None)
            pair = (client, server)
            for one in pair:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.mutex:
                self.pairs.add(pair)
            answered = threading.Event()  # set: the next answer is for nobody
            threading.Thread(target=self._to_server, args=(pair, answered), daemon=True).start()
            threading.Thread(target=self._to_client, args=(pair, answered), daemon=True).start()

    def _happens_now(self):
        with self.mutex:
            self.count += 1
            return self.count == self.number

    def _to_server(self, pair, answered):
        client, server = pair
        try:
            with client.makefile("rb") as source:
                for kind, message in _messages(source):
                    self.flowing.wait()
                    if kind in b"QS" and self._happens_now():
                        if self.on_moment:
                            self.on_moment()
                        self.moment.set()
                        if self.how == "alone":
                            break
                        if self.how == "lose":
                            return self.cut()
                        if self.how == "freeze":
                            self.flowing.clear()
                            self.flowing.wait()
                        if self.how == "answer":
                            answered.set()
                    server.sendall(message)
        except (OSError, ValueError):
            pass
        self._end(pair)

    def _to_client(self, pair, answered):
        client, server = pair
        try:
            while some := server.recv(65536):
                self.flowing.wait()
                if answered.is_set():
                    return self.cut()
                client.sendall(some)
        except OSError:
            pass
        self._end(pair)

    def _end(self, pair):
        with self.mutex:
            self.pairs.discard(pair)
        for one in pair:
            _reset(one)


def _messages(source):
    """Kind and bytes of each message of a client; those before and at the start of a session have no kind."""
    while True:
        head = source.read(8)
        if len(head) < 8:
            return
        length, code = struct.unpack("!II", head)
        yield b" ", head + source.read(length - 8)
        if code >> 16 == 3:  # not a question for encryption
            break
    while len(head := source.read(5)) == 5:
        (length,) = struct.unpack("!I", head[1:])
        yield head[:1], head + source.read(length - 4)
