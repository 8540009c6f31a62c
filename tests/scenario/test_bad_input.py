#!/usr/bin/python3
"""Bad input at every command of `sein`: a code, what is wrong, how to mend it,
in two languages and as JSON; and nothing is lost.

# tests/run: limit=900 builds=test,san
"""

import datetime
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import run, wait_for  # noqa: E402
from town import ATTESTED, OINS, Home, Town  # noqa: E402

NO, INCOMPLETE, USAGE, DATA, NO_INPUT, UNAVAILABLE = 1, 2, 64, 65, 66, 69
IO, TRY_LATER, POLICY, CONFIG = 74, 75, 77, 78
NOBODY = "0" * 32
SIGNAL = ("signal", "--source_id", "X-1", "--circle", "schulden", "--kind",
          "huur", "--postcode", "1506AB", "--huisnummer", "1", "--informed",
          "yes", *ATTESTED)
SHAPE = re.compile(r"^sein: [a-z0-9_]+: .+; .+")


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build, ("corporatie", "school", "wijkteam"))
        cls.corp = cls.town.home("corporatie")
        cls.school = cls.town.home("school")
        cls.team = cls.town.home("wijkteam")
        cls.sein = cls.town.program("sein")

    @classmethod
    def tearDownClass(cls):
        cls.town.close()

    def fails(self, home, status, word, *arguments, holds="", env=None):
        """In English, in Dutch and as JSON: the same code, each its text."""
        argv = (home.argv(*arguments) if isinstance(home, Home)
                else [self.sein, *arguments])
        env = self.town.env(env)
        english = run([*argv, "--lang", "en"], env, status)
        dutch = run([*argv, "--lang", "nl"], env, status)
        for said in (english, dutch):
            first = said.err.splitlines()[0]
            self.assertRegex(first, SHAPE)
            self.assertIn(f"sein: {word}: ", first)
            self.assertIn(holds, first)
        self.assertNotEqual(english.err, dutch.err)
        problem = json.loads(run([*argv, "--json"], env,
                                 status).err.splitlines()[-1])
        self.assertEqual(problem["error"], word)
        for part in ("reason", "mend"):
            self.assertTrue(problem[part]["nl"] and problem[part]["en"])
        return english


class Commands(Case):
    def commands(self):
        return [line.split()[0]
                for line in run([self.sein, "help"]).out.splitlines()
                if line.startswith("  ")]

    def test_unknown(self):
        self.fails(None, USAGE, "usage", "zomaar", holds="zomaar")
        for command in self.commands():
            with self.subTest(command):
                self.fails(None, USAGE, "usage", command, "--zomaar",
                           holds="zomaar")
        for command in ("init", "sign", "admit", "circle", "revoke"):
            self.fails(None, USAGE, "usage", "directory", command, "--zomaar",
                       holds="zomaar")
        self.fails(None, USAGE, "usage", "directory", "zomaar",
                   holds="zomaar")

    def test_arguments(self):
        for arguments in (("import",), ("show",), ("reply", NOBODY),
                          ("feedback", NOBODY), ("withdraw",), ("take",),
                          ("refer",), ("join",), ("signal", "--kind"),
                          ("inbox", "meer"), ("status", "meer", "en meer")):
            with self.subTest(arguments):
                self.fails(self.corp, USAGE, "usage", *arguments)
        self.assertIn("--lang: fr", self.corp.run("sync", "--lang", "fr",
                                                  check=USAGE).err)
        self.fails(self.corp, DATA, "out_of_range", "sync", "--timeout", "x",
                   holds="--timeout")

    def test_every_command_has_help(self):
        for command in self.commands():
            for language in ("nl", "en"):
                said = run([self.sein, command, "--help", "--lang", language])
                self.assertIn(f"sein {command}", said.out)
                self.assertEqual(said.err, "")

    def test_letters_that_are_not_there(self):
        for arguments in (("show", NOBODY), ("reply", NOBODY, "x"),
                          ("feedback", NOBODY, "contact"), ("take", NOBODY),
                          ("close", NOBODY), ("withdraw", NOBODY),
                          ("withdraw", "--circle", "schulden", "--source_id",
                           "nee")):
            with self.subTest(arguments):
                self.fails(self.corp, NO_INPUT, "absent", *arguments)
        self.fails(self.corp, DATA, "bad_format", "show", "00")
        self.fails(self.corp, NO_INPUT, "circle_unknown", "desks", "tuin")
        self.fails(self.corp, DATA, "bsn_invalid", "journal", "--bsn", "1")
        self.fails(self.corp, DATA, "bad_format", "join", "sein-x")

    def test_signals(self):
        """Each is refused, and nothing of it is in the outbox."""
        def without(option):
            at = SIGNAL.index(option)
            return SIGNAL[:at] + SIGNAL[at + 2:]

        def having(option, value):
            at = SIGNAL.index(option) + 1
            return SIGNAL[:at] + (value,) + SIGNAL[at + 1:]

        cases = (
            (without("--kind"), "field_missing"),
            (without("--informed"), "informed_missing"),
            (without("--reminder_sent"), "attestation_missing"),
            (having("--circle", "tuin"), "circle_unknown"),
            (having("--kind", "zomaar"), "code_unknown"),
            (having("--postcode", "12"), "postcode_invalid"),
            (having("--postcode", "9999ZZ"), "no_desk_for_postcode"),
            (having("--huisnummer", "b"), "huisnummer_invalid"),
            (SIGNAL + ("--shielded", "yes"), "shielded_needs_desk"),
            (SIGNAL + ("--bsn", "123456789"), "bsn_invalid"),
            (SIGNAL + ("--note", "x" * 1001), "note_too_long"),
            (SIGNAL + ("--kind", "huur"), "column_twice"),
            (SIGNAL + ("--to", OINS["wijkteam"] + "/west"), "desk_unknown"),
        )
        for arguments, code in cases:
            with self.subTest(code):
                verdict = self.corp.run(*arguments, "--json",
                                        check={NO, DATA, USAGE})
                self.assertIn(code, verdict.out + verdict.err)
        # The wijkteam coordinates: it has no role to signal.
        verdict = self.team.run(*SIGNAL, "--json", check=NO).json()
        self.assertEqual(verdict["code"], "role_missing")
        self.assertEqual(self.corp.run("sent", "--json").out, "")

    def test_answers(self):
        self.school.signal("S-1", "verzuim", "1506AB", "5")
        letter = self.team.signals()["S-1"]["letter_id"]
        self.fails(self.team, DATA, "code_unknown", "feedback", letter,
                   "zomaar")
        self.fails(self.team, DATA, "note_too_long", "reply", letter,
                   "x" * 5000)
        # Withdrawing is the sender's.
        said = self.team.run("withdraw", letter, "--json", check=None)
        self.assertNotEqual(said.status, 0)
        self.assertIn("S-1", self.team.signals())

    def test_handle(self):
        for arguments, code in (
                ((), "handle_missing"), (("--postcode", "1506AB"),
                                         "huisnummer_invalid"),
                (("--bsn", "123456789"), "bsn_invalid"),
                (("--postcode", "15O6AB", "--huisnummer", "1"),
                 "postcode_invalid"),
                (("--name", "", "--birth_date", "2000-01-01"), None)):
            said = run([self.sein, "handle", "--json", *arguments],
                       {"PATH": os.environ["PATH"]}, DATA)
            self.assertEqual(said.out, "")
            if code:
                self.assertEqual(json.loads(said.err)["error"], code)


class Homes(Case):
    def test_keys(self):
        folder = self.corp.folder
        wrong = self.town.path("wrong.key")
        with open(wrong, "wb") as file:
            file.write(os.urandom(32))
        os.chmod(wrong, 0o644)
        locate = ("inbox", "--home", folder)
        self.fails(None, POLICY, "home_sealed", *locate, holds="unlock")
        self.fails(None, CONFIG, "configuration", *locate, "--key-file",
                   wrong, holds="chmod 600")
        os.chmod(wrong, 0o600)
        self.fails(None, POLICY, "passphrase_wrong", *locate, "--key-file",
                   wrong)
        self.fails(None, NO_INPUT, "absent", *locate, "--key-file",
                   "/nergens", holds="/nergens")
        self.fails(None, NO_INPUT, "home_missing", "inbox", "--home",
                   "/nergens", holds="/nergens")
        passphrase = self.town.path("passphrase")
        with open(passphrase, "w", encoding="ascii") as file:
            file.write("een verkeerde zin\n")
        os.chmod(passphrase, 0o600)
        self.fails(None, POLICY, "passphrase_wrong", *locate,
                   "--passphrase-file", passphrase)
        self.assertEqual(self.corp.inbox()["households"], [])

    def test_passphrase_and_session(self):
        """Unlocked once, it is open until it is locked."""
        folder, passphrase = self.town.path("p"), self.town.path("p.txt")
        with open(passphrase, "w", encoding="ascii") as file:
            file.write("een lange zin met woorden\n")
        os.chmod(passphrase, 0o600)
        env = self.town.env()
        run([self.sein, "init", "--home", folder, "--oin", OINS["energie"],
             "--name", "Energie", "--passphrase-file", passphrase], env)
        self.fails(None, POLICY, "home_sealed", "journal", "--home", folder)
        run([self.sein, "unlock", "--home", folder, "--passphrase-file",
             passphrase], env)
        run([self.sein, "journal", "--home", folder], env)
        self.fails(None, CONFIG, "not_joined", *SIGNAL, "--home", folder)
        run([self.sein, "lock", "--home", folder], env)
        self.fails(None, POLICY, "home_sealed", "journal", "--home", folder)
        self.fails(None, DATA, "oin_invalid", "init", "--home",
                   self.town.path("q"), "--oin", "123", "--name", "Q",
                   "--passphrase-file", passphrase, holds="--oin")
        self.assertFalse(os.path.exists(self.town.path("q", "keystore")))
        run([self.sein, "init", "--home", folder, "--oin", OINS["energie"],
             "--name", "E", "--passphrase-file", passphrase], env,
            {73, DATA, NO_INPUT})

    def test_in_use(self):
        watch = self.town.spawn(self.corp.argv("watch"),
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        self.town.broker.wait_status(
            lambda status: status["sessions"] == 1, "the watching home")
        self.fails(self.corp, TRY_LATER, "home_in_use", "inbox",
                   holds=str(watch.pid))
        watch.terminate()
        self.assertEqual(watch.wait(60), 0)
        self.corp.run("inbox")

    def test_damaged(self):
        """A changed bit is found, not shown."""
        copy = Home(self.town, "corporatie", self.town.path("copy"))
        shutil.copytree(self.corp.folder, copy.folder)
        copy.key = self.corp.key
        keystore = os.path.join(copy.folder, "keystore")
        with open(keystore, "r+b") as file:
            file.seek(-5, os.SEEK_END)
            byte = file.read(1)
            file.seek(-5, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
        said = copy.run("inbox", "--offline", check=None)
        self.assertNotEqual(said.status, 0)
        self.assertRegex(said.err, SHAPE)

    def test_full_disk(self):
        """Not taken, said so, and what was there before is there."""
        folder = self.town.path("small")
        os.mkdir(folder, 0o700)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o",
                               "size=1m,mode=0700", "tmpfs", folder],
                              capture_output=True, check=False)
        if done.returncode != 0:
            self.skipTest("no disk may be mounted here: "
                          + done.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", "-l", folder], check=True)
        home = Home(self.town, "energie", os.path.join(folder, "energie"))
        home.init(OINS["energie"])
        self.town.admit("energie", home)
        self.town.sign_and_publish()
        home.run("sync")
        before = set()
        for number in range(1000):
            said = home.run(*SIGNAL[:2], f"E-{number}", *SIGNAL[3:], "--note",
                            "x" * 900, "--json", "--offline", check=None)
            if said.status != 0:
                break
            before.add(f"E-{number}")
        self.assertEqual(said.status, IO, said)
        self.assertIn("disk_full", said.err)
        self.assertGreater(len(before), 5)
        subprocess.run(["mount", "-o", "remount,size=30m", folder], check=True)
        home.run("sync")
        received = set(self.team.signals())
        self.assertLessEqual(before, received)


class Broker(Case):
    def test_away(self):
        """What was given is kept, said so, and goes when it is back."""
        self.town.broker.stop()
        said = self.corp.run(*SIGNAL, "--json", "--timeout", "3",
                             check=UNAVAILABLE)
        self.assertEqual(said.rows()[0]["verdict"], "accepted")
        self.assertIn("broker_unreachable", said.err)
        self.assertIn("outbox", said.err)
        self.fails(self.team, UNAVAILABLE, "broker_unreachable", "inbox",
                   "--timeout", "1")
        self.team.run("inbox", "--offline")
        self.town.broker.start()
        self.corp.run("sync")
        self.assertIn("X-1", self.team.signals())

    def test_circle_ended(self):
        """Its basis is over: nothing new, reading goes on."""
        soon = datetime.date.today() + datetime.timedelta(days=5)
        town = Town(tap.build, ("corporatie", "wijkteam"),
                    basis_ends=soon.isoformat())
        self.addCleanup(town.close)
        corp = town.home("corporatie")
        corp.signal("A-1", "huur", "1506AB", "1")
        town.clock.advance(days=7)
        verdict = corp.run(*SIGNAL, "--json", "--offline", check=NO).json()
        self.assertEqual(verdict["code"], "circle_ended")
        self.assertIn("A-1", town.home("wijkteam").signals())

    def test_clock(self):
        """Off by a year, either way: said so, nothing sent, nothing lost."""
        for days in (365, -365):
            with self.subTest(days):
                skewed = self.town.path(f"clock{days}")
                with open(skewed, "w", encoding="ascii") as file:
                    file.write(f"{days * 86_400_000}\n")
                env = {"SEIN_TEST_CLOCK": skewed}
                said = self.school.run("sync", check=None, env=env)
                self.assertRegex(said.err + said.out,
                                 "clock|directory_expired")
                self.school.run("signal", "--source_id", f"C{days}",
                                "--circle", "jeugd", "--kind", "verzuim",
                                "--postcode", "1506AB", "--huisnummer", "7",
                                "--informed", "yes", env=env, check=None)
                checks = self.school.run("doctor", "--json", env=env,
                                         check=INCOMPLETE).rows()
                self.assertIn(False, [one["ok"] for one in checks
                                      if one["check"] in ("clock", "time",
                                                          "directory")])
        # With the right time everything goes, under a new id if need be.
        def gone():
            self.school.run("sync")
            return {"C365", "C-365"} <= set(self.team.signals())
        wait_for(gone, "both signals to arrive")

    def test_doctor(self):
        """At least 25 checks within 5 seconds; a planted fault is found."""
        checks = self.corp.run("doctor", "--json").rows()
        self.assertGreaterEqual(len(checks), 25)
        self.assertTrue(all(one["ok"] for one in checks),
                        [one for one in checks if not one["ok"]])
        for one in checks:
            self.assertTrue(one["fix_nl"] and one["fix_en"], one["check"])
        os.chmod(self.corp.folder, 0o755)
        found = self.corp.run("doctor", "--json", check=INCOMPLETE).rows()
        os.chmod(self.corp.folder, 0o700)
        self.assertTrue([one for one in found if not one["ok"]])


if __name__ == "__main__":
    tap.main()
