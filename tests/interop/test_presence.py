#!/usr/bin/python3
# tests/run: limit=600 builds=test,san
"""Two members that run the second implementation find each other: a key that
three organisations made with our programs, their sein-keyholder serving, our
broker, and a pack of our steward.

What is the household's stays between the two: each step is verified by the one
it concerns, and what the broker or a keyholder must refuse is tried.
"""

import datetime
import os
import secrets
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import live  # noqa: E402
import tap  # noqa: E402
from seinpy import (content, crypto, evaluation, household,  # noqa: E402
                    meeting, names, presence)
from seinpy.errors import SeinError  # noqa: E402
from keyholders import Keyholders, steward_of  # noqa: E402
from seinhuis import PATIENCE_S, wait_for  # noqa: E402
from town import OINS, ROLES, Town  # noqa: E402

SCHOOL = OINS["school"] + "/zorgteam"
CARE = OINS["jeugdhulp"] + "/aanmelding"
LIFE_MS = 80 * names.DAY_MS


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build, ())
        try:
            cls.town.admit("wijkteam", roles=steward_of("jeugd",
                                                        ROLES["wijkteam"]))
            cls.school, cls.care = [
                live.guest(cls.town, name, [desk], meeting.Meeter)
                for name, desk in (("school", "zorgteam"),
                                   ("jeugdhulp", "aanmelding"))]
            cls.holders = Keyholders(cls.town, "jeugd", n=3, t=2)
            cls.holders.make_key("wijkteam")
            cls.holders.start()
            live.settle(cls.town, cls.school, cls.care)
            with open(cls.holders.pack, "rb") as file:
                cls.pack = file.read()
            for one in (cls.school, cls.care):
                one.take_pack(cls.pack)
        except BaseException:
            cls.tearDownClass()
            raise
        cls.number = 0

    @classmethod
    def tearDownClass(cls):
        for one in (getattr(cls, "school", None), getattr(cls, "care", None)):
            if one is not None:
                one.close()
        cls.town.close()

    def setUp(self):
        type(self).number += 1
        self.address = f"1506AB/{self.number}//"

    def refused(self, word, function, *arguments, **named):
        with self.assertRaises(SeinError) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.word, word, str(caught.exception))

    def nothing_more(self, *members):
        for one in members:
            self.refused("timeout", one.connection.take, 0.2)

    def desk(self, one):
        return SCHOOL if one is self.school else CARE

    def present(self, one, address=None, **options):
        return one.present("jeugd", self.desk(one), presence.ADDRESS,
                           address or self.address, **options)

    def notices(self):
        """Both stand under the tag of this test's address."""
        self.present(self.school, label="onderwijs")
        self.nothing_more(self.school)
        self.present(self.care, label="zorg")
        return self.school.read(), self.care.read()

    def revealed(self):
        for one, met in zip((self.school, self.care), self.notices()):
            self.assertEqual(one.accept(met), "ok")
        return self.school.read(), self.care.read()


class Meeting(Case):
    def test_two_meet_and_are_introduced(self):
        at_school, at_care = self.notices()
        self.assertEqual((at_school.type, at_school.other["label"]),
                         (presence.NOTICE, "zorg"))
        self.assertEqual((at_care.type, at_care.other["label"]),
                         (presence.NOTICE, "onderwijs"))
        self.assertEqual(at_school.match_id, at_care.match_id)
        # Nobody learns who accepted first.
        self.assertEqual(self.school.accept(at_school), "ok")
        self.nothing_more(self.school, self.care)
        self.assertEqual(self.care.accept(at_care), "ok")
        met_school, met_care = self.school.read(), self.care.read()
        self.assertEqual((met_school.desk, met_care.desk), (CARE, SCHOOL))
        self.assertEqual(met_school.own.keys.tag, met_care.own.keys.tag)

        sent = self.school.introduce(met_school, "Jo, 075-1")
        got = self.care.read()
        self.assertEqual((got.kind, got.sender, got.content["contact"]),
                         (content.INTRODUCTION, SCHOOL, "Jo, 075-1"))
        self.assertEqual(self.care.check_introduction(got, met_care).core,
                         met_care.other.core)
        self.care.answer_receipt(got)
        self.assertEqual(self.school.read().content["letter_id"],
                         sent.letter_id)
        self.care.introduce(met_care, "Mo, 075-2")
        got = self.school.read()
        self.assertEqual((got.content["contact"], got.header["epoch"]),
                         ("Mo, 075-2", 1))
        self.school.check_introduction(got, met_school)
        self.care.write_to(met_care, content.MESSAGE,
                           {"at": self.care.clock(), "text": "Wie belt?"})
        self.assertEqual(self.school.read().content["text"], "Wie belt?")
        self.school.write_to(met_school, content.PARTING,
                             {"at": self.school.clock(), "reason": "ended"})
        self.assertEqual(self.care.read().content["reason"], "ended")

    def test_neighbours_do_not_meet(self):
        self.present(self.school, f"1506AB/{self.number}/A/")
        self.present(self.care, f"1506AB/{self.number}/B/")
        self.present(self.care, self.address)
        self.nothing_more(self.school, self.care)

    def test_who_does_not_accept_is_not_known(self):
        at_school, at_care = self.notices()
        self.assertEqual(self.school.accept(at_school), "ok")
        self.assertEqual(self.school.accept(at_school), "ok")
        self.assertEqual(self.care.withdraw_presence(at_care.own), "ok")
        # As if it were there still.
        self.assertEqual(self.school.accept(at_school), "ok")
        self.nothing_more(self.school, self.care)
        self.assertEqual(self.care.accept(at_care), "absent")
        self.assertEqual(self.care.withdraw_presence(at_care.own), "absent")

    def test_renewed_and_ended(self):
        met_school, met_care = self.revealed()
        fresh = self.present(self.care, label="zorg")
        renewed = self.school.read()
        self.assertEqual((renewed.type, renewed.match_id, renewed.deposit),
                         (presence.REVEALED, met_school.match_id,
                          fresh.deposit))
        self.nothing_more(self.school, self.care)
        self.assertEqual(self.care.withdraw_presence(met_care.own), "absent")
        self.assertEqual(self.care.withdraw_presence(fresh), "ok")
        ended = self.school.read()
        self.assertEqual((ended.type, ended.match_id),
                         (presence.ENDED, met_school.match_id))

    def test_a_match_of_somebody_else_is_not_believed(self):
        """A broker that brings two together who are not of one household."""
        met_school, _ = self.revealed()
        other = self.present(self.care, f"1506AB/{self.number}/C/")
        fields = {"v": 1, "type": presence.REVEALED, "event_id": bytes(16),
                  "match_id": bytes(16), "presence_id": met_school.own.id,
                  "desk": SCHOOL, "circle": "jeugd", "epoch": 1, "at": 1,
                  "deposit": other.deposit}

        def read(**change):
            self.school.read_match(presence.MATCH_ITEM.encode(fields | change))

        self.refused("presence_not_ours", read)
        self.refused("presence_not_ours", read,
                     deposit=met_school.own.deposit)
        self.refused("presence_not_ours", read, presence_id=b"p" * 16,
                     deposit=met_school.deposit)
        read(deposit=met_school.deposit)


class Evaluating(Case):
    def items(self):
        return [evaluation.Item(household.ADDRESS, self.address,
                                secrets.token_bytes(16))]

    def test_any_two_of_three(self):
        tags = {one.evaluate("jeugd", self.desk(one), self.items(),
                             pair)[0].tag
                for one in (self.school, self.care)
                for pair in ((1, 2), (2, 3), (3, 1))}
        self.assertEqual(len(tags), 1)
        self.assertEqual(self.school.culprits + self.care.culprits, [])

    def asked(self, items):
        """(asker, request, signature) to holder 1."""
        school = self.school
        asker = evaluation.Asker(school.epoch_now("jeugd"),
                                 school.packs["jeugd", 1]["pepper"], items)
        request = asker.request(1, SCHOOL, school.key_id,
                                school.directory.version, school.clock(),
                                school.actor)
        return asker, request, school.sign.sign("eval-req", request)

    def test_the_same_bytes_get_the_same_reply(self):
        """Its proof has a number of its own each time it is made."""
        asker, request, signature = self.asked(self.items())
        ask = self.school.connection.eval
        first = ask(self.holders.desks[0], request, signature)
        self.assertEqual(ask(self.holders.desks[0], request, signature), first)
        holder = self.holders[0]
        self.assertEqual(holder.stop(), 0)
        ready = holder.said().count("event=ready")
        holder.start()
        holder.wait_said("event=ready", ready + 1)
        self.assertEqual(ask(self.holders.desks[0], request, signature), first)
        asker.take(1, request, *first, self.school.directory,
                   self.school.clock())
        asker, request, signature = self.asked(asker.items)
        self.assertNotEqual(ask(self.holders.desks[0], request, signature),
                            first)

    def test_a_whole_batch(self):
        items = [evaluation.Item(household.ADDRESS, f"1506AB/{n}/X/",
                                 bytes([n]) * 16) for n in range(1, 33)]
        keys = self.care.evaluate("jeugd", CARE, items)
        self.assertEqual(len({one.tag for one in keys}), 32)
        alone = self.school.evaluate("jeugd", SCHOOL, items[31:])
        self.assertEqual(alone[0].tag, keys[31].tag)

    def test_what_a_holder_refuses(self):
        _, request, _ = self.asked(self.items())
        fields = evaluation.REQUEST.decode(request)
        connection = self.school.connection

        def refusal(key=None, **change):
            data = evaluation.REQUEST.encode(fields | change)
            asker, _, _ = self.asked(self.items())
            asker.take(1, data, *connection.eval(
                self.holders.desks[0], data,
                (key or self.school.sign).sign("eval-req", data)),
                self.school.directory, self.school.clock())

        self.refused("signature_wrong", refusal, crypto.SignKey())
        self.refused("clock_differs", refusal, ts=fields["ts"] - 121_000)
        self.refused("clock_differs", refusal, ts=fields["ts"] + 125_000)
        self.refused("point_refused", refusal, blinded=[b"\xff" * 32])
        self.refused("point_refused", refusal, blinded=[bytes(32)])
        # And the broker, before it asks anybody.
        self.refused("content_invalid", refusal, ids=[bytes(16)] * 2)
        self.refused("desk_not_yours", refusal, desk=CARE)
        self.refused("epoch_not_open", refusal, epoch=2)
        self.refused("circle_unknown", refusal, circle="geen")
        self.refused("role_missing", refusal, circle="schulden")

    def test_quota(self):
        """Each holder counts a member's elements by itself, and says when there
        are more."""
        care = self.care
        epoch = care.epoch_now("jeugd")
        pepper = care.packs["jeugd", 1]["pepper"]
        items = [evaluation.Item(household.ADDRESS, f"1506AB/{n}/Q/",
                                 bytes([n]) * 16) for n in range(1, 33)]
        with self.assertRaises(SeinError) as caught:
            for _ in range(8):
                care.ask_holder(evaluation.Asker(epoch, pepper, items), 3,
                                CARE)
        self.assertEqual(caught.exception.word, "quota_exceeded")
        day = care.clock() // names.DAY_MS + 1
        self.assertEqual(caught.exception.detail, f"at {day * names.DAY_MS}")
        # The others have their own count.
        care.evaluate("jeugd", CARE, items[:1], (1, 2))


class Registering(Case):
    """What the broker takes."""

    def draft(self, **options):
        [keys] = self.school.evaluate("jeugd", SCHOOL, [evaluation.Item(
            household.ADDRESS, self.address, bytes(16))])
        now = self.school.clock()
        return presence.Draft(self.school.directory, keys, SCHOOL,
                              self.school.key_id, presence.ADDRESS, now,
                              now + LIFE_MS, **options)

    def test_the_same_again(self):
        draft = self.draft()
        deposit = draft.seal(self.school.sign)
        own = self.school.register(draft, deposit)
        again = self.school.register(draft, deposit)
        self.assertEqual((own.verdict.word, again.verdict.word),
                         ("ok", "duplicate"))
        self.assertEqual(again.verdict.receipt, own.verdict.receipt)
        draft.note["label"] = "anders"
        draft.core["note_hash"] = None
        self.refused("id_reused", self.school.register, draft)

    def test_refused(self):
        now = self.school.clock()
        draft = self.draft()

        def put(sign=None, tag=None, **change):
            fresh = self.draft_of(draft, change)
            deposit = fresh.seal(sign or self.school.sign)
            [verdict] = self.school.connection.presence_put(
                [(fresh.core["desk"], tag or draft.keys.tag, deposit,
                  fresh.presence_id)])
            return verdict.word

        for word, change in (
                ("signature_wrong", {"sign": crypto.SignKey()}),
                ("signature_wrong", {"tag": b"t" * 32}),
                ("desk_not_yours", {"desk": CARE, "org": OINS["jeugdhulp"]}),
                ("deposit_contradicts", {"key_id": self.care.key_id}),
                ("deposit_contradicts", {"note_hash": b"h" * 32}),
                ("deposit_contradicts", {"org": OINS["jeugdhulp"]}),
                ("epoch_not_open", {"epoch": 2}),
                ("circle_unknown", {"circle": "geen"}),
                ("role_missing", {"circle": "schulden"}),
                ("clock_differs", {"created": now + 125_000}),
                ("presence_life", {"created": now - 30 * names.DAY_MS}),
                ("presence_life", {"expires": now + 95 * names.DAY_MS}),
                ("directory_newer_known", {"dir_version": 99}),
                ("directory_chain_broken", {"dir_hash": b"d" * 32})):
            with self.subTest(str(change)):
                self.assertEqual(put(**change), word)
        self.assertEqual(put(), "ok")

    def draft_of(self, draft, change):
        """The same presence anew, with changes where they stand."""
        fresh = presence.Draft(
            self.school.directory, draft.keys, SCHOOL, self.school.key_id,
            presence.ADDRESS, self.school.clock(), draft.core["expires"])
        fresh.core.update(change)
        for name in ("circle", "epoch"):
            fresh.note[name] = fresh.core[name]
        fresh.note["expires"] = fresh.core["expires"] // names.DAY_MS
        return fresh


class Audit(Case):
    def test_evaluated_and_never_put_is_seen(self):
        """P3: a look without a presence of one's own is counted."""
        self.present(self.school, holders=(1, 2))
        items = [evaluation.Item(household.ADDRESS, f"1506AB/{n}/Z/",
                                 secrets.token_bytes(16)) for n in (1, 2, 3)]
        self.care.evaluate("jeugd", CARE, items, (1, 2))
        self.town.clock.advance(days=3)
        today = datetime.date.fromtimestamp(self.town.clock.now_ms() / 1000)
        days = [(today - datetime.timedelta(days=n)).isoformat()
                for n in (4, 2)]
        for holder in self.holders[:2]:
            # What was put comes when the day is over.
            wait_for(lambda one=holder: self.counted(one, days)
                     == {"school": [1, 1, 0], "jeugdhulp": [3, 0, 3]},
                     "the lists of that day", 3 * PATIENCE_S)
        self.assertEqual(self.counted(self.holders[2], days), {})

    def counted(self, holder, days):
        """evaluated, deposited, never by member."""
        rows = [line.split() for line in
                holder.run("audit", *days).out.splitlines()[2:]]
        names_of = {oin: name for name, oin in OINS.items()}
        return {names_of[row[0]]: [int(part) for part in row[3:]]
                for row in rows}


if __name__ == "__main__":
    tap.main()
