"""Servers for the survival tests: folders driven through the built binary, nginx in front of them, and strace around it."""
import atexit
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests/support/oracle"))

BINARY = os.environ.get("INGOT", str(SOURCE / "build/release/ingot"))
FULL = os.environ.get("INGOT_FULL") == "1"
SEED = int(os.environ.get("INGOT_SEED", time.time_ns() % 1_000_000))
FIGURES = os.environ.get("INGOT_FIGURES", str(SOURCE / "build/figures"))


OWN_MOUNTS = "INGOT_OWN_MOUNTS" in os.environ


def take_own_mounts():
    """Runs this program anew in a mount namespace of its own, so that every mount goes with it, however it ends.

    Where that may not be, it goes on without one.
    """
    command = ["unshare", "-m", "--propagation", "private"]
    if not OWN_MOUNTS and os.geteuid() == 0 and subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        os.execvpe(command[0], [*command, sys.executable, *sys.argv], {**os.environ, "INGOT_OWN_MOUNTS": "1"})


def figure(test, **counts):
    """Leaves counts of what really ran for tests/figures; a later run of the same test replaces them."""
    folder = pathlib.Path(FIGURES)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{test}.txt").write_text("".join(f"{count} {what.replace('_', ' ')}\n" for what, count in counts.items()))


def sampled(points, most):
    """All of `points` with INGOT_FULL=1, else `most` of them by the seed, in their order."""
    points = list(points)
    if FULL or len(points) <= most:
        return points
    return sorted(random.Random(SEED).sample(points, most))


def noise(length, seed):
    return random.Random(seed).randbytes(length)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Nginx:
    """A real nginx on loopback for one folder, from examples/nginx.conf."""

    def __init__(self, public, folder, extra=""):
        self.port, self.folder = free_port(), pathlib.Path(folder)
        self.url = f"http://127.0.0.1:{self.port}/"
        self.folder.mkdir(parents=True)
        text = (SOURCE / "examples/nginx.conf").read_text().replace("@PORT@", str(self.port)).replace("@PUBLIC@", str(public))
        asked = "log_format asked '$request_method $request_uri $status $body_bytes_sent'; access_log access.log asked;"
        text = text.replace("access_log access.log;", asked)
        text = text.replace("autoindex off;", "autoindex off; " + extra)
        # Workers of a root nginx become another user, who cannot read a test's folder.
        (self.folder / "nginx.conf").write_text(("user root;\n" if os.geteuid() == 0 else "") + text)
        # It ends with this program, however that ends.
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "/usr/sbin/nginx", "-p", str(self.folder),
                                         "-e", "error.log", "-c", "nginx.conf"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError("nginx (package nginx-light) did not start: " + (self.folder / "error.log").read_text())

    def requests(self):
        """(path, bytes of the body) of each answer so far; nginx writes a line when an answer is over."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [(path, int(count)) for _, path, _, count in map(str.split, lines)]

    def stop(self):
        self.process.terminate()
        self.process.wait()


class World:
    """A temporary folder with what runs in it; everything ends with it."""

    def __init__(self, where=None):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="ingot-survival-", dir=where))
        self.webs = []
        atexit.register(self.__exit__)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for web in self.webs:
            web.stop()
        self.webs = []
        for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
            if (mounted := line.split()[1]).startswith(f"{self.path}/"):
                subprocess.run(["umount", "-l", mounted], check=False)
        shutil.rmtree(self.path, ignore_errors=True)

    def web(self, public, name, extra=""):
        self.webs.append(Nginx(public, self.path / name, extra))
        return self.webs[-1]

    def site(self, name, url="https://gold.example.net/"):
        folder = self.path / name
        site = Site(folder, name, url)
        site.done(site.ingot("init", "--server", name, "--url", url, str(folder)))
        return site


class Site:
    """One server in `folder`."""

    def __init__(self, folder, name, url):
        self.folder, self.name, self.url = pathlib.Path(folder), name, url
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def public(self):
        return self.folder / "store/public"

    def manifest(self, entries, server=""):
        (self.folder / "ingot.toml").write_text(f'manifest = 1\n\n[server]\nname = "{self.name}"\nurl = "{self.url}"\n{server}\n{entries}')

    def image(self, name, data, more=""):
        """A file image's [[image]] entry; its source is written."""
        path = self.folder / "sources" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        return f'[[image]]\nname = "{name}"\nsource = "sources/{name}"\n{more}\n'

    def peer(self, other, more=""):
        shutil.copy(other.folder / "server.card.toml", self.folder / f"{other.name}.card.toml")
        return f'[[peer]]\nname = "{other.name}"\ncard = "{other.name}.card.toml"\n{more}\n'

    def program(self, *words, under=(), **more):
        """Runs one here to its end; `under`: what to run it with, such as strace."""
        return subprocess.run([*map(str, under), *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=120, check=False, **more)

    def ingot(self, *words, **more):
        return self.program(BINARY, *words, **more)

    def start(self, *words, log="run.log", under=(), **more):
        with open(self.folder / log, "wb") as output:
            return subprocess.Popen([*map(str, under), BINARY, *map(str, words)], cwd=self.folder, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=subprocess.STDOUT, **more)

    def done(self, ran, exit_code=0):
        if ran.returncode != exit_code:
            raise AssertionError(f"{' '.join(map(str, ran.args))} ended with {ran.returncode} and not {exit_code}:\n{ran.stdout}{ran.stderr}")
        return ran

    def apply(self, *words, exit_code=0):
        return self.done(self.ingot("apply", "--yes", *words), exit_code)

    def result(self, *words, exit_code=0):
        """The last event of apply --json."""
        return json.loads(self.apply("--json", *words, exit_code=exit_code).stdout.splitlines()[-1])

    def plans_nothing(self):
        self.done(self.ingot("plan", "--detailed-exitcode"))


def copy_folder(source, target):
    """As it is: links, holes and times too, since times of sources are remembered."""
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", str(source), str(target)], check=True)


def ended_by(ran):
    """The signal that ended a program, also one that ran under strace; None: it ended by itself."""
    code = ran.returncode if isinstance(ran, (subprocess.CompletedProcess, subprocess.Popen)) else ran
    if code < 0:
        return signal.Signals(-code)
    return signal.Signals(code - 128) if code == 128 + signal.SIGKILL else None
