"""Reads published trees over and over beside a run: at every instant each must be whole (R25)."""
import threading
import time
import urllib.error

import published_tree


class Watcher:
    """A thread that walks each tree in turn until stop(). `trees`: folders and "http://…" URLs."""

    def __init__(self, *trees):
        self.readers = {tree: published_tree.web_reader(tree) if "://" in tree else published_tree.folder_reader(tree) for tree in trees}
        self.walks = 0
        self.faults = []
        self.heads = {}  # (epoch, serial) → payload digest
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        last = {}
        while not self._stop.is_set():
            for name, reader in self.readers.items():
                try:
                    tree = reader.read()
                except (OSError, urllib.error.URLError) as error:
                    self.faults.append(f"{name}: {error}")
                    return
                self.faults += [f"{name}: {fault}" for fault in tree.faults]
                number = (tree.epoch, tree.serial)
                if self.heads.setdefault(number, tree.head) != tree.head:
                    self.faults.append(f"{name}: serial {tree.serial} names two heads")
                if number < last.get(name, number):
                    self.faults.append(f"{name}: went back to serial {tree.serial}")
                last[name] = number
                self.walks += 1
            time.sleep(0.001)
