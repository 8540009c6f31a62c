#!/usr/bin/python3
"""Revocation and the directory's chain (P9), with brokers and homes that run.

# tests/run: limit=900 builds=test,san

A revoked key has no effect on the next message, also on a connection that is
open; what it sent before arrives in quarantine.  A retired key's letters arrive
as genuine, a member that leaves in good order is still heard.  A directory that
was changed, rolled back, has a gap, is of another governance or has expired is
refused with its reason, and the old one stays.
"""

import glob
import json
import os
import sqlite3
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import run  # noqa: E402
from seinpy import directory  # noqa: E402
from town import OINS, ROLES, Home, Town  # noqa: E402

MEMBERS = ("corporatie", "wijkteam")
NOT_ADMITTED = 77


class Case(unittest.TestCase):
    """A town of its own for every test: they change the directory."""

    def setUp(self):
        self.town = Town(tap.build, MEMBERS)
        self.addCleanup(self.town.close)
        self.corp = self.town.home("corporatie")
        self.team = self.town.home("wijkteam")

    def signal(self, source_id, check=0):
        return self.corp.signal(source_id, "huur", "1506AB", "12", check=check)

    def outbox(self, source_id):
        """A signal as the outbox has it; no connection."""
        rows = self.corp.run("sent", "--json", "--offline").rows()
        return next(row for row in rows if row["source_id"] == source_id)

    def quarantined(self):
        return {one["source_id"]: one
                for one in self.team.inbox()["quarantine"]}


class Keys(Case):
    def test_revoked_on_an_open_connection(self):
        """It was served until the reload, and nothing after it."""
        watch = self.town.spawn(self.corp.argv("watch", "--json"),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)
        self.town.broker.wait_status(
            lambda status: status["sessions"] == 1, "the watching home")
        self.town.govern("revoke", self.town.key_id("corporatie"))
        self.town.sign_and_publish()
        self.town.broker.wait_status(
            lambda status: status["sessions"] == 0, "the session to end")
        _, err = watch.communicate(timeout=60)
        self.assertEqual(watch.returncode, NOT_ADMITTED)
        self.assertIn("not_admitted", err)
        verdict = self.signal("HA-2", check=NOT_ADMITTED)
        self.assertEqual(verdict["verdict"], "accepted")  # it stays here
        self.assertEqual(self.outbox("HA-2")["state"], "queued")
        self.assertNotIn("HA-2", self.team.signals())
        self.assertNotIn("HA-2", self.quarantined())

    def test_revoked_letters_arrive_in_quarantine(self):
        self.signal("HA-1")
        self.town.govern("revoke", self.town.key_id("corporatie"))
        self.town.sign_and_publish()
        kept = self.quarantined()
        self.assertIn("HA-1", kept)
        self.assertNotIn("HA-1", self.team.signals())
        text = self.team.run("inbox", "--lang", "en").out
        self.assertIn("key", text)
        # Nothing can be answered to a key that somebody else may hold.
        self.team.run("reply", kept["HA-1"]["letter_id"], "Dank",
                      check={1, 65, 77, 78})

    def test_what_was_read_before_stays(self):
        self.signal("HA-1")
        self.assertIn("HA-1", self.team.signals())
        self.town.govern("revoke", self.town.key_id("corporatie"))
        self.town.sign_and_publish()
        self.assertIn("HA-1", {**self.team.signals(), **self.quarantined()})

    def test_a_retired_key_is_genuine(self):
        self.signal("HA-1")
        self.town.govern("retire", self.town.key_id("corporatie"))
        self.town.sign_and_publish()
        self.assertIn("HA-1", self.team.signals())
        self.assertEqual(self.quarantined(), {})
        self.signal("HA-2", check=NOT_ADMITTED)
        self.assertNotIn("HA-2", self.team.signals())

    def test_a_member_that_leaves_is_heard_out(self):
        self.signal("HA-1")
        self.town.govern("leave", OINS["corporatie"])
        self.town.sign_and_publish()
        received = self.team.signals()["HA-1"]
        self.assertEqual(self.quarantined(), {})
        # Nothing new goes to it or comes from it, and both are told.
        said = self.team.run("feedback", received["letter_id"], "contact",
                             check=NOT_ADMITTED)
        self.assertIn("member_left", said.err)
        self.corp.run("sync")
        self.signal("HA-2", check=None)
        self.assertEqual(self.outbox("HA-2")["waits"], "member_left")
        self.assertNotIn("HA-2", self.team.signals())

    def test_a_member_that_leaves_takes_what_came_before(self):
        self.signal("HA-1")
        received = self.team.signals()["HA-1"]
        self.team.run("feedback", received["letter_id"], "contact")
        self.town.govern("leave", OINS["corporatie"])
        self.town.sign_and_publish()
        self.corp.run("sync")
        self.assertEqual(self.corp.sent("HA-1")["state"], "answered")

    def test_a_new_key_takes_over_from_the_old(self):
        self.signal("HA-1")
        asked = self.corp.run("rotate", "--json").json()
        self.town.govern("rotate", asked["request"], "--fingerprint",
                         asked["fingerprint"], "--at", "now")
        self.town.sign_and_publish()
        self.signal("HA-2")
        found = self.team.signals()
        self.assertEqual({"HA-1", "HA-2"} & set(found), {"HA-1", "HA-2"})
        self.assertEqual(self.quarantined(), {})
        status = self.corp.run("status", "--json").json()
        self.assertEqual(status["key"], asked["fingerprint"])
        self.assertEqual(status["key_status"], "active")


class Directories(Case):
    def setUp(self):
        super().setUp()
        self.before = self.town.broker.version()

    def refused(self, name, data, code):
        """Publishes it; the broker must refuse it and keep what it has."""
        self.town.broker.publish(data, name)
        answer = self.town.broker.reload(check=1).json()
        self.assertEqual([one["code"] for one in answer["files"]], [code])
        self.assertTrue(answer["files"][0]["reason"])
        self.assertIn(code, self.town.broker.log())
        self.assertEqual(self.town.broker.version(), self.before)
        os.remove(self.town.broker.path("incoming", name))
        source = f"N-{code}"
        self.signal(source)
        self.assertIn(source, self.team.signals())

    def signed(self, name):
        with open(self.town.path("governance", "signed", name), "rb") as file:
            return file.read()

    def sign_next(self, *more_keys):
        self.town.govern("retire", self.town.key_id("wijkteam"), "--at",
                         "2027-11-30")
        self.town.sign()
        for key in more_keys:
            self.town.govern("sign", "--key", key)
        return os.path.basename(self.town.signed_files()[-1])

    def test_tampered(self):
        name = self.sign_next()
        good = self.signed(name)
        changed = good.replace(b"Incasso", b"Incassa", 1)
        self.assertNotEqual(good, changed)
        self.refused(name, changed, "signature_wrong")
        self.refused(name, good[:-1], "wire_malformed")
        self.refused(name, good + b"\0", "wire_trailing")

    def test_under_signed(self):
        """A second governor, both needed: one signature is not enough."""
        made = run([self.town.program("sein"), "directory", "keygen",
                    self.town.path("bob.key"), "--name", "Bob", "--quiet"], self.town.env())
        self.town.govern("governor", "Bob", "--pk", made.out.strip(),
                         "--threshold", "2")
        self.town.sign_and_publish()
        self.before = self.town.broker.version()
        name = self.sign_next(self.town.path("bob.key"))
        signed = directory.SIGNED.decode(self.signed(name))
        self.assertEqual(len(signed["signatures"]), 2)
        signed["signatures"].pop()
        self.refused(name, directory.SIGNED.encode(signed),
                     "directory_under_signed")

    def test_of_another_governance(self):
        other = Town(tap.build, ())
        self.addCleanup(other.close)
        name = self.sign_next()
        with open(other.signed_files()[-1], "rb") as file:
            self.refused(name, file.read(), "directory_under_signed")

    def test_rolled_back(self):
        """Another version 1 than the one in force, and a broker that serves
        an older directory than a home has seen."""
        self.sign_next()
        self.town.publish()
        self.corp.run("sync")
        version = self.corp.run("status", "--json").json()["directory"]
        self.assertEqual(version["version"], self.before + 1)
        # A second broker folder, founded with the same keys but knowing the
        # first version only: what a broker restored from an old copy shows.
        self.town.broker.stop()
        self.forget_newest_directory()
        self.town.broker.start()
        self.assertEqual(self.town.broker.version(), self.before)
        self.corp.run("sync", check=None)
        status = self.corp.run("status", "--json", check=None).json()
        self.assertEqual(status["directory"]["version"], self.before + 1)
        self.assertIn("directory_rolled_back", json.dumps(status["alarms"]))

    def forget_newest_directory(self):
        path = self.town.broker.path("store", "seinhuis.db")
        database = sqlite3.connect(path)
        gone = database.execute(
            "DELETE FROM directory WHERE version > ?",
            (self.before,)).rowcount
        database.commit()
        database.close()
        self.assertEqual(gone, 1)
        for path in glob.glob(self.town.broker.path("incoming", "*")):
            if not path.endswith(f"{self.before:06}.dir"):
                os.remove(path)

    def test_gap(self):
        self.sign_next()
        self.town.govern("leave", OINS["wijkteam"], "--at", "2027-12-31")
        self.town.sign()
        name = os.path.basename(self.town.signed_files()[-1])
        self.refused(name, self.signed(name), "directory_chain_broken")
        self.town.publish()
        self.assertEqual(self.town.broker.version(), self.before + 2)

    def test_expired(self):
        """Then nothing is sent and nothing is lost; a new signature mends
        it."""
        self.sign_next()
        self.town.publish()
        self.signal("HA-1")
        self.town.clock.advance(days=46)
        said = self.corp.run("sync", check=None)
        self.assertNotEqual(said.status, 0)
        self.assertIn("directory_expired", said.err)
        self.signal("HA-2", check=None)
        self.assertEqual(self.outbox("HA-2")["waits"], "directory_expired")
        self.town.sign_and_publish()
        self.assertEqual(self.town.broker.version(), self.before + 2)
        self.team.run("sync")
        self.corp.run("sync")
        self.assertIn("HA-2", self.team.signals())
        self.assertIn(self.corp.sent("HA-1")["state"],
                      ("delivered", "not_collected"))


class Joining(Case):
    def test_who_is_not_admitted(self):
        stranger = Home(self.town, "vreemd").init(OINS["energie"])
        invitation = self.town.govern("invite", "--quiet").out.strip()
        stranger.join(invitation)
        said = stranger.run("sync", check=NOT_ADMITTED).err
        self.assertIn("not_admitted", said)
        self.assertIn("governance", said)

    def test_a_second_home_of_one_desk(self):
        """The copied home of a colleague: refused, and taken over when asked."""
        self.signal("HA-1")
        self.assertIn("HA-1", self.team.signals())
        asked_for = Home(self.town, "wijkteam", self.town.path("home", "twee"))
        asked_for.init(OINS["wijkteam"])
        invitation = self.town.govern("invite", "--quiet").out.strip()
        asked = asked_for.join(invitation)
        self.town.govern("admit", asked["request"], "--fingerprint",
                         asked["fingerprint"], *ROLES["wijkteam"])
        self.town.sign_and_publish()
        self.team.run("sync")
        said = asked_for.run("sync", check=None)
        self.assertNotEqual(said.status, 0)
        self.assertIn("home", said.err)
        asked_for.run("take-over")
        self.signal("HA-2")
        found = {signal["source_id"]
                 for household in asked_for.inbox()["households"]
                 for signal in household["signals"]}
        self.assertIn("HA-2", found)
        said = self.team.run("sync", check=None)
        self.assertNotEqual(said.status, 0)


if __name__ == "__main__":
    tap.main()
