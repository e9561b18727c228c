#!/usr/bin/python3
"""The reports in a real browser: they ask for nothing, fit on a phone, and are readable in the dark.

INGOT_AXE names axe.min.js of the npm package axe-core; without it the check of accessibility is skipped (with INGOT_FULL=1: fails).
"""
import shutil

import page_case


class Reports(page_case.PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = cls.world.path
        gold = cls.world.site("gold")
        gold.manifest(gold.peer(cls.silver, f'urls = ["{cls.url}"]') + '[[subscription]]\npeer = "silver"\nseries = "db19"\nsince = "start"\n')
        gold.apply()
        cards = folder / "cards"
        cards.mkdir()
        for site in (cls.silver, gold):
            shutil.copy(site.folder / "server.card.toml", cards / f"{site.name}.card.toml")
        web = cls.serve(gold.public, "gold-web")
        card = cards / "gold.card.toml"
        card.write_text(card.read_text().replace(gold.url, web.url))
        card = cards / "silver.card.toml"
        card.write_text(card.read_text().replace(cls.silver.url, cls.url))
        cls.pages = {"report": folder / "report.html", "fleet": folder / "fleet.html"}
        gold.done(gold.ingot("report", "--out", str(cls.pages["report"])))
        gold.done(gold.ingot("fleet", "report", "--cards", str(cards), "--out", str(cls.pages["fleet"])))

    def shown(self, name, one):
        one.open("about:blank")
        one.requests()
        one.open(self.pages[name].as_uri())

    def test_they_say_what_a_manager_asks_and_ask_for_nothing(self):
        one = self.driver.browser()
        one.devtools("Emulation.setScriptExecutionDisabled", value=True)
        for name, texts in (("report", ("gold", "Store growth", "Bytes copied", "Failures", "silver")),
                            ("fleet", ("2 servers", "Servers that lack the newest image", "Who copies from whom"))):
            self.shown(name, one)
            asked = [url for url in one.requests() if not url.startswith("about:")]
            self.assertEqual(asked, [self.pages[name].as_uri()])
            said = one.text()
            for text in texts:
                self.assertIn(text, said, name)
            self.assertEqual([line for line in one.log() if line["level"] == "SEVERE"], [])
            self.picture(name, one)

    def test_they_fit_on_a_phone_and_are_dark_in_the_dark(self):
        one = self.driver.browser()
        one.devtools("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        one.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        for name in self.pages:
            self.shown(name, one)
            self.assertLessEqual(one.run("return document.documentElement.scrollWidth"), 360, name)
            self.assert_dark(one, "body")
            self.picture(f"phone-dark-{name}", one)

    def test_axe_finds_nothing_serious(self):
        for scheme in ("light", "dark"):
            one = self.browser_for_axe(scheme)
            for name in self.pages:
                self.shown(name, one)
                self.assert_accessible(one, f"{name}, {scheme}")


if __name__ == "__main__":
    page_case.main()
