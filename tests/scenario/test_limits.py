#!/usr/bin/python3
"""The broker's limits, and its life as a service.

# tests/run: limit=900 builds=test,san

Quotas that say when to try again, a disk that is full, draining, stopping and
reloading, and every mistake in a configuration that an operator is likely to
make: each told clearly, and nothing accepted is lost.
"""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import run, wait_for  # noqa: E402
from seinpy import client, member  # noqa: E402
from town import NOORD, OINS, ROLES, Town  # noqa: E402

TRY_LATER, CONFIG, NO_INPUT, USAGE = 75, 78, 66, 64
SMALL_DISK = "24m"


class Case(unittest.TestCase):
    def setUp(self):
        town = self.town = Town(tap.build, ("wijkteam",))
        self.addCleanup(town.close)
        self.broker = town.broker
        self.team = town.home("wijkteam")
        self.sender = member.Member(OINS["energie"], "energie", ["incasso"],
                                    town.clock.now_ms)
        self.addCleanup(self.sender.close)
        self.desk = self.sender.desk("incasso")
        self.invitation = town.govern("invite", "--quiet").out.strip()
        town.govern("admit", self.sender.join_line(), "--yes",
                    *ROLES["energie"])
        town.sign_and_publish()
        self.team.run("sync")
        self.number = 0

    def connect(self):
        self.sender.close()
        self.sender.connect(self.invitation)
        self.sender.hello()

    def put(self, note=""):
        """One letter; gives (its source_id, the verdict)."""
        self.number += 1
        source_id = f"EN-{self.number}"
        statement, _ = self.sender.prekey_of(NOORD)
        draft = self.sender.draft("schulden", self.desk, NOORD, 1, {
            "source_id": source_id, "kind": "gas", "informed": 1,
            "postcode": "1506AB", "huisnummer": str(self.number),
            "contact_tried": "2026-10-01", "help_pointed_out": "2026-10-02",
            "reminder_sent": "2026-10-03", "offer_made": "2026-10-04",
            **({"note": note} if note else {})})
        letter = draft.seal(self.sender.sign, statement.fields)
        verdict = self.sender.connection.put(
            [(self.desk, letter, draft.letter_id)])[0]
        if verdict.word == "ok":
            self.sender.check_receipt(verdict, "letter", draft.letter_id,
                                      client.put_item(self.desk, letter))
        return source_id, verdict


class Quotas(Case):
    def test_letters_that_wait(self):
        self.broker.configure("limits", letters_max=5)
        self.assertTrue(self.broker.reload().json()["ok"])
        self.connect()
        accepted = [self.put()[0] for _ in range(5)]
        _, verdict = self.put()
        self.assertEqual(verdict.word, "quota_exceeded")
        self.assertGreater(verdict.at, self.town.clock.now_ms())
        # Reading makes room.
        self.assertEqual(set(self.team.signals()), set(accepted))
        self.assertEqual(self.put()[1].word, "ok")

    def test_items_per_second(self):
        """A member's burst is over; at the time that it is told it may go
        on."""
        self.broker.configure("limits", items_per_s=1, items_burst=10)
        self.broker.reload()
        self.connect()
        verdicts = [self.put()[1] for _ in range(14)]
        refused = [one for one in verdicts if one.word != "ok"]
        self.assertTrue(refused)
        for one in refused:
            self.assertEqual(one.word, "quota_exceeded")
        wait_ms = refused[-1].at - self.town.clock.now_ms()
        self.assertLess(wait_ms, 60_000)
        self.town.clock.advance(ms=max(wait_ms, 0) + 1000)
        wait_for(lambda: self.put()[1].word == "ok", "the quota to refill")

    def test_a_home_waits_and_goes_on(self):
        corp = self.town.admit("corporatie")
        self.town.sign_and_publish()
        self.broker.configure("limits", letters_max=2)
        self.broker.reload()
        for number in range(4):
            corp.signal(f"HA-{number}", "huur", "1506AB", str(number + 1),
                        check=None)
        rows = {row["source_id"]: row for row in corp.run(
            "sent", "--json", "--offline").rows()}
        self.assertEqual(rows["HA-1"]["state"], "accepted")
        self.assertEqual(rows["HA-3"]["state"], "queued")
        self.assertEqual(rows["HA-2"]["waits"], "quota_exceeded")
        self.broker.configure("limits", letters_max=100)
        self.broker.reload()
        self.town.clock.advance(hours=2)
        wait_for(lambda: corp.run("sync", check=None).status == 0
                 and corp.sent("HA-3")["state"] == "accepted",
                 "the outbox to be empty")
        self.assertEqual(set(self.team.signals()), set(rows))


class Disk(Case):
    def small_disk(self):
        """The broker's folder on a disk of its own."""
        folder = self.broker.folder
        self.broker.stop()
        aside = self.town.path("aside")
        shutil.move(folder, aside)
        os.mkdir(folder, 0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o",
                               f"size={SMALL_DISK},mode=0700", "tmpfs",
                               folder], capture_output=True, check=False)
        if done.returncode != 0:
            self.skipTest("no disk may be mounted here: "
                          + done.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        shutil.copytree(aside, folder, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns("*.sock"))
        self.broker.start()

    def test_full(self):
        """Refused, with a time; what was accepted is there, reading goes on
        and makes room again."""
        self.small_disk()
        self.connect()
        accepted, verdict = set(), None
        for _ in range(3000):
            source_id, verdict = self.put("x" * 1000)
            if verdict.word != "ok":
                break
            accepted.add(source_id)
        self.assertEqual(verdict.word, "disk_full")
        self.assertGreater(len(accepted), 50)
        self.assertIn("store_full", self.broker.log())
        # A restart on the full disk loses nothing either.
        self.broker.restart()
        self.assertEqual(set(self.team.signals()), accepted)
        self.connect()
        wait_for(lambda: self.put()[1].word == "ok", "room for a letter")
        self.broker.wait_status(lambda status: not status["store_full"],
                                "a disk that is no longer full")


class Service(Case):
    def start_fails(self, status, *words, argv=None):
        """It says what is wrong, and where, and does not start."""
        said = run(argv or [self.broker.program, "--dir", self.broker.folder],
                   self.town.env(), status)
        for word in words:
            self.assertIn(word, said.err)
        self.assertEqual(said.out, "")

    def test_drain(self):
        self.connect()
        source_id, verdict = self.put()
        self.assertEqual(verdict.word, "ok")
        self.broker.admin("drain")
        status = self.broker.status()
        self.assertEqual((status["state"], status["ready"]),
                         ("draining", False))
        said = self.team.run("sync", check=TRY_LATER)
        self.assertIn("busy", said.err)
        self.assertEqual(self.broker.stop(), 0)
        self.broker.start()
        self.assertIn(source_id, self.team.signals())

    def test_stop_under_load(self):
        """SIGTERM: what is confirmed is there after the next start."""
        self.connect()
        accepted = {self.put()[0] for _ in range(20)}
        self.assertEqual(self.broker.stop(), 0)
        self.broker.start()
        self.assertEqual(set(self.team.signals()), accepted)

    def test_a_reload_that_is_wrong_changes_nothing(self):
        self.broker.configure("limits", letters_max="veel")
        said = self.broker.reload(check=CONFIG)
        self.assertIn("letters_max", said.err)
        self.assertIn("line", said.err)
        self.connect()
        self.assertEqual(self.put()[1].word, "ok")

    def test_mistakes_in_the_configuration(self):
        self.broker.stop()
        path = self.broker.path("seinhuisd.conf")
        with open(path, encoding="utf-8") as file:
            good = file.read()
        for change, words in (
                (good + "\nzomaar = 1\n", ("unknown key", "zomaar", "line")),
                (good + "\n[tuin]\nx = 1\n", ("tuin", "line")),
                (good.replace("[broker]", "[broker"), ("line",)),
                (good + "\n" + "x" * 5_000 + "\n", ("line",)),
                (good.replace(self.broker.endpoint, "ipc:///x"),
                 ("tcp://", "line"))):
            with self.subTest(words):
                self.assertNotEqual(change, good)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(change)
                self.start_fails(CONFIG, *words)
        with open(path, "w", encoding="utf-8") as file:
            file.write(good)
        self.broker.start()

    def test_what_stands_in_its_way(self):
        self.start_fails(TRY_LATER, "another seinhuisd", "stop it")
        self.broker.stop()
        with contextlib.closing(socket.socket()) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", self.broker.port))
            other.listen()
            self.start_fails(TRY_LATER, "in use", "listen")
        key = self.broker.path("keys", "curve.key")
        os.chmod(key, 0o644)
        self.start_fails(CONFIG, "curve.key", "0600")
        os.chmod(key, 0o600)
        os.rename(key, key + ".away")
        said = run([self.broker.program, "--dir", self.broker.folder],
                   self.town.env(), None)
        self.assertNotEqual(said.status, 0)
        self.assertIn("curve.key", said.err)
        os.rename(key + ".away", key)
        self.start_fails(NO_INPUT, "no such file", argv=[
            self.broker.program, "--dir", self.town.path("nergens")])
        self.start_fails(USAGE, "--bogus", "--help", argv=[
            self.broker.program, "--bogus"])
        self.broker.start()

    def test_the_key_of_the_presences(self):
        """A broker from before there were presences makes it; one that holds
        presences says that it is missing, and makes none."""
        key = self.broker.path("keys", "idx.key")
        with open(key, encoding="ascii") as file:
            made = file.read()
        self.broker.stop()
        os.unlink(key)
        self.broker.start()
        with open(key, encoding="ascii") as file:
            self.assertNotEqual(file.read(), made)
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        self.broker.stop()
        with contextlib.closing(sqlite3.connect(
                self.broker.path("store", "seinhuis.db"))) as store:
            store.execute("INSERT INTO tally (name, count) VALUES (?, 1)",
                          (OINS["school"],))
            store.commit()
        os.rename(key, key + ".away")
        self.start_fails(CONFIG, "idx.key", "backup")
        self.start_fails(CONFIG, "idx.key", "1 presences", "backup",
                         "--drop-presences",
                         argv=[self.broker.program, "--dir",
                               self.broker.folder, "--init"])
        self.assertFalse(os.path.exists(key))
        os.rename(key + ".away", key)
        self.broker.start()


if __name__ == "__main__":
    tap.main()
