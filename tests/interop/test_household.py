#!/usr/bin/python3
# tests/run: builds=test
"""What the second implementation computes of households, against the published
vectors and against itself: the group, the function, the shared key, the keys of
a household, deposits, and what an asker and a holder refuse.
"""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import paper  # noqa: E402
import tap  # noqa: E402
from seinpy import (crypto, directory, evaluation, household, letter,  # noqa: E402
                    names, oprf, presence)
from seinpy import ristretto as group  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402


def vectors(name):
    path = os.path.join(tap.ROOT, "tests", "vectors", name)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def unhex(text):
    return [bytes.fromhex(part) for part in text.split(",")]


class Case(unittest.TestCase):
    def refused(self, word, function, *arguments, **named):
        with self.assertRaises(SeinError) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.word, word, str(caught.exception))


class Group(Case):
    def test_constants(self):
        self.assertEqual(group.SQRT_M1 ** 2 % group.P, group.P - 1)
        self.assertEqual(group.SQRT_AD_MINUS_ONE ** 2 % group.P,
                         (-group.D - 1) % group.P)
        self.assertEqual(group.INVSQRT_A_MINUS_D ** 2 * (-1 - group.D)
                         % group.P, 1)

    def test_multiples(self):
        """RFC 9496 appendix A.1, the first; and the laws."""
        self.assertEqual((2 * group.GENERATOR).encode().hex(),
                         "6a493210f7499cd17fecb510ae0cea23"
                         "a110e8d5b901f8acadd3095c73a3b919")
        one, two = group.random_scalar(), group.random_scalar()
        point = one * group.GENERATOR
        self.assertEqual(two * point, (one * two) * group.GENERATOR)
        self.assertEqual(point + two * group.GENERATOR,
                         (one + two) * group.GENERATOR)
        self.assertEqual(group.Point.decode(point.encode()), point)
        self.assertEqual(point - point, group.IDENTITY)
        self.assertEqual(group.ORDER * point, group.IDENTITY)
        self.assertNotEqual(point, 2 * point)

    def test_refused(self):
        for data in (bytes(32), b"\1" + bytes(31), b"\xff" * 32,
                     b"\xed" + b"\xff" * 30 + b"\x7f",
                     b"\xec" + b"\xff" * 30 + b"\x7f", b"\2" * 31,
                     group.GENERATOR.encode() + b"\0"):
            self.refused("point_refused", group.Point.decode, data)
        # Of the even numbers about half are no element.
        taken = 0
        for number in range(2, 130, 2):
            try:
                point = group.Point.decode(number.to_bytes(32, "little"))
                self.assertEqual(point.encode(), number.to_bytes(32, "little"))
                taken += 1
            except SeinError:
                continue
        self.assertTrue(8 < taken < 56, taken)
        for value in (0, group.ORDER, 2 ** 256 - 1):
            self.refused("scalar_refused", group.read_scalar,
                         value.to_bytes(32, "little"))

    def test_expand_message(self):
        found = vectors("rfc9380-expand-xmd-sha512.json")
        for row in found["tests"]:
            length = int(row["len_in_bytes"], 16)
            self.assertEqual(group.expand_message_xmd(
                row["msg"].encode(), found["DST"].encode(), length).hex(),
                row["uniform_bytes"])
        self.assertGreater(len(found["tests"]), 5)


class Function(Case):
    def test_rfc9497(self):
        [suite] = [one for one in vectors("rfc9497-ristretto255.json")["suites"]
                   if one["mode"] == 1]
        secret = oprf.derive_key(bytes.fromhex(suite["seed"]),
                                 bytes.fromhex(suite["keyInfo"]))
        public = secret * group.GENERATOR
        self.assertEqual(group.write_scalar(secret).hex(), suite["skSm"])
        self.assertEqual(public.encode().hex(), suite["pkSm"])
        self.assertEqual(len(suite["vectors"]), 3)
        for row in suite["vectors"]:
            inputs = unhex(row["Input"])
            blinds = [group.read_scalar(one) for one in unhex(row["Blind"])]
            blinded = [oprf.blind(*pair)[1] for pair in zip(inputs, blinds)]
            evaluated = oprf.evaluate(secret, blinded)
            self.assertEqual([one.encode() for one in blinded],
                             unhex(row["BlindedElement"]))
            self.assertEqual([one.encode() for one in evaluated],
                             unhex(row["EvaluationElement"]))
            proof = oprf.prove(secret, public, blinded, evaluated,
                               group.read_scalar(bytes.fromhex(
                                   row["Proof"]["r"])))
            self.assertEqual(proof.hex(), row["Proof"]["proof"])
            oprf.verify(public, blinded, evaluated, proof)
            outputs = [oprf.finalize(*one) for one in zip(inputs, blinds,
                                                          evaluated)]
            self.assertEqual(outputs, unhex(row["Output"]))
            self.assertEqual(outputs, [oprf.output(secret, data)
                                       for data in inputs])

    def test_proofs_that_do_not_hold(self):
        secret = group.random_scalar()
        public, other = secret * group.GENERATOR, 2 * group.GENERATOR
        blinded = [oprf.blind(b"one")[1], oprf.blind(b"two")[1]]
        made = oprf.evaluate(secret, blinded)
        proof = oprf.prove(secret, public, blinded, made)
        oprf.verify(public, blinded, made, proof)
        late = (int.from_bytes(proof[32:], "little")
                + group.ORDER).to_bytes(32, "little")
        for arguments in ((other, blinded, made, proof),
                          (public, blinded[::-1], made, proof),
                          (public, blinded, made[::-1], proof),
                          (public, blinded[:1], made[:1], proof),
                          (public, blinded, made[:1], proof),
                          (public, [], [], proof),
                          (public, blinded, made, proof[:63]),
                          (public, blinded, made, proof[32:] + proof[:32]),
                          (public, blinded, made, proof[:32] + late)):
            self.refused("proof_wrong", oprf.verify, *arguments)

    def test_rfc9591_sharing(self):
        inputs = vectors("rfc9591-frost-ristretto255.json")["inputs"]
        coefficients = [group.read_scalar(bytes.fromhex(text)) for text in
                        [inputs["group_secret_key"],
                         *inputs["share_polynomial_coefficients"]]]
        commitments = [one * group.GENERATOR for one in coefficients]
        self.assertEqual(commitments[0].encode().hex(),
                         inputs["group_public_key"])
        shares = {one["identifier"]: group.read_scalar(bytes.fromhex(
            one["participant_share"])) for one in inputs["participant_shares"]}
        element = oprf.blind(b"element")[1]
        for index, share in shares.items():
            self.assertEqual(share * group.GENERATOR,
                             oprf.share_public(commitments, index))
        for pair in ((1, 2), (1, 3), (2, 3)):
            self.assertEqual(
                oprf.combine({i: shares[i] * element for i in pair}, 2),
                coefficients[0] * element)

    def test_cocktail_sharing(self):
        for vector in vectors("cocktail-dkg-ristretto255-sha512.json")[
                "vectors"]:
            t = vector["t"]
            sums = [group.IDENTITY] * t
            for row in vector["round1"]:
                for at, text in enumerate(row["vss_commitment"]):
                    sums[at] = sums[at] + group.Point.decode(
                        bytes.fromhex(text))
            self.assertEqual(sums[0].encode().hex(),
                             vector["group_public_key"])
            for row in vector["round2"]:
                public = oprf.share_public(sums, row["participant_id"])
                self.assertEqual(public.encode().hex(),
                                 row["verification_share"])
                self.assertEqual(group.read_scalar(bytes.fromhex(
                    row["secret_share"])) * group.GENERATOR, public)

    def test_any_t_of_n(self):
        secret = group.random_scalar()
        commitments, shares = oprf.deal(secret, 3, 5)
        element = oprf.blind(b"element")[1]
        parts = {index: share * element for index, share in shares.items()}
        for gone in range(1, 6):
            self.assertEqual(oprf.combine({i: part for i, part in parts.items()
                                           if i != gone}, 3), secret * element)
            self.assertEqual(shares[gone] * group.GENERATOR,
                             oprf.share_public(commitments, gone))
        self.refused("shares_too_few", oprf.combine, {1: parts[1],
                                                      4: parts[4]}, 3)


class Household(Case):
    def test_keys(self):
        rows = vectors("household.json")["keys"]
        self.assertGreater(len(rows), 1)
        for row in rows:
            keys = household.Keys(bytes.fromhex(row["output"]), row["circle"],
                                  row["epoch"])
            self.assertEqual((keys.tag.hex(), keys.kp.hex(), keys.ki.hex()),
                             (row["tag"], row["presence"], row["intro-psk"]))

    def test_packs(self):
        for row in vectors("household.json")["packs"]:
            pepper = bytes.fromhex(row["pepper"])
            self.assertEqual(household.pepper_check(
                pepper, row["circle"], row["epoch"]).hex(),
                row["pepper_check"])
            self.assertEqual(household.mark(pepper, row["institution"]).hex(),
                             row["mark"])

    def test_threads(self):
        for row in vectors("household.json")["threads"]:
            keys = household.Keys(bytes(64), "jeugd", 1)
            keys.ki = bytes.fromhex(row["intro-psk"])
            for one, other in ((row["a"], row["b"]), (row["b"], row["a"])):
                self.assertEqual(keys.pair_thread(one, other).hex(),
                                 row["thread"])

    def test_input_says_what_it_is_for(self):
        made = {household.oprf_input(*arguments) for arguments in (
            (b"p" * 32, "jeugd", 1, 1, "1506AB/12//"),
            (b"q" * 32, "jeugd", 1, 1, "1506AB/12//"),
            (b"p" * 32, "jeug", 1, 1, "1506AB/12//"),
            (b"p" * 32, "jeugd", 2, 1, "1506AB/12//"),
            (b"p" * 32, "jeugd", 1, 3, "1506AB/12//"),
            (b"p" * 32, "jeugd", 1, 1, "1506AB/12/A/"))}
        self.assertEqual(len(made), 6)
        self.assertEqual({len(one) for one in made}, {64})


# ---- deposits, requests and packs in the town on paper -----------------------------


class Paper(Case):
    """Circle schulden has epoch 3 of two holders, whose shares the test
    dealt; CORP is introduced, TEAM the steward."""

    def setUp(self):
        self.place = paper.Town()
        for oin, roles in ((paper.CORP, directory.INTRODUCED),
                           (paper.TEAM, directory.INTRODUCED
                            | directory.STEWARD)):
            self.place.member(oin)["desks"][0]["roles"][0]["roles"] = roles
        entry = paper.with_epoch(self.place)
        commitments, self.shares = oprf.deal(group.random_scalar(), 2, 2)
        self.pepper = b"p" * 32
        entry["pepper_check"] = household.pepper_check(self.pepper, "schulden",
                                                       3)
        paper.sign_record(self.place, entry,
                          commitments=[one.encode() for one in commitments])
        self.known = self.place.read()
        self.epoch = evaluation.Epoch(entry["record"])
        self.corp = self.place.keys[paper.CORP]


class Deposits(Paper):
    def setUp(self):
        super().setUp()
        self.keys = household.Keys(b"y" * 64, "schulden", 3)

    def draft(self, **options):
        return presence.Draft(self.known, self.keys, paper.DESK_CORP,
                              self.corp.id, presence.ADDRESS, paper.NOW,
                              paper.NOW + 30 * names.DAY_MS, **options)

    def read(self, data, keys=None):
        return presence.read_deposit(data, keys or self.keys, self.known,
                                     paper.NOW)

    def test_there(self):
        draft = self.draft(label="onderwijs")
        other = self.read(draft.seal(self.corp.sign))
        self.assertEqual(other.note["label"], "onderwijs")
        self.assertEqual(other.core["desk"], paper.DESK_CORP)
        self.assertEqual(other.core["presence_id"], draft.presence_id)

    def test_a_tag_is_in_no_part_of_it(self):
        self.assertNotIn(self.keys.tag, self.draft().seal(self.corp.sign))

    def test_of_another_household(self):
        stranger = household.Keys(b"z" * 64, "schulden", 3)
        self.refused("presence_not_ours", self.read,
                     self.draft().seal(self.corp.sign), stranger)
        # Somebody with the keys of that household but another tag.
        stranger.kp = self.keys.kp
        self.refused("signature_wrong", self.read,
                     self.draft().seal(self.corp.sign), stranger)

    def test_contradictions(self):
        for part, change in (
                ("note", {"presence_id": b"o" * 16}), ("note", {"link": 2}),
                ("note", {"expires": 1}), ("core", {"note_hash": b"h" * 32}),
                ("core", {"org": paper.TEAM}),
                ("core", {"created": paper.NOW + 60 * names.DAY_MS})):
            draft = self.draft()
            getattr(draft, part).update(change)
            with self.subTest(str(change)):
                self.refused("deposit_contradicts", self.read,
                             draft.seal(self.corp.sign))

    def test_by_others(self):
        team = self.place.keys[paper.TEAM]
        self.refused("signature_wrong", self.read,
                     self.draft().seal(team.sign))
        draft = self.draft()
        draft.core.update(desk=paper.DESK_TEAM, org=paper.TEAM)
        self.refused("desk_not_yours", self.read, draft.seal(self.corp.sign))
        draft = self.draft()
        draft.core["key_id"] = b"k" * 16
        self.refused("key_unknown", self.read, draft.seal(self.corp.sign))
        draft.core["dir_version"] = 2
        self.refused("directory_newer_known", self.read,
                     draft.seal(self.corp.sign))

    def test_by_whom_may_not(self):
        data = self.draft().seal(self.corp.sign)
        role = self.place.member(paper.CORP)["desks"][0]["roles"][0]
        for word, change in (("link_not_allowed", {"links": 2}),
                             ("role_missing", {"roles": directory.SIGNAL})):
            role.update(change)
            self.known = self.place.read()
            self.refused(word, self.read, data)

    def test_changed_bytes(self):
        data = self.draft(label="zorg").seal(self.corp.sign)
        for at in range(len(data)):
            changed = bytearray(data)
            changed[at] ^= 1
            with self.assertRaises(SeinError):
                self.read(bytes(changed))

    def test_sizes(self):
        """The largest that there can be still fits."""
        draft = self.draft(label="l" * 64)
        draft.note["epoch"] = draft.core["epoch"] = 2 ** 32 - 1
        draft.keys.epoch = 2 ** 32 - 1
        draft.core["desk"] = f"{paper.CORP}/{'d' * 32}"
        for part in (draft.note, draft.core):
            part["circle"] = "c" * 32
        self.assertLessEqual(len(draft.seal(self.corp.sign)),
                             presence.DEPOSIT_MAX)


class Asking(Paper):
    def setUp(self):
        super().setUp()
        self.items = [evaluation.Item(household.ADDRESS, f"1506AB/{n}//",
                                      bytes([n]) * 16) for n in (1, 2)]
        self.holders = {
            index: evaluation.Holder(desk, index, self.shares[index],
                                     self.place.keys[names.oin_of(desk)].sign)
            for index, desk in self.epoch.holders.items()}
        self.asker = evaluation.Asker(self.epoch, self.pepper, self.items)

    def request(self, index=1, **change):
        data = self.asker.request(index, paper.DESK_CORP, self.corp.id,
                                  self.known.version, paper.NOW, b"a" * 16)
        if change:
            data = evaluation.REQUEST.encode(
                evaluation.REQUEST.decode(data) | change)
        return data, self.corp.sign.sign("eval-req", data)

    def answer(self, index, request, signature, now=paper.NOW):
        return self.holders[index].answer(request, signature, self.known, now)

    def take(self, index, request, reply, signature):
        self.asker.take(index, request, reply, signature, self.known,
                        paper.NOW)

    def test_everybody_gets_the_same_keys(self):
        made = []
        for _ in range(2):
            self.asker = evaluation.Asker(self.epoch, self.pepper, self.items)
            for index in self.holders:
                request, signature = self.request(index)
                self.take(index, request, *self.answer(index, request,
                                                       signature))
            self.assertTrue(self.asker.done)
            made.append([(one.tag, one.kp, one.ki)
                         for one in self.asker.finish()])
        self.assertEqual(made[0], made[1])
        self.assertEqual(len({part for one in made[0] for part in one}), 6)

    def test_one_is_not_enough(self):
        request, signature = self.request()
        self.take(1, request, *self.answer(1, request, signature))
        self.assertFalse(self.asker.done)
        self.refused("shares_too_few", self.asker.finish)

    def test_the_same_bytes_again(self):
        request, signature = self.request()
        first = self.answer(1, request, signature)
        self.assertEqual(self.answer(1, request, signature), first)
        self.assertNotEqual(self.answer(1, *self.request()), first)

    def test_what_a_holder_refuses(self):
        for word, change in (
                ("content_invalid", {"holder": self.epoch.holders[2]}),
                ("content_invalid", {"ids": [b"i" * 16]}),
                ("key_unknown", {"key_id": b"k" * 16}),
                ("directory_newer_known", {"dir_version": 2}),
                ("desk_not_yours", {"desk": paper.DESK_TEAM}),
                ("circle_unknown", {"circle": "geen"}),
                ("clock_differs", {"ts": paper.NOW + 120_001}),
                ("clock_differs", {"ts": paper.NOW - 120_001}),
                ("point_refused", {"blinded": [bytes(32)] * 2})):
            request, signature = self.request(**change)
            with self.subTest(str(change)):
                reply = self.answer(1, request, signature)
                self.refused(word, self.take, 1, request, *reply)
        request, signature = self.request()
        self.refused("signature_wrong", self.take, 1, request,
                     *self.answer(1, request, signature[:63] + b"\0"))

    def test_lies(self):
        """What does not hold tells of the holder, whatever it is."""
        holder = self.holders[1]
        request, signature = self.request()
        reply, signed = self.answer(1, request, signature)
        blinded = self.asker.blinded
        fields = evaluation.REPLY.decode(reply)

        def lie(word, key=holder.sign, **change):
            data = evaluation.REPLY.encode(fields | change)
            self.refused(word, self.take, 1, request, data,
                         key.sign("eval-resp", data))

        other = group.random_scalar()
        wrong = oprf.evaluate(other, blinded)
        lie("proof_wrong", evaluated=[one.encode() for one in wrong],
            proof=oprf.prove(other, other * group.GENERATOR, blinded, wrong))
        lie("proof_wrong", proof=bytes(64))
        lie("proof_wrong", proof=b"")
        lie("proof_wrong", evaluated=[blinded[0].encode()] * 2)
        lie("keyholder_wrong", index=2)
        lie("keyholder_wrong", evaluated=fields["evaluated"][:1])
        lie("keyholder_wrong", evaluated=[bytes(32)] * 2)
        lie("keyholder_wrong", req_id=b"r" * 16)
        lie("keyholder_wrong", request=b"h" * 32)
        lie("keyholder_wrong", key=self.holders[2].sign)
        self.refused("keyholder_wrong", self.take, 1, request, b"\x90",
                     holder.sign.sign("eval-resp", b"\x90"))
        self.assertEqual(self.asker.parts, {})
        self.take(1, request, reply, signed)


class Packs(Paper):
    def write(self, key=None, **change):
        team = self.place.keys[paper.TEAM]
        return household.write_pack(
            {"v": 1, "circle": "schulden", "epoch": 3, "pepper": self.pepper,
             "marks": [b"a" * 16, b"b" * 16], "desk": paper.DESK_TEAM,
             "key_id": team.id, "made_at": paper.NOW} | change,
            (key or team).sign)

    def read(self, data):
        return household.read_pack(data, self.known, paper.NOW)

    def test_there(self):
        self.assertEqual(self.read(self.write())["pepper"], self.pepper)

    def test_refused(self):
        self.refused("signature_wrong", self.read, self.write(self.corp))
        for word, change in (
                ("pepper_differs", {"pepper": b"q" * 32}),
                ("epoch_not_open", {"epoch": 4}),
                ("circle_unknown", {"circle": "geen"}),
                ("key_unknown", {"key_id": b"k" * 16}),
                ("desk_not_yours", {"desk": paper.DESK_CORP}),
                ("wire_not_canonical", {"marks": [b"b" * 16, b"a" * 16]}),
                ("wire_not_canonical", {"marks": [b"a" * 16] * 2})):
            with self.subTest(str(change)):
                self.refused(word, self.read, self.write(**change))
        self.refused("role_missing", self.read, self.write(
            self.corp, key_id=self.corp.id, desk=paper.DESK_CORP))


class Psk(Case):
    def test_hints_and_ids_differ(self):
        keys = household.Keys(b"y" * 64, "jeugd", 1)
        one = letter.PskKey(keys.ki, keys.tag, "jeugd", 1)
        self.assertEqual(one.psk_id, crypto.sha256(
            b"seinhuis/1/psk" + keys.tag + b"\0\5jeugd" + b"\0\0\0\1"))
        self.assertNotEqual(one, letter.PskKey(keys.ki, keys.tag, "jeugd", 2))
        self.assertEqual(len({one.hint(bytes([n]) * 16) for n in range(5)}), 5)


if __name__ == "__main__":
    tap.main()
