#!/usr/bin/python3
"""N7: planted secrets, looked for in all that a run shows and writes, and in the arguments of every process while it runs."""
import pathlib
import threading
import unittest

import servers  # first: it knows where the oracle is
import server_folder
import sweep

TOKEN, OTHER_TOKEN, PASSWORD = "canary-token-7f3a91", "canary-other-0b44e2", "canary-password-5c19d8"


class ProcessArguments:
    """Looks at the arguments of all processes, over and over, while it is entered."""

    def __init__(self, secrets):
        self.secrets, self.found, self.looks = secrets, set(), 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.is_set():
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    words = path.read_bytes()
                except OSError:
                    continue
                self.found |= {secret for secret in self.secrets if secret in words}
            self.looks += 1


class PlantedSecrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.peer = cls.world.site("silver")
        cls.web = cls.world.web(cls.peer.public, "silver-web", f'if ($http_authorization != "Bearer {TOKEN}") {{ return 401; }}')
        cls.peer.manifest(cls.peer.image("theirs", servers.noise(9_000, 1)))
        cls.peer.apply()
        cls.gold = cls.world.site("gold")
        lines = [line for name in ("root", "catalog") for line in (cls.gold.folder / f"keys/{name}.pem").read_text().splitlines()]
        keys = [line.encode() for line in lines if "-----" not in line]
        cls.secrets = [TOKEN.encode(), OTHER_TOKEN.encode(), PASSWORD.encode(), *keys]
        cls.looks = 0

    @classmethod
    def tearDownClass(cls):
        servers.figure("planted_secrets", outputs_searched_for_secrets=cls.looks)

    def run_watched(self, exit_codes, *words, token=TOKEN):
        """Runs it with the token in its environment; nothing that it says may hold a secret, nor any process's arguments."""
        with ProcessArguments(self.secrets) as watching:
            ran = self.gold.ingot(*words, env={**servers.os.environ, "SILVER_TOKEN": token})
        type(self).looks += 1
        self.assertIn(ran.returncode, exit_codes, f"{words}: {ran.stdout}{ran.stderr}")
        self.assertEqual([one for one in self.secrets if one in (ran.stdout + ran.stderr).encode()], [], f"{words}: {ran.stdout}{ran.stderr}")
        self.assertEqual(watching.found, set())
        return ran

    def nothing_written(self):
        written = [self.gold.folder / name for name in ("state", "store")]
        self.assertEqual(server_folder.holders_of(self.secrets, *written), [])

    def manifest(self, credentials, url):
        self.gold.manifest(self.gold.peer(self.peer, f'urls = ["{url}"]\n{credentials}') + self.gold.image("mine", b"mine")
                           + '[[subscription]]\npeer = "silver"\nall = true\nsince = "start"\n')

    def ask_for_everything(self, exit_codes):
        for words in (("validate",), ("plan", "-v"), ("plan", "--json"), ("apply", "--yes", "-v"), ("status", "-v"), ("status", "--json"),
                      ("query", "peers", "--json"), ("query", "images", "--peer", "silver"), ("query", "history", "--json"),
                      ("explain", "theirs", "-v"), ("card",), ("verify", "-v"), ("publish", "-v"), ("apply", "--yes", "--json")):
            own_url_is_nowhere = (3,) if words[0] == "status" else ()
            self.run_watched(exit_codes + own_url_is_nowhere, *words)
        self.nothing_written()

    def test_N7_a_token_by_environment_and_by_file_is_used_and_shown_nowhere(self):
        (self.gold.folder / "token").write_text(TOKEN + "\n")
        for credentials in ('token_env = "SILVER_TOKEN"', 'token_file = "token"'):
            with self.subTest(credentials=credentials):
                self.manifest(credentials, self.web.url)
                self.ask_for_everything((0,))
        self.assertEqual({row["name"] for row in server_folder.images(self.gold.folder)}, {"mine", "theirs"})

    def test_N7_a_token_is_not_shown_when_the_peer_refuses_it_or_cannot_be_reached(self):
        (self.gold.folder / "token").write_text(OTHER_TOKEN + "\n")
        for url in (self.web.url, f"http://127.0.0.1:{servers.free_port()}/"):
            with self.subTest(url=url):
                self.manifest('token_file = "token"', url)
                self.ask_for_everything((0, 3))

    def test_N7_a_token_that_cannot_be_sent_is_not_shown(self):
        (self.gold.folder / "token").write_bytes(OTHER_TOKEN.encode() + b"\r\nX-Evil: 1\n")
        self.manifest('token_file = "token"', self.web.url)
        self.ask_for_everything((0, 3, 65))
        self.manifest('token_env = "SILVER_TOKEN"', self.web.url)
        self.run_watched((3, 65), "plan", "-v", token=OTHER_TOKEN + "\n" + PASSWORD)

    def test_N7_a_password_in_a_URL_is_refused_and_not_repeated(self):
        for url in (f"https://user:{PASSWORD}@gold.example.net/", f"https://{PASSWORD}@gold.example.net/"):
            self.manifest("", url)
            self.run_watched((65,), "validate")
            self.run_watched((65,), "plan", "--json")
            self.run_watched((65,), "apply", "--yes", "--json")
        self.gold.url, kept = f"https://user:{PASSWORD}@gold.example.net/", self.gold.url
        self.addCleanup(setattr, self.gold, "url", kept)
        self.gold.manifest("")
        self.run_watched((65,), "validate")
        self.nothing_written()

    def test_N7_a_key_that_is_damaged_or_foreign_is_not_shown(self):
        self.manifest('token_env = "SILVER_TOKEN"', self.web.url)
        path = self.gold.folder / "keys/catalog.pem"
        text = path.read_text()
        self.addCleanup(path.write_text, text)
        foreign = (self.gold.folder / "keys/root.pem").read_text()
        for changed in (text.replace("PRIVATE KEY", "PUBLIC KEY"), text.splitlines()[1], text[:-40], foreign):
            path.write_text(changed)
            self.run_watched((6, 65), "publish", "-v")
            self.run_watched((6, 65), "apply", "--yes", "--json")
        self.nothing_written()


if __name__ == "__main__":
    unittest.main()
