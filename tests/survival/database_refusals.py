#!/usr/bin/python3
"""R30: a database that cannot be used is told of with what to do (exit code 6, or 65), and neither it nor the server's folder changes:
full, a standby, no connection left, an older or newer format, no rights, a certificate that does not fit, a pooler before it."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import servers
import database
import sweep
import server_folder

LOCAL, MANIFEST = 6, 65


@unittest.skipIf(database.why_not(), database.why_not())
class DatabaseRefusals(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = cls.enterClassContext(servers.World(sweep.fast_folder()))
        cls.beside = pathlib.Path(tempfile.mkdtemp(prefix="ingot-pg-beside-"))  # the database's user may read it
        cls.addClassCleanup(shutil.rmtree, cls.beside, ignore_errors=True)
        cls.beside.chmod(0o755)
        for name in ("right", "wrong"):
            cls.certificate(name, "localhost")
        if os.geteuid() == 0:
            shutil.chown(cls.beside / "right.key", "postgres", "postgres")
        cls.postgres = database.Postgres((f"ssl_cert_file={cls.beside}/right.pem", f"ssl_key_file={cls.beside}/right.key", "ssl=on", "max_connections=20"))
        cls.postgres.sql("CREATE DATABASE work")
        cls.gold = cls.world.site("gold")
        cls.url = cls.postgres.url("work")
        cls.gold.done(cls.gold.ingot("state", "move", "--to", cls.url))
        cls.entries = cls.gold.image("mine", b"bytes")
        cls.with_state(cls.url)
        server_folder.in_database(cls.gold.folder, cls.url, "gold")
        cls.addClassCleanup(server_folder.in_database, cls.gold.folder, "", "gold")

    @classmethod
    def certificate(cls, name, host):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={host}",
                        "-addext", f"subjectAltName=DNS:{host}", "-keyout", cls.beside / f"{name}.key", "-out", cls.beside / f"{name}.pem"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def with_state(cls, url):
        cls.gold.manifest(cls.entries, f'state = "{url}"')

    def refused(self, url, said, hint, code=LOCAL, words=(("plan",), ("apply", "--yes"), ("status",))):
        """Each of these ends so, and nothing is changed."""
        before = server_folder.normalised(self.gold.folder)
        self.with_state(url)
        for one in words:
            ran = self.gold.ingot(*one)
            self.assertEqual(ran.returncode, code, f"{one}: {ran.stdout}{ran.stderr}")
            self.assertIn(said, ran.stderr)
            self.assertRegex(ran.stderr, f"hint: .*{hint}")
        self.with_state(self.url)
        self.assertEqual(server_folder.normalised(self.gold.folder), before)

    def test_R30_a_certificate_that_does_not_fit(self):
        tls = f"postgresql://postgres@localhost:{self.postgres.port}/work?sslmode=verify-full&sslrootcert={self.beside}"
        self.refused(f"{tls}/wrong.pem", "no safe way to the state", "sslrootcert")
        self.refused(f"{tls}/nothing.pem", "no safe way to the state", "sslrootcert")
        self.refused(f"{tls}/right.pem".replace("@localhost", "@127.0.0.1"), "no safe way to the state", "certificate")
        self.with_state(f"{tls}/right.pem")
        self.gold.done(self.gold.ingot("plan"))
        self.with_state(self.url)

    def test_R30_a_standby(self):
        standby = database.Postgres(copy_of=self.postgres)
        self.with_state(standby.url("work"))
        self.gold.done(self.gold.ingot("plan"))  # who only reads may
        self.refused(standby.url("work"), "standby", "target_session_attrs=read-write", words=(("apply", "--yes"), ("publish",)))
        standby.remove()

    def test_R30_no_connection_is_left(self):
        held = [subprocess.Popen(["psql", "-X", "-q", "-d", self.url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for _ in range(25)]
        try:
            while all(one.poll() is None for one in held):  # those that came too late end
                time.sleep(0.02)
            ran = self.gold.ingot("plan")
        finally:
            for one in held:
                one.kill()
                one.communicate()
        while "too many" in self.gold.ingot("query", "images").stderr:
            time.sleep(0.1)
        self.assertEqual(ran.returncode, LOCAL, ran.stdout + ran.stderr)
        self.assertIn("too many clients", ran.stderr)
        self.assertRegex(ran.stderr, "hint: .*again")

    def test_R30_another_format(self):
        engine = '"ingot_gold".engine'
        form = self.postgres.sql(f"SELECT format FROM {engine}", database="work")
        for number, said, code in ((int(form) + 1, "was made by a newer ingot", MANIFEST), (int(form) - 1, "its format is", LOCAL)):
            self.postgres.sql(f"UPDATE {engine} SET format = {number}", database="work")
            self.refused(self.url, said, "", code)
        self.postgres.sql(f"UPDATE {engine} SET format = {form}", database="work")

    def test_R30_no_rights(self):
        self.postgres.sql("CREATE ROLE reader LOGIN", 'GRANT USAGE ON SCHEMA "ingot_gold" TO reader', 'GRANT SELECT ON ALL TABLES IN SCHEMA "ingot_gold" TO reader',
                          database="work")
        url = self.url.replace("postgres@", "reader@")
        self.with_state(url)
        self.gold.done(self.gold.ingot("plan"))
        self.refused(url, "no rights for the state", "own the schema", words=(("apply", "--yes"),))

    @unittest.skipUnless(shutil.which("pgbouncer"), "pgbouncer is not installed")
    def test_R30_a_pooler_in_each_mode(self):
        for mode in ("transaction", "session"):
            port = servers.free_port()
            settings = self.beside / "pgbouncer.ini"
            settings.write_text(f"[databases]\n* = host=127.0.0.1 port={self.postgres.port} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
                                f"listen_port = {port}\nauth_type = any\npool_mode = {mode}\nunix_socket_dir =\n"
                                "ignore_startup_parameters = extra_float_digits\n")
            user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=TERM", "--"] if os.geteuid() == 0 else []
            pooler = subprocess.Popen([*user, "pgbouncer", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                for _ in range(500):
                    if subprocess.run([database.programs() + "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False).returncode == 0:
                        break
                self.refused(f"postgresql://postgres@127.0.0.1:{port}/work", "pooler", "name the database itself")
            finally:
                pooler.terminate()
                pooler.wait()

    @unittest.skipUnless(servers.OWN_MOUNTS, "needs mounts of its own, so root")
    def test_R30_a_full_disk(self):
        small = self.beside / "small"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0777", "tmpfs", small], check=True)
        shutil.chown(small, "postgres", "postgres")
        postgres = database.Postgres()
        postgres.sql(f"CREATE TABLESPACE small LOCATION '{small}'")
        postgres.sql("CREATE DATABASE work")
        postgres.copy_database("work", "full")
        site = self.world.site("full")
        site.done(site.ingot("state", "move", "--to", postgres.url("full")))
        schema = '"ingot_full"'
        for table in ("image", "object", "action"):
            postgres.sql(f"ALTER TABLE {schema}.{table} SET TABLESPACE small", database="full")
        filler = small / "filler"
        images = "".join(site.image(f"image-{number}", b"%d" % number) for number in range(300))
        site.manifest(images, f'state = "{postgres.url("full")}"')
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        ran = site.ingot("apply", "--yes")
        self.assertEqual(ran.returncode, LOCAL, ran.stdout + ran.stderr)
        self.assertIn("No space left on device", ran.stdout + ran.stderr)
        self.assertIn("free some space on the database's disk", ran.stdout + ran.stderr)
        server_folder.in_database(site.folder, postgres.url("full"), "full")
        self.assertEqual(server_folder.check(site.folder), [])
        filler.unlink()
        site.apply()
        site.plans_nothing()
        self.assertEqual(server_folder.check(site.folder), [])
        postgres.remove()
        subprocess.run(["umount", small], check=True)


if __name__ == "__main__":
    servers.take_own_mounts()
    unittest.main()
