#!/usr/bin/python3
# tests/run: limit=600 builds=test,san
"""P4: a keyholder that lies changes nobody's tag.  Whoever asks gets the right
tag or none, and knows who lied; with n - t keyholders gone all goes on.

The asker is the second implementation, the broker and the other keyholders are
ours.
"""

import os
import secrets
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import live  # noqa: E402
import tap  # noqa: E402
from seinpy import evaluation, household, meeting  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from keyholders import Keyholders, steward_of  # noqa: E402
from lying_keyholder import LIES, LyingKeyholder  # noqa: E402
from town import OINS, ROLES, Town  # noqa: E402

SCHOOL = OINS["school"] + "/zorgteam"


class Lying(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build, ())
        cls.school = cls.liar = None
        try:
            cls.town.admit("wijkteam", roles=steward_of("jeugd",
                                                        ROLES["wijkteam"]))
            cls.school = live.guest(cls.town, "school", ["zorgteam"],
                                    meeting.Meeter)
            cls.holders = Keyholders(cls.town, "jeugd", n=3, t=2, played=1)
            cls.holders.make_key("wijkteam")
            cls.liar = LyingKeyholder(cls.holders, 2)
            cls.town.sign_and_publish()
            cls.holders.start()
            cls.liar.start()
            live.settle(cls.town, cls.school)
            with open(cls.holders.pack, "rb") as file:
                cls.school.take_pack(file.read())
            cls.right = cls.tag((1, 2))
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        try:
            if cls.liar:
                cls.liar.stop()
        finally:
            if cls.school:
                cls.school.close()
            cls.town.close()

    def setUp(self):
        self.school.culprits = []
        self.liar.behave("honest")

    @classmethod
    def tag(cls, order, numbers=(12, 13)):
        """Of the first number's address; asked in that order."""
        items = [evaluation.Item(household.ADDRESS, f"1506AB/{number}//",
                                 secrets.token_bytes(16))
                 for number in numbers]
        return cls.school.evaluate("jeugd", SCHOOL, items, order)[0].tag

    def fails(self, word, order):
        with self.assertRaises(SeinError) as caught:
            self.tag(order)
        self.assertEqual(caught.exception.word, word)

    def test_honest(self):
        for order in ((3, 1), (3, 2), (1, 3)):
            self.assertEqual(self.tag(order), self.right)
        self.assertEqual(self.school.culprits, [])

    def test_every_lie_is_seen(self):
        self.tag((3, 1))  # so that there is a reply of another request
        for name, word in LIES.items():
            with self.subTest(name):
                self.school.culprits = []
                self.liar.behave(name)
                self.assertEqual(self.tag((3, 1, 2)), self.right)
                self.fails(word, (1, 3))
                self.assertEqual(self.school.culprits,
                                 [(self.liar.desk, word)] * 2)

    def test_one_that_only_refuses_is_no_liar(self):
        self.liar.behave("refuse")
        self.assertEqual(self.tag((3, 1, 2)), self.right)
        self.fails("busy", (1, 3))
        self.assertEqual(self.school.culprits, [])

    def test_an_answer_given_twice_is_one(self):
        self.liar.behave("twice")
        for _ in range(3):
            self.assertEqual(self.tag((3, 1)), self.right)
        # Nothing is left over on the connection.
        self.school.connection.ping()
        self.assertEqual(self.school.connection.answers, {})

    def test_too_late(self):
        """Who asked was told so, and what comes then goes nowhere."""
        self.liar.behave("late")
        self.fails("timeout", (1, 3))
        self.liar.release()
        self.liar.behave("honest")
        self.assertEqual(self.tag((3, 1)), self.right)
        self.assertEqual(self.school.connection.answers, {})
        self.assertEqual(self.school.culprits, [])

    def test_one_is_gone(self):
        self.liar.stop()
        try:
            self.fails("keyholder_away", (1, 3))
            self.assertEqual(self.tag((3, 1, 2)), self.right)
        finally:
            self.liar.start()
        self.assertEqual(self.tag((3, 1)), self.right)
        self.assertEqual(self.school.culprits, [])


if __name__ == "__main__":
    tap.main()
