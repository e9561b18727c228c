#!/usr/bin/python3
"""What the catalog page shows of a catalog that verifies, to whom, and that text of others is text.

INGOT_AXE names axe.min.js of the npm package axe-core; without it the check of accessibility is skipped (with INGOT_FULL=1: fails).
"""
import json
import subprocess
import urllib.error
import urllib.request

import page_case
import servers
import signed_tree

DOWN, ENTER, TAB, END = "\ue015", "\ue007", "\ue004", "\ue010"


class Shown(page_case.PageCase):
    def test_a_published_tree_is_verified_and_shown(self):
        one = self.opened(self.url)
        self.settled()
        self.assertEqual(one.text("#server"), "silver")
        facts = one.text("#fact-list")
        self.assertIn(self.id, facts)
        self.assertIn("version 2, epoch 1", facts)
        self.assertEqual(one.run("return document.querySelectorAll('#table-body a')[0].textContent"), "db19_1")
        self.assertEqual(one.text("#count"), "32 images.")  # the deleted one is not among them
        latest = one.texts("#series-list .latest a")
        self.assertEqual(latest, ["db19_12", "os-2"])
        self.assertIn("33 images, including deleted images", facts)
        self.picture("light")
        one.click("#series-list .more button")
        self.assertEqual(one.texts("[id='series:db19'] .line a"), [f"db19_{number}" for number in range(1, 13)])
        one.run("const now = Date.now; Date.now = () => now() + 2 * 86400e3; document.dispatchEvent(new Event('visibilitychange'))")
        self.assertRegex(one.text("#fact-list"), r"\(2 days ago\)(.|\n)*\(11 days left\)")
        self.assertEqual([line for line in one.log() if line["level"] == "SEVERE"], [])

    def test_nginx_serves_it_with_types_and_caching(self):
        # As examples/nginx.conf says.
        for path, kind, caching in (("", "text/html; charset=utf-8", "no-cache"), ("index.html", "text/html; charset=utf-8", "no-cache"),
                                    ("head.dsse", "application/octet-stream", "no-cache"),
                                    ("root/1.dsse", "application/octet-stream", "public, max-age=31536000, immutable")):
            with urllib.request.urlopen(self.url + path) as answer:
                self.assertEqual((answer.headers["Content-Type"], answer.headers["Cache-Control"]), (kind, caching), path)
                self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff", path)
                again = urllib.request.Request(self.url + path, headers={"If-None-Match": answer.headers["ETag"]})
            with self.assertRaisesRegex(urllib.error.HTTPError, "304", msg=path):
                urllib.request.urlopen(again)

    def test_the_card_is_compared(self):
        one = self.opened(self.url)
        one.type("#card-id", (self.silver.folder / "server.card.toml").read_text().replace("\n", " "))
        self.assertIn("The same", one.text("#card-verdict"))
        one.run("document.getElementById('card-id').value = ''")
        one.type("#card-id", "sha256:" + "0" * 64)
        self.assertIn("Not the same", one.text("#card-verdict"))

    def test_an_image_has_an_address_of_its_own(self):
        one = self.opened(self.url + "#image/db19_5")
        one.wait("!document.getElementById('detail').hidden && document.querySelectorAll('.tree li').length === 12")
        self.assertEqual(one.texts(".tree a, .tree b"), [f"db19_{number}" for number in range(1, 13)])
        self.assertEqual(one.text(".tree b"), "db19_5")
        detail = one.text("#detail")
        self.assertIn('image = "db19_5"', detail)
        lines = one.texts("#detail pre")[1].splitlines()
        self.assertTrue(lines[0].startswith(f"curl -fS '{self.url}b/"), lines)
        self.picture("image")
        folder = self.world.path / "by-hand"
        folder.mkdir()
        subprocess.run(["bash", "-ec", "\n".join(lines)], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertEqual((folder / "db19_5").read_bytes(), servers.noise(10000, 5))
        one.click("#detail .back")
        one.wait("document.getElementById('detail').hidden && !document.getElementById('images').hidden")
        self.opened(self.url + "#image/nothing-like-it")
        one.wait("/No such image/.test(document.getElementById('detail').innerText)")
        self.opened(self.url + "#image/db19_5/99")
        one.wait("/no image db19_5 with the serial 99/.test(document.getElementById('detail').innerText)")
        self.opened(self.url + "#image/gone")
        one.wait("/It was deleted/.test(document.getElementById('detail').innerText)")
        self.opened(self.url + "#series/os")
        one.wait("document.getElementById('series:os').classList.contains('marked')")

    def test_rows_are_sorted_and_filtered(self):
        one = self.opened(self.url)
        self.settled()
        # Deleted images are counted only under DELETED.
        counts = one.run("return Array.from(document.querySelectorAll('#facets details'), (one) => Array.from(one.querySelectorAll('label'), (label) => label.textContent.trim()))")
        self.assertEqual(counts[:2], [["PUBLISHED 31", "DELETED 1", "WITHDRAWN 1"], ["LINUXOS 20", "ORACLEDBSOFTWARE 12"]])
        one.click("th[data-key=size] button")
        one.click("th[data-key=size] button")
        one.wait("document.querySelector('th[data-key=size]').getAttribute('aria-sort') === 'descending'")
        self.assertEqual(one.texts("#table-body a")[:2], ["db19_12", "db19_11"])
        one.type("#search", "19.1 dba")
        one.wait("/match/.test(document.getElementById('count').innerText)")
        self.assertEqual(one.texts("#table-body a"), ["db19_12", "db19_11", "db19_10", "db19_1"])
        one.click("#clear")
        one.wait("/^32 images/.test(document.getElementById('count').innerText)")
        one.run("for (const box of document.querySelectorAll('#facets label')) if (/WITHDRAWN|DELETED/.test(box.innerText || box.textContent)) box.querySelector('input').click()")
        one.wait("/^2 of/.test(document.getElementById('count').innerText)")
        self.assertEqual(one.texts("#table-body a"), ["db19_3", "gone"])

    def test_what_is_left_out_is_said(self):
        def change(tree):
            for number in range(30):
                tree.image(f"i{number:02}", labels={f"l{number}-{label:02}": "" for label in range(10)})

        one = self.opened(self.serve(self.tree("labels", change, image=False).folder, "labels-web").url)
        self.assertRegex(one.text("#table-body td.c-labels"), r"l0-07\s*\+2$")
        self.assertIn("276 others: use the text filter", one.run("return document.getElementById('facets').textContent"))
        one = self.opened(self.wide("paper").url, one=self.driver.browser())
        one.run("dispatchEvent(new Event('beforeprint'))")
        self.assertIn("Rows with … were not fetched yet.", one.run("return document.getElementById('print-note').textContent"))

    def test_copies_deltas_and_releases_are_shown(self):
        release, root = signed_tree.Key("release"), "sha256:" + "7" * 64

        def change(tree):
            tree.release = [release]
            base = tree.image("db19_1", type="MINE")
            entry = tree.image("db19_2", deltas=[{"base": {"digest": base["digest"], "size": base["size"]}, "digest": "sha256:" + "d" * 64, "length": 2_500_000}],
                               parent=tree.identity("db19_1"))
            payload = signed_tree.text_of({"format": "ingot.release/1", "server": tree.id, "image": "db19_2", "digest": entry["digest"], "kind": "file", "type": "SOFTWARE"})
            tree.images[-1]["release"] = json.loads(signed_tree.signed("release", payload.encode(), [release]))["signatures"]
            tree.image("copy", origin={"name": "paris", "id": root, "image": "theirs"}, listed=3, copied_from="paris", packed=None)
            tree.series = [{"series": "mixed", "created": 3}, {"member": {"origin": root, "name": "theirs", "created": 2}, "added": 3},
                           {"member": tree.identity("db19_2"), "added": 4}]
            tree.types = [{"imagetype": "MINE", "base": "SOFTWARE"}]

        tree = self.tree("papers", change, image=False)
        web = self.serve(tree.folder, "papers-web")
        one = self.opened(web.url + "#image/db19_2")
        one.wait("/2.5 MB instead/.test(document.getElementById('detail').innerText)")
        self.assertIn("signed by 1 of 1 release key", one.text("#detail"))
        self.assertIn("curl -fS", one.text("#detail"))
        one.run("location.hash = '#image/db19_1'")
        one.wait("/signed by 0 of 1/.test(document.getElementById('detail').innerText)")
        self.assertIn("MINE (based on SOFTWARE)", one.text("#detail"))
        self.assertIn("Do not use it: 0 of the 1 release key", one.text("#detail .alarm"))
        self.assertNotIn("curl -fS", one.text("#detail"))
        one.run("location.hash = '#image/copy'")
        one.wait("/Copied from/.test(document.getElementById('detail').innerText)")
        self.assertIn("get it from its origin", one.text("#detail"))
        self.assertIn("as theirs", one.text("#detail"))
        one.run("location.hash = ''")
        one.wait("!document.getElementById('series').hidden")
        self.assertEqual(one.texts("#series-list .line a"), ["copy", "db19_2"])

    def test_pages_come_once_and_in_order(self):
        def change(tree):
            tree.series = [{"series": f"s{number:04}", "created": 3} for number in range(600)]
            for number in range(1100):
                tree.image(f"i{number:04}")

        tree = self.tree("many", change, image=False)
        one = self.opened(self.serve(tree.folder, "many-web").url)
        self.assertEqual(one.run(page_case.PARTS + "return Catalog.fetch().then((one) => Promise.all([one.readSeries(1), one.readSeries(1)]).then(() => one.seriesRead))"), 2)
        gathered = one.run(page_case.PARTS + """
          return Catalog.fetch().then(async (one) => {
            const entriesOf = one.entriesOf;
            one.entriesOf = (page) => page === 1 ? Promise.reject(new Unreached("page 1")) : entriesOf.call(one, page);
            const first = await fetchAll(one, () => {}, () => false).catch((error) => error.message);
            one.entriesOf = entriesOf;
            const whole = await fetchAll(one, () => {}, () => false);
            return [first, whole, one.rows.done, one.rows.list.filter((row) => row).length];
          });""")
        self.assertEqual(gathered, ["page 1", True, 3, 1100])

    def test_entries_weigh_what_the_format_says(self):
        def change(tree):
            tree.image("db19", version="é", description="aü€", labels={"team": "ö", "x": ""}, states=[{"state": "TESTABLE", "since": 2}, {"state": "PUBLISHED", "since": 3}])
            tree.tombstone("old", 1)
            tree.series = [{"series": "s", "created": 3}, {"member": tree.identity("db19"), "added": 3}]
            tree.types = [{"imagetype": "MINE", "base": "SOFTWARE"}]

        tree = self.tree("weighed", change, image=False)
        one = self.opened(self.serve(tree.folder, "weighed-web").url)
        weights = one.run(page_case.PARTS + """
          return Catalog.fetch().then(async (one) => {
            const first = one.weight;
            await one.readFirst();
            one.parsed.clear();
            await one.entriesOf(0);  // the same page again
            const weights = [first, one.weight];
            one.weigh(LIMITS.weight - one.weight);
            try { one.weigh(1); } catch (error) { weights.push(error.message); }
            return weights;
          });""")
        image = 1024 + 2 * 4 + 2 + (1 + 2 + 3) + 2 * 128 + (4 + 2 + 1) + 2 * 16
        self.assertEqual(weights, [3 * 256, 3 * 256 + image + 512, "the entries of the catalog weigh more than 512 MiB together"])

    # Many series.

    def test_every_series_can_be_seen(self):
        web = self.wide("series")
        read = "performance.getEntriesByType('resource').filter((one) => /[/]c[/]/.test(one.name)).length"  # with the index and two pages of images
        one = self.opened(web.url + "#series/s0450", one=self.driver.browser())
        one.wait("document.querySelector('article.marked')")
        self.assertEqual(one.run(f"return {read}"), 3 + 5)  # no more than the page of s0450
        self.assertEqual(one.texts("article h3 a")[::300], ["s0000", "s0300"])
        one.run("location.hash = '#series/s0900'")
        one.wait("/s0900/.test(document.querySelector('article.marked')?.innerText)")
        self.assertEqual(one.texts("article h3 a")[:2], ["s0900", "s0000"])
        self.assertEqual(len(one.texts("article h3 a")), 501)
        for name, pages in (("s0900x", 10), ("zzz", 17), ("<img src=x>", 17)):
            one.run("location.hash = '#series/' + encodeURIComponent(arguments[0])", name)
            one.wait(f"document.getElementById('series-note').innerText.includes('No such series: {name}.')")
            self.assertEqual(one.run(f"return {read}"), 3 + pages)
        self.assertIn("The first 500 of 1,700 series", one.text("#series-note"))
        one.run("location.hash = ''")
        one.wait("!/No such series/.test(document.getElementById('series-note').innerText)")
        for count in (1000, 1500, 1700):
            one.click("#more-series")
            one.wait(f"document.querySelectorAll('article h3').length === {count}")
        self.assertEqual(one.texts("article h3 a")[-1], "s1699")
        self.assertTrue(one.run("return document.getElementById('more-series').hidden"))

    def test_a_series_that_goes_on_has_no_latest_image_yet(self):
        def change(tree):
            tree.image("db19")
            tree.series = [{"series": "a", "created": 3, "padding": "x" * 4000}]
            tree.series += [{"member": tree.identity(f"i{number}"), "added": 3, "padding": "x" * 3000} for number in range(700)]

        one = self.opened(self.serve(self.tree("long", change, image=False).folder, "long-web").url, one=self.driver.browser())
        self.assertIn("511 images, more not fetched yet", one.text("article h3"))
        self.assertEqual(one.texts("article .latest"), [])
        one.click("#more-series")
        one.wait("/700 images$/.test(document.querySelector('article h3').innerText)")
        self.assertEqual(one.texts("article .latest > :first-child"), ["i699"])

    def test_members_of_a_series_are_linked_by_their_serial(self):
        root = "sha256:" + "7" * 64

        def change(tree):
            tree.tombstone("again", 1)
            tree.image("again")
            tree.image("copy", origin={"name": "paris", "id": root, "image": "theirs"}, listed=3, copied_from="paris", packed=None)
            tree.image("old", states=[{"state": "PUBLISHED", "since": 2}, {"state": "WITHDRAWN", "since": 3}])
            tree.series = [{"series": "mixed", "created": 3}] + [{"member": one, "added": 4} for one in (
                tree.identity("again", 1), tree.identity("again"), tree.identity("old"), {"origin": root, "name": "theirs", "created": 2})]

        one = self.opened(self.wide("members", change).url, one=self.driver.browser())
        links = "return Array.from(document.querySelectorAll('article .line li'), (one) => one.querySelector('a')?.getAttribute('href') ?? one.textContent)"
        self.assertEqual(one.run(links), ["#image/again/1", "#image/again/2", "#image/old/2", "theirslatest"])
        one.run("location.hash = '#image/again/1'")
        one.wait("/It was deleted/.test(document.getElementById('detail').innerText)")
        one.run("location.hash = '#image/again/2'")
        one.wait("/With ingot/.test(document.getElementById('detail').innerText)")
        one.run("location.hash = ''")
        one.wait("!document.getElementById('images').hidden")
        self.assertEqual(one.run("return document.activeElement.id"), "images")
        one.run("document.querySelectorAll('article .line a')[1].focus()")
        one.run("document.querySelector('th[data-key=size] button').click()")
        one.wait("document.querySelector('th[data-key=size]').getAttribute('aria-sort') === 'ascending'")
        self.assertEqual(one.run(links), ["#image/again/1", "#image/again", "#image/old", "#image/copy"])
        self.assertEqual(one.texts("article .tag"), ["deleted", "withdrawn", "latest"])
        self.assertEqual(one.run("return document.activeElement.textContent"), "again")

    def test_what_was_stopped_is_not_sorted_or_filtered(self):
        one = self.opened(self.wide("stopped").url, one=self.driver.browser())
        one.devtools("Network.enable")
        one.devtools("Network.emulateNetworkConditions", offline=False, latency=700, downloadThroughput=-1, uploadThroughput=-1)
        sort = "return document.querySelector('th[data-key=version]').getAttribute('aria-sort')"
        one.type("#search", "1.15")
        one.click("th[data-key=version] button")
        one.wait("!document.getElementById('progress').hidden")
        self.assertEqual(one.run(sort), "none")
        one.click("#stop")
        one.wait("!document.getElementById('go-on').hidden")
        self.assertRegex(one.text("#count"), "^These images are not filtered or sorted yet")
        self.assertEqual((one.run(sort), one.text("#table-body a")), ("none", "i0000"))
        self.connect(one, True)
        one.click("#go-on")
        one.wait("/^111 of 1,600 images match/.test(document.getElementById('count').innerText)")
        self.assertEqual((one.run(sort), one.text("#table-body a")), ("ascending", "i0015"))
        self.assertTrue(one.run("return document.getElementById('go-on').hidden"))

    def test_a_long_line_of_ancestors_is_cut_and_says_so(self):
        def change(tree):
            for number in range(250):
                tree.image(f"i{number:03}", parent=tree.identity(f"i{number - 1:03}") if number else None)

        one = self.opened(self.serve(self.tree("deep", change, image=False).folder, "deep-web").url + "#image/i230")
        one.wait("!document.getElementById('detail').hidden")
        self.assertEqual(one.text(".tree li small"), "Older ancestors are not drawn.")
        self.assertEqual(one.texts(".tree a, .tree b"), [f"i{number:03}" for number in range(30, 250)])
        one.run("location.hash = '#image/i200'")
        one.wait("/i000/.test(document.getElementById('detail').innerText)")
        self.assertNotIn("not drawn", one.text(".tree"))

    # What the browser keeps.

    def test_what_does_not_fit_is_fetched_once_more_past_the_cache(self):
        one = self.opened(self.url)
        asked = one.run(page_case.PARTS + """
          return (async () => {
          let answers = [];
          const asked = [];
          fetchBytes = async (path, most, cache) => { asked.push(cache); const next = answers.shift(); if (next instanceof Error) throw next; return next; };
          const take = (bytes) => bytes === "good" ? bytes : refuse("bad");
          const results = [];
          for (answers of [["good"], ["bad", "good"], [new Refusal("404"), "good"], ["bad", "bad"], [new Unreached("off")]])
            results.push(await anew("x", 9, take).catch((error) => error.message));
          return [results, asked];
          })();""")
        self.assertEqual(asked, [["good", "good", "good", "bad", "off"], ["default"] + ["default", "reload"] * 3 + ["default"]])

    def test_a_newer_serial_of_another_tab_stays_remembered(self):
        one = self.opened(self.url, one=self.driver.browser())
        seen = one.run(page_case.PARTS + """
          const seen = [];
          for (const [id, epoch, serial] of [["a", 1, 9], ["a", 1, 7], ["a", 2, 10], ["a", 1, 11], ["b", 1, 3]]) {
            remember({ head: { id, epoch, serial }, digest: "d" });
            seen.push(memory.read().serial);
          }
          return seen;""")
        self.assertEqual(seen, [9, 9, 10, 10, 3])

    # A connection that comes and goes.

    def test_an_image_that_cannot_be_fetched_is_not_another_one(self):
        one = self.opened(self.wide().url, one=self.driver.browser())
        self.connect(one, False)
        one.run("location.hash = '#image/i0900'")
        one.wait("/Not fetched/.test(document.getElementById('detail').innerText)")
        self.assertIn("could not be fetched", one.text("#detail"))
        self.assertTrue(one.run("return document.title.startsWith('Not fetched') && document.getElementById('images').hidden"))
        self.connect(one, True)
        one.click("#detail button")
        one.wait("/1\\.900/.test(document.getElementById('detail').innerText)")
        self.connect(one, False)
        one.click("#detail button")
        one.wait("/Not fetched. Try again/.test(document.getElementById('detail').innerText)")
        one.click("#detail .back")
        one.run("document.getElementById('scroller').scrollTop = 1200 * 36")
        one.wait("/Scroll or try again/.test(document.getElementById('count').innerText)")
        self.connect(one, True)
        one.run("document.getElementById('scroller').scrollTop = 1400 * 36")
        one.wait("/^1,600 images/.test(document.getElementById('count').innerText)")

    def test_what_comes_late_is_not_shown_in_another_view(self):
        one = self.opened(self.wide("late").url, one=self.driver.browser())
        one.devtools("Network.enable")
        one.devtools("Network.emulateNetworkConditions", offline=False, latency=700, downloadThroughput=-1, uploadThroughput=-1)
        one.run("location.hash = '#series/s1699'")
        one.run("return new Promise((done) => setTimeout(done, 200))")
        one.run("location.hash = '#image/i0000'")
        one.wait("!document.getElementById('detail').hidden")
        one.devtools("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
        one.wait("performance.getEntriesByType('resource').filter((one) => /[/]c[/]/.test(one.name)).length >= 1 + 2 + 17")  # all series
        one.run("return new Promise((done) => setTimeout(done, 300))")
        self.assertEqual(one.run("return ['facts', 'series', 'images'].map((id) => document.getElementById(id).hidden)"), [True, True, True])
        self.assertEqual(one.texts("article.marked"), [])

    # What others wrote is text.

    def test_text_of_others_is_text(self):
        one = self.opened(self.url + "#image/db19_5")
        one.wait("/reversed/.test(document.getElementById('detail').innerText)")
        self.assertEqual(one.run("return document.querySelectorAll('img, script:not(:last-child), iframe, b.long').length"), 0)
        detail = one.text("#detail")
        self.assertIn("<img src=x", detail)
        self.assertIn("U+202E", detail)
        self.assertIn("U+200B", detail)
        self.assertNotIn(page_case.TURNED, detail)
        self.assertIn("__proto__=polluted", detail)
        self.assertIn("constructor=<i>x</i>", detail)
        self.assertEqual(one.run("return ({}).polluted ?? document.title"), "db19_5 · silver")
        one.run("location.hash = '#image/db19_4'")
        one.wait("/<b>long/.test(document.getElementById('detail').innerText)")
        self.assertLessEqual(one.run("return document.documentElement.scrollWidth - innerWidth"), 0)
        one.run("location.hash = '#image/<img src=x onerror=alert(1)>'")
        one.wait("/No such image/.test(document.getElementById('detail').innerText)")
        self.assertEqual(one.run("return document.querySelectorAll('img').length"), 0)

    def test_every_unseen_character_is_named(self):
        unseen = "\u0007\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u2028\u2029\u2060\u2800\u3164\ue000\ufe0f\ufeff\uffa0\ufff0\U000e0041\U000e0100\U0010ffff"
        said = self.opened(self.url).run(page_case.PARTS + "return Array.from(arguments[0], (one) => peerText(`a${one}b`).textContent)", unseen)
        self.assertEqual(said, [f"aU+{ord(one):04X}b" for one in unseen])
        seen = "aé ü漢字🙂ا\u0301"
        self.assertEqual(self.browser.run(page_case.PARTS + "return peerText(arguments[0]).innerHTML", seen), seen)

    def test_the_policy_lets_nothing_else_run_or_be_asked(self):
        one = self.opened(self.url)
        one.requests()
        self.opened(self.url)
        self.settled()
        asked = [url for url in one.requests() if not url.startswith(("data:", "about:"))]
        self.assertTrue(asked and all(url.startswith(self.url) for url in asked), asked)
        self.assertFalse([url for url in asked if "favicon" in url])
        refused = one.run("""
          const refused = new Set();
          document.addEventListener('securitypolicyviolation', (event) => refused.add(event.effectiveDirective));
          const put = (tag, values) => document.body.append(Object.assign(document.createElement(tag), values));
          put('img', { src: 'https://elsewhere.example/x' });
          put('style', { textContent: 'p { color: red }' });
          try { put('script', { text: 'document.title = "owned"' }); } catch { refused.add('trusted'); }
          try { document.body.innerHTML += '<p>'; } catch { refused.add('trusted'); }
          fetch('https://elsewhere.example/').catch(() => {});
          return new Promise((done) => setTimeout(() => done([...refused, document.title]), 300));""")
        for directive in ("img-src", "style-src-elem", "connect-src", "trusted"):
            self.assertIn(directive, refused)
        self.assertNotIn("owned", refused)

    # For everybody, everywhere.

    def test_the_keyboard_is_enough(self):
        one = self.opened(self.url)
        self.settled()
        one.run("document.getElementById('scroller').focus()")
        one.press(DOWN, DOWN, DOWN)
        self.assertEqual(one.run("return document.activeElement.textContent"), "db19_11")
        one.press(END)
        self.assertEqual(one.run("return document.activeElement.textContent"), "os-9")
        one.press(ENTER)
        one.wait("!document.getElementById('detail').hidden")
        self.assertEqual(one.run("return document.activeElement.id"), "detail")
        one.press(TAB)
        self.assertEqual(one.run("return document.activeElement.className"), "back")

    def test_it_fits_on_a_phone_in_the_dark_and_on_paper(self):
        one = self.driver.browser()
        one.devtools("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        for part in ("", "#image/db19_5"):
            self.opened(self.url + part, one=one)
            one.wait("document.querySelector('#detail .tree, #facets details')")
            self.assertLessEqual(one.run("return document.documentElement.scrollWidth"), 360, part)
            self.picture("phone" + part.replace("/", "-").lstrip("#"), one)
        one.devtools("Emulation.clearDeviceMetricsOverride")
        one.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        for part in ("", "#image/db19_5"):
            self.opened(self.url + part, one=one)
            one.wait("document.querySelector('#detail .tree, #facets details')")
            self.assert_dark(one, "html")
            self.picture("dark" + part.replace("/", "-").lstrip("#"), one)
        self.opened(self.url, one=one)
        self.settled(one)
        one.run("dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(one.texts("#table-body a")), 32)
        one.run("dispatchEvent(new Event('afterprint'))")
        paper = one.devtools("Page.printToPDF")["data"]
        self.assertGreater(len(paper), 10000)

    def test_axe_finds_nothing_serious(self):
        for scheme in ("light", "dark"):
            one = self.browser_for_axe(scheme)
            for part in ("", "#image/db19_5", "#image/gone", "#image/none", "#series/db19"):
                self.opened(self.url + part, one=one)
                one.wait("document.getElementById('detail-title') || document.querySelector('#facets details')")
                one.run("for (const all of document.querySelectorAll('#series-list .more button')) all.click()")
                one.run("for (const group of document.querySelectorAll('#facets details')) group.open = true")
                self.assert_accessible(one, f"{scheme} {part}")
            one.run("const now = Date.now; Date.now = () => now() + 15 * 86400e3; document.dispatchEvent(new Event('visibilitychange'))")
            self.assertEqual(one.verdict(), "failed")
            self.assert_accessible(one, f"{scheme}, failed")


if __name__ == "__main__":
    page_case.main()
