#!/usr/bin/python3
"""A broker that serves another prekey than the newest, and letters of a version
that does not exist yet.

# tests/run: limit=600 builds=test,san

The broker is an honest one whose rows were changed while it was down: what is
suppressed or taken back must be noticed by the homes, named in an alarm, and
nothing may be sealed to it.  And letters of kinds that only a later version
makes are kept and said to be such.
"""

import os
import sqlite3
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import wait_for  # noqa: E402
from seinpy import member  # noqa: E402
from town import NOORD, OINS, ROLES, Town  # noqa: E402


class Prekeys(unittest.TestCase):
    def setUp(self):
        self.town = Town(tap.build, ("corporatie", "wijkteam"))
        self.addCleanup(self.town.close)
        self.corp = self.town.home("corporatie")
        self.team = self.town.home("wijkteam")
        self.signal("A-1")  # from now on it has seen a prekey of that desk

    def signal(self, source_id):
        return self.corp.signal(source_id, "huur", "1506AB", "12", check=None)

    def rows(self, change=None):
        """The prekeys of the desk in the broker's store; change(database)
        while it is down."""
        self.town.broker.stop()
        database = sqlite3.connect(
            self.town.broker.path("store", "seinhuis.db"))
        if change:
            change(database)
        rows = database.execute("SELECT * FROM prekey WHERE desk = ? "
                                "ORDER BY seq", (NOORD,)).fetchall()
        database.commit()
        database.close()
        self.town.broker.start()
        return rows

    def alarmed(self):
        """The alarm is there, with its reason; the signal waits."""
        self.signal("A-2")
        status = self.corp.run("status", "--json", check=None).json()
        alarms = [one for one in status["alarms"]
                  if one["code"] == "prekey_rolled_back"]
        self.assertTrue(alarms, status["alarms"])
        self.assertEqual(alarms[0]["about"], NOORD)
        self.assertTrue(alarms[0]["reason"]["nl"])
        rows = self.corp.run("sent", "--json", "--offline").rows()
        waiting, = [one for one in rows if one["source_id"] == "A-2"]
        self.assertEqual((waiting["state"], waiting["waits"]),
                         ("queued", "prekey_rolled_back"))
        self.assertIn("ALARM", self.corp.run("status", "--lang", "nl",
                                             check=None).out)

    def serve(self, rows):
        """What the broker serves from now on."""
        places = ",".join("?" * len(rows[0])) if rows else ""

        def change(database):
            database.execute("DELETE FROM prekey WHERE desk = ?", (NOORD,))
            if rows:
                database.executemany(
                    f"INSERT INTO prekey VALUES ({places})", rows)
        self.rows(change)

    def mends(self, honest):
        """Served as it should be, what waited goes."""
        self.serve(honest)

        def arrived():
            self.corp.run("sync", check=None)
            return "A-2" in self.team.signals()
        wait_for(arrived, "the signal to arrive after all")

    def own_alarm(self):
        """The desk itself sees that its prekey is not served."""
        self.team.run("sync", check=None)
        status = self.team.run("status", "--json", check=None).json()
        self.assertIn(("prekey_rolled_back", NOORD),
                      [(one["code"], one["about"])
                       for one in status["alarms"]])

    def test_suppressed(self):
        honest = self.rows()
        self.assertTrue(honest)
        self.serve([])
        self.alarmed()
        self.own_alarm()
        self.mends(honest)

    def test_rolled_back(self):
        """An older prekey of the same desk, still in force, served as if it
        were the newest."""
        old = self.rows()
        for _ in range(31):  # until the desk has made its next one
            self.town.clock.advance(days=1)
            self.team.run("sync")
            honest = self.rows()
            if honest[-1][1] > old[-1][1]:
                break
        self.assertGreater(honest[-1][1], old[-1][1])
        self.signal("A-1b")
        self.serve(old)
        self.alarmed()
        self.own_alarm()
        self.mends(honest)


class Newer(unittest.TestCase):
    def test_kinds_of_the_next_version(self):
        town = Town(tap.build, ("wijkteam",))
        self.addCleanup(town.close)
        sender = member.Member(OINS["school"], "school", ["zorgteam"],
                               town.clock.now_ms)
        self.addCleanup(sender.close)
        town.govern("admit", sender.join_line(), "--yes", *ROLES["school"])
        town.sign_and_publish()
        team = town.home("wijkteam")
        team.run("sync")
        sender.connect(town.govern("invite", "--quiet").out.strip())
        sender.hello()
        kinds = (11, 19, 23, 25, 26)
        sent = {}
        for kind in kinds:
            draft = sender.draft("jeugd", sender.desk("zorgteam"), NOORD, kind,
                                 b"\x81\xa1x\x01")
            sender.put(draft)
            sent[draft.letter_id.hex()] = kind
        kept = {one["letter_id"]: one for one in team.inbox()["other"]}
        self.assertEqual({letter: one["newer_kind"]
                          for letter, one in kept.items()}, sent)
        screen = team.run("inbox", "--lang", "nl").out
        self.assertEqual(screen.count("nieuwere versie"), len(sent))
        # They stay, and hold nothing up.
        self.assertEqual(len(team.inbox()["other"]), len(sent))
        self.assertEqual(town.broker.status()["waiting"], 0)


if __name__ == "__main__":
    tap.main()
