#!/usr/bin/python3
"""A circle's pack: made by its steward, handed over, taken in, or refused with
what is wrong.

# tests/run: limit=300 builds=test,san
"""

import os
import stat
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from town import ROLES, Town  # noqa: E402

STEWARD = [role.replace("coordinate,introduced",
                        "coordinate,introduced,steward")
           for role in ROLES["wijkteam"]]
USAGE, DATA, NO_INPUT, CANNOT_CREATE, PROTOCOL, POLICY = 64, 65, 66, 73, 76, 77


class Circle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build, ("school",))
        cls.town.admit("wijkteam", roles=STEWARD)
        cls.town.sign_and_publish()
        for name in ("school", "wijkteam"):
            cls.town.home(name).run("sync")
        cls.school = cls.town.home("school")
        cls.steward = cls.town.home("wijkteam")
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        cls.town.close()

    def path(self, name=None):
        type(self).number += 1
        return self.town.path(name or f"pack-{self.number}")

    def institutions(self, text):
        path = self.path(f"institutions-{self.number}.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def make(self, *more, home=None, check=0, out=None, epoch="1",
             circle="jeugd"):
        return (home or self.steward).run(
            "circle", "pack", circle, "--epoch", epoch, "--out",
            out or self.path(), *more, "--json", check=check)

    def test_the_steward_makes_one(self):
        listed = self.institutions("postcode;huisnummer;huisletter\n"
                                   "1506AB;12;b\n1506 ab;12 B;\n1507CD;1;\n")
        out = self.path()
        made = self.make("--institutions", listed, out=out).rows()[0]
        self.assertEqual(made["circle"], "jeugd")
        self.assertEqual(made["epoch"], 1)
        self.assertEqual(made["steward"].split("/")[0],
                         "00000099000000050000")
        self.assertRegex(made["pepper_check"], "^[0-9a-f]{32}$")
        self.assertEqual(made["institutions"], 3)
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o600)
        other = self.make().rows()[0]
        self.assertNotEqual(made["pepper_check"], other["pepper_check"])

    def test_people_are_told_what_to_do_with_it(self):
        out = self.steward.run("circle", "pack", "jeugd", "--epoch", "1",
                               "--out", self.path(), "--lang", "nl").out
        self.assertIn("sein directory pepper jeugd 1 ", out)
        self.assertIn("geheim", out)

    def test_a_pack_is_not_overwritten(self):
        out = self.path()
        self.make(out=out)
        with open(out, "rb") as file:
            before = file.read()
        self.assertIn("exists", self.make(out=out, check=CANNOT_CREATE).err)
        with open(out, "rb") as file:
            self.assertEqual(file.read(), before)

    def test_who_may_not(self):
        self.assertIn("role_missing",
                      self.make(home=self.school, check=POLICY).err)
        self.assertIn("role_missing",
                      self.make(circle="schulden", check=POLICY).err)
        self.assertIn("circle_unknown",
                      self.make(circle="geen", check=NO_INPUT).err)

    def test_how_it_is_typed(self):
        for arguments in (("pack", "jeugd", "--epoch", "1"),
                          ("pack", "jeugd", "--out", "x"),
                          ("pack", "jeugd", "--out", "x", "--epoch", "een"),
                          ("pack", "jeugd", "--out", "x", "--epoch", "0"),
                          ("pack",), ("give", "x"),
                          ("take", "x", "--epoch", "1")):
            self.steward.run("circle", *arguments, check=USAGE)
        self.assertIn("out_of_range",
                      self.make(epoch="4294967296", check=DATA).err)

    def test_institutions_that_are_wrong(self):
        for text, code, field in (
                ("", "csv_empty", ""),
                ("postcode\n1506AB\n", "column_missing", "huisnummer"),
                ("postcode;huisnummer;naam\n", "column_unknown", "line 1"),
                ("postcode;huisnummer;postcode\n", "column_twice", "postcode"),
                ("postcode;huisnummer\n1506AB\n", "csv_fields", "line 2"),
                ("postcode;huisnummer\n1506AB;1\n150;1\n", "postcode_invalid",
                 "line 3"),
                ("postcode;huisnummer\n1506AB;x\n", "huisnummer_invalid",
                 "line 2")):
            out = self.path()
            error = self.make("--institutions", self.institutions(text),
                              out=out, check=DATA).err
            self.assertIn(code, error)
            self.assertIn(field, error)
            self.assertFalse(os.path.exists(out), text)
        self.make("--institutions", self.path("geen.csv"), check=NO_INPUT)

    def test_what_is_not_taken(self):
        out = self.path()
        self.make(out=out)
        # The governance has not named this epoch.
        self.assertIn("epoch_not_open", self.school.run(
            "circle", "take", out, check=POLICY).err)
        self.school.run("circle", "take", self.path("geen"), check=NO_INPUT)
        with open(out, "rb") as file:
            made = bytearray(file.read())
        made[30] ^= 1  # of the pepper
        with open(out, "wb") as file:
            file.write(made)
        self.assertIn("signature_wrong", self.school.run(
            "circle", "take", out, check=POLICY).err)
        with open(out, "wb") as file:
            file.write(b"geen pakket")
        self.school.run("circle", "take", out, check=PROTOCOL)


if __name__ == "__main__":
    tap.main()
