#!/usr/bin/python3
"""Serves one bare git repository over HTTP as git's own servers do: git_server.py PORT REPOSITORY [CERTIFICATE KEY [TOKEN]].

With a certificate and its key by TLS; with a token only to who sends it as a password. The user and the password that came
are never printed. Prints "ready" when it listens.
"""
import base64
import http.server
import ssl
import subprocess
import sys

PORT, REPOSITORY = int(sys.argv[1]), sys.argv[2]
TOKEN = sys.argv[5] if len(sys.argv) > 5 else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, kind, body, code=200, **headers):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def may_come(self):
        if TOKEN is None:
            return True
        words = self.headers.get("Authorization", "").split()
        if len(words) == 2 and words[0] == "Basic" and base64.b64decode(words[1]).decode().endswith(":" + TOKEN):
            return True
        self.answer("text/plain", b"who are you?", 401, WWW_Authenticate='Basic realm="git"')
        return False

    def upload_pack(self, *words, said=b""):
        return subprocess.run(["git", "-c", "safe.directory=*", "upload-pack", "--stateless-rpc", *words, REPOSITORY], input=said, stdout=subprocess.PIPE, check=True).stdout

    def do_GET(self):
        if self.may_come():
            refs = self.upload_pack("--advertise-refs")
            self.answer("application/x-git-upload-pack-advertisement", b"001e# service=git-upload-pack\n0000" + refs)

    def do_POST(self):
        said = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.may_come():
            self.answer("application/x-git-upload-pack-result", self.upload_pack(said=said))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
