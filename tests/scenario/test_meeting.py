#!/usr/bin/python3
"""Members that stand around one household find each other.

# tests/run: limit=600 builds=test,san

Real homes, a real broker, three keyholders of whom two are needed.  A signal
makes presences, the other side is noticed, both say yes, both are introduced;
what ends a signal ends its meetings.
"""

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

NO_INPUT, DATA = 66, 65
PAIRS = "address-address,person-person,person-parent"
CHILD, MOTHER = "999990019", "111222333"


class Case(unittest.TestCase):
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
            marks = cls.town.path("instellingen.csv")
            with open(marks, "w", encoding="utf-8") as file:
                file.write("postcode,huisnummer\n1506ZZ,1\n")
            cls.holders.make_key("wijkteam", ("school", "jeugdhulp"),
                                 link_pairs=PAIRS, institutions=marks)
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
        self.place = str(self.number)
        self.school = self.town.home("school")
        self.care = self.town.home("jeugdhulp")

    def signal(self, home, *more, number=None, source=None):
        home.signal(source or f"{self.number}", "zorgmijding", "1506AB",
                    number or self.place, *more, circle="jeugd")

    def which(self, source=None):
        return ("--circle", "jeugd", "--source_id", source or
                f"{self.number}")

    def notices(self, home):
        """Of this test's household."""
        home.run("sync")
        return [one for one in home.inbox()["notices"]
                if one["address"]["huisnummer"] == self.place]

    def notice(self, home):
        [one] = self.notices(home)
        return one

    def introduce(self):
        """Both say yes."""
        for home in (self.school, self.care):
            home.run("sync")
            home.run("accept", *self.which())
        for _ in range(2):
            for home in (self.school, self.care):
                home.run("sync")
        return self.notice(self.school), self.notice(self.care)


class Meeting(Case):
    def test_two_are_noticed_then_introduced(self):
        self.signal(self.school)
        self.assertEqual(self.notices(self.school), [])
        self.signal(self.care)
        at_school, at_care = self.notice(self.school), self.notice(self.care)
        self.assertEqual(at_school["state"], "new")
        self.assertEqual(at_school["labels"], ["zorg"])
        self.assertEqual(at_care["labels"], ["onderwijs"])
        self.assertEqual(at_school["parties"], [])
        self.assertEqual(at_school["source_ids"], [f"{self.number}"])
        self.assertEqual(at_school["links"],
                         [{"own": "address", "peer": "address"}])
        # One yes shows nothing to anybody.
        self.school.run("accept", *self.which())
        self.assertEqual(self.notice(self.care)["matches"],
                         at_care["matches"])
        self.assertEqual(self.notice(self.school)["state"], "accepted")
        self.care.run("accept", *self.which())
        at_school, at_care = self.introduce_after()
        [care] = at_school["parties"]
        self.assertEqual(care["state"], "introduced")
        self.assertTrue(care["desk"].startswith(OINS["jeugdhulp"]))
        self.assertIn("mandate", care)
        [school] = at_care["parties"]
        self.assertEqual(school["state"], "introduced")
        self.assertTrue(school["desk"].startswith(OINS["school"]))

    def introduce_after(self):
        for _ in range(2):
            for home in (self.school, self.care):
                home.run("sync")
        return self.notice(self.school), self.notice(self.care)

    def test_three_links_are_one_notice_and_one_introduction(self):
        for home in (self.school, self.care):
            self.signal(home, "--bsn", CHILD, "--parent_bsn", MOTHER)
        at_school = self.notice(self.school)
        # Two parents do not match in this circle, so two links remain.
        self.assertEqual(
            sorted((link["own"], link["peer"]) for link in at_school["links"]),
            [("address", "address"), ("person", "person")])
        at_school, at_care = self.introduce()
        for notice in (at_school, at_care):
            self.assertEqual(len(notice["parties"]), 1)
            self.assertEqual(notice["parties"][0]["state"], "introduced")
            self.assertEqual(len(notice["parties"][0]["links"]), 2)
        for home in (self.school, self.care):
            letters = [letter for letter in home.inbox()["other"]
                       if letter["what"] == "introduction"]
            partners = [letter["thread"] for letter in letters]
            self.assertEqual(len(partners), len(set(partners)))

    def test_the_mother_is_met_by_her_own_number(self):
        mother = "249566758"
        self.school.signal(f"{self.number}", "zorgmijding", "1506AC", self.place,
                           "--parent_bsn", mother, circle="jeugd")
        self.care.signal(f"{self.number}", "zorgmijding", "1507AB", "900",
                         "--bsn", mother, circle="jeugd")
        self.school.run("sync")
        [notice] = [one for one in self.school.inbox()["notices"]
                    if one["source_ids"] == [f"{self.number}"]]
        self.assertEqual(notice["links"], [{"own": "parent",
                                            "peer": "person"}])

    def test_neighbours_do_not_meet(self):
        self.signal(self.school)
        self.signal(self.care, "--huisnummertoevoeging", "2")
        self.assertEqual(self.notices(self.school), [])
        self.assertEqual(self.notices(self.care), [])

    def test_declining_is_silence(self):
        for home in (self.school, self.care):
            self.signal(home)
        before = self.notice(self.care)
        self.school.run("sync")
        self.school.run("decline", *self.which())
        self.assertEqual(self.notice(self.school)["state"], "declined")
        self.assertEqual(self.notice(self.care), before)
        self.care.run("accept", *self.which())
        self.assertEqual(self.notice(self.care)["state"], "accepted")
        # It can still be taken back.
        self.school.run("accept", *self.which())
        at_school, _ = self.introduce_after()
        self.assertEqual(at_school["state"], "introduced")
        self.assertIn("no_match", self.school.run(
            "accept", *self.which(), check=DATA).err)

    def test_not_the_same_household(self):
        for home in (self.school, self.care):
            self.signal(home)
        self.introduce()
        self.school.run("unlink", *self.which())
        at_school, at_care = self.introduce_after()
        self.assertEqual(at_school["parties"][0]["state"], "parted")
        self.assertEqual(at_care["parties"][0]["state"], "parted")
        # It stays so when the other side renews.
        self.care.run("renew", *self.which())
        at_school, at_care = self.introduce_after()
        self.assertEqual(at_school["parties"][0]["state"], "parted")

    def test_the_end_of_a_signal_ends_its_meetings(self):
        for home in (self.school, self.care):
            self.signal(home)
        self.introduce()
        self.care.run("close", *self.which())
        at_school = self.notice(self.school)
        self.assertEqual(at_school["parties"][0]["state"], "ended")
        self.assertEqual(self.notices(self.care), [])

    def test_a_message_between_who_were_introduced(self):
        for home in (self.school, self.care):
            self.signal(home)
        at_school, _ = self.introduce()
        introduction = at_school["parties"][0]["introduction"]
        self.school.run("reply", introduction, "Zullen we bellen?")
        self.care.run("sync")
        texts = [letter.get("text") for letter in self.care.inbox()["other"]]
        self.assertIn("Zullen we bellen?", texts)

    def test_no_presence_of_shielded_and_institution(self):
        desk = OINS["wijkteam"] + "/noord"
        for home in (self.school, self.care):
            self.signal(home, "--shielded", "yes", "--to", desk)
        self.assertEqual(self.notices(self.school), [])
        for home in (self.school, self.care):
            home.signal(f"i{self.number}", "zorgmijding", "1506ZZ", "1",
                        circle="jeugd")
            home.run("sync")
        self.assertEqual([one for one in self.school.inbox()["notices"]
                          if one["source_ids"] == [f"i{self.number}"]], [])

    def test_there_is_nothing_to_answer(self):
        self.signal(self.school)
        self.assertIn("no_match", self.school.run(
            "accept", *self.which(), check=DATA).err)
        self.assertIn("absent", self.school.run(
            "accept", *self.which("nergens"), check=NO_INPUT).err)


if __name__ == "__main__":
    tap.main()
