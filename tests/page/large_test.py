#!/usr/bin/python3
"""The catalog page of a large catalog: little is fetched for the first view, and a page that comes later is verified as well."""
import base64
import json
import os
import shutil
import subprocess

import page_case
import servers

MAKE_PEER = os.environ.get("INGOT_MAKE_PEER", str(servers.SOURCE / "build/release/tests/bench/make_peer"))


class Large(page_case.PageCase):
    def test_a_hundred_thousand_images(self):
        folder = self.world.path / "big"
        count = 100_000
        subprocess.run([MAKE_PEER, str(folder), "big", "http://127.0.0.1/", str(count)], check=True)
        shutil.copy(self.silver.public / "index.html", folder / "public/index.html")
        web = self.serve(folder / "public", "big-web")
        one = self.opened(web.url, one=self.driver.browser())
        first = web.requests()
        fetched = sum(size for _, size in first)
        self.assertLess(fetched, 600_000)
        self.assertLessEqual(len(first), 12, first)
        took = one.run("return Math.round(performance.getEntriesByName('verified')[0].startTime)")
        print(f"first view of {count} images: {fetched} bytes in {len(first)} answers, verified after {took} ms")
        self.picture("large", one, whole=False)
        self.assertIn("100,000 images", one.text("#count"))
        for place in (0, 1, 49_999, 77_777, count - 1):
            name = f"image-{place:06}"
            one.run("document.getElementById('scroller').scrollTop = (arguments[0] - 3) * 36", place)
            one.wait(f"Array.from(document.querySelectorAll('#table-body a'), (one) => one.textContent).includes('{name}')")
            self.assertLess(one.run("return document.querySelectorAll('#table-body tr').length"), 100)
        one.run("location.hash = '#image/image-054321'")
        one.wait("/1\\.54321/.test(document.getElementById('detail').innerText)")
        self.assertLess(sum(size for _, size in web.requests()), 3_000_000)
        self.assertLessEqual(len(web.requests()), len(first) + 10)
        one.run("location.hash = ''")
        one.wait("!document.getElementById('images').hidden")
        one.type("#search", "image-09999 1.99991")
        one.wait("/^1 of 100,000/.test(document.getElementById('count').innerText)", 300)
        self.assertEqual(one.texts("#table-body a"), ["image-099991"])
        asked = [path for path, _ in web.requests()]
        self.assertEqual(len(asked), len(set(asked)))  # each page once
        one.devtools("HeapProfiler.collectGarbage")
        heap = one.devtools("Runtime.getHeapUsage")["usedSize"]
        self.assertLess(heap, 80_000_000)
        print(f"all of {count} images held: {heap / 1e6:.0f} MB of heap")

        # A page of the catalog that was changed after the first view: none of it is shown, and nothing else any more.
        page = self.page_of_row(folder / "public", count // 2)
        page.write_bytes(page.read_bytes().replace(b"1.", b"2.", 1))
        one = self.opened(web.url, one=self.driver.browser())
        one.run("document.getElementById('scroller').scrollTop = arguments[0] * 36", count // 2)
        one.wait("document.documentElement.dataset.ingot === 'failed'")
        self.assertIn("other bytes", one.text("#reason"))
        self.assertEqual(one.texts("#table-body a, #series a"), [])
        self.assertNotIn("big", one.text("h1"))

    @staticmethod
    def page_of_row(public, row):
        index = json.loads(base64.b64decode(json.loads((public / "head.dsse").read_bytes())["payload"]))["index"]["digest"][7:]
        for page in map(json.loads, (public / "c" / index).read_text().splitlines()[1:]):
            if row < page["entries"]:
                return public / "c" / page["digest"][7:]
            row -= page["entries"]
        raise IndexError(row)


if __name__ == "__main__":
    page_case.main()
