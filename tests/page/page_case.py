"""What the tests of the catalog page share: a published catalog behind a real nginx, and a real Chromium before it.

Without Chromium and its driver a test says so and is skipped (77). INGOT_SHOTS keeps pictures in a folder, to be looked at.
"""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "survival"))
import servers  # first: it knows where the oracle is
import browser
import signed_tree

AXE = os.environ.get("INGOT_AXE", "")
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"  # of axe.min.js in axe-core 4.14.1
SHOTS = os.environ.get("INGOT_SHOTS", "")
# The scripts of the page but the one that starts it, to call their functions in a browser.
PARTS = "".join(part.read_text() for part in sorted((servers.SOURCE / "reconciler/page/parts").glob("*.js"))[:-1])
TURNED = "\u202e"
HOSTILE = f"<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script> {TURNED}reversed\u202c\u200b &amp; \u0600"
LONG = "<b>long</b> " + "é" * 2000


def entries_of(site):
    text, members = "", []
    for number in range(1, 13):
        more = f'version = "19.{number}.0"\nplatform = "linux-x86_64"\ntype = "ORACLEDBSOFTWARE"\n'
        more += 'labels = { team = "dba", __proto__ = "polluted", constructor = "<i>x</i>" }\n'
        if number > 1:
            more += f'parent = "db19_{number - 1}"\n'
        if number == 3:
            more += 'state = "WITHDRAWN"\nreason = "<script>document.title=\'owned\'</script> CVE-2026-1"\n'
        more += f"description = {json.dumps({4: LONG, 5: HOSTILE}.get(number, 'Database home'), ensure_ascii=False)}\n"
        text += site.image(f"db19_{number}", servers.noise(2000 * number, number), more)
        members.append(f"db19_{number}")
    for number in range(20):
        text += site.image(f"os-{number}", servers.noise(1000 + number, 100 + number), f'version = "12.{number}"\ntype = "LINUXOS"\n')
    return text + f'[[series]]\nname = "db19"\nimages = {json.dumps(members)}\n[[series]]\nname = "os"\nimages = ["os-1", "os-2"]\n'


class PageCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"INGOT_SEED={servers.SEED}")
        cls.random = random.Random(servers.SEED)
        cls.world = servers.World()
        cls.driver = browser.Driver()
        cls.silver = cls.world.site("silver")
        cls.gone = cls.silver.image("gone", b"gone")
        cls.silver.manifest(entries_of(cls.silver) + cls.gone)
        cls.silver.apply()
        cls.silver.manifest(entries_of(cls.silver))
        cls.silver.apply()
        cls.silver.done(cls.silver.ingot("key", "rotate"))  # root 2
        cls.id = re.search(r"sha256:[0-9a-f]{64}", (cls.silver.folder / "server.card.toml").read_text())[0]
        cls.url = cls.serve(cls.silver.public, "silver-web").url
        cls.browser = cls.driver.browser()

    @classmethod
    def tearDownClass(cls):
        cls.driver.stop()
        cls.world.__exit__()

    @classmethod
    def serve(cls, public, name, extra=""):
        return cls.world.web(public, name, extra)

    def opened(self, url, verdict="verified", one=None):
        one = one or self.browser
        one.open("about:blank")
        one.open(url)
        self.assertEqual(one.verdict(), verdict, one.text("#verdict"))
        return one

    def assert_nothing_shown(self, one, hint=""):
        shown = one.text()
        for word in ("db19_", "os-", "silver", self.id):
            self.assertNotIn(word, shown.replace(one.text("#reason"), ""), hint)
        self.assertEqual(one.texts("#table-body a"), [], hint)

    def picture(self, name, one=None, whole=True):
        if SHOTS:
            pathlib.Path(SHOTS).mkdir(parents=True, exist_ok=True)
            (one or self.browser).picture(f"{SHOTS}/{name}.png", whole)

    def settled(self, one=None):
        """Until the whole of a small catalog is there."""
        (one or self.browser).wait("document.querySelector('#facets details')")

    def tree(self, name, change=lambda tree: None, image=True):
        tree = signed_tree.Tree(self.world.path / "signed" / name)
        if image:
            tree.image("db19")
        change(tree)
        tree.write()
        shutil.copy(self.silver.public / "index.html", tree.folder / "index.html")
        return tree

    def wide(self, name="wide", more=lambda tree: None):
        """A catalog of which the first view fetches a part: 1,600 images on 16 pages and 1,700 series on 17."""
        def change(tree):
            tree.page_entries = 100
            for number in range(1600):
                tree.image(f"i{number:04}", description=str(number % 7) * 1500, version=f"1.{number}")
            tree.series = [{"series": f"s{number:04}", "created": 3, "padding": "x" * 1500} for number in range(1700)]
            more(tree)

        return self.serve(self.tree(name, change, image=False).folder, f"{name}-web")

    @staticmethod
    def connect(one, on):
        one.devtools("Network.enable")
        one.devtools("Network.emulateNetworkConditions", offline=not on, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def assert_dark(self, one, element):
        color = one.run("return getComputedStyle(document.querySelector(arguments[0])).backgroundColor", element)
        self.assertLess(sum(map(int, re.findall(r"\d+", color))), 150, color)

    def browser_for_axe(self, scheme):
        if not AXE:
            why = "INGOT_AXE does not name axe.min.js (npm pack axe-core@4.14.1)"
            self.fail(why) if servers.FULL else self.skipTest(why)
        self.assertEqual(hashlib.sha256(pathlib.Path(AXE).read_bytes()).hexdigest(), AXE_SHA256, f"{AXE} is not of axe-core 4.14.1")
        one = self.driver.browser()
        one.devtools("Page.setBypassCSP", enabled=True)
        one.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        return one

    def assert_accessible(self, one, hint):
        one.run(pathlib.Path(AXE).read_text() + "\nwindow.axe = window.axe ?? axe")
        found = one.run("return axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => "
                        "[impact, id, nodes.map((node) => node.target.join(' ') + ': ' + node.failureSummary)]))")
        self.assertEqual([row for row in found if row[0] in ("serious", "critical")], [], hint)
        if found:
            print(f"axe, {hint}: {found}")


def main():
    why = browser.why_none()
    if why:
        print(f"the catalog page is not tested: {why}")
        sys.exit(77)
    unittest.main(verbosity=2)
