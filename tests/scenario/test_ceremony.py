#!/usr/bin/python3
"""Five organisations make the key of a circle together, over the broker, and
nobody ever has it.

# tests/run: limit=600 builds=test,san
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
from town import OINS, ROLES, Town  # noqa: E402

HOLDERS = {name: f"{OINS[name]}/{desk}" for name, desk in (
    ("corporatie", "incasso"), ("energie", "incasso"), ("school", "zorgteam"),
    ("jeugdhulp", "aanmelding"), ("wijkteam", "zuid"))}
STEWARD = [role.replace("coordinate,introduced",
                        "coordinate,introduced,steward")
           for role in ROLES["wijkteam"]]
USAGE, NO_INPUT, CANNOT_CREATE, PROTOCOL, POLICY = 64, 66, 73, 76, 77


class Ceremony(unittest.TestCase):
    def setUp(self):
        self.town = Town(tap.build, [name for name in HOLDERS
                                     if name != "wijkteam"])
        self.addCleanup(self.town.close)
        self.town.admit("wijkteam", roles=STEWARD)
        self.town.sign_and_publish()
        self.town.govern("epoch", "jeugd", "--epoch", "1", "--threshold", "3",
                         "--holders", ",".join(HOLDERS.values()),
                         "--not-before", "2026-01-01",
                         "--match-until", "2035-01-01")
        self.town.sign_and_publish()
        for name in HOLDERS:
            self.town.home(name).run("sync")

    def share(self, name):
        return self.town.path(f"{name}.share")

    def step(self, name, *more, check=0):
        answer = self.town.home(name).run(
            "keyholder", "ceremony", "jeugd", "--epoch", "1", *more, "--json",
            check=check)
        return answer.rows()[0] if check == 0 else answer.err

    def states(self, document):
        return [holder["state"] for holder in document["holders"]]

    def make_key(self):
        self.step("corporatie", "--open", "--purpose", "eerste sleutel")
        for _ in range(2):
            for name in HOLDERS:
                last = self.step(name)
        self.assertEqual(self.states(last), ["sealed"] * 5)
        made = {name: self.step(name, "--share", self.share(name))
                for name in HOLDERS}
        records = {document["record"] for document in made.values()}
        self.assertEqual(len(records), 1)
        self.assertTrue(all(document["done"] for document in made.values()))
        return records.pop()

    def test_a_key_from_its_naming_to_the_directory(self):
        record = self.make_key()
        for name in HOLDERS:
            self.assertEqual(stat.S_IMODE(os.stat(self.share(name)).st_mode),
                             0o600)
        path = self.town.path("record")
        with open(path, "w", encoding="ascii") as file:
            file.write(record + "\n")
        self.town.govern("epoch-record", path)
        pack = self.town.path("pack")
        made = self.town.home("wijkteam").run(
            "circle", "pack", "jeugd", "--epoch", "1", "--out", pack,
            "--json").rows()[0]
        school = self.town.home("school")
        self.assertIn("pepper_differs", school.run(
            "circle", "take", pack, check=PROTOCOL).err)
        self.town.govern("pepper", "jeugd", "1", made["pepper_check"])
        self.town.sign_and_publish()
        taken = school.run("circle", "take", pack, "--json").rows()[0]
        self.assertEqual(taken["circle"], "jeugd")
        other = self.town.path("other")
        self.town.home("wijkteam").run("circle", "pack", "jeugd", "--epoch",
                                       "1", "--out", other)
        self.assertIn("pepper_differs", school.run(
            "circle", "take", other, check=PROTOCOL).err)
        # The key is made: it is not made again.
        self.assertIn("exists", self.step("energie", "--open",
                                          check=CANNOT_CREATE))

    def test_nothing_of_a_share_stays_behind(self):
        self.make_key()
        for name in HOLDERS:
            with open(self.share(name), "rb") as file:
                secret = file.read()[-32:]
            for folder in (self.town.home(name).folder,
                           self.town.path("broker")):
                for base, _, files in os.walk(folder):
                    for path in (os.path.join(base, one) for one in files):
                        if not os.path.isfile(path):
                            continue  # the admin socket
                        with open(path, "rb") as file:
                            self.assertNotIn(secret, file.read(), path)
            # What it was made of is gone; the record went to the governance.
            self.assertIn("absent", self.step(name, "--abandon",
                                              check=NO_INPUT))

    def test_one_is_missing(self):
        self.step("corporatie", "--open")
        for _ in range(2):
            for name in HOLDERS:
                if name != "jeugdhulp":
                    last = self.step(name)
        self.assertEqual(self.states(last),
                         ["dealt", "dealt", "dealt", "waits", "dealt"])
        self.assertFalse(last["done"])
        self.assertNotIn("record", last)
        # It comes back: the rest goes on where it was.
        for _ in range(2):
            for name in HOLDERS:
                last = self.step(name)
        self.assertEqual(self.states(last), ["sealed"] * 5)

    def test_begun_again(self):
        self.step("corporatie", "--open")
        self.step("energie")
        self.assertIn("exists", self.step("corporatie", "--open",
                                          check=CANNOT_CREATE))
        for name in ("corporatie", "energie"):
            self.assertTrue(self.step(name, "--abandon")["abandoned"])
        self.make_key()

    def test_who_and_how(self):
        self.assertIn("absent", self.step("school", check=NO_INPUT))
        home = self.town.home("school")
        self.assertIn("epoch_not_open", home.run(
            "keyholder", "ceremony", "jeugd", "--epoch", "2",
            check=POLICY).err)
        self.assertIn("circle_unknown", home.run(
            "keyholder", "ceremony", "geen", "--epoch", "1",
            check=NO_INPUT).err)
        for arguments in (("ceremony", "jeugd"), ("ceremony",),
                          ("give", "jeugd", "--epoch", "1"),
                          ("ceremony", "jeugd", "--epoch", "x"),
                          ("ceremony", "jeugd", "--epoch", "1", "--open",
                           "--abandon")):
            home.run("keyholder", *arguments, check=USAGE)


if __name__ == "__main__":
    tap.main()
