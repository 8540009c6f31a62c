#!/usr/bin/python3
"""Nothing that was accepted is lost, and nothing is shown twice.

# tests/run: limit=1800 builds=test,san alone

A broker under load is killed again and again, at random moments and at every
named step of broker/failpoint.h, and then on a disk that forgets what was not
synced (tests/support/vfs_lossy.h).  One sender is a member written apart from
the product, which verifies every receipt against the heads; the other is a
`sein` home that imports files and is killed itself now and then, and so is the
home that reads.  At the end every accepted letter is in the inbox, once.

So that this can fail: without syncs on that disk, and with receipts that leave
before their commit, the same campaign must find a loss.

SEIN_KILLS and SEIN_CUTS set other numbers of kills than the 300 and 200 here;
SEIN_SEED repeats a run's choices.
"""

import collections
import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import SAN, Failed, wait_for  # noqa: E402
from seinpy import client, member  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from town import NOORD, OINS, ROLES, Town  # noqa: E402

KILLS = int(os.environ.get("SEIN_KILLS", "50" if SAN else "300"))
CUTS = int(os.environ.get("SEIN_CUTS", "10" if SAN else "200"))
# The steps that a load like this passes; test_erased.py has the others.
STEPS = ("frame_read", "authorised", "begin", "taken", "sealed",
         "before_commit", "after_commit", "before_receipt", "after_receipt",
         "deliver", "ack", "withdraw")
RARE = ("deliver", "ack", "withdraw")
KILLS_PLANTED = 20  # with a fault that must be noticed
LETTERS_PER_KILL = 24
STEP_WAIT_S = 6
MEMBERS = ("corporatie", "wijkteam")
UNAVAILABLE, TRY_LATER = 69, 75
AWAY = ("broker_unreachable", "timeout", "busy", "session_unknown",
        "broker_full")
HEADER = ("source_id;circle;kind;urgency;postcode;huisnummer;informed;"
          "contact_tried;help_pointed_out;reminder_sent;offer_made\n")


class Loss(Failed):
    """What was confirmed is not there any more."""


class Worker(threading.Thread):
    """Runs work() again and again until it is asked to stop; what goes wrong
    is kept for the test."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.error = None

    def run(self):
        try:
            while not self.over.is_set():
                self.work()
        except BaseException as error:
            self.error = error

    def finish(self):
        self.over.set()
        self.join(120)
        if self.is_alive():
            raise Failed(f"{type(self).__name__} does not end")
        if self.error is not None:
            raise self.error


class Sender(Worker):
    """A member of its own make.  What had no verdict is put again, the same
    bytes, as often as it takes."""

    def __init__(self, town, seed):
        super().__init__()
        self.town = town
        self.random = random.Random(seed)
        self.member = member.Member(OINS["energie"], "energie", ["incasso"],
                                    town.clock.now_ms)
        self.allowance = threading.Semaphore(LETTERS_PER_KILL)
        self.number = 0
        self.pending = []      # (source_id, letter id, letter)
        self.regretted = None  # source_id, and the item of its withdrawal
        self.accepted = {}     # source_id -> the receipt's head
        self.withdrawn = set()

    def work(self):
        try:
            self.member.connect(self.town.invitation, timeout_s=5)
            self.member.hello()
            while not self.over.is_set():
                self.put_some()
                self.withdraw_one()
        except SeinError as error:
            if error.word not in AWAY:
                raise
            self.over.wait(0.05)
        finally:
            self.member.close()

    def put_some(self):
        if not self.pending:
            self.pending = self.make()
        if not self.pending:
            return
        desk = self.member.desk("incasso")
        verdicts = self.member.connection.put(
            [(desk, letter, letter_id)
             for _, letter_id, letter in self.pending])
        left = []
        for one, verdict in zip(self.pending, verdicts):
            source_id, letter_id, letter = one
            if verdict.word in AWAY:
                left.append(one)
                continue
            if verdict.word not in ("ok", "duplicate"):
                raise Failed(f"{source_id}: {verdict.word}")
            self.accepted[source_id] = self.member.check_receipt(
                verdict, "letter", letter_id, client.put_item(desk, letter))
            if self.regretted is None and self.random.random() < 0.3:
                self.regretted = source_id, (desk, letter_id,
                                             secrets.token_bytes(16))
        self.pending = left

    def withdraw_one(self):
        """Asks again, with the same operation, until there is a verdict."""
        if self.regretted is None:
            return
        source_id, item = self.regretted
        verdict = self.member.connection.withdraw([item])[0]
        if verdict.word in AWAY:
            return
        self.regretted = None
        if verdict.word in ("ok", "duplicate"):
            self.member.check_receipt(verdict, "withdraw", item[2],
                                      client.withdraw_item(*item))
            self.withdrawn.add(source_id)
        elif verdict.word != "already_delivered":
            raise Loss(f"withdrawal of {source_id}: {verdict.word}")

    def make(self):
        """New letters, as many as the allowance gives, 16 at most."""
        if not self.allowance.acquire(timeout=0.1):
            return []
        count = 1
        while count < 16 and self.allowance.acquire(blocking=False):
            count += 1
        statement, _ = self.member.prekey_of(NOORD)
        made = []
        for _ in range(count):
            self.number += 1
            source_id = f"EN-{self.number}"
            draft = self.member.draft(
                "schulden", self.member.desk("incasso"), NOORD, 1, {
                    "source_id": source_id, "kind": "gas", "informed": 1,
                    "postcode": "1506AB",
                    "huisnummer": str(1 + self.number % 90),
                    "contact_tried": "2026-10-01",
                    "help_pointed_out": "2026-10-02",
                    "reminder_sent": "2026-10-03",
                    "offer_made": "2026-10-04"})
            made.append((source_id, draft.letter_id, draft.seal(
                self.member.sign, statement.fields)))
        return made

    def last_put(self):
        """What was under way at the end gets its verdict; the heads are one
        chain, and hold every head that a receipt named."""
        self.member.connect(self.town.invitation)
        self.member.hello()
        try:
            while self.pending or self.regretted:
                self.put_some()
                self.withdraw_one()
            heads = {(head["log_id"], head["seq"]): head
                     for head in self.member.follow_heads()}
        finally:
            self.member.close()
        for source_id, head in self.accepted.items():
            if heads.get((head["log_id"], head["seq"])) != head:
                raise Loss(f"the head of {source_id} is not in the log")


class Program(Worker):
    """A home used through `sein`, killed in one of four times."""

    def __init__(self, home, seed):
        super().__init__()
        self.home = home
        self.random = random.Random(seed)

    def start(self):
        self.kills = 0
        super().start()

    def sein(self, *arguments):
        """Standard output, or None when it was killed.  A broker that is away
        or stops halfway is what this is about; anything else is a failure."""
        child = subprocess.Popen(
            self.home.argv(*arguments), env=self.home.town.env(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            timeout = (self.random.uniform(0, 0.6)
                       if self.random.random() < 0.25 else 120)
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            self.kills += 1
            return None
        if child.returncode not in (0, UNAVAILABLE, TRY_LATER):
            raise Failed(f"sein {arguments[0]}: {child.returncode} {err}")
        return out


class Importer(Program):
    """Imports a file of rows until every one of them has its verdict."""

    def __init__(self, home, seed):
        super().__init__(home, seed)
        self.number = 0
        self.rows = set()     # source_ids that were imported
        self.ended = True
        self.allowance = threading.Semaphore(LETTERS_PER_KILL)

    def path(self):
        return self.home.town.path("rows.csv")

    def next_file(self):
        if not self.allowance.acquire(timeout=0.1):
            return False
        count = 1
        while count < LETTERS_PER_KILL and self.allowance.acquire(
                blocking=False):
            count += 1
        self.ids = [f"HA-{self.number + n}" for n in range(1, count + 1)]
        self.number += count
        with open(self.path(), "w", encoding="utf-8") as file:
            file.write(HEADER)
            for at, source_id in enumerate(self.ids):
                file.write(f"{source_id};schulden;huur;normal;1506AB;{at + 1};"
                           "yes;2026-10-01;2026-10-02;2026-10-03;2026-10-04\n")
        self.ended = False
        return True

    def work(self):
        if self.ended and not self.next_file():
            return
        out = self.sein("import", self.path(), "--json", "--timeout", "5")
        if out is None:
            return
        verdicts = {row["source_id"]: row["verdict"]
                    for row in map(json.loads, out.splitlines())
                    if "source_id" in row}
        if set(verdicts) != set(self.ids) or not set(
                verdicts.values()) <= {"accepted", "duplicate"}:
            raise Failed(f"verdicts of {self.ids}: {verdicts}")
        self.rows.update(self.ids)
        self.ended = True


class Reader(Program):
    """Syncs without end; counts how often each letter is told."""

    def __init__(self, home, seed):
        super().__init__(home, seed)
        self.told = {}

    def work(self):
        out = self.sein("sync", "--json", "--timeout", "5")
        for line in (out or "").splitlines():
            event = json.loads(line)
            if event.get("event") == "received":
                letter_id = event["letter_id"]
                self.told[letter_id] = self.told.get(letter_id, 0) + 1


class Campaign:
    """with Campaign(seed, broker's environment) as it: a broker under load;
    of one sender alone, when so asked, so that every commit is of letters."""

    def __init__(self, seed, alone=False, **broker_env):
        self.alone = alone
        self.seed = int(os.environ.get("SEIN_SEED", seed))
        self.random = random.Random(self.seed)
        self.town = Town(tap.build, MEMBERS, **broker_env)
        try:
            self.begin()
        except BaseException:
            self.town.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for worker in self.workers:
            worker.over.set()
        self.town.close()

    def begin(self):
        town = self.town
        town.invitation = town.govern("invite", "--quiet").out.strip()
        self.sender = Sender(town, self.seed + 1)
        town.govern("admit", self.sender.member.join_line(), "--yes",
                    *ROLES["energie"])
        town.sign_and_publish()
        town.home("wijkteam").run("sync")
        self.importer = Importer(town.home("corporatie"), self.seed + 2)
        self.reader = Reader(town.home("wijkteam"), self.seed + 3)
        self.workers = [self.sender] if self.alone else [
            self.sender, self.importer, self.reader]
        for worker in self.workers:
            worker.start()

    def kill(self, step=None):
        """One death of the broker, at a step or at a random moment, and its
        next start."""
        broker = self.town.broker
        for worker in (self.sender, self.importer):
            for _ in range(LETTERS_PER_KILL // 2):
                worker.allowance.release()
        if step is None:
            time.sleep(self.random.uniform(0, 0.6))  # the moment is the test
        else:
            # Some steps come too rarely to wait for; any moment will do then.
            try:
                broker.process.wait(STEP_WAIT_S)
                self.deaths[step] += 1
            except subprocess.TimeoutExpired:
                pass
        broker.kill()
        self.look()

    def run(self, kills, steps=()):
        """Kills it that often; every second time at a step, when there are
        any."""
        self.deaths = collections.Counter()
        self.town.broker.kill()
        for number in range(kills):
            step = steps[number // 2 % len(steps)] if (
                steps and number % 2 == 0) else None
            self.start(step)
            self.kill(step)
        self.start(None)

    def start(self, step):
        # Alone, the first commit of a life is the hello, the next a letter.
        times = 2 if self.alone else self.random.randint(
            1, 2 if step in RARE else 12)
        failpoint = step and f"{step}:{times}"
        self.town.broker.start(wait=step is None,
                               SEIN_TEST_FAILPOINT=failpoint)

    def look(self):
        for worker in self.workers:
            if worker.error is not None:
                raise worker.error

    def finish(self):
        """Ends the load, lets everything arrive; gives what is not in the
        inbox though it was accepted, and what is there too often: twice, or
        at all though it was withdrawn in time."""
        for worker in self.workers:
            worker.finish()
        self.sender.last_put()
        team, corp = (self.town.home(name) for name in ("wijkteam",
                                                        "corporatie"))
        corp.run("sync")
        self.promised = (set(self.sender.accepted) - self.sender.withdrawn
                         | self.importer.rows)

        def nothing_waits():
            team.run("sync")
            corp.run("sync")
            status = self.town.broker.status()
            if status["waiting"]:
                raise Failed(str(status))
            return True
        wait_for(nothing_waits, "the broker to hold nothing")
        shown = [signal["source_id"]
                 for household in team.inbox()["households"]
                 for signal in household["signals"]]
        lost = self.promised - set(shown)
        often = {one: count for one, count in collections.Counter(shown).items()
                 if count > 1 or one in self.sender.withdrawn}
        often.update((letter_id, count) for letter_id, count
                     in self.reader.told.items() if count > 1)
        return lost, often


class Durability(unittest.TestCase):
    def check(self, campaign):
        lost, often = campaign.finish()
        self.assertEqual(lost, set(), f"lost, seed {campaign.seed}")
        self.assertEqual(often, {}, f"too often, seed {campaign.seed}")
        self.assertGreater(len(campaign.sender.accepted), 2 * KILLS ** 0.5)
        self.assertGreater(len(campaign.importer.rows), KILLS ** 0.5)
        sent = campaign.town.home("corporatie").run("sent", "--json").rows()
        states = {row["source_id"]: row["state"] for row in sent}
        for source_id in campaign.importer.rows:
            self.assertIn(states[source_id], ("delivered", "read"), source_id)
        print(f"# {len(campaign.promised)} accepted, "
              f"{len(campaign.sender.withdrawn)} withdrawn, sein killed "
              f"{campaign.importer.kills + campaign.reader.kills} times, "
              f"the broker at a step: {dict(campaign.deaths)}", flush=True)

    def test_1_killed(self):
        with Campaign(1) as campaign:
            campaign.run(KILLS, STEPS)
            self.check(campaign)
            for step in STEPS if KILLS >= 8 * len(STEPS) else ():
                self.assertTrue(campaign.deaths[step], step)

    def test_2_power_cut(self):
        with Campaign(2, SEIN_TEST_VFS="lossy") as campaign:
            campaign.run(CUTS)
            self.check(campaign)

    def finds_a_loss(self, steps, alone=False, **env):
        """Whether such a campaign notices what was done wrong."""
        with Campaign(3, alone, **env) as campaign:
            try:
                campaign.run(KILLS_PLANTED, steps)
                lost, _ = campaign.finish()
            except (RuntimeError, SeinError, Loss) as error:
                # The broker did not start with what was left of its store, or
                # a member missed what the broker had confirmed.
                print(f"# {str(error)[:200]!r}", flush=True)
                return True
            print(f"# lost {len(lost)} of {len(campaign.promised)}", flush=True)
            return bool(lost)

    @unittest.skipIf(SAN, "the plain build shows it")
    def test_3_without_syncs_it_is_noticed(self):
        self.assertTrue(self.finds_a_loss((), SEIN_TEST_VFS="lossy",
                                          SEIN_TEST_SYNCHRONOUS="OFF"))

    @unittest.skipIf(SAN, "the plain build shows it")
    def test_4_a_receipt_before_its_commit_is_noticed(self):
        self.assertTrue(self.finds_a_loss(
            ("before_commit",), alone=True,
            SEIN_TEST_PLANT="receipt_before_commit"))

    @unittest.skipIf(SAN, "the plain build shows it")
    def test_5_and_without_that_fault_nothing_is_lost(self):
        self.assertFalse(self.finds_a_loss(("before_commit",), alone=True))


if __name__ == "__main__":
    tap.main()
