#!/usr/bin/python3
"""A keyholder that lies to `sein`, and keyholders that are gone: the right tag
or none, who lied stands in the alarms, and letters never wait for it (P4).

# tests/run: limit=600 builds=test,san

Whether a tag is the right one shows by whom it meets: a member with the second
implementation stands under it, evaluated by keyholders that do not lie.
"""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import live  # noqa: E402
import tap  # noqa: E402
from seinpy import meeting, presence  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from keyholders import Keyholders, steward_of  # noqa: E402
from lying_keyholder import LIES, LyingKeyholder  # noqa: E402
from town import OINS, ROLES, Town  # noqa: E402

CARE = OINS["jeugdhulp"] + "/aanmelding"


class Blinding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.care = cls.liar = None
        cls.number = 0
        cls.town = Town(tap.build, ("school",))
        try:
            cls.town.admit("wijkteam", roles=steward_of("jeugd",
                                                        ROLES["wijkteam"]))
            cls.care = live.guest(cls.town, "jeugdhulp", ["aanmelding"],
                                  meeting.Meeter)
            cls.holders = Keyholders(cls.town, "jeugd", n=3, t=2, played=1)
            cls.holders.make_key("wijkteam", takers=["school"])
            cls.liar = LyingKeyholder(cls.holders, 2)
            cls.town.sign_and_publish()
            cls.holders.start()
            cls.liar.start()
            live.settle(cls.town, cls.care)
            with open(cls.holders.pack, "rb") as file:
                cls.care.take_pack(file.read())
            cls.school = cls.town.home("school")
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.liar:
                cls.liar.stop()
        finally:
            if cls.care:
                cls.care.close()
            cls.town.close()

    def setUp(self):
        self.liar.behave("honest")

    def stand(self):
        """The other member is there, at another address for each signal."""
        type(self).number += 1
        self.care.present("jeugd", CARE, presence.ADDRESS,
                          f"1506AB/{self.number}//", holders=(1, 2))

    def signal(self):
        self.school.signal(f"S-{self.number}", "verzuim", "1506AB",
                           str(self.number))
        self.school.run("sync")

    def sent(self):
        """Letters go their way, whatever keyholders do."""
        self.assertEqual(self.school.sent(f"S-{self.number}")["state"],
                         "accepted")

    def notice(self):
        self.assertEqual(self.care.read().type, presence.NOTICE)

    def nothing(self):
        with self.assertRaises(SeinError) as caught:
            self.care.connection.take(0.2)
        self.assertEqual(caught.exception.word, "timeout")

    def alarms(self, code):
        """How often that was told of the one that lies."""
        return sum(one["count"] for one in
                   self.school.run("status", "--json").json()["alarms"]
                   if (one["code"], one["about"]) == (code, self.liar.desk))

    def test_lies_have_no_effect_while_two_are_honest(self):
        for name, code in LIES.items():
            with self.subTest(name):
                self.liar.behave(name)
                asked, told = len(self.liar.asked), self.alarms(code)
                self.stand()
                self.signal()
                self.notice()
                self.sent()
                # Any two of three are asked; the liar is told of iff it was.
                self.assertEqual(self.alarms(code) > told,
                                 len(self.liar.asked) > asked)

    def test_with_a_liar_in_the_last_two_there_is_no_tag(self):
        self.stand()
        self.holders[0].stop()
        self.liar.behave("wrong_element")
        asked, told = len(self.liar.asked), self.alarms("proof_wrong")
        self.signal()
        self.assertGreater(len(self.liar.asked), asked)
        self.nothing()
        self.sent()
        self.assertGreater(self.alarms("proof_wrong"), told)
        ready = self.holders[0].said().count("event=ready")
        self.holders[0].start()
        self.holders[0].wait_said("event=ready", ready + 1)
        self.school.run("sync")
        self.notice()

    def test_one_is_gone(self):
        self.liar.stop()
        try:
            self.stand()
            self.signal()
            self.notice()
            self.sent()
        finally:
            self.liar.start()


if __name__ == "__main__":
    tap.main()
