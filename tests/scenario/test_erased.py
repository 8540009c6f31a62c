#!/usr/bin/python3
"""What was delivered, withdrawn or expired is gone from the broker's folder.

# tests/run: limit=900 builds=test,san

Pieces of the ciphertext of each letter are looked for in every file of the
broker: database, write-ahead log, shared memory, log, whatever there is.  They
must be there while the letter waits, so that the search can fail, and nowhere
after an acknowledgement, a withdrawal or the end of the letter's life; also
when the broker is killed on the way there.
"""

import os
import secrets
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import Failed, wait_for  # noqa: E402
from seinpy import client, member  # noqa: E402
from town import NOORD, OINS, ROLES, Town  # noqa: E402

LETTERS = 24
PIECE = 24
PIECES = 6


class Erased(unittest.TestCase):
    def setUp(self):
        town = self.town = Town(tap.build, ("wijkteam",))
        self.addCleanup(town.close)
        self.team = town.home("wijkteam")
        self.sender = member.Member(OINS["energie"], "energie", ["incasso"],
                                    town.clock.now_ms)
        self.addCleanup(self.sender.close)
        self.invitation = town.govern("invite", "--quiet").out.strip()
        town.govern("admit", self.sender.join_line(), "--yes",
                    *ROLES["energie"])
        town.sign_and_publish()
        self.team.run("sync")
        self.connect()

    def connect(self):
        self.sender.close()
        self.sender.connect(self.invitation)
        self.sender.hello()

    def put(self):
        """Letters of every size; gives {letter id: pieces of its ciphertext}
        once all of them are on the broker's disk."""
        statement, _ = self.sender.prekey_of(NOORD)
        pieces = {}
        for number in range(LETTERS):
            draft = self.sender.draft(
                "schulden", self.sender.desk("incasso"), NOORD, 1, {
                    "source_id": f"EN-{number}", "kind": "gas", "informed": 1,
                    "postcode": "1506AB", "huisnummer": str(number + 1),
                    "note": "x" * (number * 40),
                    "contact_tried": "2026-10-01",
                    "help_pointed_out": "2026-10-02",
                    "reminder_sent": "2026-10-03",
                    "offer_made": "2026-10-04"})
            letter = draft.seal(self.sender.sign, statement.fields)
            self.sender.put(draft, letter)
            step = (len(letter) - 256 - PIECE) // PIECES
            pieces[draft.letter_id] = [
                letter[at:at + PIECE]
                for at in range(256, 256 + step * PIECES, step)]
        self.assertEqual(self.found(pieces), set(pieces))
        return pieces

    def found(self, pieces):
        """Letter ids of which some piece is in some file."""
        files = list(self.town.broker.files().values())
        return {letter_id for letter_id, parts in pieces.items()
                for part in parts if any(part in data for data in files)}

    def wait_gone(self, pieces):
        def gone():
            self.town.broker.status()  # a jump of the clock wakes nobody
            found = self.found(pieces)
            if found:
                raise Failed(f"{len(found)} of {len(pieces)} letters")
            return True
        wait_for(gone, "every letter to be gone from the files", 60)

    def test_acknowledged(self):
        pieces = self.put()
        self.team.run("sync")
        self.wait_gone(pieces)
        self.assertEqual(len(self.team.signals()), LETTERS)

    def test_withdrawn(self):
        pieces = self.put()
        desk = self.sender.desk("incasso")
        for letter_id in pieces:
            self.assertEqual(self.sender.withdraw(desk, letter_id), "ok")
        self.wait_gone(pieces)
        self.assertEqual(self.team.signals(), {})

    def test_expired(self):
        pieces = self.put()
        # A letter's life ends at a whole hour.
        self.town.clock.advance(days=30, hours=1)
        self.wait_gone(pieces)
        # The sender is told of each.
        self.connect()
        told = set()
        while len(told) < LETTERS:
            event = self.sender.read()
            self.assertEqual(event["type"], client.NOT_COLLECTED)
            told.add(event["letter_id"])
        self.assertEqual(told, set(pieces))
        self.assertEqual(self.team.signals(), {})

    def test_one_stays(self):
        """What still waits is not touched by the erasing of its neighbours."""
        pieces = self.put()
        kept = list(pieces)[LETTERS // 2]
        desk = self.sender.desk("incasso")
        for letter_id in pieces:
            if letter_id != kept:
                self.assertEqual(self.sender.withdraw(desk, letter_id), "ok")
        self.wait_gone({one: parts for one, parts in pieces.items()
                        if one != kept})
        self.assertEqual(self.found(pieces), {kept})
        self.assertEqual(len(self.team.signals()), 1)

    def test_killed_on_the_way(self):
        """At each step of erasing: after the next start it is gone."""
        for step in ("expiry", "ack", "withdraw", "checkpoint"):
            with self.subTest(step):
                self.killed_at(step)

    def killed_at(self, step):
        broker = self.town.broker
        # After a start the broker no longer knows what it handed out: a desk
        # that was read a moment ago may have had these letters.
        self.town.clock.advance(hours=1)
        pieces = self.put()
        desk = self.sender.desk("incasso")
        self.sender.close()
        broker.restart(SEIN_TEST_FAILPOINT=step + ":1")
        if step == "expiry":
            self.town.clock.advance(days=30, hours=1)
        elif step == "withdraw":
            self.connect()
            self.sender.connection.send(client.WITHDRAW, [
                [desk, letter_id, secrets.token_bytes(16)]
                for letter_id in pieces])
        else:
            self.team.run("sync", check=None)
        broker.wait_end(60)
        self.sender.close()
        broker.start(SEIN_TEST_FAILPOINT=None)
        if step == "withdraw":
            self.connect()
            for letter_id in pieces:
                self.assertEqual(self.sender.withdraw(desk, letter_id), "ok")
        elif step != "expiry":
            self.team.run("sync")
        self.wait_gone(pieces)
        self.connect()
        if step == "expiry":
            self.town.sign_and_publish()  # the months go on
            self.team.run("sync")
            for _ in range(LETTERS):
                self.sender.read()


if __name__ == "__main__":
    tap.main()
