#!/usr/bin/python3
"""Who stands around one household agrees on who coordinates.

# tests/run: limit=600 builds=test,san

Real homes, a real broker, three keyholders of whom two are needed; school and
jeugdhulp are introduced to each other.
"""

import json
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from keyholders import Keyholders, steward_of  # noqa: E402
from town import OINS, ROLES, Town  # noqa: E402

DATA = 65


class Regie(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build, ())
        try:
            for name in ("wijkteam", "school", "jeugdhulp"):
                roles = ROLES[name]
                if name == "wijkteam":
                    roles = steward_of("jeugd", roles)
                cls.town.admit(name, roles=roles)
            cls.holders = Keyholders(cls.town, "jeugd", n=3, t=2)
            cls.holders.make_key("wijkteam", ("school", "jeugdhulp"),
                                 link_pairs="address-address")
            cls.holders.start()
        except BaseException:
            cls.town.close()
            raise
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.town.close()

    def setUp(self):
        type(self).number += 1
        self.school = self.town.home("school")
        self.care = self.town.home("jeugdhulp")
        self.homes = (self.school, self.care)
        for home in self.homes:
            home.signal(f"{self.number}", "zorgmijding", "1506AB",
                        f"{self.number}", circle="jeugd")
        self.everybody()
        for home in self.homes:
            home.run("accept", *self.which())
        self.everybody(3)

    def everybody(self, times=2):
        for _ in range(times):
            for home in self.homes:
                home.run("sync")

    def which(self):
        return ("--circle", "jeugd", "--source_id", f"{self.number}")

    def regie(self, home, action, *more, check=0):
        return home.run("regie", action, *self.which(), *more, "--json",
                        check=check)

    def state(self, home):
        [line] = self.regie(home, "status").out.splitlines()
        one = json.loads(line)
        return one["state"], one.get("desk", "")[:20]

    def expect(self, state, holder):
        for home in self.homes:
            self.assertEqual(self.state(home),
                             (state, OINS[holder] if holder else ""))

    def test_taken_handed_over_and_let_go(self):
        self.expect("vacant", None)
        self.regie(self.school, "propose")
        self.everybody()
        [proposal] = [one for one in self.care.inbox()["other"]
                      if one["what"] == "regie" and
                      one["from"].startswith(OINS["school"])]
        self.assertEqual(proposal["propose"][:20], OINS["school"])
        self.regie(self.school, "accept")
        self.everybody()
        self.expect("held", "school")
        refused = self.regie(self.care, "accept", check=DATA)
        self.assertIn("regie_held", refused.err)
        self.assertIn("regie_held",
                      self.regie(self.care, "release", check=DATA).err)
        [care] = [one["desk"] for one in self.notice_parties(self.school)]
        self.regie(self.school, "release", "--desk", care)
        self.everybody()
        self.assertEqual(self.state(self.care)[0], "released")
        self.regie(self.care, "accept")
        self.everybody()
        self.expect("held", "jeugdhulp")
        self.regie(self.care, "accept")  # goes on
        self.everybody()
        self.expect("held", "jeugdhulp")
        self.regie(self.care, "release")
        self.everybody()
        self.regie(self.school, "accept")
        self.everybody()
        self.expect("held", "school")

    def notice_parties(self, home):
        [notice] = [one for one in home.inbox()["notices"]
                    if f"{self.number}" in one["source_ids"]]
        return notice["parties"]

    def test_two_at_one_moment(self):
        """Both take it before they hear of each other: the lower desk."""
        for home in self.homes:
            self.regie(home, "accept")
        self.everybody(3)
        self.expect("held", min("school", "jeugdhulp", key=OINS.get))

    def test_bad_input(self):
        self.assertIn("usage", self.regie(self.school, "grab", check=64).err)
        self.regie(self.school, "accept", "--desk", "x/y", check=64)
        self.assertIn("not_introduced", self.regie(
            self.school, "propose", "--desk", OINS["wijkteam"] + "/noord",
            check=DATA).err)


if __name__ == "__main__":
    tap.main()
