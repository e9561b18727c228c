"""The folder of an export, read without the product (R29): every image in it is whole, the link shows a whole one, what is not ingot's is
untouched.
"""
import os
import re
import threading
import time

import server_folder

TEMPORARY = re.compile(r".+\.ingot-partial-[0-9a-f]{8}")


class ExportedFolder:
    """`images`: name → {path of a file below it: its bytes}. `links`: the first is the one that readers use; others are old ones.
    Everything else that is in `to` when this is made is not ingot's. Owners are numbers."""

    def __init__(self, folder, to, links, images):
        self.folder, self.to, self.links, self.images = str(folder), str(to), tuple(links), images
        self.foreign = self._foreign()

    def _foreign(self):
        if not os.path.isdir(self.to):
            return {}
        found = server_folder.canary_listing(self.to)
        own = {*self.images, *self.links}
        # A restored copy has other inodes.
        return {path: entry[1:] for path, entry in found.items()
                if (top := path.split("/")[0]) not in own and not TEMPORARY.fullmatch(top)}

    def _is_whole(self, name):
        found = {}
        for parent, _, files in os.walk(os.path.join(self.to, name)):
            for file in files:
                path = os.path.join(parent, file)
                with open(path, "rb") as opened:
                    found[os.path.relpath(path, os.path.join(self.to, name))] = opened.read()
        return found == self.images[name]

    def _names(self):
        return sorted(os.listdir(self.to)) if os.path.isdir(self.to) else []

    def _images(self):
        return [name for name in self._names() if name in self.images]

    def _rows(self, query):
        return server_folder._rows(self.folder, query + f" WHERE folder = '{os.path.realpath(self.to)}'")

    def target(self, link=None):
        """Where the link points; None: there is no link."""
        try:
            return os.readlink(os.path.join(self.to, link or self.links[0]))
        except FileNotFoundError:
            return None

    def faults(self):
        """Everything that is wrong at any instant, as sentences."""
        faults = [f"the export {name} is not whole" for name in self._images() if not self._is_whole(name)]
        for link in self.links:
            target = self.target(link)
            if target is not None and target not in self._images():
                faults.append(f"the link {link} points to {target}, which is no image here")
        if self._foreign() != self.foreign:
            faults.append("something that ingot did not make was touched")
        unknown = set(self._images()) - {row["image"] for row in self._rows("SELECT image FROM exported")}
        return faults + [f"the export {name} is in its folder, and the state does not know it" for name in sorted(unknown)]

    def _entries(self, name):
        top = os.path.join(self.to, name)
        return [top, *(os.path.join(parent, one) for parent, folders, files in os.walk(top) for one in folders + files)]

    def unrest(self):
        """What is wrong once a run has done all: what the state says is not what the disk says."""
        rows = {row["image"]: row for row in self._rows("SELECT image, top, mode, owner FROM exported")}
        missing = sorted(set(rows) - set(self._images()))
        if missing:
            return [f"the state has the export {name}, which is not in its folder" for name in missing]
        faults = [f"{name} is left over" for name in self._names() if TEMPORARY.fullmatch(name)]
        faults += [f"owner and mode of {name} are half given" for name, row in rows.items() if row["top"].startswith("half-given")]
        for row in self._rows("SELECT link, linked FROM export"):
            if row["link"] and self.target(row["link"]) != row["linked"]:
                faults.append(f"the link {row['link']} shows {self.target(row['link'])}, and the state says {row['linked']}")
        for name, row in rows.items():
            if row["mode"] and (found := os.lstat(os.path.join(self.to, name)).st_mode & 0o7777) != int(row["mode"], 8):
                faults.append(f"{name} has the mode {found:04o}, and the state says {row['mode']}")
            owners = {f"{entry.st_uid}:{entry.st_gid}" for entry in map(os.lstat, self._entries(name))}
            if row["owner"] and owners != {row["owner"]}:
                faults.append(f"{name} belongs to {sorted(owners)}, and the state says {row['owner']}")
        return faults

    def lines(self):
        """What two runs that end alike have in common."""
        lines = [f"{self.to}: {name}" for name in self._names() if name not in self.foreign]
        lines += [f"{self.to}: {link} shows {self.target(link)}" for link in self.links]
        lines += [f"exported {row['name']} {row['folder']} {row['image']} {row['digest']} {row['owner']} {row['mode']}"
                  for row in self._rows("SELECT name, folder, image, hex(digest) AS digest, owner, mode FROM exported")]
        return lines + [f"linked {row['name']} {row['folder']} {row['link']} {row['linked']} {row['run_for']}"
                        for row in self._rows("SELECT name, folder, link, linked, run_for FROM export")]


class ExportedFolders:
    """Several of them, seen as one; readers use the link of the first."""

    def __init__(self, *folders):
        self.folders, self.to, self.images = folders, folders[0].to, folders[0].images

    def target(self):
        return self.folders[0].target()

    def faults(self):
        return [one for folder in self.folders for one in folder.faults()]

    def unrest(self):
        return [one for folder in self.folders for one in folder.unrest()]

    def lines(self):
        return [one for folder in self.folders for one in folder.lines()]


class LinkReader:
    """A thread that looks through the link over and over: every file of the image must be there in its full size.

    It holds nothing open, or ingot would rightly call the image in use.
    """

    def __init__(self, exported):
        self.exported, self.looks, self.faults = exported, 0, []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _missing(self, target):
        for path, data in self.exported.images.get(target, {"": b""}).items():
            try:
                if os.stat(os.path.join(self.exported.to, target, path)).st_size != len(data):
                    return f"{target}/{path} is not whole"
            except FileNotFoundError:
                return f"{target}/{path} is not there"
        return None

    def _run(self):
        begun = False
        while not self._stop.is_set():
            target = self.exported.target()
            begun = begun or target is not None
            if target is None and begun:
                self.faults.append("the link was gone")
                return
            missing = self._missing(target) if target else None
            # Between reading the link and looking, the link may have moved and the old image may be gone.
            if missing and self.exported.target() == target:
                self.faults.append(f"the link shows {missing}")
                return
            self.looks += 1
            time.sleep(0.0005)
