#!/usr/bin/python3
"""One desk, one home: its connections share the letters, another home has none.

# tests/run: limit=300 builds=test,san

A program that reads a desk is killed while it holds letters that it did not
acknowledge.  They are in the inbox of the home all the same, once: through the
next program of that home, and through one that reads at the same time.  A second
home is refused, whether or not anybody reads at the moment.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import live  # noqa: E402
import tap  # noqa: E402
from seinhuis import wait_for  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from town import OINS, ROLES, Home, Town  # noqa: E402

TRY_LATER, REFUSED = 75, 77
LEASE_S = 60
HEADER = ("source_id;circle;kind;urgency;postcode;huisnummer;informed;"
          "contact_tried;help_pointed_out;reminder_sent;offer_made\n")


class Case(unittest.TestCase):
    members = ("corporatie", "wijkteam")

    def setUp(self):
        self.town = Town(tap.build, self.members)
        self.addCleanup(self.town.close)
        self.corp = self.town.home("corporatie")
        self.number = 0

    def give(self, count):
        """Signals to the desk noord, accepted; gives their source_ids."""
        path = self.town.path("rows.csv")
        ids = [f"HA-{self.number + at}" for at in range(1, count + 1)]
        self.number += count
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEADER)
            for at, source_id in enumerate(ids):
                file.write(f"{source_id};schulden;huur;normal;1506AB;{at + 1};"
                           "yes;2026-10-01;2026-10-02;2026-10-03;2026-10-04\n")
        verdicts = self.corp.run("import", path, "--json").rows()
        self.assertEqual({row["source_id"] for row in verdicts
                          if row.get("verdict") == "accepted"}, set(ids))
        return ids

    def wait_held(self, count):
        """Until so many letters are handed out and not acknowledged."""
        self.town.broker.wait_status(
            lambda status: status["outstanding"] == count, f"{count} held")

    def wait_sessions(self, count):
        self.town.broker.wait_status(
            lambda status: status["sessions"] == count, f"{count} sessions")


class Homes(Case):
    def setUp(self):
        super().setUp()
        self.team = self.town.home("wijkteam")
        self.path = self.town.path("watch.out")

    def watch(self):
        with open(self.path, "a", encoding="utf-8") as out:
            child = self.town.spawn(self.team.argv("watch", "--json"),
                                    stdout=out, stderr=subprocess.DEVNULL)
        self.wait_sessions(1)
        return child

    def received(self):
        """Ids of the letters that were told, as often as they were."""
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as file:
            lines = [line for line in file if line.endswith("\n")]
        return [event["letter_id"] for event in map(json.loads, lines)
                if event["event"] == "received"]

    def sync(self):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(self.team.run("sync", "--json").out)

    @staticmethod
    def ids(inbox):
        """Every source_id in an inbox, as often as it is there."""
        return sorted(signal["source_id"] for household in inbox["households"]
                      for signal in household["signals"])

    def shown(self):
        return self.ids(self.team.inbox())

    def test_killed_with_letters_in_hand(self):
        wanted = []
        for _ in range(3):
            before = len(self.received())
            child = self.watch()
            wanted += self.give(6)
            wait_for(lambda: len(self.received()) == before + 6,
                     "six letters to be told")
            self.wait_held(0)
            child.send_signal(signal.SIGSTOP)
            held = self.give(24)
            wanted += held
            self.wait_held(24)
            said = self.team.run("sync", check=TRY_LATER).err
            self.assertIn(f"pid {child.pid} ", said)
            child.kill()
            child.wait()
            # The lease of the dead connection goes on.
            self.sync()
            self.wait_held(24)
            self.assertFalse(set(held) & set(self.shown()))
            self.town.clock.advance(seconds=LEASE_S + 1)
            self.sync()
            self.wait_held(0)
        self.assertEqual(self.shown(), sorted(wanted))
        received = self.received()
        self.assertEqual(len(received), len(wanted))
        self.assertEqual(len(set(received)), len(wanted))

    def second_home(self):
        """Another home of the same member, with a key of its own."""
        home = Home(self.town, "wijkteam", self.town.path("home", "twee"))
        home.init(OINS["wijkteam"])
        asked = home.join(self.town.govern("invite", "--quiet").out.strip())
        self.town.govern("admit", asked["request"], "--fingerprint",
                         asked["fingerprint"], *ROLES["wijkteam"])
        self.town.sign_and_publish()
        return home

    def refuse(self, home):
        for command in (["sync"], ["inbox", "--json"]):
            said = home.run(*command, check=REFUSED)
            self.assertIn("desk_read_elsewhere", said.err)
        self.assertEqual(self.ids(said.json()), [])

    def test_a_second_home(self):
        other = self.second_home()
        child = self.watch()
        self.refuse(other)
        wanted = self.give(3)
        wait_for(lambda: len(self.received()) == 3, "three letters")
        child.kill()
        child.wait()
        # Nobody reads now; the desk is still of the first home.
        self.refuse(other)
        wanted += self.give(3)
        self.refuse(other)
        self.sync()
        self.assertEqual(self.shown(), wanted)


def read_on(one, line, path, hold):
    """A program of the home `one`: writes each letter's id to path, and then
    acknowledges it; with hold it keeps what it was given to itself."""
    one.connect(line)
    one.hello(window=8)
    while True:
        try:
            delivery = one.connection.take(timeout_s=0.2)
        except SeinError as error:
            if error.word != "timeout":
                raise
            try:
                one.connection.ping()
                continue
            except SeinError as ended:  # the lease was over
                if ended.word != "no_session":
                    raise
                one.hello(window=8)
                continue
        letter_id = one.open(delivery).letter_id.hex()
        with open(path, "a", encoding="ascii") as file:
            file.write(letter_id + "\n")
            file.flush()
            os.fsync(file.fileno())
        if not hold:
            one.connection.ack([delivery])


class AtOnce(Case):
    members = ("corporatie",)

    def setUp(self):
        super().setUp()
        self.team = live.guest(self.town, "wijkteam", ["noord", "zuid"])
        live.arrive(self.town, self.team)
        self.team.connection.bye()
        self.team.close()
        self.line = live.invitation(self.town)

    def read(self, name, hold=False):
        """Starts a program of the home; gives it, and the file that it writes
        to."""
        path = self.town.path(name)
        program = multiprocessing.get_context("fork").Process(
            target=read_on, args=(self.team, self.line, path, hold))
        program.start()
        self.addCleanup(program.join)
        self.addCleanup(program.kill)
        return program, path

    def ids(self, path):
        if not os.path.exists(path):
            return []
        with open(path, encoding="ascii") as file:
            return file.read().split()

    def test_one_of_two_is_killed(self):
        first, held = self.read("held", hold=True)
        _, inbox = self.read("inbox")
        self.wait_sessions(2)
        self.give(40)
        # Eight stay with the one, the other took the rest.
        self.wait_held(8)
        wait_for(lambda: len(self.ids(held)) == 8, "eight to be held")
        wait_for(lambda: len(self.ids(inbox)) == 32, "the rest to be read")
        first.kill()
        first.join()
        self.assertEqual(first.exitcode, -signal.SIGKILL)
        self.wait_held(8)
        self.town.clock.advance(seconds=LEASE_S + 1)
        wait_for(lambda: len(self.ids(inbox)) >= 40, "all to be read")
        self.town.broker.wait_status(lambda status: status["waiting"] == 0,
                                     "the broker to hold nothing")
        read = self.ids(inbox)
        self.assertEqual(len(read), 40)
        self.assertEqual(len(set(read)), 40)
        self.assertLess(set(self.ids(held)), set(read))


if __name__ == "__main__":
    tap.main()
