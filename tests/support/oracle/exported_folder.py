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
    """`images`: name → {path of a file below it: its bytes}. Everything else that is in `to` when this is made is not ingot's."""

    def __init__(self, folder, to, link, images):
        self.folder, self.to, self.link, self.images = str(folder), str(to), link, images
        self.foreign = self._foreign()

    def _foreign(self):
        if not os.path.isdir(self.to):
            return {}
        found = server_folder.canary_listing(self.to)
        own = {*self.images, self.link}
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

    def target(self):
        """Where the link points; None: there is no link."""
        try:
            return os.readlink(os.path.join(self.to, self.link))
        except FileNotFoundError:
            return None

    def faults(self):
        """Everything that is wrong, as sentences."""
        names = self._names()
        faults = [f"the export {name} is not whole" for name in names if name in self.images and not self._is_whole(name)]
        target = self.target()
        if target is not None and (target not in self.images or target not in names):
            faults.append(f"the link points to {target}, which is no image here")
        if self._foreign() != self.foreign:
            faults.append("something that ingot did not make was touched")
        rows = server_folder._rows(self.folder, "SELECT image FROM exported")
        unknown = {name for name in names if name in self.images} - {row["image"] for row in rows}
        return faults + [f"the export {name} is in its folder, and the state does not know it" for name in sorted(unknown)]

    def lines(self):
        """What two runs that end alike have in common."""
        lines = [f"export {name}" for name in self._names() if name not in self.foreign]
        rows = server_folder._rows(self.folder, "SELECT name, image, hex(digest) AS digest FROM exported")
        links = server_folder._rows(self.folder, "SELECT name, link, linked FROM export")
        return ([f"link {self.target()}", *lines] + [f"exported {row['name']} {row['image']} {row['digest']}" for row in rows]
                + [f"linked {row['name']} {row['link']} {row['linked']}" for row in links])


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
