"""Published trees that ingot itself would not make, correctly signed: written from schema/published-tree.md alone."""
import base64
import datetime
import gzip
import hashlib
import json
import pathlib
import shutil

import ed25519


class Key:
    """An Ed25519 key, by its seed; signs as RFC 8032 says."""

    def __init__(self, name):
        digest = hashlib.sha512(hashlib.sha256(name.encode()).digest()).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
        self.prefix = digest[32:]
        self.public = self._encoded(self.scalar)
        self.id = hashlib.sha256(self.public).hexdigest()[:16]

    @staticmethod
    def _encoded(scalar):
        x, y, z, _ = ed25519._times(scalar, ed25519.BASE)
        inverse = pow(z, ed25519.P - 2, ed25519.P)
        return (y * inverse % ed25519.P | (x * inverse % ed25519.P & 1) << 255).to_bytes(32, "little")

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ed25519.ORDER
        commitment = self._encoded(nonce)
        challenge = int.from_bytes(hashlib.sha512(commitment + self.public + message).digest(), "little") % ed25519.ORDER
        return commitment + ((nonce + challenge * self.scalar) % ed25519.ORDER).to_bytes(32, "little")


def text_of(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def signed(kind, payload, keys):
    kind = f"application/vnd.ingot.{kind}.v1+json"
    covered = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    return text_of({"payload": base64.b64encode(payload).decode(), "payloadType": kind,
                    "signatures": [{"keyid": key.id, "sig": base64.b64encode(key.sign(covered)).decode()} for key in keys]}).encode()


def role(keys, threshold=1):
    return {"threshold": threshold, "keys": [key.public.hex() for key in keys]}


def moment(days=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Tree:
    """What a server publishes. Change its fields, then write(): each document is signed and named as it then is."""

    def __init__(self, folder, name="bronze"):
        self.folder, self.name = pathlib.Path(folder), name
        self.root_keys, self.catalog_keys, self.root_signers, self.catalog_signers = [Key("root")], [Key("catalog")], None, None
        self.catalog_threshold = self.root_threshold = 1
        self.root_life, self.head_life, self.issued = 1000, 14, 0
        self.release = None
        self.serial, self.epoch = 7, 1
        self.images, self.series, self.types = [], [], []
        self.lines = {}       # kind → lines instead of the entries' own
        self.index_line = lambda line: line
        self.index_lines = lambda lines: lines
        self.head = lambda head: head
        self.root_text = lambda text: text
        self.next_roots = []  # of root 2 and later: {root fields that differ, "signers": keys}
        self.packed = False   # pages stored as gzip
        self.page_entries = 512
        self.page_header = lambda header: header

    @property
    def id(self):
        return digest_of(self._root())

    def _root(self):
        root = {"format": "ingot.root/1", "version": 1, "epoch": self.epoch, "expires": self._ends, **role(self.root_keys, self.root_threshold),
                "catalog": role(self.catalog_keys, self.catalog_threshold)}
        if self.release:
            root.update(release=role(self.release), critical=["release"])
        return self.root_text(text_of({**root, "previous": None})).encode()

    def _roots(self):
        """(bytes, signers) of root 1 and of those that follow it."""
        roots = [(self._root(), self.root_signers or self.root_keys)]
        for version, change in enumerate(self.next_roots, 2):
            fields = {**json.loads(roots[-1][0]), "version": version, "previous": digest_of(roots[-1][0]), **change}
            signers = fields.pop("signers", self.root_keys)
            roots.append((text_of(fields).encode(), signers))
        return roots

    @property
    def _ends(self):
        return moment(self.root_life)[:10] + "T00:00:00Z"

    def image(self, name, **more):
        """An entry; it is listed where its name belongs."""
        data = f"bytes of {name}".encode()
        entry = {"image": name, "created": 2, "origin": {"name": self.name, "id": self.id}, "digest": digest_of(data), "size": len(data),
                 "kind": "file", "type": "SOFTWARE", "states": [{"state": "PUBLISHED", "since": 2}], "parent": None,
                 "packed": {"digest": digest_of(data + b"packed"), "length": 99}}
        entry.update(more)
        self.images.append({key: value for key, value in entry.items() if value != ""})
        return entry

    def tombstone(self, name, created):
        """The entry of a deleted image."""
        self.images.append({"image": name, "created": created, "deleted": self.serial, "digest": digest_of(name.encode()), "type": "SOFTWARE", "parent": None})

    def identity(self, name, created=2):
        return {"origin": self.id, "name": name, "created": created}

    def put(self, path, data):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def piece(self, data):
        self.put("c/" + digest_of(data)[7:], data)
        return {"digest": digest_of(data), "length": len(data)}

    def write(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        roots = self._roots()
        for version, (root, signers) in enumerate(roots, 1):
            self.put(f"root/{version}.dsse", signed("root", root, signers))
        pages = []
        for kind, entries, first in (("images", sorted(self.images, key=lambda one: one["image"]), "image"), ("series", self.series, "series"),
                                     ("types", self.types, "imagetype")):
            lines = self.lines.get(kind) or [text_of(entry) for entry in entries]
            for begin in range(0, len(lines), self.page_entries):
                part = lines[begin:begin + self.page_entries]
                name = json.loads(part[0]).get(first)
                header = {"format": "ingot.page/1", "kind": kind}
                if name is None:  # a member of a series of a page before
                    name = next(one["series"] for one in reversed(entries[:begin]) if "series" in one)
                    header["continues"] = name
                plain = (text_of(self.page_header(header)) + "".join(part)).encode()
                stored = gzip.compress(plain, mtime=0) if self.packed else plain
                line = {"kind": kind, "first": name, "entries": len(part), **self.piece(stored)}
                if self.packed:
                    line["plain"] = len(plain)
                pages.append(self.index_line(line))
        pages = self.index_lines(pages)
        index = (text_of({"format": "ingot.index/1", "pages": len(pages)}) + "".join(map(text_of, pages))).encode()
        head = {"format": "ingot.head/1", "server": {"name": self.name, "id": self.id}, "epoch": json.loads(roots[-1][0])["epoch"], "serial": self.serial,
                "issued": moment(self.issued), "expires": moment(self.issued + self.head_life), "root": {"version": len(roots)}, "index": self.piece(index), "previous": None}
        self.put("head.dsse", signed("head", text_of(self.head(head)).encode(), self.catalog_signers or self.catalog_keys))
        return self
