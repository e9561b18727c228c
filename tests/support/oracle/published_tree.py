"""Reads a published tree as a stranger would, over files or HTTP, and says what is wrong with it (N2, R25, N5).

Written from schema/published-tree.md alone. `fetch(path)` gives the bytes of a file below the tree, or None.
"""
import base64
import dataclasses
import hashlib
import json
import os
import re
import stat
import urllib.error
import urllib.request

import ed25519

HEAD_TYPE = "application/vnd.ingot.head.v1+json"
ROOT_TYPE = "application/vnd.ingot.root.v1+json"
NAMES = re.compile(r"head\.dsse|index\.html|root|root/[0-9]+\.dsse|c|c/[0-9a-f]{64}|b|b/[0-9a-f]{2}|b/[0-9a-f]{2}/[0-9a-f]{64}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@dataclasses.dataclass
class Tree:
    faults: list = dataclasses.field(default_factory=list)
    server: str = ""        # "sha256:…" of the first root
    serial: int = 0         # 0: no head
    epoch: int = 0
    root_version: int = 0
    head: str = ""          # sha256 of the head's payload
    previous: str = ""
    named: dict = dataclasses.field(default_factory=dict)   # path → length of every piece and blob that the head leads to
    images: dict = dataclasses.field(default_factory=dict)  # live: name → digest
    offered: set = dataclasses.field(default_factory=set)
    deltas: dict = dataclasses.field(default_factory=dict)  # (image, digest of what it starts from) → path of the file
    tombstones: set = dataclasses.field(default_factory=set)
    series: dict = dataclasses.field(default_factory=dict)
    types: set = dataclasses.field(default_factory=set)


class Reader:
    """Walks from the head on. Pieces that were right once are not read again if `fetch` says that they are unchanged."""

    def __init__(self, fetch, stamp=None):
        self.fetch = fetch
        self.stamp = stamp or (lambda path: None)
        self.known = {}  # path → (stamp, bytes of catalog pieces or None)

    def read(self):
        self.tree = Tree()
        try:
            self._walk()
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            self._fault(f"something is malformed: {error!r}")
        return self.tree

    def _fault(self, text):
        self.tree.faults.append(text)

    def _signed(self, data, kind, roles, where):
        """The payload of an envelope that the thresholds of all `roles` have signed."""
        envelope = json.loads(data)
        payload = base64.b64decode(envelope["payload"], validate=True)
        if envelope["payloadType"] != kind:
            self._fault(f"{where} is a {envelope['payloadType']}")
        covered = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
        for role in roles or [json.loads(payload)]:
            keys = {bytes.fromhex(key) for key in role["keys"]}
            signers = sum(any(ed25519.holds(key, covered, one) for one in signatures) for key in keys)
            if role["threshold"] < 1 or signers < role["threshold"]:
                self._fault(f"{where}: {signers} of {role['threshold']} signatures hold")
        return payload

    def _walk(self):
        head_bytes = self.fetch("head.dsse")
        if head_bytes is None:
            return self._fault("there is no head")
        unverified = json.loads(base64.b64decode(json.loads(head_bytes)["payload"]))
        root = self._root(unverified["root"]["version"])
        if root is None:
            return None
        payload = self._signed(head_bytes, HEAD_TYPE, [root["catalog"]], "the head")
        head = json.loads(payload)
        self.tree.head, self.tree.serial, self.tree.epoch = sha256(payload), head["serial"], head["epoch"]
        self.tree.previous = head["previous"] or ""
        if head["server"]["id"] != self.tree.server:
            self._fault("the head is of another server than the root")
        if head["epoch"] != root["epoch"]:
            self._fault("the head is of another epoch than the root")
        return self._index(self._piece("c", head["index"]))

    def _root(self, wanted):
        """Root by root from the first, each signed by the one before and by itself."""
        root, before = None, None
        for version in range(1, wanted + 1):
            data = self.fetch(f"root/{version}.dsse")
            if data is None:
                self._fault(f"root/{version}.dsse is named but not there")
                return None
            own = json.loads(base64.b64decode(json.loads(data)["payload"]))
            payload = self._signed(data, ROOT_TYPE, [own] if root is None else [root, own], f"root/{version}.dsse")
            if version == 1:
                self.tree.server = "sha256:" + sha256(payload)
            if own["version"] != version:
                self._fault(f"root/{version}.dsse is version {own['version']}")
            if own["previous"] != before:
                self._fault(f"root/{version}.dsse names another root before it")
            root, before = own, "sha256:" + sha256(payload)
        self.tree.root_version = wanted
        return root

    def _piece(self, kind, named, keep=True):
        digest = named["digest"].removeprefix("sha256:")
        path = f"c/{digest}" if kind == "c" else f"b/{digest[:2]}/{digest}"
        self.tree.named[path] = named["length"]
        stamp = self.stamp(path)
        if stamp is not None and self.known.get(path, (None,))[0] == stamp:
            return self.known[path][1]
        data = self.fetch(path)
        if data is None:
            self._fault(f"{path} is named but not there")
        elif len(data) != named["length"]:
            self._fault(f"{path} has {len(data)} bytes and not {named['length']}")
        elif sha256(data) != digest:
            self._fault(f"{path} is not what its name says")
        else:
            self.known[path] = (stamp, data if keep else None)
            return data
        return b""

    def _index(self, data):
        lines = data.decode().splitlines()
        if not lines:
            return
        pages = [json.loads(line) for line in lines[1:]]
        if json.loads(lines[0])["pages"] != len(pages):
            self._fault("the index has another number of pages than it says")
        for page in pages:
            self._page(self._piece("c", page), page["entries"])

    def _page(self, data, entries):
        lines = data.decode().splitlines()
        if not lines:
            return
        series = json.loads(lines[0]).get("continues")
        for entry in map(json.loads, lines[1:]):
            series = self._entry(entry, series)
        if len(lines) - 1 != entries:
            self._fault("a page has another number of entries than the index says")

    def _delta(self, image, delta):
        way = image, delta["base"]["digest"]
        if way in self.tree.deltas:
            self._fault(f"two deltas make {image} of the same image")
        digest = delta["digest"].removeprefix("sha256:")
        self.tree.deltas[way] = f"b/{digest[:2]}/{digest}"
        self._piece("b", delta, keep=False)

    def _entry(self, entry, series):
        tree = self.tree
        for serial in [entry.get(key) for key in ("created", "deleted", "added", "listed")]:
            if serial is not None and serial > tree.serial:
                self._fault(f"an event bears serial {serial}, above the head's")
        if "member" in entry:
            tree.series[series].append(entry["member"]["name"])
        elif "series" in entry:
            series = entry["series"]
            if "deleted" not in entry:
                tree.series[series] = []
        elif "imagetype" in entry:
            tree.types.add(entry["imagetype"])
        elif "deleted" in entry:
            tree.tombstones.add(entry["image"])
        else:
            tree.images[entry["image"]] = entry["digest"]
            for delta in entry.get("deltas", []):
                self._delta(entry["image"], delta)
            if entry["packed"] is not None:
                tree.offered.add(entry["image"])
                for named in filter(None, (entry["packed"], entry["packed"]["table"])):
                    self._piece("b", named, keep=False)
        return series


def folder_reader(folder):
    def fetch(path):
        try:
            with open(os.path.join(folder, path), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def stamp(path):
        try:
            found = os.lstat(os.path.join(folder, path))
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    return Reader(fetch, stamp)


def web_reader(url):
    # The machine's proxies are none of a loopback reader's business.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def fetch(path):
        try:
            with opener.open(url + path, timeout=30) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return None
            raise

    return Reader(fetch)


def faults_of_files(folder):
    """What no published tree may hold: links, other modes, other names; nothing half written either."""
    faults = []
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(parent, name)
            shown = os.path.relpath(path, folder)
            try:
                found = os.lstat(path)
            except FileNotFoundError:  # a run beside this one finished it
                continue
            if not NAMES.fullmatch(shown):
                faults.append(f"{shown} has no place in a published tree")
            mode = stat.S_IMODE(found.st_mode)
            if stat.S_ISREG(found.st_mode):
                if mode != 0o644:
                    faults.append(f"{shown} is {mode:o} and not 644")
                if found.st_nlink != 1:
                    faults.append(f"{shown} has another hard link")
            elif stat.S_ISDIR(found.st_mode):
                if mode != 0o755:
                    faults.append(f"{shown} is {mode:o} and not 755")
            else:
                faults.append(f"{shown} is neither a file nor a folder")
    return faults
