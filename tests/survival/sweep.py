"""One fault at each system call of a run in turn, by strace; after each the oracle, and a rerun that ends as an undisturbed run does.

A case is a server in some state and a command. A point is (system call, n): the n-th such call of a thread. Runs are done
with --parallel 1, so that the n-th call is the same one each time.
"""
import collections
import contextlib
import dataclasses
import os
import re

import servers  # first: it knows where the oracle is
import exported_folder
import server_folder
import watcher

ROOMY = "/dev/shm"


def fast_folder():
    """Memory instead of a disk: what is tried here does not depend on what fsync does, only on when it is called."""
    if os.path.isdir(ROOMY) and os.access(ROOMY, os.W_OK):
        space = os.statvfs(ROOMY)
        if space.f_bavail * space.f_frsize > 300_000_000:
            return ROOMY
    return None


@dataclasses.dataclass
class Case:
    name: str
    site: servers.Site
    words: tuple
    removed: tuple = ()
    collects: bool = False
    template: str = ""
    trace: str = ""  # where strace writes to, outside what is restored
    before: dict = None
    end: list = None
    exported: exported_folder.ExportedFolder = None  # an export that the run works on
    keeps_link: bool = True                          # its link is never gone
    runs: int = 1                                    # so many runs are needed until nothing is left to do

    def restore(self):
        servers.copy_folder(self.template, self.site.folder)

    def faults(self, before=None):
        """What the oracle says of the server now, by what it was before."""
        faults = server_folder.check(self.site.folder, before or self.before, self.removed, collected=self.collects)
        return faults + (self.exported.faults() if self.exported else [])

    def normalised(self):
        return sorted(server_folder.normalised(self.site.folder) + (self.exported.lines() if self.exported else []))


def prepared(case, world):
    """The case as it is now: what it begins with is kept, and its undisturbed end is known."""
    case.template = str(world.path / f"template-{case.name}")
    servers.copy_folder(case.site.folder, case.template)
    case.before = server_folder.listing(case.site.folder)
    for _ in range(case.runs):
        case.site.done(case.site.ingot(*case.words))
    case.end = case.normalised()
    assert not case.faults(), case.faults()
    assert not case.exported or not case.exported.unrest(), case.exported.unrest()
    return case


class Stage:
    """A peer behind nginx and a server that copies from it, in the states that cases begin with."""

    def __init__(self, world):
        self.world = world
        peer = world.site("silver")
        web = world.web(peer.public, "silver-web")
        peer.manifest(peer.image("theirs", servers.noise(9_000, 1)) + peer.image("large", servers.noise(4_500_000, 2))
                      + peer.image("unwanted", b"not for long") + '[[series]]\nname = "line"\nimages = ["theirs", "large"]\n')
        peer.apply()
        self.gold = world.site("gold")
        self.peer = self.gold.peer(peer, f'urls = ["{web.url}"]')
        self.own_web = world.web(self.gold.public, "gold-web")

    FOLLOW = ('[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n'
              '[[series]]\nname = "theirs"\nfollow = { peer = "silver", series = "line" }\n')

    def _entries(self, *names, hidden="private = true"):
        gold = self.gold
        text = "".join(gold.image(name, b"bytes of " + name.encode()) for name in names) + gold.image("hidden", b"hidden", hidden)
        return self.peer + text + self.FOLLOW + f'[[series]]\nname = "own"\nimages = ["{names[0]}"]\n'

    def case(self, name, words, removed=(), collects=False):
        return prepared(Case(name, self.gold, words, removed, collects), self.world)

    def first_apply(self, limits=""):
        self.gold.manifest(self._entries("mine", "old") + f"[limits]\n{limits}")
        return self.case("first-apply", ("apply", "--yes", "--parallel", "1"))

    def second_apply(self, limits=""):
        """After first_apply: an image is dropped, one comes, one becomes public, and a copy is removed."""
        self.gold.manifest("[guard]\nremovals = { count = 9, percent = 100 }\n" + self._entries("mine", "new", hidden="")
                           + f'[[copy]]\npeer = "silver"\nname = "unwanted"\nkeep = false\n[limits]\n{limits}')
        return self.case("second-apply", ("apply", "--yes", "--parallel", "1"), ("old", "unwanted"))

    def publish(self):
        return self.case("publish", ("publish",))

    def collection(self):
        """After second_apply: the bytes of what was removed go."""
        case = self.case("gc", ("gc", "--grace", "0"), collects=True)
        assert case.before["blobs"] - server_folder.listing(self.gold.folder)["blobs"], "there was nothing to collect"
        return case

    def recovery(self, case, name, point):
        """`case` was killed at `point`: its rerun is the case."""
        case.restore()
        servers.ended_by(run_with(case, *killing(point)))
        self.gold.folder.joinpath("run.log").unlink(missing_ok=True)
        return self.case(name, case.words, case.removed)


def run_with(case, *injections):
    return case.site.ingot(*case.words, under=under_strace(*injections))


def under_strace(*injections):
    """The words to run a program with, so that these injections happen to it."""
    # Not with --seccomp-bpf: with it strace 6.1 does not inject signals.
    calls = {one.split("=")[1].split(":")[0] for one in injections}
    words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + ",".join(sorted(calls))]
    return words + [word for one in injections for word in ("-e", one)]


def killing(point):
    """The process dies on entry to the call: it is not done, and nothing after it."""
    return (f"inject={point[0]}:signal=KILL:when={point[1]}",)


def points(case, calls):
    """Every point of an undisturbed run."""
    case.restore()
    return points_of(lambda under: case.site.ingot(*case.words, under=under), calls, case.trace or f"{case.site.folder}.trace", "ingot.toml")


def points_of(run, calls, log, first_file):
    """Every point from where `first_file` is opened, or a child is at work. `run(under)` runs it, traced into `log`."""
    ran = run(["strace", "-f", "-qq", "-o", log, "-e", "trace=" + ",".join(calls)])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    counts = collections.defaultdict(collections.Counter)
    found, before, main = set(), None, None
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            match = re.match(r"(\d+) +(\w+)\((.*)", line)
            if not match:
                continue
            thread, call, rest = match.groups()
            main = main or thread
            counts[thread][call] += 1
            if before is None and (first_file in rest or thread != main):
                before = counts[main].copy()
            # A low number would meet the first thread at work in the loader, whichever thread it was found in.
            if before is not None and counts[thread][call] > before[call]:
                found.add((call, counts[thread][call]))
    os.unlink(log)
    return sorted(found)


@dataclasses.dataclass
class Tally:
    """What was tried, and all that went wrong."""
    tried: int = 0
    hit: int = 0      # the fault did happen
    walks: int = 0    # of readers beside
    wrong: list = dataclasses.field(default_factory=list)


def try_one(case, stage, injections, tally, judge, idle_too=False):
    """One fault; `judge(ran)` says what is wrong with how the run itself ended, and whether the fault was felt."""
    case.restore()
    wrong = []
    with contextlib.ExitStack() as beside:
        watching = beside.enter_context(watcher.Watcher(str(case.site.public), stage.own_web.url))
        looking = beside.enter_context(exported_folder.LinkReader(case.exported)) if case.exported and case.keeps_link else None
        ran = run_with(case, *injections)
        felt, text = judge(ran)
        wrong += text
        between = server_folder.listing_or_fault(case.site.folder)
        wrong += case.faults()
        # A delta that could not be made is deferred, and said to be.
        says_all = ran.returncode == 0 and case.runs == 1 and " deferred." not in ran.stdout
        lacking = different(case.normalised(), case.end) if says_all else []
        if lacking:
            wrong.append(f"it says that all is done, and it is not: {lacking}\n{ran.stdout}{ran.stderr}")
        for _ in range(case.runs):
            again = case.site.ingot(*case.words)
            if again.returncode != 0:
                wrong.append(f"the rerun ended with {again.returncode}: {again.stdout}{again.stderr}")
    wrong += watching.faults + (looking.faults if looking else [])
    wrong += case.faults(between)
    wrong += different(case.normalised(), case.end)
    wrong += case.exported.unrest() if case.exported else []
    wrong += unrest(case) if idle_too else []
    tally.tried, tally.hit, tally.walks = tally.tried + 1, tally.hit + felt, tally.walks + watching.walks + (looking.looks if looking else 0)
    tally.wrong += [f"{case.name} {' '.join(injections)}: {one}" for one in wrong]


def different(end, expected):
    lacking, more = set(expected) - set(end), set(end) - set(expected)
    return [f"the rerun lacks: {one}" for one in sorted(lacking)] + [f"the rerun has also: {one}" for one in sorted(more)]


def unrest(case):
    """N6: after that there is nothing to do, and a run that does nothing writes nothing."""
    before = server_folder.writes(case.site.folder)
    plan = case.site.ingot("plan", "--detailed-exitcode")
    idle = case.site.ingot("apply", "--yes")
    wrong = [] if plan.returncode == 0 else [f"a plan after the rerun ends with {plan.returncode}: {plan.stdout}{plan.stderr}"]
    wrong += [] if idle.returncode == 0 else [f"an apply with nothing to do ends with {idle.returncode}"]
    return wrong + ([] if server_folder.writes(case.site.folder) == before else ["a run with nothing to do wrote"])
