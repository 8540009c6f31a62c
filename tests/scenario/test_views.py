#!/usr/bin/python3
"""What people see, in Dutch and in English: one signal from its sending to its
end, and every screen on the way.

# tests/run: limit=600 builds=test,san
"""

import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import run  # noqa: E402
from town import Town  # noqa: E402

# What stands in documents for programs, and never on a screen.
KEYS = re.compile(r"\b(letter_id|kind_text|from_name|received_at|not_collected|"
                  r"source_id|huisnummertoevoeging|quarantine|key_status|"
                  r"last_sync|log_checked)\b")
ENGLISH = re.compile(r"\b(accepted|delivered|answered|queued|withdrawn|closed|"
                     r"signal|message|feedback|waits|received|sent)\b")
NASTY = "\x1b[2J\x1b]0;eigen titel\x07gewist"


class Views(unittest.TestCase):
    def setUp(self):
        self.town = Town(tap.build, ("corporatie", "school", "wijkteam"))
        self.addCleanup(self.town.close)
        self.corp, self.school, self.team = map(
            self.town.home, ("corporatie", "school", "wijkteam"))

    def see(self, home, *arguments):
        """The Dutch screen; looked at for what does not belong on one."""
        dutch = home.run(*arguments, "--lang", "nl").out
        english = home.run(*arguments, "--lang", "en").out
        for text in (dutch, english):
            self.assertIsNone(KEYS.search(text), text)
            self.assertNotIn("\x1b", text)
            self.assertNotIn("{", text)
        self.assertIsNone(ENGLISH.search(dutch), dutch)
        return dutch

    def screens(self):
        for home in (self.corp, self.school, self.team):
            for command in ("inbox", "sent", "status", "journal", "desks",
                            "sync"):
                self.see(home, command)

    def state(self, source_id):
        return self.school.sent(source_id)["state"]

    def test_a_signal_from_beginning_to_end(self):
        school, team = self.school, self.team
        school.signal("S-1", "verzuim", "1506AB", "12", "--note",
                      "Belt niet terug", "--urgency", "threatening")
        self.assertEqual(self.state("S-1"), "accepted")
        self.assertIn("aangenomen", self.see(school, "sent"))
        letter = team.signals()["S-1"]["letter_id"]
        self.assertEqual(self.state("S-1"), "delivered")
        self.assertIn("bezorgd", self.see(school, "sent"))
        shown = self.see(team, "show", letter)
        for word in ("1506AB 12", "Schoolverzuim", "BEDREIGEND", "school",
                     "Zorgteam", "Belt niet terug", "S-1", "nieuw"):
            self.assertIn(word, shown)
        self.assertEqual(self.state("S-1"), "read")
        team.run("take", letter, "--as", "Anna")
        self.assertIn("opgepakt door: Anna", self.see(team, "inbox"))
        team.run("reply", letter, "Wij bellen morgen")
        self.assertEqual(self.state("S-1"), "answered")
        self.assertIn("Wij bellen morgen", self.see(school, "show", letter))
        school.run("reply", letter, "Dank!")
        self.assertIn("Dank!", self.see(team, "inbox"))
        team.run("feedback", letter, "contact")
        school.run("sync")
        self.assertIn("Contact gelegd", self.see(school, "show", letter))
        # Answered ones stay in the inbox.
        self.assertIn("S-1", team.signals())
        self.screens()
        school.run("close", "--circle", "jeugd", "--source_id", "S-1",
                   "--reason", "Verhuisd")
        self.assertEqual(team.signals()["S-1"]["state"], "closed")
        self.assertIn("gesloten", self.see(team, "inbox"))
        self.screens()

    def test_withdrawn_before_and_after_reading(self):
        for source_id, read in (("S-2", False), ("S-3", True)):
            self.school.signal(source_id, "verzuim", "1506AB", "12")
            if read:
                self.assertIn(source_id, self.team.signals())
            self.school.run("withdraw", "--circle", "jeugd", "--source_id",
                            source_id, "--reason", "Vergissing")
            self.assertNotIn(source_id, self.team.signals())
            self.assertIn(self.state(source_id), ("withdrawn", "erased"))
        self.screens()

    def test_household_over_circles(self):
        """One household over all circles; a BSN elsewhere stands beside."""
        bsn = ["--bsn", "999993653"]
        self.corp.signal("H-1", "huur", "1506AB", "12", *bsn)
        self.school.signal("H-2", "verzuim", "1506ab", "12")
        self.corp.signal("H-3", "huur", "1506AB", "14", *bsn)
        households = self.team.inbox()["households"]
        together = [sorted(one["source_id"] for one in household["signals"])
                    for household in households]
        self.assertEqual(sorted(together), [["H-1", "H-2"], ["H-3"]])
        for household in households:
            self.assertEqual(household["multiple"],
                             len(household["signals"]) > 1)
            self.assertEqual(len(household["beside"]), 1)
        self.assertIn("2 seinen", self.see(self.team, "inbox"))

    def test_nothing_of_others_is_an_order_to_the_terminal(self):
        self.school.signal("S-4", "verzuim", "1506AB", "12", "--note", NASTY)
        letter = self.team.signals()["S-4"]["letter_id"]
        for arguments in (("inbox",), ("show", letter)):
            self.assertIn("gewist", self.see(self.team, *arguments))
        self.assertEqual(self.team.signals()["S-4"]["note"], NASTY)

    def test_handle(self):
        said = run([self.town.program("sein"), "handle", "--postcode",
                    "1506ib", "--huisnummer", "12 b", "--lang", "nl"])
        self.assertIn("1506IB/12/B/", said.out)
        self.assertIn("let op", said.out)


if __name__ == "__main__":
    tap.main()
