#!/usr/bin/python3
"""What the catalog page does not verify: then it shows nothing of the catalog.

INGOT_FULL=1 changes every byte of every piece and tries every wrong signature, else a sample by INGOT_SEED (printed).
"""
import base64
import json
import re
import shutil

import page_case
import servers
import signed_tree


class Refused(page_case.PageCase):
    def test_no_changed_byte_is_verified_or_shown(self):
        public = self.world.path / "changed"
        servers.copy_folder(self.silver.public, public)
        url = self.serve(public, "changed-web").url
        one = self.driver.browser()
        one.devtools("Network.enable")
        one.devtools("Network.setCacheDisabled", cacheDisabled=True)
        self.opened(url, one=one)
        index = self.payload(public / "head.dsse")["index"]["digest"][7:]
        pages = [json.loads(line)["digest"][7:] for line in (public / "c" / index).read_text().splitlines()[1:]]
        tried = 0
        for path in ["head.dsse", "root/1.dsse", "root/2.dsse", f"c/{index}", *(f"c/{page}" for page in pages)]:
            whole = (public / path).read_bytes()
            places = range(len(whole))
            for place in places if servers.FULL else sorted(self.random.sample(places, 2)):
                self.put(public / path, whole[:place] + bytes([whole[place] ^ 1 << self.random.randrange(8)]) + whole[place + 1:])
                one.open("about:blank")
                one.open(url)
                hint = f"{path}, byte {place}"
                self.assertEqual(one.verdict(), "failed", hint)
                self.assert_nothing_shown(one, hint)
                tried += 1
            self.picture("failed", one)
            for broken in (b"", whole[:-1], whole + b"\n", b"<html>sign in</html>"):
                if path == "head.dsse" or servers.FULL:
                    self.put(public / path, broken)
                    one.open("about:blank")
                    one.open(url)
                    self.assertEqual(one.verdict(), "failed", f"{path}: {broken[:20]}")
                    self.assert_nothing_shown(one, path)
                    tried += 1
            self.put(public / path, None)
            self.opened(url, "failed", one=one)
            self.assert_nothing_shown(one, path)
            self.put(public / path, whole)
        self.opened(url, one=one)
        servers.figure("page", changed_pieces_of_a_catalog_in_a_browser=tried)

    @staticmethod
    def payload(path):
        return json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))

    @staticmethod
    def put(path, data):
        if data is None:
            return path.unlink()
        path.with_name(path.name + ".new").write_bytes(data)
        path.with_name(path.name + ".new").rename(path)
        return None

    def test_an_expired_head_fails(self):
        one = self.driver.browser()
        one.devtools("Page.addScriptToEvaluateOnNewDocument", source="{ const now = Date.now; Date.now = () => now() + 15 * 86400e3; }")
        self.opened(self.url, "failed", one=one)
        self.assertIn("expired", one.text("#reason"))
        self.assert_nothing_shown(one)
        self.picture("expired", one)

    def test_a_page_that_stays_open_does_not_stay_green(self):
        one = self.opened(self.url)
        one.run("const now = Date.now; Date.now = () => now() + 15 * 86400e3; document.dispatchEvent(new Event('visibilitychange'))")
        self.assertEqual(one.run("return document.documentElement.dataset.ingot"), "failed")
        self.assert_nothing_shown(one)

    def test_an_older_catalog_fails(self):
        public = self.world.path / "older"
        servers.copy_folder(self.silver.public, public)
        url = self.serve(public, "older-web").url
        one = self.driver.browser()
        old = (public / "head.dsse").read_bytes()
        self.silver.done(self.silver.ingot("publish"))
        servers.copy_folder(self.silver.public, public)
        self.opened(url, one=one)
        self.put(public / "head.dsse", old)
        self.opened(url, "failed", one=one)
        self.assertIn("has seen serial", one.text("#reason"))
        self.assert_nothing_shown(one)

    def test_a_rollback_under_a_newer_epoch_fails(self):
        one = self.driver.browser()
        tree = self.tree("epochs", lambda tree: (setattr(tree, "epoch", 2), tree.images.clear(), tree.image("db19")))
        url = self.serve(tree.folder, "epochs-web").url
        self.opened(url, one=one)
        for serial, verdict, why in ((8, "failed", "different heads"), (7, "failed", "has seen serial 8"), (9, "verified", "")):
            one.run("const key = 'ingot ' + location.pathname;"
                    "localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), epoch: 1, serial: 8, digest: 'another' }))")
            tree.serial = serial
            self.rewritten(tree)
            self.opened(url, verdict, one=one)
            self.assertIn(why, one.text("#reason"))

    def test_another_server_is_remembered_only_after_the_card_was_compared(self):
        one = self.driver.browser()
        tree = self.tree("moved")
        url = self.serve(tree.folder, "moved-web").url
        self.opened(url, one=one)
        before, tree.root_keys = tree.id, [signed_tree.Key("another root")]
        tree.images.clear()
        tree.image("db19")
        self.rewritten(tree)
        for _ in range(2):  # it does not become the known one by itself
            self.opened(url, one=one)
            self.assertIn("another server was at this address", one.text("#verdict"))
            self.assertIn(before, one.text("#fact-list"))
        one.type("#card-id", before)
        self.assertIn("another server", one.text("#verdict"))
        one.run("document.getElementById('card-id').value = ''")
        one.type("#card-id", tree.id)
        self.assertNotIn("another server", one.text("#verdict"))
        self.assertNotIn(before, one.text("#fact-list"))
        self.opened(url, one=one)
        self.assertNotIn("another server", one.text("#verdict"))

    def rewritten(self, tree):
        tree.write()
        shutil.copy(self.silver.public / "index.html", tree.folder / "index.html")

    def test_what_cannot_be_verified_says_why(self):
        one = self.driver.browser("--host-resolver-rules=MAP gold.test 127.0.0.1")
        plain = self.url.replace("127.0.0.1", "gold.test")
        self.opened(plain, "unverifiable", one=one)
        self.assertIn("plain http", one.text("#reason"))
        self.assert_nothing_shown(one)
        self.picture("unverifiable", one)
        one.click("#unchecked")
        one.wait("document.querySelector('#table-body a')")
        self.assertEqual(one.run("return document.documentElement.dataset.ingot"), "unverifiable")
        self.assertIn("NOT checked", one.text("#verdict"))
        one.type("#card-id", self.id)
        self.assertIn("anybody can write that", one.text("#card-verdict"))
        self.assertNotRegex(one.text("#card-verdict"), "[Ss]ame|✓")
        self.assertEqual(one.run("return document.getElementById('card-verdict').className"), "")
        one.run("location.hash = '#image/db19_5'")
        one.wait("/Do not fetch it by hand: nothing here was checked/.test(document.getElementById('detail').innerText)")
        self.assertNotIn("curl", one.text("#detail"))
        self.assertIn("[[subscription]]", one.text("#detail"))  # ingot verifies it
        self.opened((self.silver.public / "index.html").as_uri(), "unverifiable", one=one)
        self.assertIn("opened from a file", one.text("#reason"))

    def test_a_browser_without_ed25519_says_so(self):
        one = self.driver.browser()
        one.devtools("Page.addScriptToEvaluateOnNewDocument",
                     source="SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))")
        self.opened(self.url, "unverifiable", one=one)
        self.assertIn("Ed25519", one.text("#reason"))
        self.assert_nothing_shown(one)

    # What others may sign.

    def test_what_is_signed_wrongly_fails(self):
        web = self.serve(self.world.path / "signed", "signed-web")
        other = signed_tree.Key("other")

        def line(bend):
            return lambda tree: tree.lines.update(images=[bend(signed_tree.text_of(tree.images[0]))])

        def field(**more):
            return lambda tree: (tree.images.clear(), tree.image("db19", **more))

        def set_(**fields):
            return lambda tree: [setattr(tree, key, value) for key, value in fields.items()]

        old, new = signed_tree.Key("root"), signed_tree.Key("new root")
        both = {**signed_tree.role([old, new], 2), "signers": [old, new]}

        def roots(*changes, **fields):
            return lambda tree: (set_(next_roots=list(changes), **fields)(tree), tree.images.clear(), tree.image("db19"))

        def named(*serials, entries=1):
            """Images of one name on pages of `entries`; a negative serial: deleted."""
            def change(tree):
                tree.page_entries = entries
                tree.images.clear()
                for serial in serials:
                    (tree.image("db19", created=serial) if serial > 0 else tree.tombstone("db19", -serial))
            return change

        rows = {
            "root 2": (roots({}), ""),
            "root 2 by old and new keys": (roots({**signed_tree.role([new]), "signers": [old, new]}), ""),
            "root 2 by new keys alone": (roots({**signed_tree.role([new]), "signers": [new]}), "is signed by 0 of the 1"),
            "root 2 by old keys alone": (roots({**signed_tree.role([new]), "signers": [old]}), "is signed by 0 of the 1"),
            "root 2 of another root 1": (roots({"previous": "sha256:" + "1" * 64}), "made for another root 1"),
            "root 2 of an older epoch": (roots({"epoch": 1}, epoch=2), "goes back from epoch 2 to 1"),
            "root 2 of a newer epoch": (roots({"epoch": 2}), ""),
            "root 3 by two of two": (roots(both, {"signers": [old, new]}), ""),
            "root 3 by one of two": (roots(both, {"signers": [old]}), "is signed by 1 of the 2"),
            "root 1 over, but not root 2": (roots({"expires": "2100-01-01T00:00:00Z"}, root_life=-1), ""),
            "root 2 over, but not root 3": (roots({"expires": "2020-01-01T00:00:00Z"}, {"expires": "2100-01-01T00:00:00Z"}), ""),
            "root 2 over": (roots({"expires": "2020-01-01T00:00:00Z"}), "root of trust expired"),
            "good": (lambda tree: None, ""),
            "two of two": (lambda tree: (set_(catalog_keys=[signed_tree.Key("catalog"), other], catalog_threshold=2)(tree), field()(tree)), ""),
            "one of two": (set_(catalog_keys=[signed_tree.Key("catalog"), other], catalog_threshold=2, catalog_signers=[other]), "signed by 1 of the 2"),
            "another key": (set_(catalog_signers=[other]), "not by a key that may sign"),
            "twice one key": (set_(catalog_keys=[signed_tree.Key("catalog"), other], catalog_threshold=2, catalog_signers=[other, other]), "not by a key"),
            "root by another": (set_(root_signers=[other]), "not by a key"),
            "root over": (set_(root_life=-1), "root of trust expired"),
            "head over": (set_(issued=-15), "expired"),
            "from the future": (set_(issued=1), "clock"),
            "another epoch": (set_(head=lambda head: {**head, "epoch": 2}), "epoch"),
            "another server": (set_(head=lambda head: {**head, "server": {"name": "bronze", "id": "sha256:" + "1" * 64}}), "is of the server"),
            "far root": (set_(head=lambda head: {**head, "root": {"version": 2**40}}), "no more than"),
            "critical": (set_(head=lambda head: {**head, "critical": ["news"]}), "newer ingot"),
            "newer format": (set_(head=lambda head: {**head, "format": "ingot.head/2"}), "newer ingot"),
            "small order": (set_(root_text=lambda text: text.replace(signed_tree.Key("catalog").public.hex(), "01" + "00" * 31)), "unsafe"),
            "key twice": (line(lambda text: text.replace('"kind"', '"type":"SOFTWARE","kind"')), "twice"),
            "escaped key twice": (line(lambda text: text.replace('"kind"', '"t\\u0079pe":"SOFTWARE","kind"')), "twice"),
            "fraction": (line(lambda text: re.sub(r'"size":\d+', '"size":1.0', text)), "2^53"),
            "negative": (line(lambda text: re.sub(r'"size":\d+', '"size":-1', text)), "2^53"),
            "too large": (line(lambda text: re.sub(r'"size":\d+', '"size":9007199254740993', text)), "2^53"),
            "deep": (line(lambda text: text.replace('"kind"', '"x":' + "[" * 16 + "]" * 16 + ',"kind"')), "deep"),
            "prototype": (line(lambda text: text.replace('"kind"', '"__proto__":{"name":"polluted"},"constructor":{"prototype":{}},"kind"')), ""),
            "control": (field(description="a\u0007b"), "control"),
            "half a character": (line(lambda text: text.replace('"kind"', '"version":"\\ud800","kind"')), "half"),
            "long text": (field(description="x" * 4097), "4096"),
            "longest text": (field(description="x" * 4096), ""),
            "a label named critical": (field(labels={"critical": "yes"}), ""),
            "a list as a label": (field(labels={"critical": []}), "labels"),
            "a type that is built in": (set_(types=[{"imagetype": "SOFTWARE", "base": "SOFTWARE"}]), "built in"),
            "many labels": (field(labels={f"l{number}": "" for number in range(65)}), "labels"),
            "a name that is none": (field(image="../db"), "name"),
            "markup as a name": (field(image="<img>"), "name"),
            "later than the head": (field(created=8), "later"),
            "unknown state": (field(states=[{"state": "<b>", "since": 2}]), "state"),
            "own parent": (lambda tree: (tree.images.clear(), tree.image("db19", parent=tree.identity("db19"))), "itself"),
            "twice": (lambda tree: tree.image("db19", created=3), "twice"),
            "twice on two pages": (named(2, 3), "a name is there twice"),
            "twice on two pages, before a deleted one": (named(2, -3, 4, entries=2), "a name is there twice"),
            "twice on two pages, behind a deleted one": (named(-1, 2, -3, 4, entries=2), "a name is there twice"),
            "twice, with pages of deleted ones between": (named(2, -3, -4, 5), "a name is there twice"),
            "twice on one page": (named(2, -3, 4, entries=3), "a name is there twice"),
            "deleted ones on pages before": (named(-2, -3, 4), ""),
            "out of order on two pages": (named(-3, 2), "out of order"),
            "continued images": (set_(page_header=lambda header: {**header, "continues": "db19"}), "only series continue"),
            "fewer entries": (set_(index_line=lambda line: {**line, "entries": 2}), "as the index says"),
            "another first": (set_(index_line=lambda line: {**line, "first": "aa"}), "the index says"),
            "shorter": (set_(index_line=lambda line: {**line, "length": line["length"] - 1}), "longer than"),
            "longer": (set_(index_line=lambda line: {**line, "length": line["length"] + 1}), "bytes, not"),
            "large page": (set_(index_line=lambda line: {**line, "length": 9_000_000}), "length"),
            "too heavy": (set_(types=[{"imagetype": "MINE", "base": "SOFTWARE"}], series=[{"series": "s", "created": 3}], index_lines=lambda lines:
                          [*[{**lines[1], "entries": 512}] * 4096, lines[2]]), "weigh more than 512 MiB"),
            "packed": (set_(packed=True), ""),
            "bomb": (set_(packed=True, index_line=lambda line: {**line, "plain": 20}), "longer than"),
            "packed, longer": (set_(packed=True, index_line=lambda line: {**line, "plain": line["plain"] + 1}), "opens to"),
            "no gzip": (set_(index_line=lambda line: {**line, "plain": 100}), "gzip"),
        }
        one = self.driver.browser()
        for number, (name, (change, why)) in enumerate(servers.sampled(list(rows.items()), 16)):
            with self.subTest(name):
                self.tree(str(number), change)
                self.opened(f"{web.url}{number}/", "failed" if why else "verified", one=one)
                if why:
                    self.assertIn(why, one.text("#reason"))
                    self.assertEqual(one.texts("#table-body a, #detail a"), [])
                    self.assertNotIn("bronze", one.text("h1"))
                else:
                    self.assertEqual(one.texts("#table-body a"), ["db19"])
                    self.assertIsNone(one.run("return ({}).name ?? null"))


if __name__ == "__main__":
    page_case.main()
