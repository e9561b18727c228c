#!/usr/bin/python3
"""The oracle finds what it is there to find: each fault is planted into a server made by the product, and must be told."""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "survival"))
import servers  # noqa: E402
import ed25519  # noqa: E402
import exported_folder  # noqa: E402
import published_tree  # noqa: E402
import server_folder  # noqa: E402
import watcher  # noqa: E402


def wait_until(holds):
    """A thread beside does what `holds` asks for. One that died never does, and must not make the test wait for ever."""
    end = time.monotonic() + 60
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("a thread beside the test did nothing for a minute")
        time.sleep(0.001)


class Ed25519(unittest.TestCase):
    # RFC 8032, section 7.1, tests 1 to 3: key, message, signature.
    VECTORS = (
        ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
    )

    def test_the_vectors_of_the_standard_hold_and_every_flipped_bit_does_not(self):
        for key, message, signature in ((*map(bytes.fromhex, vector),) for vector in self.VECTORS):
            self.assertTrue(ed25519.holds(key, message, signature))
            for bit in range(0, 512, 37):
                flipped = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
                self.assertFalse(ed25519.holds(key, message, flipped))
            self.assertFalse(ed25519.holds(key, message + b"x", signature))

    def test_a_signature_with_the_order_added_is_refused(self):
        key, message, signature = map(bytes.fromhex, self.VECTORS[0])
        scalar = int.from_bytes(signature[32:], "little") + ed25519.ORDER
        self.assertFalse(ed25519.holds(key, message, signature[:32] + scalar.to_bytes(32, "little")))


class PlantedFaults(unittest.TestCase):
    """A server with a public image, a private one, a copy and a series; each test breaks one thing."""

    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(servers.World())
        peer = cls.world.site("silver")
        web = cls.world.web(peer.public, "silver-web")
        peer.url = web.url
        peer.manifest(peer.image("theirs", servers.noise(9_000, 1)))
        peer.apply()
        cls.good = cls.world.site("gold")
        cls.good.manifest(cls.good.peer(peer, f'urls = ["{web.url}"]') + cls.good.image("big", servers.noise(5_000_000, 2))
                          + cls.good.image("bigger", servers.noise(5_000_000, 2) + b"more", 'parent = "big"')
                          + cls.good.image("mine", b"mine") + cls.good.image("hidden", b"hidden", "private = true") + '[[series]]\nname = "s"\nimages = ["mine"]\n'
                          + '[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n')
        cls.good.apply()
        cls.before = server_folder.listing(cls.good.folder)

    def setUp(self):
        self.folder = self.world.path / "broken"
        servers.copy_folder(self.good.folder, self.folder)
        self.public = self.folder / "store/public"

    def told(self, text, **more):
        faults = server_folder.check(self.folder, self.before, **more)
        self.assertTrue(any(text in fault for fault in faults), f"{text!r} is not among {faults}")

    def change(self, *queries):
        with sqlite3.connect(self.folder / "state/ingot.db") as state:
            for query in queries:
                state.execute(query)
        state.close()

    def one_named(self, kind):
        tree = published_tree.folder_reader(self.public).read()
        return self.public / next(path for path in sorted(tree.named) if path.startswith(kind))

    def sign(self, source, target, kind, key, **changed):
        """Writes an envelope that says what another says, but for what is changed, signed rightly by the openssl tool."""
        envelope = json.loads((self.public / source).read_bytes())
        payload = json.dumps({**json.loads(base64.b64decode(envelope["payload"])), **changed}).encode()
        (self.folder / "signed").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
        subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", "signed", "-out", "signature"], cwd=self.folder, check=True)
        envelope["payload"] = base64.b64encode(payload).decode()
        envelope["signatures"][0]["sig"] = base64.b64encode((self.folder / "signature").read_bytes()).decode()
        (self.folder / "signed").write_text(json.dumps(envelope))
        (self.folder / "signed").rename(self.public / target)  # a watcher sees the old or the new, never a half

    def sign_head(self, **changed):
        self.sign("head.dsse", "head.dsse", published_tree.HEAD_TYPE, "keys/catalog.pem", **changed)

    def test_nothing_is_wrong_with_what_the_product_made(self):
        self.assertEqual(server_folder.check(self.folder, self.before), [])
        self.assertEqual(list(published_tree.folder_reader(self.public).read().images), ["big", "bigger", "mine", "theirs"])

    def test_N2_the_file_of_a_delta_is_another_or_gone(self):
        [path] = published_tree.folder_reader(self.public).read().deltas.values()
        (self.public / path).write_bytes(b"another")
        self.told("has 7 bytes and not")
        (self.public / path).unlink()
        self.told("is named but not there")

    def test_N2_a_byte_of_the_head_is_flipped(self):
        envelope = json.loads((self.public / "head.dsse").read_bytes())
        payload = base64.b64decode(envelope["payload"]).replace(b'"name":"gold"', b'"name":"bold"')
        envelope["payload"] = base64.b64encode(payload).decode()
        (self.public / "head.dsse").write_text(json.dumps(envelope))
        self.told("the head: 0 of 1 signatures hold")

    def test_N2_the_head_is_of_another_server(self):
        self.sign_head(server={"name": "gold", "id": "sha256:" + "0" * 64})
        self.told("the head is of another server")

    def test_N2_there_is_no_head(self):
        (self.public / "head.dsse").unlink()
        self.told("there is no head")

    def test_N2_a_named_page_is_not_there(self):
        self.one_named("c/").unlink()
        self.told("is named but not there")

    def test_N2_named_bytes_are_cut(self):
        os.truncate(self.one_named("b/"), 5)
        self.told("has 5 bytes and not")

    def test_N2_named_bytes_are_zeroed(self):
        path = self.one_named("b/")
        path.write_bytes(bytes(path.stat().st_size))
        self.told("is not what its name says")

    def test_N2_a_root_is_signed_by_nobody(self):
        path = self.public / "root/1.dsse"
        envelope = json.loads(path.read_bytes())
        envelope["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
        path.write_text(json.dumps(envelope))
        self.told("root/1.dsse: 0 of 1 signatures hold")

    def test_N2_a_chain_of_roots_is_followed_and_a_broken_one_is_told(self):
        first = json.loads((self.public / "root/1.dsse").read_bytes())
        second = {"version": 2, "previous": "sha256:" + hashlib.sha256(base64.b64decode(first["payload"])).hexdigest()}
        sign = ("root/1.dsse", "root/2.dsse", published_tree.ROOT_TYPE)
        self.sign_head(root={"version": 2}, serial=4)
        self.told("root/2.dsse is named but not there")
        self.sign(*sign, "keys/root.pem", **second)
        self.assertEqual(published_tree.folder_reader(self.public).read().faults, [])
        self.sign(*sign, "keys/catalog.pem", **second)
        self.told("root/2.dsse: 0 of 1 signatures hold")
        self.sign(*sign, "keys/root.pem", **{**second, "previous": None})
        self.told("root/2.dsse names another root before it")
        self.sign(*sign, "keys/root.pem", **{**second, "version": 3})
        self.told("root/2.dsse is version 3")
        self.sign(*sign, "keys/root.pem", **{**second, "epoch": 2})
        self.told("the head is of another epoch than the root")

    def test_N2_a_link_a_mode_a_hard_link_and_a_foreign_file(self):
        (self.public / "c" / ("0" * 64)).symlink_to("/etc/passwd")
        self.told("is neither a file nor a folder")
        self.one_named("b/").chmod(0o600)
        self.told("is 600 and not 644")
        os.link(self.public / "head.dsse", self.folder / "second")
        self.told("head.dsse has another hard link")
        for name in ("db19_24", "head.dsse.17-1.new"):
            (self.public / name).write_text("what a user chose, or a crash left half written")
            self.told(f"{name} has no place")
        (self.public / "b").chmod(0o700)
        self.told("b is 700 and not 755")

    def test_N3_a_row_has_no_bytes(self):
        next((self.folder / "store/private/b").glob("??/*")).unlink()
        self.told("its bytes are not here")

    def test_N3_bytes_are_zeroed_behind_a_row(self):
        path = next((self.folder / "store/private/b").glob("??/*"))
        path.write_bytes(bytes(path.stat().st_size))
        self.told("its bytes are not what was signed")

    def test_N3_a_row_names_whole_bytes_of_another_image(self):
        self.change("UPDATE image SET object = (SELECT object FROM image WHERE name = 'mine') WHERE name = 'theirs'",
                    "UPDATE object SET digest = zeroblob(32) WHERE number = (SELECT object FROM image WHERE name = 'mine')")
        self.told("its bytes are not what was signed")

    def test_N1_a_row_bytes_and_a_removal_are_noticed(self):
        self.change("UPDATE image SET deleted = 1 WHERE name = 'theirs'")
        self.told("image theirs was removed, and nobody asked for it")
        self.assertEqual(server_folder.check(self.folder, self.before, removed=["theirs"]), [])
        next((self.folder / "store/private/b").glob("??/*")).unlink()
        self.told("are lost", removed=["theirs"])
        self.change("PRAGMA foreign_keys = OFF", "DELETE FROM image WHERE name = 'theirs'")
        self.told("the row of image theirs is lost")

    def test_N1_gc_may_take_what_no_live_image_needs_and_nothing_else(self):
        self.change("UPDATE image SET deleted = 1 WHERE name = 'theirs'")
        before = server_folder.listing(self.folder)
        files = {row["name"]: server_folder.blobs(self.folder)[row["file"].lower()] for row in server_folder.images(self.folder)}
        files["theirs"].unlink()
        self.assertEqual(server_folder.check(self.folder, before, collected=True), [])
        self.assertIn("are lost", " ".join(server_folder.check(self.folder, before)))
        files["hidden"].unlink()
        self.assertIn("are lost", " ".join(server_folder.check(self.folder, before, collected=True)))

    def test_N5_a_floor_goes_down_in_either_place(self):
        self.change("UPDATE floor SET serial = serial - 1")
        self.told("(state) went from")
        shutil.rmtree(self.folder / "state/trust")
        self.told("(file) went from")

    def test_N5_the_head_goes_back_or_bears_a_serial_twice(self):
        self.sign_head(name="gold", issued="2020-01-01T00:00:00Z")
        self.told("was used for two heads")
        self.sign_head(serial=1)
        self.told("the head went from serial")
        self.sign_head(serial=99)
        self.told("the head's serial 99 was never reserved")

    def test_N5_the_state_is_an_old_or_another_one(self):
        self.change("UPDATE meta SET generation = 0")
        self.told("the state's generation went from")
        self.change("UPDATE meta SET lineage = '" + "0" * 32 + "'")
        self.told("the state is of another lineage")

    def test_a_damaged_state_is_told(self):
        path = self.folder / "state/ingot.db"
        path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))
        self.assertTrue(server_folder.check(self.folder, self.before)[-1].startswith(("the state ", "image ")))

    def test_N4_whoever_touches_the_canary_is_seen(self):
        canary = self.world.path / "canary"
        canary.mkdir()
        (canary / "passwd").write_text("root")
        (canary / "link").symlink_to("passwd")
        for touch in (lambda: os.utime(canary / "passwd", (1, 1)), lambda: (canary / "new").touch(), lambda: (canary / "passwd").write_text("evil"),
                      lambda: (canary / "passwd").chmod(0o600), lambda: ((canary / "link").unlink(), (canary / "link").symlink_to("new"))):
            before = server_folder.canary_listing(canary)
            self.assertEqual(server_folder.canary_listing(canary), before)
            touch()
            self.assertNotEqual(server_folder.canary_listing(canary), before)

    def test_N6_two_ends_that_differ_are_told_apart(self):
        end = server_folder.normalised(self.folder)
        self.assertEqual(end, server_folder.normalised(self.good.folder))
        for query in ("UPDATE image SET name = 'other' WHERE name = 'mine'", "DELETE FROM series_member", "UPDATE registration SET name = 'x'",
                      "UPDATE image SET state = 'WITHDRAWN' WHERE name = 'theirs'", "UPDATE subscription SET stopped = 4"):
            self.change("PRAGMA foreign_keys = OFF", query)
            self.assertNotEqual(server_folder.normalised(self.folder), end, query)
            end = server_folder.normalised(self.folder)
        (self.folder / "store/staging/new-17").touch()
        self.assertNotEqual(server_folder.normalised(self.folder), end)

    def test_N7_a_secret_is_found_wherever_it_stands(self):
        self.assertEqual(server_folder.holders_of([b"canary-token"], self.folder), [])
        (self.folder / "state/log").write_bytes(b"x" * 9_000 + b"canary-token")
        self.assertEqual(len(server_folder.holders_of([b"canary-token"], self.folder)), 1)

    def test_R25_the_watcher_sees_a_tree_that_is_broken_for_an_instant(self):
        web = self.world.web(self.public, "watched-web")
        page = self.one_named("c/")
        for tree in (str(self.public), web.url):
            with watcher.Watcher(tree) as watching:
                wait_until(lambda: watching.walks >= 3)
                self.assertEqual(watching.faults, [])
                page.rename(self.folder / "aside")
                walks = watching.walks
                wait_until(lambda: watching.walks >= walks + 2)
                (self.folder / "aside").rename(page)
            self.assertIn("is named but not there", " ".join(watching.faults))

    def test_N5_the_watcher_sees_a_serial_that_goes_back_or_names_two_heads(self):
        with watcher.Watcher(str(self.public)) as watching:
            for changed in ({"issued": "2020-01-01T00:00:00Z"}, {"serial": 1}):
                self.sign_head(**changed)
                walks = watching.walks
                wait_until(lambda: watching.walks >= walks + 2)
        self.assertIn("names two heads", " ".join(watching.faults))
        self.assertIn("went back to serial 1", " ".join(watching.faults))


class PlantedFaultsInExports(unittest.TestCase):
    """R29: a folder of exports as the product would leave it, and what must not happen to it."""

    def setUp(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "state").mkdir()
        with contextlib.closing(sqlite3.connect(folder / "state/ingot.db")) as state, state:
            state.execute("CREATE TABLE exported (name, folder, image, digest)")
            state.execute("INSERT INTO exported VALUES ('home', ?, 'a', x'00')", (os.path.realpath(folder / "to"),))
        self.to = folder / "to"
        (self.to / "a/bin").mkdir(parents=True)
        (self.to / "a/bin/run").write_bytes(b"run")
        (self.to / "mine").write_text("mine")
        (self.to / "current").symlink_to("a")
        self.exported = exported_folder.ExportedFolder(folder, self.to, ["current"], {"a": {"bin/run": b"run"}, "b": {"bin/run": b"other"}})

    def told(self, text):
        self.assertTrue(any(text in fault for fault in self.exported.faults()), self.exported.faults())

    def test_R29_nothing_is_wrong_with_a_whole_one_and_with_something_half_made_beside(self):
        (self.to / "b.ingot-partial-0123abcd").mkdir()
        self.assertEqual(self.exported.faults(), [])

    def test_R29_half_a_tree_and_one_that_the_state_does_not_know(self):
        (self.to / "a/bin/run").write_bytes(b"r")
        self.told("a is not whole")
        (self.to / "b/bin").mkdir(parents=True)
        (self.to / "b/bin/run").write_bytes(b"other")
        self.told("b is in its folder, and the state does not know it")

    def test_R29_a_link_that_leads_nowhere(self):
        (self.to / "current").unlink()
        (self.to / "current").symlink_to("b")
        self.told("the link current points to b")

    def test_R29_something_of_others_is_touched(self):
        (self.to / "mine").write_text("other")
        self.told("did not make")

    def test_R29_the_reader_sees_a_link_that_is_broken_for_an_instant(self):
        with exported_folder.LinkReader(self.exported) as reader:
            wait_until(lambda: reader.looks)
            (self.to / "a").rename(self.to / "gone")
            wait_until(lambda: reader.faults)
        self.assertIn("is not there", reader.faults[0])


if __name__ == "__main__":
    unittest.main()
