#!/usr/bin/python3
"""deploy/RUNBOOK.md, walked: two governors, a broker, two members; signing
again before the directory ends, a lost key, and a lost server.

# tests/run: limit=600 builds=test
"""

import os
import re
import shutil
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import Seinhuis, run  # noqa: E402
from town import ATTESTED, OINS, OPERATOR  # noqa: E402

BOOK = os.path.join(ROOT, "deploy", "RUNBOOK.md")
NOT_ADMITTED, EXPIRED = 77, 77


class Runbook(unittest.TestCase):
    def setUp(self):
        self.house = Seinhuis(tap.build)
        self.addCleanup(self.house.close)
        self.broker = self.house.broker
        self.env = self.house.env()

    def sein(self, *arguments, check=0, cwd=None):
        return run([self.house.program("sein"), *arguments], self.env, check,
                   cwd=cwd)

    def govern(self, *arguments, check=0):
        """On `beheer`, in the governance's folder."""
        return self.sein("directory", *arguments, check=check,
                         cwd=self.house.path("governance"))

    def desk(self, name, *arguments, check=0):
        """On `loket`."""
        return self.sein(*arguments, "--home", self.house.path(name),
                         "--key-file", self.house.path(name + ".key"),
                         check=check)

    def publish(self):
        """Both governors sign, Bert elsewhere; the broker takes it."""
        self.govern("diff")
        self.govern("sign", "--key", self.house.path("anna.key"))
        self.govern("sign", "--key", self.house.path("bert.key"),
                    "--detached", self.house.path("bert.sig"))
        self.govern("gather", self.house.path("bert.sig"))
        folder = self.house.path("governance", "signed")
        newest = sorted(os.listdir(folder))[-1]
        os.makedirs(self.broker.path("incoming"), exist_ok=True)
        shutil.copy(os.path.join(folder, newest),
                    self.broker.path("incoming", newest))
        if self.broker.running:
            self.assertTrue(self.broker.reload().json()["ok"])

    def govern_begins(self):
        house = self.house
        self.sein("directory", "keygen", house.path("anna.key"), "--name",
                  "Anna")
        bert = self.sein("directory", "keygen", house.path("bert.key"),
                         "--name", "Bert").out
        public = re.search(r"\b[0-9a-f]{64}\b", bert).group()
        self.sein("directory", "init", house.path("governance"), "--governor",
                  "Anna", "--key", house.path("anna.key"))
        self.govern("governor", "Bert", "--pk", public)
        self.govern("governor", "--threshold", "2")
        said = self.govern("fingerprint").out
        self.hex = re.search(r"\b[0-9a-f]{64}\b", said).group()
        self.groups = re.search(r"\b(?:[0-9a-f]{4} ){7}[0-9a-f]{4}\b",
                                said).group()

    def broker_begins(self):
        line = self.broker.init(OPERATOR, self.hex).splitlines()[-1]
        self.assertTrue(line.startswith("seinhuis-broker-1:"))
        self.govern("broker", line)

    def member_joins(self, name, *roles):
        self.desk(name, "init", "--oin", OINS[name], "--name", name)
        line = self.govern("invite", "--quiet").out.strip()
        self.assertTrue(line.startswith("seinhuis-invite-1:"))
        # Another fingerprint than was told by telephone stops it.
        self.desk(name, "join", line, "--fingerprint",
                  "0000 " * 7 + "0000", check=(65, 77))
        asked = self.desk(name, "join", line, "--fingerprint", self.groups,
                          "--json").json()
        self.assertTrue(asked["request"].startswith("seinhuis-join-1:"))
        self.govern("admit", asked["request"], "--fingerprint",
                    "0000 " * 7 + "0000", *roles, check=(65, 77))
        self.govern("admit", asked["request"], "--fingerprint",
                    asked["fingerprint"], *roles)
        return asked["fingerprint"].replace(" ", "")

    def signal(self, source_id, check=0):
        return self.desk("corporatie", "signal", "--source_id", source_id,
                         "--circle", "schulden", "--kind", "huur",
                         "--postcode", "1506AB", "--huisnummer", "1",
                         "--informed", "yes", *ATTESTED, check=check)

    def received(self):
        inbox = self.desk("wijkteam", "inbox", "--json").json()
        return {one["source_id"] for household in inbox["households"]
                for one in household["signals"]}

    def pilot(self):
        self.govern_begins()
        self.broker_begins()
        self.govern("circle", "schulden", "--title",
                    "Vroegsignalering schulden", "--purpose", "Vroeg zien",
                    "--basis", "Wgs art. 3 lid 1 onder b", "--basis-ends",
                    "2034-12-31", "--retention-days", "90", "--kind",
                    "huur=arrears|Huurachterstand|Rent arrears", "--outcome",
                    "contact=Contact gelegd|Contact made")
        self.govern("circle", "schulden")
        self.key = self.member_joins(
            "corporatie", "--domain", "wonen", "--desk", "incasso", "--title",
            "Incasso", "--phone", "075-1000001", "--hours", "ma-vr 9-17",
            "--role", "schulden=signal,feedback")
        self.member_joins("wijkteam", "--domain", "gemeente", "--desk",
                          "noord", "--title", "Noord", "--role",
                          "schulden=coordinate", "--area", "1500-1599")
        self.publish()
        self.broker.start()
        self.desk("wijkteam", "sync")
        self.desk("wijkteam", "status")
        self.desk("wijkteam", "doctor")

    def test_to_a_pilot_and_on(self):
        self.pilot()
        self.signal("A-1")
        self.assertEqual(self.received(), {"A-1"})
        # Every month: sign again.  Forgotten: nothing new goes, and it mends.
        self.house.clock.advance(days=32)
        self.assertIn("warn", self.broker.admin("status").out)
        self.publish()
        self.signal("A-2")
        self.house.clock.advance(days=46)
        self.signal("A-3", check=EXPIRED)
        self.publish()
        self.desk("wijkteam", "sync")
        self.desk("corporatie", "sync")
        self.assertIn("A-3", self.received())
        self.govern("verify")
        # A laptop was stolen.
        self.govern("revoke", self.key)
        self.publish()
        self.signal("A-4", check=NOT_ADMITTED)
        self.assertNotIn("A-4", self.received())

    def test_the_server_is_lost(self):
        """The keys and the newest backup: what waited then still arrives,
        members are told that the log began anew."""
        self.pilot()
        self.signal("B-1")
        backup = self.house.path("backup")
        self.assertTrue(self.broker.admin(f"backup {backup}").json()["ok"])
        self.broker.kill()
        store = self.broker.path("store")
        shutil.rmtree(store)
        os.remove(self.broker.path("log.mark"))
        shutil.copytree(backup, store)
        os.chmod(store, 0o700)
        self.broker.start()
        self.assertEqual(self.received(), {"B-1"})
        self.signal("B-2")
        self.assertEqual(self.received(), {"B-1", "B-2"})

    def test_every_command_of_the_book_exists(self):
        with open(BOOK, encoding="utf-8") as file:
            text = file.read().replace("\\\n", " ")
        used = set()
        for match in re.finditer(r"(?<![\w/-])sein ([a-z-]+)([^`\n|#]*)",
                                 text):
            command, rest = [match.group(1)], match.group(2)
            if command == ["directory"]:
                name = re.match(r"\s+([a-z-]+)", rest)
                if not name:
                    continue
                command.append(name.group(1))
            options = self.sein(*command, "--help").out
            for option in re.findall(r"--[a-z_-]+", rest):
                self.assertIn(option, options, command)
            used.add(" ".join(command))
        self.assertGreater(len(used), 15)


if __name__ == "__main__":
    tap.main()
