"""One server's folder: state, store and memory of peers, read without the product; and what may never happen to them.

    before = listing(folder)      what is there: images, bytes, floors, heads
    faults = check(folder, before, …)
    end = normalised(folder)      what two runs that end alike have in common

A server has its manifest's defaults: store/ and state/ingot.db below the folder; or in_database() said where its state is.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile

import published_tree

FLOOR = re.compile(r"floor-([0-9]+)-([0-9]+)")


_copies = {}  # the state that was looked at last: its stamps, and a connection to a copy of it
_databases = {}  # folder → URL and schema of a state in PostgreSQL


def in_database(folder, url, server):
    """From now on the state of this folder is there; `url` "": in its file again."""
    _databases[str(folder)] = (url, f"ingot_{server}") if url else None


def _rows(folder, query):
    """Asks a copy of the state: a look at it changes nothing, and needs no room on a full disk."""
    place = _databases.get(str(folder))
    return (_copy_of_database(*place) if place else _copy_of_file(folder)).execute(query).fetchall()


def _psql(url, *queries):
    """What each gives, in a line."""
    words = [word for one in queries for word in ("-c", one)]
    ran = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, *words], cwd="/", stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    if ran.returncode != 0:
        raise sqlite3.OperationalError(f"psql: {ran.stderr}")
    return ran.stdout.splitlines()


def _copy_of_database(url, schema):
    stamps = [url, schema, *_psql(url, "SELECT pg_current_wal_insert_lsn()")]
    if _copies.get("stamps") == stamps:
        return _copies["state"]
    columns = json.loads(_psql(url, "SELECT coalesce(jsonb_object_agg(t, c), '{}') FROM (SELECT table_name AS t, jsonb_object_agg(column_name,"
                                    f" data_type) AS c FROM information_schema.columns WHERE table_schema = '{schema}' GROUP BY 1) AS x")[0])
    if not columns:
        raise sqlite3.OperationalError(f"there is no schema {schema}")
    tables = _psql(url, *[f"""SELECT coalesce(jsonb_agg(t), '[]') FROM "{schema}"."{table}" AS t""" for table in columns])
    memory = sqlite3.connect(":memory:", check_same_thread=False)
    for (table, types), text in zip(columns.items(), tables, strict=True):
        memory.execute(f"""CREATE TABLE "{table}" ({", ".join(f'"{name}"' for name in types)})""")
        for row in json.loads(text):
            values = [bytes.fromhex(row[name][2:]) if type_ == "bytea" and row[name] is not None else row[name] for name, type_ in types.items()]
            memory.execute(f"""INSERT INTO "{table}" VALUES ({", ".join("?" * len(values))})""", values)
    memory.row_factory = sqlite3.Row
    _copies.update(stamps=stamps, state=memory)
    return memory


def _copy_of_file(folder):
    files = [pathlib.Path(folder, "state", name) for name in ("ingot.db", "ingot.db-wal")]
    stamps = [(str(path), found.st_ino, found.st_size, found.st_mtime_ns) for path in files if path.exists() and (found := path.stat())]
    if _copies.get("stamps") != stamps:
        with tempfile.TemporaryDirectory() as beside:
            for path in filter(pathlib.Path.exists, files):
                shutil.copyfile(path, f"{beside}/{path.name}")
            with contextlib.closing(sqlite3.connect(f"{beside}/ingot.db")) as copy:
                memory = sqlite3.connect(":memory:", check_same_thread=False)
                copy.backup(memory)
        memory.row_factory = sqlite3.Row
        _copies.update(stamps=stamps, state=memory)
    return _copies["state"]


def _sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while some := file.read(1 << 20):
            digest.update(some)
    return digest.hexdigest()


def blobs(folder):
    """Packed bytes by digest: path, wherever they lie."""
    found = {}
    for place in ("public", "private"):
        base = pathlib.Path(folder, "store", place, "b")
        for path in base.glob("??/*"):
            found[path.name] = path
    return found


def floors(folder):
    """The highest accepted (epoch, serial) and root version of each peer, in both places; and where there is evidence."""
    found = {}

    def raise_to(where, peer, value):
        found[(where, peer)] = max(found.get((where, peer), value), value)

    for row in _rows(folder, "SELECT hex(id) AS id, epoch, serial, root_version FROM floor"):
        raise_to("state", row["id"].lower(), (row["epoch"], row["serial"]))
        raise_to("root in the state", row["id"].lower(), (row["root_version"],))
    for place in ("state/trust", "state/cache/trust"):
        for path in pathlib.Path(folder, place).glob("*/*"):
            if match := FLOOR.fullmatch(path.name):
                raise_to("file", path.parent.name, (int(match[1]), int(match[2])))
            elif path.name == "evidence":
                raise_to("evidence", path.parent.name, (1,))
    return found


def images(folder):
    """Every row of an image: key → what never changes of it, and whether it is live."""
    query = ("SELECT key, name, copy, deleted, is_private, state, type, version, labels, hex(object.digest) AS digest, hex(file_digest) AS file,"
             " file_length, hex(table_digest) AS seg, table_length, size FROM image JOIN object ON object = number ORDER BY key")
    return [dict(row) for row in _rows(folder, query)]


def listing(folder, heads=None):
    """What must still be there later. `heads`: of an earlier listing, serial → digest, so that no serial is used twice."""
    tree = published_tree.folder_reader(f"{folder}/store/public").read()
    seen = dict(heads or {})
    if tree.serial:
        seen[tree.serial] = tree.head
    meta = _rows(folder, "SELECT lineage, generation, reserved, published FROM meta")[0]
    return {"images": {row["key"]: row for row in images(folder)}, "blobs": set(blobs(folder)), "pieces": set(tree.named), "heads": seen,
            "floors": floors(folder), "serial": tree.serial, "epoch": tree.epoch, "meta": dict(meta)}


def listing_or_fault(folder):
    """A listing; None if the state cannot be read, which check() tells of."""
    try:
        return listing(folder)
    except sqlite3.Error:
        return None


_whole = {}  # stamps of packed files whose bytes were right, with what is in them


def _contents(path, digest):
    """sha256 of the plain bytes of a packed file, by the zstd tool; None if the packed bytes are not `digest`."""
    found = os.lstat(path)
    stamp = (digest, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if stamp not in _whole:
        if _sha256_of(path) != digest:
            return None
        with subprocess.Popen(["zstd", "-dcq", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as unpacked:
            plain = hashlib.sha256()
            while some := unpacked.stdout.read(1 << 20):
                plain.update(some)
        _whole[stamp] = plain.hexdigest() if unpacked.returncode == 0 else "nothing that zstd can open"
    return _whole[stamp]


def state_faults(folder, gone=()):
    """N3: every live row has its bytes, packed and plain. `gone`: digests of images whose bytes are known to be lost."""
    faults = []
    there = blobs(folder)
    for row in images(folder):
        digest = row["digest"].lower()
        if row["deleted"] or digest in gone:
            continue
        for what, named, length in (("bytes", row["file"], row["file_length"]), ("table", row["seg"], row["table_length"])):
            if not named:
                continue
            path = there.get(named.lower())
            if path is None:
                faults.append(f"image {row['name']}: its {what} are not here")
            elif path.stat().st_size != length:
                faults.append(f"image {row['name']}: its {what} have {path.stat().st_size} bytes and not {length}")
            elif what == "table":
                if _sha256_of(path) != named.lower():
                    faults.append(f"image {row['name']}: its table is not what its name says")
            elif _contents(path, named.lower()) != digest:
                faults.append(f"image {row['name']}: its bytes are not what was signed")
    for row in _rows(folder, "PRAGMA integrity_check"):
        if row[0] != "ok":
            faults.append(f"the state is damaged: {row[0]}")
    return faults


def _needed(listing_):
    """Blobs that a live image or the published head needs."""
    files = {row[key].lower() for row in listing_["images"].values() if not row["deleted"] for key in ("file", "seg") if row[key]}
    return files | {path.rsplit("/", 1)[1] for path in listing_["pieces"] if path.startswith("b/")}


def _lost(before, now, folder, removed, collected):
    """N1: what was there durably is there still."""
    for key, row in before["images"].items():
        after = now["images"].get(key)
        if after is None or (after["digest"], after["copy"]) != (row["digest"], row["copy"]):
            yield f"the row of image {row['name']} is lost"
        elif after["deleted"] and not row["deleted"] and row["name"] not in removed:
            yield f"image {row['name']} was removed, and nobody asked for it"
    may_go = before["blobs"] - _needed(before) - _needed(now) if collected else set()
    for digest in sorted(before["blobs"] - now["blobs"] - may_go):
        yield f"the bytes {digest} are lost"
    for path in sorted(before["pieces"]):
        if path.startswith("c/") and not os.path.exists(f"{folder}/store/public/{path}"):
            yield f"{path}, which readers of the last head may ask for, is lost"


def _went_down(before, now):
    """N5: floors and serials only rise, and a serial never names other bytes."""
    for (where, peer), value in before["floors"].items():
        if now["floors"].get((where, peer), (0,)) < value:
            yield f"the floor of {peer} ({where}) went from {value} to {now['floors'].get((where, peer))}"
    if (now["epoch"], now["serial"]) < (before["epoch"], before["serial"]):
        yield f"the head went from serial {before['serial']} to {now['serial']}"
    for key in ("generation", "reserved", "published"):
        if now["meta"][key] < before["meta"][key]:
            yield f"the state's {key} went from {before['meta'][key]} to {now['meta'][key]}"
    if now["meta"]["lineage"] != before["meta"]["lineage"]:
        yield "the state is of another lineage"
    for serial, head in before["heads"].items():
        if now["heads"].get(serial, head) != head:
            yield f"serial {serial} was used for two heads"


def check(folder, before=None, removed=(), gone=(), collected=False):
    """Everything that is wrong, as sentences. `removed`: names of images whose removal was approved; `collected`: gc ran."""
    tree = published_tree.folder_reader(f"{folder}/store/public").read()
    faults = published_tree.faults_of_files(f"{folder}/store/public") + tree.faults
    try:
        faults += state_faults(folder, gone)
        now = listing(folder)
        if tree.serial > now["meta"]["reserved"]:
            faults.append(f"the head's serial {tree.serial} was never reserved")
    except sqlite3.Error as error:
        return faults + [f"the state cannot be read: {error}"]
    if before is not None:
        faults += _lost(before, now, folder, removed, collected)
        faults += _went_down(before, now)
    return faults


def normalised(folder):
    """What any two servers have in common that were brought to the same end: no keys, serials, times or temporary files."""
    lines = []
    for row in images(folder):
        lines.append("image " + " ".join(f"{key}={row[key]}" for key in row if key != "key"))
    members = ("SELECT series.name AS series, image.name AS image FROM series JOIN series_member ON series = number"
               " JOIN image ON image.key = series_member.image WHERE series.deleted = 0 ORDER BY series.name, position")
    lines += [f"member {row['series']} {row['image']}" for row in _rows(folder, members)]
    lines += [f"series {row['name']} {row['deleted']}" for row in _rows(folder, "SELECT name, deleted FROM series")]
    lines += [f"peer {row['name']} {row['id']}" for row in _rows(folder, "SELECT name, hex(id) AS id FROM registration")]
    subscriptions = _rows(folder, "SELECT kind, value, stopped FROM subscription")
    lines += [f"subscription {row['kind']} {row['value']} {row['stopped'] is None}" for row in subscriptions]
    lines += [f"type {row['name']} {row['base']}" for row in _rows(folder, "SELECT name, base FROM imagetype")]
    tree = published_tree.folder_reader(f"{folder}/store/public").read()
    lines += [f"published {name} {digest} {name in tree.offered}" for name, digest in tree.images.items()]
    lines += [f"published series {name} {' '.join(list_)}" for name, list_ in tree.series.items()]
    lines += [f"tombstone {name}" for name in tree.tombstones] + [f"published type {name}" for name in tree.types]
    lines += [f"bytes {path.relative_to(folder)}" for path in blobs(folder).values()]
    lines += [f"left over {path.name}" for path in pathlib.Path(folder, "store", "staging").iterdir()]
    lines += [f"papers {path.parent.name}/{path.name.split('-')[0]}" for path in pathlib.Path(folder, "store", "papers").glob("??/*")]
    return sorted(set(lines))


def canary_listing(folder):
    """N4: every entry below `folder` by what would show that somebody touched it."""
    found = {}
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(parent, name)
            entry = os.lstat(path)
            bytes_ = os.readlink(path) if os.path.islink(path) else _sha256_of(path) if name in files else ""
            found[os.path.relpath(path, folder)] = (entry.st_ino, entry.st_mode, entry.st_uid, entry.st_nlink, entry.st_mtime_ns, bytes_)
    return found


def writes(folder):
    """What a run that has nothing to do must leave as it is (N6): the store, and where the state's folder keeps its floors."""
    found = canary_listing(f"{folder}/store")
    found.update({f"state/{path}": entry for path, entry in canary_listing(f"{folder}/state").items() if path.startswith("trust/")})
    return found


def holders_of(secrets, *folders):
    """N7: files below `folders` whose bytes hold one of `secrets`."""
    faults = []
    for folder in folders:
        for parent, _, files in os.walk(folder):
            for name in files:
                path = pathlib.Path(parent, name)
                data = path.read_bytes()
                faults += [f"{path} holds the secret {secret!r}" for secret in secrets if secret in data]
    return faults
