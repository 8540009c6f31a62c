#!/usr/bin/python3
# tests/run: builds=test,san
"""The second implementation against a real broker: every verb, receipts and
heads, and what is refused."""

import os
import secrets
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import live  # noqa: E402
import tap  # noqa: E402
import paper  # noqa: E402
from seinpy import client, content, crypto, directory, letter  # noqa: E402
from seinpy import names, pack, prekey  # noqa: E402
from seinpy.errors import NUMBERS, SeinError  # noqa: E402
from seinhuis import wait_for  # noqa: E402

CORP, TEAM = paper.DESK_CORP, paper.DESK_TEAM
# PROTOCOL.md section 12: which of these names a fault of form is left open.
OF_FORM = {"too_long", "out_of_range", "bad_format", "wire_malformed",
           "wire_depth", "wire_trailing", "wire_not_canonical",
           "content_invalid", "desk_unknown", "circle_unknown",
           "date_invalid", "oin_invalid"}


class Case(unittest.TestCase):
    def setUp(self):
        self.place = self.enterContext(live.Place())

    def refused(self, word, function, *arguments, **named):
        with self.assertRaises(SeinError) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.word, word, str(caught.exception))

    def send(self, **change):
        return self.place.corp.send("schulden", CORP, TEAM, content.SIGNAL,
                                    paper.signal(**change))

    def draft(self, header=(), now=None):
        """A signal whose header is changed before it is sealed."""
        corp = self.place.corp
        draft = letter.Draft(corp.directory, "schulden", CORP, TEAM,
                             corp.key_id, content.SIGNAL, paper.signal(),
                             now or corp.clock())
        draft.header.update(header)
        return draft

    def seal(self, draft):
        return draft.seal(self.place.corp.sign, self.statement)

    def put_word(self, draft, sender=CORP):
        """What the broker says of it."""
        return self.place.corp.connection.put(
            [(sender, self.seal(draft), draft.letter_id)])[0].word

    def both(self):
        corp, team = self.place.both()
        self.statement = corp.prekey_of(TEAM)[0].fields
        return corp, team


class Letters(Case):
    def test_there_and_back(self):
        corp, team = self.both()
        sent = self.send(note="eerste")
        got = team.read()
        self.assertEqual(got.letter_id, sent.letter_id)
        self.assertEqual(got.content["note"], "eerste")
        self.assertEqual((got.sender, got.shown), (CORP, "genuine"))
        corp.publish_prekey(CORP)
        team.send("schulden", TEAM, CORP, content.FEEDBACK,
                  {"at": team.clock(), "outcome": "contact"}, got.thread)
        team.answer_receipt(got, content.READ)
        feedback, answer = corp.read(), corp.read()
        self.assertEqual(feedback.content["outcome"], "contact")
        self.assertEqual(answer.content["status"], content.READ)
        self.assertEqual(answer.content["letter_id"], sent.letter_id)
        self.assertEqual(self.place.broker.status()["waiting"], 0)

    def test_many_in_one_message(self):
        corp, team = self.both()
        drafts = [self.draft() for _ in range(256)]
        letters = [self.seal(draft) for draft in drafts]
        # 256 letters of 1 KiB are more than one message may hold.
        for start in (0, 128):
            part = slice(start, start + 128)
            verdicts = corp.connection.put(
                [(CORP, one, draft.letter_id)
                 for one, draft in zip(letters[part], drafts[part])])
            for verdict, one, draft in zip(verdicts, letters[part],
                                           drafts[part]):
                self.assertEqual(verdict.word, "ok")
                corp.check_receipt(verdict, "letter", draft.letter_id,
                                   client.put_item(CORP, one))
        got = {team.read().letter_id for _ in drafts}
        self.assertEqual(got, {draft.letter_id for draft in drafts})

    def test_each_item_has_its_own_verdict(self):
        corp, _ = self.both()
        good, bad = self.draft(), self.draft({"circle": "nergens"})
        verdicts = corp.connection.put(
            [(CORP, self.seal(one), one.letter_id) for one in (bad, good)])
        self.assertEqual([one.word for one in verdicts],
                         ["circle_unknown", "ok"])
        self.assertEqual(verdicts[0].receipt, b"")

    def test_every_size(self):
        corp, team = self.both()
        for length in (1, 1000):
            self.send(note="é" * length)
            self.assertEqual(team.read().content["note"], "é" * length)
        thread = self.send()
        team.read()
        # A kind of a newer version may be of any size.
        for size in letter.SIZES:
            draft = corp.draft("schulden", CORP, TEAM, 23, bytes(size - 600),
                               thread.letter_id)
            put = corp.put(draft)
            self.assertEqual(len(letter.split(put)[2]) - 16, size)
            self.assertIsNone(team.read().content)

    def test_duplicate_and_id_reused(self):
        corp, team = self.both()
        draft = self.draft()
        sealed = corp.put(draft)
        again = corp.connection.put([(CORP, sealed, draft.letter_id)])[0]
        self.assertEqual(again.word, "duplicate")
        item = client.put_item(CORP, sealed)
        corp.check_receipt(again, "letter", draft.letter_id, item)
        other = self.seal(draft)
        reused = corp.connection.put([(CORP, other, draft.letter_id)])[0]
        self.assertEqual(reused.word, "id_reused")
        corp.check_receipt(reused, "letter", draft.letter_id, item)
        self.assertEqual(team.read().letter_id, draft.letter_id)
        self.refused("timeout", team.connection.take, 0.3)
        once_more = corp.connection.put([(CORP, sealed, draft.letter_id)])[0]
        self.assertEqual(once_more.word, "duplicate")

    def test_refused_letters(self):
        corp, _ = self.both()
        now, hour = corp.clock(), names.HOUR_MS
        day = names.DAY_MS
        latest = names.up_to_hour(now + 30 * day)
        for word, header in (
                ("version_unknown", {"v": 2}), ("suite_unknown", {"suite": 2}),
                ("circle_unknown", {"circle": "nergens"}),
                ("desk_unknown", {"to": f"{paper.TEAM}/west"}),
                ("desk_unknown", {"to": f"{paper.SCHOOL}/balie"}),
                ("letter_life", {"expires": latest + hour}),
                ("letter_life", {"expires": latest - 1}),
                ("letter_life", {"expires": now // hour * hour})):
            with self.subTest(word=word, header=header):
                self.assertEqual(self.put_word(self.draft(header, now)), word)
        for word, at in (("clock_differs", now + 121_000 + 60_000),
                         ("letter_life", now - 31 * day)):
            with self.subTest(word):
                self.assertEqual(self.put_word(self.draft(now=at)), word)
        self.assertEqual(self.put_word(self.draft(), TEAM), "desk_not_yours")
        self.assertEqual(self.put_word(self.draft(), f"{paper.CORP}/west"),
                         "desk_unknown")

    def test_broken_letters(self):
        corp, _ = self.both()
        draft = self.draft()
        sealed = self.seal(draft)

        def word(data):
            return corp.connection.ask(client.PUT, [[CORP, data]],
                                       client.CONFIRM)["verdicts"][0]["code"]

        header, enc, ct = letter.split(sealed)
        for number in range(1, len(header) + 34):
            self.assertNotEqual(word(sealed[:number]), 0, number)
        size = NUMBERS["letter_size"]
        for data in (sealed[:-1], sealed + b"\0",
                     letter.join(header, enc, ct + bytes(1024))):
            self.assertEqual(word(data), size)
        fields = letter.HEADER.decode(header)
        plain = letter.HEADER.write(fields)
        for bad in (header[:-1], header + b"\0", b"", b"\x90",
                    pack.encode(plain[:-1]), pack.encode(plain + [0]),
                    pack.encode(plain[:-1] + [bytes(15)]),
                    pack.encode(plain[:2] + ["x" * 33] + plain[3:])):
            self.assertNotEqual(word(letter.join(bad, enc, ct)), 0)
        self.assertEqual(word(sealed), 0)

    def test_roles_are_checked(self):
        corp, _ = self.both()
        town_dir = self.place.town
        town_dir.dir["circles"].append(
            paper.Town.circle() | {"id": "zorg", "basis_ends":
                                  corp.clock() + 400 * names.DAY_MS})
        town_dir.member(paper.TEAM)["desks"][0]["roles"].append(
            {"circle": "zorg", "roles": directory.COORDINATE})
        self.place.publish()
        corp.fetch_directory()
        self.assertEqual(self.put_word(self.draft({"circle": "zorg"})),
                         "role_missing")
        town_dir.dir["circles"][0]["basis_ends"] = corp.clock() - 1
        self.place.publish()
        corp.fetch_directory()
        self.assertEqual(self.put_word(self.draft()), "circle_ended")


class Withdrawing(Case):
    def test_before_reading(self):
        corp, team = self.both()
        team.connection.credit(0)
        sent = self.send()
        op_id = secrets.token_bytes(16)
        entry = (CORP, sent.letter_id, op_id)
        verdict = corp.connection.withdraw([entry])[0]
        self.assertEqual(verdict.word, "ok")
        corp.check_receipt(verdict, "withdraw", op_id,
                           client.withdraw_item(*entry))
        again = corp.connection.withdraw([entry])[0]
        self.assertEqual(again.word, "duplicate")
        corp.check_receipt(again, "withdraw", op_id,
                           client.withdraw_item(*entry))
        team.connection.credit(10)
        self.refused("timeout", team.connection.take, 0.3)

    def test_too_late(self):
        corp, team = self.both()
        sent = self.send()
        delivery = team.connection.take()
        self.assertEqual(corp.withdraw(CORP, sent.letter_id),
                         "already_delivered")
        team.connection.ack([delivery])
        self.assertEqual(corp.withdraw(CORP, sent.letter_id),
                         "already_delivered")

    def test_of_nobody_and_of_others(self):
        corp, team = self.both()
        team.connection.credit(0)
        sent = self.send()
        self.assertEqual(corp.withdraw(CORP, names.new_letter_id(
            corp.clock())), "absent")
        self.assertEqual(team.withdraw(TEAM, sent.letter_id), "absent")
        self.assertEqual(team.withdraw(CORP, sent.letter_id),
                         "desk_not_yours")


class Delivering(Case):
    def test_refusing(self):
        corp, team = self.both()
        sent = self.send()
        delivery = team.connection.take()
        self.assertEqual(team.connection.ack([delivery], "letter_seen"),
                         ["ok"])
        event_delivery = corp.connection.take()
        event = client.EVENT_ITEM.decode(event_delivery["item"])
        self.assertEqual(event["type"], client.REFUSED)
        self.assertEqual(event["letter_id"], sent.letter_id)
        self.assertEqual(event["code"], NUMBERS["letter_seen"])
        self.assertEqual((event["desk"], event["circle"]), (TEAM, "schulden"))
        corp.connection.ack([event_delivery])
        verdict = corp.connection.receipt_get([event["event_id"]])[0]
        corp.check_receipt(verdict, "event", event["event_id"],
                           event_delivery["item"])

    def test_acknowledging_twice(self):
        _, team = self.both()
        self.send()
        delivery = team.connection.take()
        self.assertEqual(team.connection.ack([delivery]), ["ok"])
        self.assertEqual(team.connection.ack([delivery]), ["not_outstanding"])

    def test_window(self):
        _, team = self.both()
        team.connection.credit(2)
        for _ in range(3):
            self.send()
        first = team.connection.take()
        team.connection.take()
        self.refused("timeout", team.connection.take, 0.3)
        team.connection.ack([first])
        team.connection.take()

    def test_redelivered_with_the_same_seq(self):
        _, team = self.both()
        self.send()
        first = team.connection.take()
        team.connection.bye()
        team.hello()
        self.assertEqual(team.connection.take(), first)
        team.hello()
        self.assertEqual(team.connection.take(), first)

    def test_lease(self):
        """What a connection that is not heard any more got goes to another of
        the same home once the lease is over."""
        _, team = self.both()
        other = self.twin(team)
        self.send()
        first = team.connection.take()
        team.close()
        self.place.connect(other)
        self.place.clock.advance(seconds=61)
        other.hello()
        self.assertEqual(other.connection.take(), first)
        other.close()

    def twin(self, one):
        """Another program of the same home."""
        other = self.place.new_member(one.oin, one.desk_names)
        other.sign, other.curve, other.key_id = one.sign, one.curve, one.key_id
        other.home_id = one.home_id
        return other

    def test_two_connections_of_one_home(self):
        _, team = self.both()
        other = self.place.connect(self.twin(team))
        team.connection.credit(1)
        other.connection.credit(1)
        for _ in range(2):
            self.send()
        seqs = {one.connection.take()["seq"] for one in (team, other)}
        self.assertEqual(len(seqs), 2)
        other.connection.bye()
        team.connection.credit(10)
        self.assertIn(team.connection.take()["seq"], seqs)
        other.close()

    def test_a_second_home(self):
        _, team = self.both()
        other = self.twin(team)
        other.home_id = secrets.token_bytes(16)
        self.refused("desk_read_elsewhere", self.place.connect, other)
        other.hello(take_over=True)
        self.send()
        self.assertEqual(other.connection.take()["type"], client.LETTER)
        self.refused("desk_read_elsewhere", team.connection.answer, 0)
        other.close()

    def test_not_collected(self):
        corp, team = self.both()
        team.close()
        sent = self.send()
        self.place.clock.advance(days=15)
        corp.hello()
        seen = {}
        while client.NOT_COLLECTED not in seen:
            event = corp.read()
            seen[event["type"]] = event
        self.assertEqual(seen[client.NOT_COLLECTED]["letter_id"],
                         sent.letter_id)

    def test_desk_unread(self):
        corp, team = self.both()
        team.close()
        sent = self.send()
        self.place.clock.advance(hours=25)
        corp.hello()
        event = corp.read()
        self.assertEqual(event["type"], client.DESK_UNREAD)
        self.assertEqual(event["letter_id"], sent.letter_id)
        self.assertEqual(event["desk"], TEAM)


class Sessions(Case):
    def test_not_admitted(self):
        stranger = self.place.new_member(paper.SCHOOL, ["balie"])
        self.refused("not_admitted", self.place.connect, stranger)

    def test_state_new(self):
        corp = self.place.connect(self.place.corp, hello=False)
        one = corp.connection
        for call in (one.ping, lambda: one.ask(client.CREDIT, {"window": 1},
                                               client.ERROR),
                     lambda: one.ack([{"seq": 1, "desk": CORP}]),
                     lambda: one.receipt_get([bytes(16)]),
                     lambda: one.put([(CORP, b"x", bytes(16))])):
            self.refused("no_session", call)
        one.prekey_get([TEAM])
        one.heads_get(1)
        one.dir_get()
        one.bye()

    def test_hello(self):
        corp = self.place.connect(self.place.corp, hello=False)
        one = corp.connection
        version = corp.directory.version

        def hello(desks, home=corp.home_id):
            return one.hello(home, desks, version)

        self.refused("desk_not_yours", hello, [TEAM])
        self.refused("desk_unknown", hello, [f"{paper.CORP}/west"])
        with self.assertRaises(SeinError):
            hello([CORP], bytes(16))
        hello([])
        welcome = hello([CORP])
        self.assertEqual(welcome["dir_version"], version)
        self.assertEqual(len(one.ping()), 2)
        one.bye()
        self.refused("no_session", one.ping)

    def test_revoked_retired_left(self):
        for field, word in (("revoked_at", "key_revoked"),
                            ("retired_at", "key_retired")):
            with self.subTest(field), live.Place() as place:
                place.connect(place.corp)
                place.connect(place.team)
                place.town.member(paper.CORP)["keys"][0][field] = \
                    place.clock.now_ms()
                place.publish()
                self.refused(word, place.corp.connection.ping)
                place.team.connection.ping()

    def test_left(self):
        corp, team = self.both()
        corp.publish_prekey(CORP)
        sent = self.send()
        got = team.read()
        team.connection.credit(0)
        waiting = self.send()
        team.send("schulden", TEAM, CORP, content.FEEDBACK,
                  {"at": team.clock(), "outcome": "contact"}, got.thread)
        self.place.town.member(paper.CORP)["left_at"] = \
            self.place.clock.now_ms()
        self.place.publish()
        corp.fetch_directory()
        team.fetch_directory()
        self.refused("member_left", self.send)
        self.assertEqual(corp.read().thread, sent.letter_id)
        self.assertEqual(corp.withdraw(CORP, waiting.letter_id), "ok")
        self.refused("member_left", team.answer_receipt, got)

    def test_expired_directory(self):
        corp, team = self.both()
        team.connection.credit(0)
        waiting = self.send()
        self.place.town.dir["expires"] = corp.clock() + names.HOUR_MS
        self.place.publish()
        corp.fetch_directory()
        self.place.clock.advance(hours=2)
        self.refused("directory_expired", corp.fetch_directory)
        corp.hello()
        self.assertEqual(self.put_word(self.draft()), "directory_expired")
        self.assertEqual(corp.withdraw(CORP, waiting.letter_id), "ok")


class Prekeys(Case):
    def word(self, one):
        return self.place.team.connection.prekey_put([one])[0].word

    def make(self, before=None, start=None, member=None, desk=TEAM, days=14):
        team = member or self.place.team
        start = start if start is not None else team.clock()
        return prekey.Prekey(desk, team.key_id, team.sign, start,
                             start + days * names.DAY_MS, before)

    def test_the_chain(self):
        team = self.place.connect(self.place.team)
        first = self.make()
        self.assertEqual(self.word(first), "ok")
        self.assertEqual(self.word(first), "duplicate")
        self.assertEqual(self.word(self.make()), "prekey_rolled_back")
        broken = self.make(self.make())
        self.assertNotEqual(self.word(broken), "ok")
        second = self.make(first)
        self.assertEqual(self.word(second), "ok")
        self.assertEqual(self.word(first), "duplicate")
        self.assertEqual(self.word(broken), "prekey_rolled_back")
        far = self.make(second, team.clock() + 31 * names.DAY_MS + 60_000)
        self.assertNotEqual(self.word(far), "ok")
        third = self.make(second)
        fourth = self.make(third, team.clock() + 30 * names.DAY_MS)
        # A gap is taken.
        self.assertEqual(self.word(fourth), "ok")
        self.assertEqual(self.word(third), "prekey_rolled_back")
        served = team.connection.prekey_get([TEAM])[0]["prekeys"]
        self.assertEqual([one["statement"] for one in served],
                         [one.statement for one in (fourth, second, first)])

    def test_refused_statements(self):
        self.place.connect(self.place.team)
        self.assertEqual(self.word(self.make(days=31)), "out_of_range")
        self.assertEqual(self.word(self.make(days=0)), "out_of_range")
        forged = self.make()
        forged.signature = bytes(64)
        self.assertEqual(self.word(forged), "signature_wrong")
        self.assertEqual(self.word(self.make(desk=CORP)), "desk_not_yours")
        self.assertEqual(self.word(self.make(member=self.place.corp)),
                         "desk_not_yours")

    def test_asking(self):
        corp = self.place.connect(self.place.corp)
        served = corp.connection.prekey_get([TEAM, CORP])
        self.assertEqual([one["desk"] for one in served], [TEAM, CORP])
        self.assertEqual(served[0]["last_read_at"], 0)
        self.assertEqual(served[0]["prekeys"], [])
        unknown = f"{paper.TEAM}/west"
        self.assertEqual(corp.connection.prekey_get([unknown]),
                         [{"desk": unknown, "last_read_at": 0,
                           "prekeys": []}])
        team = self.place.connect(self.place.team)
        team.publish_prekey(TEAM)
        _, read_at = corp.prekey_of(TEAM)
        self.assertLess(abs(read_at - corp.clock()), 60_000)


class Proofs(Case):
    def test_heads(self):
        corp, team = self.both()
        seen = [self.send() for _ in range(5)]
        for _ in seen:
            team.read()
        heads = corp.follow_heads()
        self.assertEqual([head["seq"] for head in heads],
                         list(range(1, len(heads) + 1)))
        self.assertGreaterEqual(len(heads), 6)
        self.assertEqual(corp.follow_heads(), [])
        self.send()
        self.assertEqual(len(corp.follow_heads()), 1)
        few = corp.connection.heads_get(2, 3)
        self.assertEqual([pack.decode(head)[2] for head, _ in few], [2, 3, 4])
        self.place.broker.kill()
        self.place.broker.start()
        self.place.connect(corp)
        self.send()
        self.assertEqual(len(corp.follow_heads()), 1)

    def test_receipts_later(self):
        corp, team = self.both()
        draft = self.draft()
        sealed = corp.put(draft)
        item = client.put_item(CORP, sealed)
        unknown = secrets.token_bytes(16)
        verdicts = corp.connection.receipt_get([draft.letter_id, unknown])
        self.assertEqual([one.word for one in verdicts], ["ok", "absent"])
        corp.check_receipt(verdicts[0], "letter", draft.letter_id, item)
        self.assertEqual(team.connection.receipt_get([draft.letter_id])[0]
                         .word, "absent")
        team.read()
        self.place.broker.restart()
        self.place.connect(corp)
        later = corp.connection.receipt_get([draft.letter_id])[0]
        corp.check_receipt(later, "letter", draft.letter_id, item)

    def test_nothing_accepted_is_lost(self):
        corp, team = self.both()
        sent = {self.send().letter_id for _ in range(20)}
        team.close()
        self.place.broker.kill()
        self.place.broker.start()
        self.place.connect(team)
        self.assertEqual({team.read().letter_id for _ in sent}, sent)


class Directories(Case):
    def test_chain(self):
        corp = self.place.connect(self.place.corp, hello=False)
        self.assertEqual(corp.directory.version, 1)
        for _ in range(3):
            self.place.town.dir["expires"] -= 1
            self.place.publish()
        corp.fetch_directory()
        self.assertEqual(corp.directory.version, 4)
        self.assertEqual(corp.connection.dir_get(2)[0],
                         corp.connection.dir_get(2)[0])
        self.refused("absent", corp.connection.dir_get, 5)
        with self.assertRaises(SeinError):
            corp.connection.ask(client.DIR_GET, {"version": 4, "offset":
                                                 1 << 22}, client.DIR_PART)

    def test_a_new_governance(self):
        """Who joins with an old invitation follows the chain."""
        invitation = self.place.invitation
        old = list(self.place.town.governors)
        self.place.town.governors = [crypto.SignKey() for _ in range(3)]
        self.place.town.write_governance()
        self.place.town.next(self.place.read)
        signed = self.place.town.sign(
            with_keys=old + self.place.town.governors)
        self.place.broker.publish(signed, "000002.dir")
        self.place.broker.reload()
        corp = self.place.corp
        corp.connect(invitation)
        self.assertEqual(corp.directory.version, 2)

    def test_both_refuse_the_same(self):
        for name, change in paper.INVALID.items():
            with self.subTest(name):
                copy = paper.Town.__new__(paper.Town)
                copy.__dict__.update(self.place.town.__dict__)
                copy.dir = pack.decode(pack.encode(
                    directory.DIR.write(copy.dir)))
                copy.unknown = {}
                copy.keys = {oin: paper.Key() for oin in (paper.CORP,
                                                         paper.TEAM)}
                for oin, key in copy.keys.items():
                    copy.member(oin)["keys"] = [key.entry()]
                copy.next(self.place.read)
                word = change(copy) or "directory_invalid"
                self.place.broker.publish(copy.sign(), "zz.dir")
                answer = self.place.broker.reload(check=None).json()
                got = answer["files"][-1]["code"]
                self.assertTrue(got == word or {got, word} <= OF_FORM
                                | {"directory_invalid"}, answer)
                self.assertEqual(answer["directory_version"], 1)

    def test_accept_rules(self):
        place, broker = self.place, self.place.broker

        def word(**how):
            broker.publish(place.town.sign(**how), "zz.dir")
            return broker.reload(check=None).json()["files"][-1]["code"]

        place.town.next(place.read)
        self.assertEqual(word(by=[0]), "directory_under_signed")
        place.town.dir["version"] = 3
        self.assertEqual(word(), "directory_chain_broken")
        place.town.dir["version"] = 2
        place.town.dir["prev"] = b"p" * 32
        self.assertEqual(word(), "directory_chain_broken")
        place.town.dir["version"], place.town.dir["prev"] = 1, bytes(32)
        place.town.dir["expires"] -= 1
        self.assertEqual(word(), "directory_rolled_back")
        self.assertEqual(broker.version(), 1)


class Hostile(Case):
    def setUp(self):
        super().setUp()
        self.both()
        self.wire = self.place.corp.connection

    def alive(self):
        self.assertIn("now", self.wire.ping())

    def test_unknown(self):
        frame = self.wire.frame
        for kind, word in ((0, "kind_unknown"), (7, "kind_unknown"),
                           (99, "kind_unknown"), (2 ** 32, "kind_unknown"),
                           (2, "kind_unknown"), (11, "kind_unknown"),
                           (19, "kind_unknown"), (23, "kind_unknown"),
                           (26, "kind_unknown"), (31, "kind_unknown"),
                           (33, "kind_unknown"), (35, "kind_unknown"),
                           (37, "kind_unknown")):
            with self.subTest(kind):
                self.refused(word, self.wire.ask_raw,
                             frame(kind, [], 7), req=7)
        for version in (0, 2, 2 ** 32):
            self.refused("version_unknown", self.wire.ask_raw,
                         frame(client.PING, {}, 8, version), req=8)
        self.alive()

    def test_truncated(self):
        whole = self.wire.frame(client.PREKEY_GET, [TEAM], 9)
        for length in range(1, len(whole)):
            self.refused("wire_malformed", self.wire.ask_raw, whole[:length])
        self.refused("wire_trailing", self.wire.ask_raw, whole + b"\0")
        self.alive()

    def test_not_a_frame(self):
        for text in ("c0", "90", "9101", "930101", "9501010190c0",
                     "dd10000000", "df10000000", "94cc01030190", "9401030191",
                     "94010301c0", "91" * 100, "c6ffffffff"):
            with self.subTest(text):
                with self.assertRaises(SeinError) as caught:
                    self.wire.ask_raw(bytes.fromhex(text))
                self.assertIn(caught.exception.word, OF_FORM)
        self.alive()

    def test_bad_bodies(self):
        frame = self.wire.frame
        desks = [TEAM] * 65
        bodies = ((client.PING, [1]), (client.HELLO, []),
                  (client.HELLO, [bytes(15), 1, False, []]),
                  (client.HELLO, [bytes(16), 1, 0, []]),
                  (client.HELLO, [b"h" * 16, 1, False, ["x"]]),
                  (client.HELLO, [b"h" * 16, 1, False, desks]),
                  (client.CREDIT, [1025]), (client.CREDIT, []),
                  (client.PUT, []), (client.PUT, [[CORP]]),
                  (client.PUT, [[CORP, b"x"]] * 257),
                  (client.WITHDRAW, [[CORP, bytes(16), bytes(15)]]),
                  (client.ACK, [[1, TEAM]]), (client.ACK, []),
                  (client.DIR_GET, [0]), (client.PREKEY_GET, []),
                  (client.PREKEY_GET, desks), (client.HEADS_GET, [1, 0]),
                  (client.HEADS_GET, [1, 257]),
                  (client.RECEIPT_GET, [[bytes(17)]]),
                  (client.PREKEY_PUT, [[b"x", bytes(63)]]))
        for kind, body in bodies:
            with self.subTest(kind=kind, body=str(body)[:50]):
                with self.assertRaises(SeinError) as caught:
                    self.wire.ask_raw(frame(kind, body, 11), req=11)
                self.assertIn(caught.exception.word, OF_FORM)
        self.alive()

    def test_several_parts(self):
        frame = self.wire.frame(client.PING, {}, 12)
        for parts in ((b"", frame), (frame, b""), (frame, frame),
                      (frame,) * 10):
            self.wire.send_raw(*parts)
        self.alive()
        self.assertNotIn(12, self.wire.answers)

    def test_empty(self):
        self.refused("wire_malformed", self.wire.ask_raw, b"")
        self.alive()

    def test_too_large(self):
        frame = self.wire.frame(client.PUT, [[CORP, bytes(262144)]], 13)
        self.wire.send_raw(frame)
        corp = self.place.connect(self.place.corp)
        corp.connection.ping()

    def test_largest(self):
        empty = self.wire.frame(client.PUT, [[CORP, bytes(65536)]], 14)
        frame = self.wire.frame(client.PUT, [[CORP, bytes(
            65536 + client.MESSAGE_MAX - len(empty))]], 14)
        self.assertEqual(len(frame), client.MESSAGE_MAX)
        self.wire.send_raw(frame)
        with self.assertRaises(SeinError) as caught:
            kind, fields = self.wire.answer(14)
            raise SeinError("unknown" if kind != client.CONFIRM
                            else "ok", str(fields))
        self.assertNotEqual(caught.exception.word, "unknown")
        self.alive()

    def test_silent_and_many(self):
        others = []
        for _ in range(30):
            one = self.place.new_member(paper.CORP, ["huur"])
            one.sign, one.curve = self.place.corp.sign, self.place.corp.curve
            others.append(one)
            one.connect(self.place.invitation)
        self.alive()
        for one in others:
            one.close()
        wait_for(lambda: self.place.broker.status()["sessions"] <= 2,
                 "the sessions to end")


if __name__ == "__main__":
    tap.main()
