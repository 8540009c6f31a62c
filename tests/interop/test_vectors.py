#!/usr/bin/python3
# tests/run: builds=test
"""The second implementation against the published vectors and against itself:
what its decoders must refuse, and letters, lines, directories and receipts."""

import base64
import json
import os
import sys
import unittest

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from seinpy import content, crypto, directory, handle, letter  # noqa: E402
from seinpy import lines, names, pack, prekey, receipt  # noqa: E402
from seinpy.errors import SeinError  # noqa: E402
import paper  # noqa: E402

settings.register_profile("house", deadline=None, database=None,
                          derandomize=True, max_examples=150)
settings.load_profile("house")


def vectors(name):
    path = os.path.join(tap.ROOT, "tests", "vectors", name)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


class Case(unittest.TestCase):
    def refused(self, word, function, *arguments, **named):
        with self.assertRaises(SeinError) as caught:
            function(*arguments, **named)
        self.assertEqual(caught.exception.word, word, str(caught.exception))


# ---- section 2 ------------------------------------------------------------------

values = st.recursive(
    st.one_of(st.booleans(), st.integers(0, pack.UINT_MAX),
              st.binary(max_size=300), st.text(max_size=70)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=20),
        st.dictionaries(st.text(max_size=5), inner, max_size=18)),
    max_leaves=25)


def depth(value):
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return 0
    return 1 + max((depth(one) for one in value), default=0)


shallow = values.filter(lambda value: depth(value) <= pack.DEPTH_MAX)


class Encoding(Case):
    @given(shallow)
    def test_there_and_back(self, value):
        self.assertEqual(pack.decode(pack.encode(value)), value)

    @given(shallow)
    def test_truncated(self, value):
        data = pack.encode(value)
        for length in range(len(data)):
            self.refused("wire_malformed", pack.decode, data[:length])

    @given(shallow, st.binary(min_size=1, max_size=3))
    def test_trailing(self, value, more):
        self.refused("wire_trailing", pack.decode, pack.encode(value) + more)

    @given(shallow, st.data())
    def test_mutated(self, value, data):
        """What decodes after a change is the one encoding of another value."""
        packed = bytearray(pack.encode(value))
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at] ^= data.draw(st.integers(1, 255))
        try:
            other = pack.decode(packed)
        except SeinError:
            return
        self.assertEqual(pack.encode(other), bytes(packed))
        self.assertNotEqual(pack.encode(value), bytes(packed))

    def test_not_canonical(self):
        for text in ("cc01", "cd00ff", "ce0000ffff", "cf00000000ffffffff",
                     "d90161", "da000161", "db0000000161", "c5000161",
                     "c60000000161", "dc000101", "dd0000000101", "de0001a16101",
                     "df00000001a16101", "82a16201a16101", "82a16101a16102",
                     "82a16201a2616101"):
            with self.subTest(text):
                self.refused("wire_not_canonical", pack.decode,
                             bytes.fromhex(text))

    def test_types(self):
        for text in ("c0", "ff", "e0", "d0ff", "d1ffff", "d2ffffffff",
                     "d3ffffffffffffffff", "ca00000000", "cb0000000000000000",
                     "d40000", "d6ff00000000", "c70000", "c1", "a1ff",
                     "a3eda080", "a2c080", "8101a0", "81c4016101", "81c301",
                     "819001"):
            with self.subTest(text):
                self.refused("wire_malformed", pack.decode,
                             bytes.fromhex(text))

    def test_depth(self):
        self.assertEqual(depth(pack.decode(bytes([0x91] * 7 + [0x90]))), 8)
        self.refused("wire_depth", pack.decode, bytes([0x91] * 8 + [0x90]))
        pack.decode(bytes([0x91] * 8 + [0x01]))
        self.refused("wire_malformed", pack.decode, bytes([0x91] * 5000))

    def test_large_counts(self):
        for text in ("dd10000000", "df10000000", "dc1000", "c6ffffffff",
                     "dbffffffff", "c9ffffffff00", "ddffffffff01"):
            self.refused("wire_malformed", pack.decode, bytes.fromhex(text))

    def test_layouts(self):
        layout = pack.Map(a=pack.Opt(pack.Uint()), b=pack.fixed(2))
        self.assertEqual(layout.encode({"a": 0, "b": b"xy"}),
                         bytes.fromhex("81a162c4027879"))
        self.assertEqual(layout.decode(bytes.fromhex("81a162c4027879")),
                         {"a": 0, "b": b"xy"})
        for text, word in (
                ("82a16100a162c4027879", "wire_not_canonical"),
                ("80", "wire_malformed"), ("81a16101", "wire_malformed"),
                ("82a162c4027879a16301", "wire_malformed"),
                ("81a162c40178", "wire_malformed"),
                ("81a162a27879", "wire_malformed"),
                ("82a161c3a162c4027879", "wire_malformed")):
            with self.subTest(text):
                self.refused(word, layout.decode, bytes.fromhex(text))
        row = pack.Array(a=pack.Uint(), b=pack.Bool())
        self.assertEqual(row.decode(bytes.fromhex("9201c2")),
                         {"a": 1, "b": False})
        for text in ("9101", "9301c200", "92c201", "9201c0", "8101c2"):
            self.refused("wire_malformed", row.decode, bytes.fromhex(text))


# ---- sections 1, 5, RFC 5869, RFC 9180 ---------------------------------------------


class Crypto(Case):
    def test_hkdf(self):
        for case in vectors("rfc5869-sha256.json")["cases"]:
            read = {key: bytes.fromhex(case[key])
                    for key in ("ikm", "salt", "info", "prk", "okm")}
            prk = crypto.hkdf_extract(read["salt"], read["ikm"])
            self.assertEqual(prk, read["prk"])
            self.assertEqual(crypto.hkdf_expand(prk, read["info"],
                                                len(read["okm"])), read["okm"])

    def test_hpke(self):
        ran = 0
        for suite in vectors("rfc9180-x25519-sha256-chacha.json")["suites"]:
            mode = int(suite["mode"])
            if mode in (crypto.BASE, crypto.PSK):
                self.check_suite(mode, suite)
                ran += 1
        self.assertEqual(ran, 2)

    def check_suite(self, mode, suite):
        def hexed(name):
            return bytes.fromhex(suite.get(name, ""))
        ephemeral = crypto.BoxKey.derive(hexed("ikmE"))
        recipient = crypto.BoxKey.derive(hexed("ikmR"))
        self.assertEqual(ephemeral.public, hexed("pkEm"))
        self.assertEqual(recipient.public, hexed("pkRm"))
        self.assertEqual(crypto.BoxKey(hexed("skRm")).public, hexed("pkRm"))
        psk, psk_id = hexed("psk"), hexed("psk_id")
        self.assertEqual(bool(psk), mode == crypto.PSK)
        key, nonce = crypto.key_schedule(mode, hexed("shared_secret"),
                                         hexed("info"), psk, psk_id)
        self.assertEqual(key, hexed("key"))
        self.assertEqual(nonce, hexed("base_nonce"))
        first = suite["encryptions"][0]
        self.assertEqual(first["sequence number"], "0")
        pt, aad, ct = (bytes.fromhex(first[name])
                       for name in ("pt", "aad", "ct"))
        enc, sealed = crypto.hpke_seal(hexed("pkRm"), hexed("info"), aad, pt,
                                       psk, psk_id, ephemeral)
        self.assertEqual((enc, sealed), (hexed("enc"), ct))
        self.assertEqual(crypto.hpke_open(recipient, enc, hexed("info"), aad,
                                          ct, psk, psk_id), pt)

    def test_hpke_refuses(self):
        box = crypto.BoxKey()
        enc, ct = crypto.hpke_seal(box.public, b"i", b"a", b"text")
        word = "letter_not_for_us"
        self.refused(word, crypto.hpke_open, box, enc, b"j", b"a", ct)
        self.refused(word, crypto.hpke_open, box, enc, b"i", b"b", ct)
        self.refused(word, crypto.hpke_open, crypto.BoxKey(), enc, b"i", b"a",
                     ct)
        self.refused(word, crypto.hpke_open, box, enc, b"i", b"a", ct, b"k",
                     b"id")
        self.refused(word, crypto.hpke_open, box, enc, b"i", b"a", ct[:-1])
        self.refused("point_refused", crypto.hpke_open, box, bytes(32), b"i",
                     b"a", ct)
        self.refused("bad_format", crypto.hpke_open, box, enc, b"i", b"a", ct,
                     b"k")

    def test_signature_types_are_apart(self):
        key = crypto.SignKey()
        signature = key.sign("dir", b"x")
        self.assertTrue(crypto.verifies(key.public, "dir", b"x", signature))
        self.assertFalse(crypto.verifies(key.public, "head", b"x", signature))
        self.assertFalse(crypto.verifies(key.public, "dir", b"y", signature))
        self.refused("signature_wrong", crypto.verify, key.public, "dir", b"",
                     signature)


# ---- section 11, RFC 6962 -------------------------------------------------------------


class Trees(Case):
    def test_published_roots(self):
        published = vectors("rfc6962-merkle.json")
        leaves = [bytes.fromhex(one) for one in published["leaf_inputs_hex"]]
        self.assertEqual(receipt.root([]).hex(), published["empty_root"])
        for size, wanted in enumerate(published["root_hashes_by_size_from_1"],
                                      1):
            self.assertEqual(receipt.root(leaves[:size]).hex(), wanted)

    def test_published_proofs(self):
        refused = 0
        for case in vectors("rfc6962-merkle.json")["inclusion"]:
            def decoded(name):
                return base64.b64decode(case[name] or "")
            proof = [base64.b64decode(one) for one in case["proof"] or []]
            try:
                good = receipt.fold(decoded("leafHash"), case["leafIdx"],
                                    case["treeSize"], proof) == decoded("root")
            except SeinError:
                good = False
            with self.subTest(case["case"]):
                self.assertEqual(good, not case["wantErr"])
            refused += not good
        self.assertGreater(refused, 0)

    @given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
    def test_paths(self, leaves, data):
        index = data.draw(st.integers(0, len(leaves) - 1))
        steps = receipt.path(leaves, index)
        hashed = receipt.leaf_hash(leaves[index])
        self.assertEqual(receipt.fold(hashed, index, len(leaves), steps),
                         receipt.root(leaves))
        self.refused("receipt_wrong", receipt.fold, hashed, len(leaves),
                     len(leaves), steps)
        self.refused("receipt_wrong", receipt.fold, hashed, index, len(leaves),
                     steps + [bytes(32)])
        if steps:
            self.refused("receipt_wrong", receipt.fold, hashed, index,
                         len(leaves), steps[:-1])

    def test_receipts_and_heads(self):
        log = paper.Log()
        first = log.commit([("letter", paper.CORP, b"1" * 16, b"item"),
                            ("prekey", paper.TEAM, b"2" * 16, b"other")])
        second = log.commit([("withdraw", paper.CORP, b"3" * 16, b"third")])
        heads = [second[0], first[0]]
        good = pack.encode(first[1][0][:4] + [1])
        receipt.verify(good, "letter", paper.CORP, b"1" * 16, b"item", heads,
                       log.key.public)
        wrong = "receipt_wrong"
        for arguments in (("letter", paper.CORP, b"1" * 16, b"itex"),
                          ("letter", paper.CORP, b"2" * 16, b"item"),
                          ("prekey", paper.CORP, b"1" * 16, b"item"),
                          ("letter", paper.TEAM, b"1" * 16, b"item")):
            self.refused(wrong, receipt.verify, good, *arguments, heads,
                         log.key.public)
        self.refused(wrong, receipt.verify,
                     pack.encode(first[1][0][:4] + [2]), "letter", paper.CORP,
                     b"1" * 16, b"item", heads, log.key.public)
        self.refused("signature_wrong", receipt.verify, good, "letter",
                     paper.CORP, b"1" * 16, b"item", heads,
                     crypto.SignKey().public)
        chain = receipt.Chain(log.key.public)
        chain.add(*first[0])
        self.refused("head_chain_broken", chain.add, *first[0])
        chain.add(*second[0])
        fork = receipt.Chain(log.key.public)
        fork.add(*first[0])
        log.previous = bytes(32)
        self.refused("head_chain_broken", fork.add, *log.commit([])[0])


# ---- section 9, handles ------------------------------------------------------------------

PARTS = ("postcode", "huisnummer", "huisletter", "huisnummertoevoeging",
         "aanduiding")


def address(case):
    return handle.address(*(case.get(part, "") for part in PARTS))


class Handles(Case):
    def setUp(self):
        self.vectors = vectors("handle.json")

    def check(self, cases, function):
        self.assertGreater(len(cases), 10)
        for case in cases:
            with self.subTest(case):
                if "error" in case:
                    self.refused(case["error"], function, case)
                else:
                    self.assertEqual(function(case), case["canonical"])

    def test_addresses(self):
        self.check(self.vectors["addresses"], lambda case: address(case)[0])
        for case in self.vectors["addresses"]:
            if "error" not in case:
                self.assertEqual(address(case)[1], case.get("warning", ""))

    def test_bsn(self):
        self.check(self.vectors["bsn"], lambda case: handle.bsn(case["bsn"]))

    def test_names(self):
        self.check(self.vectors["names"], lambda case: handle.name(
            case["name"], case["birth_date"]))

    def test_oin(self):
        for case in self.vectors["oin"]:
            with self.subTest(case):
                self.assertEqual(names.is_oin(case["oin"]),
                                 "error" not in case)

    def test_who_meets(self):
        for group in self.vectors["meet"]:
            self.assertEqual(len({address(case)[0] for case in group}), 1)
        for group in self.vectors["differ"]:
            self.assertEqual(len({address(case)[0] for case in group}),
                             len(group))
        for group in self.vectors["names_meet"]:
            self.assertEqual(len(set(map(handle.surname, group))), 1)
        for group in self.vectors["names_differ"]:
            self.assertEqual(len(set(map(handle.surname, group))), len(group))

    @given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=5))
    def test_anything_is_canonical_or_refused(self, number, addition, side):
        try:
            text, _ = handle.address("1506AB", number, "", addition, side)
        except SeinError:
            return
        code, digits, rest, side = text.split("/")
        self.assertEqual(handle.address(code, digits, "", rest, side)[0], text)


# ---- section 6 --------------------------------------------------------------------------


class Directories(Case):
    def test_a_town_is_valid(self):
        place = paper.Town()
        read = directory.join(place.sign(), place.fingerprint(), paper.NOW)
        self.assertEqual(read.version, 1)
        self.assertEqual(read.roles(paper.DESK_CORP, "schulden"),
                         directory.SIGNAL | directory.FEEDBACK)

    def test_joining(self):
        place = paper.Town()
        fingerprint = place.fingerprint()
        self.refused("fingerprint_differs", directory.join, place.sign(),
                     bytes(32), paper.NOW)
        self.refused("directory_under_signed", directory.join,
                     place.sign(by=[0]), fingerprint, paper.NOW)
        self.refused("directory_expired", directory.join, place.sign(),
                     fingerprint, place.dir["expires"])
        other = paper.Town()
        self.refused("directory_under_signed", directory.join,
                     place.sign(with_keys=other.governors), fingerprint,
                     paper.NOW)

    def test_following(self):
        place = paper.Town()
        old = directory.join(place.sign(), place.fingerprint(), paper.NOW)
        self.assertIs(directory.follow(old, place.sign()), old)
        place.next(old)
        new = directory.follow(old, place.sign())
        self.assertEqual(new.version, 2)
        self.refused("directory_rolled_back", directory.follow, new,
                     old.signed_bytes)
        self.refused("directory_under_signed", directory.follow, old,
                     place.sign(by=[1]))
        place.dir["prev"] = b"p" * 32
        self.refused("directory_chain_broken", directory.follow, old,
                     place.sign())
        place.dir["prev"], place.dir["version"] = old.hash, 3
        self.refused("directory_chain_broken", directory.follow, old,
                     place.sign())
        place.dir["version"], place.dir["prev"] = 1, bytes(32)
        place.dir["expires"] -= 1
        self.refused("directory_rolled_back", directory.follow, old,
                     place.sign())

    def test_a_new_governance_needs_both(self):
        place = paper.Town()
        old = directory.join(place.sign(), place.fingerprint(), paper.NOW)
        place.next(old)
        before = list(place.governors)
        place.governors = [crypto.SignKey() for _ in range(3)]
        place.write_governance()
        self.refused("directory_under_signed", directory.follow, old,
                     place.sign())
        self.refused("directory_under_signed", directory.follow, old,
                     place.sign(with_keys=before))
        both = place.sign(with_keys=before + place.governors)
        self.assertEqual(directory.follow(old, both).version, 2)

    def test_what_makes_it_invalid(self):
        for name, change in paper.INVALID.items():
            place = paper.Town()
            word = change(place) or "directory_invalid"
            with self.subTest(name):
                self.refused(word, directory.join, place.sign(),
                             place.fingerprint(), paper.NOW)

    def test_an_epoch(self):
        place = paper.Town()
        epoch = paper.with_epoch(place)
        circle = place.dir["circles"][0]
        circle["link_pairs"] = [{"a": 1, "b": 1}, {"a": 2, "b": 3}]
        circle["quota_exceptions"] = [
            {"from": paper.NOW, "oin": paper.CORP, "per_day": 9,
             "until": paper.NOW + 1}]
        read = place.read()
        self.assertIsNone(read.epoch_now("schulden", paper.NOW - 1))
        self.assertEqual(read.epoch_now("schulden", paper.NOW)["epoch"], 3)
        self.assertIsNone(read.epoch_now("schulden", epoch["match_until"]))
        self.assertEqual(read.quota("schulden", paper.CORP, paper.NOW), 9)
        self.assertEqual(read.quota("schulden", paper.CORP, paper.NOW + 1), 200)
        self.assertEqual(read.links(paper.DESK_CORP, "schulden"), 15)
        line = lines.write_epoch(epoch["record"], epoch["signatures"])
        again = lines.read_epoch(line)
        record = directory.check_record(read, "schulden", epoch,
                                        again["record"], again["signatures"])
        self.assertEqual(record["t"], 2)
        self.refused("bad_format", lines.read_epoch, line[:-1])

    def test_key_status(self):
        member = {"left_at": 0}
        key = {"active_from": 10, "retired_at": 0, "revoked_at": 0}
        status = directory.Directory.status
        self.assertEqual(status(member, key, 9), "not yet")
        self.assertEqual(status(member, key, 10), "active")
        key["retired_at"] = 30
        self.assertEqual(status(member, key, 29), "active")
        self.assertEqual(status(member, key, 30), "retired")
        key["revoked_at"] = 20
        self.assertEqual(status(member, key, 19), "active")
        self.assertEqual(status(member, key, 20), "revoked")
        self.assertEqual(status(member, key, 30), "revoked")
        member["left_at"] = 15
        self.assertEqual(status(member, key, 15), "left")
        self.assertEqual(status(member, key, 20), "revoked")

    @settings(max_examples=300)
    @given(st.data())
    def test_changed_bytes_are_refused(self, data):
        place = paper.shared()
        # Two of three, the threshold: a third signature would not be missed.
        signed = bytearray(place.sign(by=[0, 2]))
        at = data.draw(st.integers(0, len(signed) - 1))
        signed[at] ^= data.draw(st.integers(1, 255))
        with self.assertRaises(SeinError):
            directory.join(bytes(signed), place.fingerprint(), paper.NOW)


# ---- sections 7, 8, 9 ------------------------------------------------------------------------


class Prekeys(Case):
    def setUp(self):
        self.place = paper.Town()
        self.read = self.place.read()
        self.key = self.place.keys[paper.TEAM]

    def make(self, before=None, start=paper.NOW, days=14):
        return prekey.Prekey(paper.DESK_TEAM, self.key.id, self.key.sign,
                             start, start + days * names.DAY_MS, before)

    def read_one(self, one, now=paper.NOW):
        return prekey.Statement(one.statement, one.signature, self.read, now)

    def test_choosing(self):
        first = self.make()
        second = self.make(first, paper.NOW + names.DAY_MS)
        third = self.make(second, paper.NOW + names.DAY_MS)
        seen = prekey.Seen()
        one, two, three = map(self.read_one, (first, second, third))
        self.assertIs(seen.choose(paper.DESK_TEAM, [two, one], paper.NOW), one)
        self.assertIs(seen.choose(paper.DESK_TEAM, [two, one],
                                  paper.NOW + names.DAY_MS), two)
        rolled = "prekey_rolled_back"
        self.refused(rolled, seen.choose, paper.DESK_TEAM, [one], paper.NOW)
        self.refused(rolled, seen.choose, paper.DESK_TEAM, [], paper.NOW)
        other = self.read_one(self.make(first))
        self.refused(rolled, seen.choose, paper.DESK_TEAM, [other, one],
                     paper.NOW)
        self.assertIs(seen.choose(paper.DESK_TEAM, [three, two, one],
                                  paper.NOW + names.DAY_MS), three)
        self.refused("prekey_absent", seen.choose, paper.DESK_TEAM,
                     [three, two, one], paper.NOW + 40 * names.DAY_MS)
        self.refused("prekey_absent", prekey.Seen().choose, paper.DESK_TEAM, [],
                     paper.NOW)

    def test_statements(self):
        self.refused("out_of_range", self.read_one, self.make(days=31))
        self.refused("out_of_range", self.read_one, self.make(days=0))
        good = self.make()
        self.refused("signature_wrong", prekey.Statement, good.statement,
                     bytes(64), self.read, paper.NOW)
        stranger = prekey.Prekey(paper.DESK_TEAM, bytes(16), self.key.sign,
                                 paper.NOW, paper.NOW + 1)
        self.refused("key_unknown", self.read_one, stranger)
        corp = self.place.keys[paper.CORP]
        foreign = prekey.Prekey(paper.DESK_TEAM, corp.id, corp.sign, paper.NOW,
                                paper.NOW + 1)
        self.refused("desk_not_yours", self.read_one, foreign)


class Letters(Case):
    def setUp(self):
        self.place = paper.Town()
        self.read = self.place.read()
        team = self.place.keys[paper.TEAM]
        self.prekey = prekey.Prekey(paper.DESK_TEAM, team.id, team.sign,
                                    paper.NOW, paper.NOW + names.DAY_MS)
        self.fields = prekey.STATEMENT.decode(self.prekey.statement)
        self.reader = letter.Reader([paper.DESK_TEAM], self.read)
        self.reader.prekeys[self.prekey.id] = self.prekey.box
        self.corp = self.place.keys[paper.CORP]

    def draft(self, value=None, kind=content.SIGNAL, thread=None):
        return letter.Draft(self.read, "schulden", paper.DESK_CORP,
                            paper.DESK_TEAM, self.corp.id, kind,
                            value or paper.signal(), paper.NOW, thread)

    def seal(self, draft, psk=None, key=None):
        return draft.seal((key or self.corp).sign, self.fields, psk)

    def open(self, data, now=paper.NOW, accepted_at=paper.NOW):
        return self.reader.open(data, now, accepted_at)

    def test_there(self):
        opened = self.open(self.seal(self.draft()))
        self.assertEqual(opened.content["source_id"], "H-1")
        self.assertEqual(opened.shown, "genuine")
        self.assertEqual(opened.sender, paper.DESK_CORP)

    @settings(max_examples=60)
    @given(st.text(min_size=1, max_size=1000))
    def test_sizes(self, note):
        data = self.seal(self.draft(paper.signal(note=note)))
        _, _, ct = letter.split(data)
        self.assertIn(len(ct) - 16, letter.SIZES)
        self.assertEqual(self.open(data).content["note"], note)

    def test_psk(self):
        """Between two that met, and nowhere else; under their own key."""
        tag = bytes(range(32))
        psk, other = [letter.PskKey(key * 32, tag, "schulden", 3)
                      for key in (b"k", b"j")]
        thread, value = b"t" * 16, {"at": 1, "letter_id": b"l" * 16,
                                    "status": content.READ}

        def sealed(with_key):
            return self.seal(self.draft(value, content.RECEIPT, thread),
                             with_key)

        self.refused("letter_not_for_us", self.open, sealed(psk))
        self.reader.psks = [other, psk]
        self.refused("not_a_party", self.open, sealed(psk))
        self.reader.threads[thread] = content.Thread(
            content.INTRODUCTION, paper.DESK_CORP, paper.DESK_TEAM, psk)
        self.assertEqual(self.open(sealed(psk)).kind, content.RECEIPT)
        self.refused("not_a_party", self.open, sealed(None))
        self.refused("not_a_party", self.open, sealed(other))
        self.refused("not_a_party", self.open, self.seal(self.draft(), psk))
        draft = self.draft(value, content.RECEIPT, thread)
        draft.header["epoch"] = 4
        self.refused("not_a_party", self.open, self.seal(draft, psk))

    @settings(max_examples=200)
    @given(st.data())
    def test_changed_bytes_are_refused(self, data):
        sealed = bytearray(self.seal(self.draft()))
        at = data.draw(st.integers(0, len(sealed) - 1))
        sealed[at] ^= data.draw(st.integers(1, 255))
        with self.assertRaises(SeinError):
            self.open(bytes(sealed))

    def test_truncated(self):
        sealed = self.seal(self.draft())
        for length in range(len(sealed)):
            with self.assertRaises(SeinError):
                self.open(sealed[:length])
        self.refused("letter_size", self.open, sealed + b"\0")

    def test_refused_headers(self):
        hour = names.HOUR_MS
        latest = names.up_to_hour(paper.NOW + letter.LIFE_MS)
        for word, change in (
                ("version_unknown", {"v": 2}), ("suite_unknown", {"suite": 2}),
                ("letter_not_for_us", {"to": paper.DESK_CORP}),
                ("letter_life", {"expires": latest + hour}),
                ("letter_life", {"expires": latest - 1}),
                ("letter_expired", {"expires": paper.NOW // hour * hour
                                    - 2 * hour})):
            draft = self.draft()
            draft.header.update(change)
            with self.subTest(word):
                self.refused(word, self.open, self.seal(draft))
        sealed = self.seal(self.draft())
        self.reader.prekeys = {}
        self.refused("prekey_absent", self.open, sealed)

    def test_seen(self):
        sealed = self.seal(self.draft())
        self.open(sealed)
        self.refused("letter_seen", self.open, sealed)

    def test_refused_bodies(self):
        for word, change in (
                ("letter_header_differs", {"header": b"x"}),
                ("key_unknown", {"key_id": bytes(16)}),
                ("desk_not_yours", {"from": paper.DESK_TEAM}),
                ("clock_differs", {"created": paper.NOW + 121_000}),
                ("directory_newer_known", {"dir_version": 2}),
                ("directory_rolled_back", {"dir_hash": bytes(32)}),
                ("wire_malformed", {"thread": bytes(16)}),
                ("content_invalid", {"content": b"\x80"}),
                ("not_a_party", {"kind": content.CLOSING, "content":
                                 content.encode(content.CLOSING, {
                                     "at": 1, "letter_id": bytes(16)})})):
            draft = self.draft()
            draft.body.update(change)
            with self.subTest(word):
                self.refused(word, self.open, self.seal(draft))
        forged = self.draft()
        self.refused("signature_wrong", self.open,
                     self.seal(forged, key=self.place.keys[paper.TEAM]))

    def test_padding(self):
        draft = self.draft()
        draft.size = 4096
        self.refused("letter_padding", self.open, self.seal(draft))
        for plain in (crypto.lp32(b"x") + b"\1" + bytes(1018),
                      (1021).to_bytes(4, "big") + bytes(1020)):
            self.refused("letter_padding", letter.unpad, plain)
        for size in letter.SIZES:
            self.assertEqual(len(letter.pad(bytes(size - 4))), size)
            self.assertEqual(letter.unpad(letter.pad(bytes(size - 4))),
                             bytes(size - 4))
        self.refused("too_long", letter.pad, bytes(letter.SIZES[-1] - 3))

    def test_newer_version_is_kept(self):
        draft = self.draft(b"\x80", kind=23)
        self.assertIsNone(self.open(self.seal(draft)).content)

    def test_retired_and_revoked(self):
        entry = self.place.member(paper.CORP)["keys"][0]
        sealed = self.seal(self.draft())
        later = paper.NOW + 1000
        entry["retired_at"] = later
        self.reader.learn(self.place.read())
        self.read = self.reader.directory
        self.refused("directory_rolled_back", self.open, sealed, later)
        draft = self.draft()
        self.refused("key_retired", self.open, self.seal(draft), later, later)
        draft = self.draft()
        self.assertEqual(self.open(self.seal(draft), later).shown, "genuine")
        entry["revoked_at"] = later
        self.reader.learn(self.place.read())
        self.read = self.reader.directory
        draft = self.draft()
        self.assertEqual(self.open(self.seal(draft), later).shown,
                         "quarantine")


class Contents(Case):
    def test_signals(self):
        for change in ({"informed": 4}, {"informed": 2},
                       {"informed": 3}, {"note": "x" * 1001},
                       {"postcode": ""}, {"huisnummer": ""},
                       {"bsn": "123456789"}, {"since": "2026-02-30"},
                       {"replaces": b"r" * 16}, {"urgency": 2},
                       {"postcode": "1506ab"}, {"aanduiding": "tb"},
                       {"informed": 2, "informed_reason": "r"}):
            with self.subTest(change):
                with self.assertRaises(SeinError):
                    content.encode(content.SIGNAL, paper.signal(**change))
        content.encode(content.SIGNAL, paper.signal(note="é" * 1000))
        content.encode(content.SIGNAL, paper.signal(
            postcode="", huisnummer="", bsn="999990019"))
        content.encode(content.CORRECTION, paper.signal(replaces=b"r" * 16))

    def test_truncated(self):
        data = content.encode(content.SIGNAL, paper.signal(note="n"))
        for length in range(len(data)):
            self.refused("content_invalid", content.decode, content.SIGNAL,
                         data[:length])
        self.refused("content_invalid", content.decode, content.SIGNAL,
                     data + b"\0")


class Lines(Case):
    def test_there_and_back(self):
        invitation = lines.write_invitation("tcp://127.0.0.1:1", b"c" * 32,
                                            b"f" * 32)
        self.assertEqual(lines.read_invitation(invitation)["curve"], b"c" * 32)
        key = crypto.SignKey()
        joining = lines.write_join(
            {"v": 1, "oin": paper.CORP, "name": "Corporatie",
             "sign": key.public, "curve": b"c" * 32, "desks": ["huur"],
             "at": paper.NOW}, key)
        self.assertEqual(lines.read_join(joining)["desks"], ["huur"])
        broker = lines.write_broker(
            {"v": 1, "name": "b", "endpoint": "tcp://127.0.0.1:1",
             "curve": b"c" * 32, "receipt": key.public, "operator": paper.TEAM,
             "supplier": ""}, key)
        self.assertEqual(lines.read_broker(broker)["operator"], paper.TEAM)
        for line, read in ((invitation, lines.read_invitation),
                           (joining, lines.read_join),
                           (broker, lines.read_broker)):
            for at in range(len(line)):
                for wrong in (line[:at], line[:at] + "!" + line[at + 1:],
                              line[:at] + line[at].swapcase() + line[at + 1:]):
                    if wrong != line:
                        with self.assertRaises(SeinError):
                            read(wrong)
        forged = lines.write_join(
            {"v": 1, "oin": paper.CORP, "name": "C",
             "sign": crypto.SignKey().public, "curve": b"c" * 32, "desks": [],
             "at": 1}, key)
        self.refused("signature_wrong", lines.read_join, forged)


if __name__ == "__main__":
    tap.main()
