#!/usr/bin/python3
# tests/run: limit=900 builds=test,san
"""The second implementation beside homes of `sein`: one governance, one broker,
and members of which some run our programs and some the one in Python, which was
written from PROTOCOL.md alone.

The Python member joins by its line, verifies the directory, publishes prekeys,
sends what `sein` reads, reads what `sein` sends, and verifies receipts, heads
and tree proofs (P7).  Each side refuses what the other must not get away with.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import live  # noqa: E402
import tap  # noqa: E402
from seinpy import content, crypto, directory, lines, member  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
from seinhuis import run  # noqa: E402
from town import NOORD, OINS, OPERATOR, ROLES, ZUID, Home, Town  # noqa: E402

CORP = OINS["corporatie"] + "/incasso"
SCHOOL = OINS["school"] + "/zorgteam"
ATTESTED = {"contact_tried": "2026-10-01", "help_pointed_out": "2026-10-02",
            "reminder_sent": "2026-10-03", "offer_made": "2026-10-04"}
# Every field of a signal but `replaces` and `shielded`.
EVERY_FIELD = ATTESTED | {
    "source_id": "HA-9", "kind": "huur", "urgency": 1, "informed": 2,
    "informed_reason": "Niet thuis getroffen", "informed_review": "2026-12-01",
    "postcode": "1506AB", "huisnummer": "118", "huisletter": "B",
    "huisnummertoevoeging": "2-hoog", "aanduiding": "to", "bsn": "999990019",
    "parent_bsn": "999990019", "birth_date": "1980-02-29", "name": "de Vries",
    "amount_cents": 123456, "since": "2026-08-01", "contact": "Jo, 075-1",
    "note": "Eerste regel\nÉén naïeve ✓"}


def arrears(source_id, **change):
    return ATTESTED | {"source_id": source_id, "kind": "huur", "informed": 1,
                       "postcode": "1506AB", "huisnummer": "12"} | change


def truancy(source_id, **change):
    return {"source_id": source_id, "kind": "verzuim", "informed": 1,
            "postcode": "1506AB", "huisnummer": "14"} | change


class Case(unittest.TestCase):
    """homes: who runs `sein`; guests: who runs the Python member."""

    homes = ()
    guests = ()

    def setUp(self):
        self.town = Town(tap.build, self.homes)
        self.addCleanup(self.town.close)
        for name in self.guests:
            one = live.guest(self.town, name, DESKS[name])
            setattr(self, name, one)
            self.addCleanup(one.close)
        live.arrive(self.town, *[getattr(self, name) for name in self.guests])
        for name in self.homes:
            setattr(self, name, self.town.home(name))

    def refused(self, word, function, *arguments, **named):
        with self.assertRaises(SeinError) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.word, word, str(caught.exception))

    def status_of(self, one, letter_id):
        """The next letter is a receipt about that one: its status."""
        got = one.read()
        self.assertEqual(got.kind, content.RECEIPT)
        self.assertEqual(got.content["letter_id"], letter_id)
        return got.content["status"]

    def nothing_more(self, one):
        self.refused("timeout", one.connection.take, 0.2)


DESKS = {"corporatie": ["incasso"], "school": ["zorgteam"],
         "wijkteam": ["noord", "zuid"]}


class PythonSends(Case):
    homes, guests = ("wijkteam",), ("corporatie", "school")

    def send(self, **change):
        return self.corporatie.send("schulden", CORP, NOORD, content.SIGNAL,
                                    EVERY_FIELD | change)

    def test_every_field_is_read(self):
        sent = self.send(shielded=True)
        inbox = self.wijkteam.inbox()
        [household] = inbox["households"]
        self.assertEqual(household["address"]["canonical"],
                         "1506AB/118/B2HOOG/to")
        [shown] = household["signals"]
        self.assertEqual(shown["letter_id"], sent.letter_id.hex())
        wanted = EVERY_FIELD | {"urgency": "threatening", "shielded": True,
                                "informed": "deferred"}
        for field in content.SIGNAL_MAP.fields:
            if field in shown["address"]:
                self.assertEqual(shown["address"][field], wanted[field])
            elif field != "replaces":
                self.assertEqual(shown[field], wanted[field], field)
        self.assertEqual((shown["from"], shown["to"], shown["circle"]),
                         (CORP, NOORD, "schulden"))
        self.assertEqual(inbox["quarantine"], [])

    def test_delivered_read_answered(self):
        sent = self.send()
        self.wijkteam.run("sync")
        self.assertEqual(self.status_of(self.corporatie, sent.letter_id),
                         content.RECEIVED)
        self.wijkteam.run("show", sent.letter_id.hex())
        self.assertEqual(self.status_of(self.corporatie, sent.letter_id),
                         content.READ)
        self.wijkteam.run("show", sent.letter_id.hex())
        self.wijkteam.run("feedback", sent.letter_id.hex(), "contact")
        got = self.corporatie.read()
        self.assertEqual((got.kind, got.thread, got.sender),
                         (content.FEEDBACK, sent.letter_id, NOORD))
        self.assertEqual(got.content["outcome"], "contact")
        self.corporatie.answer_receipt(got)
        self.wijkteam.run("sync")
        told = self.wijkteam.sent_by_id(got.letter_id.hex())
        self.assertEqual((told["what"], told["state"]),
                         ("feedback", "delivered"))
        self.nothing_more(self.corporatie)

    def test_corrected_closed_withdrawn(self):
        first = self.send()
        self.wijkteam.run("sync")
        second = self.corporatie.send(
            "schulden", CORP, NOORD, content.CORRECTION,
            EVERY_FIELD | {"note": "anders", "replaces": first.letter_id},
            first.letter_id)
        [household] = self.wijkteam.inbox()["households"]
        self.assertEqual([one["note"] for one in household["signals"]],
                         ["anders"])
        self.assertEqual(household["signals"][0]["corrects"],
                         first.letter_id.hex())
        self.corporatie.send("schulden", CORP, NOORD, content.CLOSING,
                             {"at": self.corporatie.clock(),
                              "letter_id": second.letter_id,
                              "reason": "betaald"}, first.letter_id)
        shown = self.wijkteam.signals()["HA-9"]
        self.assertEqual((shown["state"], shown["reason"]),
                         ("closed", "betaald"))
        self.corporatie.send("schulden", CORP, NOORD, content.WITHDRAWAL,
                             {"at": self.corporatie.clock(),
                              "letter_id": first.letter_id}, first.letter_id)
        self.assertEqual(self.wijkteam.inbox()["households"], [])
        statuses = []
        while content.ERASED not in statuses:
            statuses.append(self.corporatie.read().content["status"])
        self.nothing_more(self.corporatie)

    def test_messages_both_ways(self):
        sent = self.school.send("jeugd", SCHOOL, NOORD, content.SIGNAL,
                                truancy("S-1"))
        self.wijkteam.run("sync")
        self.school.read()
        self.wijkteam.run("reply", sent.letter_id.hex(), "Wie belt er?")
        got = self.school.read()
        self.assertEqual((got.kind, got.content["text"]),
                         (content.MESSAGE, "Wie belt er?"))
        self.school.send("jeugd", SCHOOL, NOORD, content.MESSAGE,
                         {"at": self.school.clock(), "text": "Wij wel."},
                         sent.letter_id)
        self.wijkteam.run("sync")
        thread = self.wijkteam.run("show", sent.letter_id.hex(),
                                   "--json").json()["letters"]
        self.assertEqual([one["what"] for one in thread],
                         ["signal", "message", "message"])
        texts = [one.get("text") for one in thread]
        self.assertEqual(texts, [None, "Wie belt er?", "Wij wel."])

    def test_many_arrive_once(self):
        sent = {self.send(source_id=f"N-{n}", huisnummer=str(n + 1)).letter_id
                for n in range(40)}
        inbox = self.wijkteam.inbox()
        got = [signal["letter_id"] for household in inbox["households"]
               for signal in household["signals"]]
        self.assertEqual(len(got), 40)
        self.assertEqual({bytes.fromhex(one) for one in got}, sent)
        statuses = {self.corporatie.read().content["letter_id"] for _ in sent}
        self.assertEqual(statuses, sent)


class PythonReads(Case):
    homes, guests = ("corporatie", "school"), ("wijkteam",)

    def test_every_field_is_read(self):
        text = {"urgency": "threatening", "informed": "deferred",
                "amount_cents": "123456", "to": NOORD, "shielded": "yes",
                "circle": "schulden"}
        # `sein` asks for names in a file only, and gives its own contact.
        fields = {name: value for name, value in (EVERY_FIELD | text).items()
                  if name not in ("name", "contact")}
        options = [part for name, value in fields.items()
                   for part in ("--" + name, value)]
        verdict = self.corporatie.run("signal", "--json", *options).json()
        got = self.wijkteam.read()
        self.assertEqual(got.letter_id.hex(), verdict["letter_id"])
        self.assertEqual((got.sender, got.header["to"], got.shown),
                         (CORP, NOORD, "genuine"))
        wanted = EVERY_FIELD | {"shielded": True, "replaces": bytes(16)}
        for field in content.SIGNAL_MAP.fields:
            if field in fields or field == "replaces":
                self.assertEqual(got.content[field], wanted[field], field)

    def test_the_states_that_the_sender_learns(self):
        self.corporatie.signal("HA-1", "huur", "1506AB", "12")
        self.assertEqual(self.corporatie.sent("HA-1")["state"], "accepted")
        got = self.wijkteam.read()
        for status, state in ((content.RECEIVED, "delivered"),
                              (content.READ, "read")):
            self.wijkteam.answer_receipt(got, status)
            self.assertEqual(self.corporatie.sent("HA-1")["state"], state)
        self.wijkteam.send("schulden", NOORD, CORP, content.FEEDBACK,
                           {"at": self.wijkteam.clock(), "outcome": "contact"},
                           got.thread)
        sent = self.corporatie.sent("HA-1")
        self.assertEqual((sent["state"], sent["outcome"]),
                         ("answered", "contact"))
        marks = [one["state"] for one in sent["states"]]
        self.assertEqual(marks, ["queued", "accepted", "delivered", "read",
                                 "answered"])
        answer = self.wijkteam.read()
        self.assertEqual(answer.content["status"], content.RECEIVED)

    def test_corrected_closed_withdrawn(self):
        self.corporatie.signal("HA-1", "huur", "1506AB", "12")
        first = self.wijkteam.read()
        self.corporatie.signal("HA-1", "huur", "1506AB", "12", "--note", "x")
        second = self.wijkteam.read()
        self.assertEqual((second.kind, second.thread),
                         (content.CORRECTION, first.letter_id))
        self.assertEqual(second.content["replaces"], first.letter_id)
        self.corporatie.run("close", "--circle", "schulden", "--source_id",
                            "HA-1", "--reason", "betaald")
        third = self.wijkteam.read()
        self.assertEqual((third.kind, third.content["reason"]),
                         (content.CLOSING, "betaald"))
        self.corporatie.run("withdraw", "--circle", "schulden", "--source_id",
                            "HA-1")
        endings = [self.wijkteam.read()]
        while endings[-1].content["letter_id"] != first.letter_id:
            endings.append(self.wijkteam.read())
        self.assertEqual({one.kind for one in endings}, {content.WITHDRAWAL})
        self.wijkteam.answer_receipt(first, content.ERASED)
        self.assertEqual(self.corporatie.sent_by_id(first.letter_id.hex())["state"],
                         "erased")

    def test_withdrawn_before_it_was_read(self):
        self.wijkteam.connection.credit(0)
        self.corporatie.signal("HA-1", "huur", "1506AB", "12")
        self.corporatie.run("withdraw", "--circle", "schulden", "--source_id",
                            "HA-1")
        self.assertEqual(self.town.broker.status()["waiting"], 0)
        self.wijkteam.connection.credit(8)
        self.nothing_more(self.wijkteam)

    def test_refused_by_python(self):
        """What the recipient refuses is told by the broker, with the reason."""
        self.corporatie.signal("HA-1", "huur", "1506AB", "12")
        delivery = self.wijkteam.connection.take()
        self.wijkteam.connection.ack([delivery], "content_invalid")
        sent = self.corporatie.sent("HA-1")
        self.assertEqual((sent["state"], sent["code"]),
                         ("refused", "content_invalid"))
        self.assertTrue(sent["reason"]["en"] and sent["mend"]["nl"])

    def test_desks_by_postcode(self):
        self.corporatie.signal("HA-1", "huur", "1506AB", "12")
        self.corporatie.signal("HA-2", "huur", "1799ZZ", "12")
        self.assertEqual([self.wijkteam.read().header["to"] for _ in range(2)],
                         [NOORD, ZUID])

    def test_messages_both_ways(self):
        self.school.signal("S-1", "verzuim", "1506AB", "12")
        got = self.wijkteam.read()
        self.wijkteam.send("jeugd", NOORD, SCHOOL, content.MESSAGE,
                           {"at": self.wijkteam.clock(), "text": "Wie belt?"},
                           got.thread)
        self.school.run("sync")
        shown = self.school.run("show", got.letter_id.hex(), "--json").json()
        self.assertEqual([one.get("text") for one in shown["letters"]],
                         [None, "Wie belt?"])
        self.school.run("reply", got.letter_id.hex(), "Wij.")
        received, message = self.wijkteam.read(), self.wijkteam.read()
        self.assertEqual(received.content["status"], content.RECEIVED)
        self.assertEqual(message.content["text"], "Wij.")


# ---- joining and the directory --------------------------------------------------


class Joining(Case):
    homes = ("wijkteam",)

    def setUp(self):
        super().setUp()
        self.one = member.Member(OINS["corporatie"], "corporatie", ["incasso"],
                                 self.town.clock.now_ms)
        self.addCleanup(self.one.close)

    def connect(self, line=None):
        self.one.close()
        self.one.connect(line or live.invitation(self.town))

    def test_by_its_line(self):
        """People compare the fingerprint; a typing error is seen."""
        line = self.one.join_line()
        shown = directory.readable(self.one.key_id)
        wrong = "0000" + shown[4:] if shown[:4] != "0000" else "1111"
        self.town.govern("admit", line, "--fingerprint", wrong,
                         *ROLES["corporatie"], check={1, 65, 77})
        self.town.govern("admit", line[:-1] + ("0" if line[-1] != "0" else "1"),
                         "--fingerprint", shown, *ROLES["corporatie"],
                         check={1, 65, 77})
        live.admit(self.town, self.one, ROLES["corporatie"])
        with self.assertRaises(SeinError) as caught:
            self.connect()
        self.assertEqual(caught.exception.word, "not_admitted")
        self.town.sign_and_publish()
        self.connect()
        # What the broker handed out is what the governance signed.
        with open(self.town.signed_files()[-1], "rb") as file:
            self.assertEqual(self.one.directory.signed_bytes, file.read())
        said = self.town.govern("fingerprint", "--quiet").out.strip()
        governance = self.one.directory.dir["governance"]
        self.assertEqual(directory.fingerprint(governance).hex(), said)
        entry, key = self.one.directory.key(self.one.key_id)
        self.assertEqual((entry["oin"], key["desks"]),
                         (self.one.oin, ["incasso"]))

    def test_lines_of_our_programs(self):
        """Its reader takes what they write."""
        line = live.invitation(self.town)
        invitation = lines.read_invitation(line)
        self.assertEqual(invitation["endpoint"], self.town.broker.endpoint)
        read = lines.read_broker(self.town.broker.line.splitlines()[-1])
        self.assertEqual((read["curve"], read["operator"]),
                         (invitation["curve"], OPERATOR))
        asked = lines.read_join(self.town.join_lines["wijkteam"]["request"])
        self.assertEqual(asked["oin"], OINS["wijkteam"])
        self.assertEqual(
            directory.readable(directory.key_id(asked["sign"],
                                                asked["curve"])),
            self.town.join_lines["wijkteam"]["fingerprint"])

    def test_another_trust_root(self):
        live.admit(self.town, self.one, ROLES["corporatie"])
        self.town.sign_and_publish()
        good = lines.read_invitation(live.invitation(self.town))
        line = lines.write_invitation(good["endpoint"], good["curve"],
                                      bytes(32))
        self.refused("fingerprint_differs", self.connect, line)
        self.assertIsNone(self.one.directory)
        stranger = Home(self.town, "vreemd").init(OINS["corporatie"])
        stranger.join(line)
        said = stranger.run("sync", check=None)
        self.assertNotEqual(said.status, 0)

    def test_every_version_is_followed(self):
        """Also across a change of the governance, from an old invitation, by
        the Python member and by a home alike."""
        line = live.invitation(self.town)
        home = Home(self.town, "school").init()
        live.admit(self.town, self.one, ROLES["corporatie"])
        self.town.admit("school", home)
        self.town.sign_and_publish()
        late = Home(self.town, "jeugdhulp").init()
        self.town.admit("jeugdhulp", late)
        guest = live.guest(self.town, "energie", ["incasso"])
        self.addCleanup(guest.close)
        self.town.sign_and_publish()
        self.connect(line)
        home.run("sync")
        keys = [self.town.path(f"{name}.key") for name in ("bob", "cor")]
        for key, name in zip(keys, ("Bob", "Cor")):
            made = run([self.town.program("sein"), "directory", "keygen", key,
                        "--name", name, "--quiet"], self.town.env())
            self.town.govern("governor", name, "--pk", made.out.strip(),
                             "--threshold", "2")
        for days in (40, 41):
            self.town.sign(days)
            for key in keys:
                self.town.govern("sign", "--key", key)
        self.town.publish()
        newest = self.town.broker.version()
        for one in (self.one, guest):
            one.close()
            one.connect(line)
            self.assertEqual(one.directory.version, newest)
            self.assertEqual(one.directory.dir["governance"]["threshold"], 2)
        for one in (home, late):
            one.run("sync")
            status = one.run("status", "--json").json()
            self.assertEqual(status["directory"]["version"], newest)

    def test_what_is_not_accepted(self):
        """Every way in which the next version can be wrong is refused by the
        Python member, starting from what the programs signed."""
        live.admit(self.town, self.one, ROLES["corporatie"])
        self.town.sign_and_publish()
        self.connect()
        known = self.one.directory
        self.town.sign(44)
        with open(self.town.signed_files()[-1], "rb") as file:
            signed = file.read()
        directory.follow(known, signed)
        fields = directory.SIGNED.decode(signed)

        def follow(**change):
            return directory.follow(known, directory.SIGNED.encode(
                fields | change))

        self.refused("wire_malformed", follow, signatures=[])
        self.refused("directory_under_signed", follow,
                     dir=fields["dir"].replace(b"Incasso", b"Incassa"))
        other = crypto.SignKey()
        by_other = {"governor": other.public,
                    "signature": other.sign("dir", fields["dir"])}
        self.refused("directory_under_signed", follow, signatures=[by_other])
        follow(signatures=sorted(fields["signatures"] + [by_other],
                                 key=lambda one: one["governor"]))
        self.refused("directory_rolled_back", directory.follow,
                     directory.follow(known, signed), known.signed_bytes)


if __name__ == "__main__":
    tap.main()
