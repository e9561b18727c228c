"""A real Chromium, driven by chromedriver (W3C WebDriver over HTTP). Debian's chromium and chromium-driver; nothing else."""
import base64
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DRIVER = shutil.which("chromedriver")
CHROMIUM = shutil.which("chromium")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def why_none():
    """Why there is no browser here; "" if there is one."""
    missing = [name for name, path in (("chromium", CHROMIUM), ("chromium-driver", DRIVER)) if not path]
    return f"not installed: {', '.join(missing)}" if missing else ""


class Trouble(Exception):
    """What chromedriver refused, or what did not come in time."""


class Driver:
    """chromedriver; every browser that it starts ends with it."""

    def __init__(self):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ingot-page-"))
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", DRIVER, f"--port={self.port}"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.browsers = []
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise Trouble("chromedriver did not start")

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise Trouble(json.load(error)["value"]["message"].splitlines()[0]) from None

    def browser(self, *arguments, **options):
        self.browsers.append(Browser(self, arguments, **options))
        return self.browsers[-1]

    def stop(self):
        for browser in self.browsers:
            browser.close()
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Browser:
    """One Chromium with a profile of its own."""

    def __init__(self, driver, arguments=(), width=1280, height=900, preferences=None):
        self.driver = driver
        profile = tempfile.mkdtemp(prefix="profile-", dir=driver.folder)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--no-proxy-server", "--disable-dev-shm-usage",
                 f"--user-data-dir={profile}", f"--window-size={width},{height}", *arguments]
        wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": flags, "binary": CHROMIUM, "prefs": preferences or {}},
                  "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}
        session = driver.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.path = "/session/" + session["sessionId"]

    def close(self):
        if self.path:
            try:
                self.driver.call("DELETE", self.path)
            except (Trouble, OSError):
                pass
        self.path = ""

    def call(self, command, body=None):
        return self.driver.call("POST", f"{self.path}/{command}", body or {})

    def open(self, url):
        self.call("url", {"url": url})

    def run(self, script, *arguments):
        """What the body of a function gives in the page; a promise is waited for."""
        return self.call("execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, condition, seconds=30):
        """Until an expression in the page is true."""
        end = time.monotonic() + seconds
        while not self.run(f"return Boolean({condition})"):
            if time.monotonic() > end:
                raise Trouble(f"{condition} is not so after {seconds} s; the page says: {self.text()[:500]}")
            time.sleep(0.03)

    def verdict(self, seconds=30):
        self.wait("document.documentElement.dataset.ingot !== 'loading'", seconds)
        return self.run("return document.documentElement.dataset.ingot")

    def text(self, selector="body"):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def texts(self, selector):
        return self.run("return Array.from(document.querySelectorAll(arguments[0]), (one) => one.innerText)", selector)

    def devtools(self, command, **parameters):
        return self.call("goog/cdp/execute", {"cmd": command, "params": parameters})

    def click(self, selector):
        found = self.call("element", {"using": "css selector", "value": selector})
        self.call(f"element/{found[ELEMENT]}/click")

    def type(self, selector, text):
        found = self.call("element", {"using": "css selector", "value": selector})
        self.call(f"element/{found[ELEMENT]}/value", {"text": text})

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def log(self, kind="browser"):
        return self.call("se/log", {"type": kind})

    def requests(self):
        """URLs asked for since the last call, by the browser's own account."""
        urls = []
        for line in self.log("performance"):
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def picture(self, path, whole=False):
        data = self.devtools("Page.captureScreenshot", captureBeyondViewport=whole)["data"] if whole else self.driver.call("GET", f"{self.path}/screenshot")
        pathlib.Path(path).write_bytes(base64.b64decode(data))
