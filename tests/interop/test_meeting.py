#!/usr/bin/python3
# tests/run: limit=600 builds=test,san
"""A member that runs the second implementation and a home of `sein` find each
other: notices, accepting, deposits and introductions, both ways round.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import live  # noqa: E402
import tap  # noqa: E402
from seinpy import content, meeting, presence  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from keyholders import Keyholders, steward_of  # noqa: E402
from town import OINS, ROLES, Town  # noqa: E402

SCHOOL = OINS["school"] + "/zorgteam"
CARE = OINS["jeugdhulp"] + "/aanmelding"


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.care = None
        cls.number = 0
        cls.town = Town(tap.build, ("school",))
        try:
            cls.town.admit("wijkteam", roles=steward_of("jeugd",
                                                        ROLES["wijkteam"]))
            cls.care = live.guest(cls.town, "jeugdhulp", ["aanmelding"],
                                  meeting.Meeter)
            cls.holders = Keyholders(cls.town, "jeugd", n=3, t=2)
            cls.holders.make_key("wijkteam", takers=["school"])
            cls.holders.start()
            live.settle(cls.town, cls.care)
            with open(cls.holders.pack, "rb") as file:
                cls.care.take_pack(file.read())
            cls.school = cls.town.home("school")
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls):
        if cls.care:
            cls.care.close()
        cls.town.close()

    def setUp(self):
        type(self).number += 1
        self.source = f"S-{self.number}"
        self.address = f"1506AB/{self.number}//"

    def present(self):
        return self.care.present("jeugd", CARE, presence.ADDRESS, self.address,
                                 label="zorg")

    def signal(self):
        self.school.signal(self.source, "verzuim", "1506AB", str(self.number))
        self.school.run("sync")

    def act(self, command, *more, check=0):
        answer = self.school.run(command, "--circle", "jeugd", "--source_id",
                                 self.source, *more, "--json", check=check)
        return answer.rows() if check == 0 else answer

    def introduced(self, notice):
        """Both accept; gives what the Python member got of it."""
        self.assertEqual((notice.type, notice.other["label"]),
                         (presence.NOTICE, "onderwijs"))
        self.school.run("sync")
        [said] = self.act("accept")
        self.assertEqual((said["match_id"], said["label"]),
                         (notice.match_id.hex(), "zorg"))
        self.school.run("sync")
        self.assertEqual(self.care.accept(notice), "ok")
        met = self.care.read()
        self.assertEqual((met.type, met.desk), (presence.REVEALED, SCHOOL))
        self.school.run("sync")
        got = self.care.read()
        self.assertEqual((got.kind, got.sender, got.shown),
                         (content.INTRODUCTION, SCHOOL, "genuine"))
        other = self.care.check_introduction(got, met)
        self.assertEqual(other.core, met.other.core)
        return met

    def told(self, met):
        """The home takes the introduction in, and says so."""
        sent = self.care.introduce(met, "Mo, 075-2")
        self.school.run("sync")
        got = self.care.read()
        self.assertEqual((got.kind, got.content["letter_id"],
                          got.content["status"]),
                         (content.RECEIPT, sent.letter_id, content.RECEIVED))

    def test_the_home_was_first(self):
        self.signal()
        self.present()
        self.told(self.introduced(self.care.read()))

    def test_the_home_was_second(self):
        self.present()
        self.signal()
        self.told(self.introduced(self.care.read()))

    def test_neighbours_do_not_meet(self):
        self.address = f"1506AB/{self.number}/A/"
        self.present()
        self.signal()
        with self.assertRaises(SeinError):
            self.care.connection.take(0.2)
        self.assertIn("no_match", self.act("accept", check=65).err)

    def test_withdrawn(self):
        """What the signal was for is over: so is the presence."""
        self.signal()
        self.present()
        met = self.introduced(self.care.read())
        self.school.run("withdraw", "--circle", "jeugd", "--source_id",
                        self.source)
        self.school.run("sync")
        ended = self.care.read()
        self.assertEqual((ended.type, ended.match_id),
                         (presence.ENDED, met.match_id))

    def test_unlinked(self):
        self.signal()
        self.present()
        self.introduced(self.care.read())
        self.act("unlink")
        self.school.run("sync")
        got = self.care.read()
        self.assertEqual((got.kind, got.content["reason"]),
                         (content.PARTING, "not_same_household"))


if __name__ == "__main__":
    tap.main()
