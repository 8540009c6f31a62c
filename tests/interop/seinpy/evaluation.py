"""Sections 10 and 18: an evaluation asked for and given."""

import collections
import secrets

from . import crypto, directory, household, names, oprf
from .errors import NUMBERS, SeinError, word_of
from .pack import Array, Bin, List, Uint
from .ristretto import GENERATOR

REQUEST = Array(v=Uint(1, 1), circle=names.CIRCLE,
                epoch=directory.EPOCH_NUMBER, holder=names.DESK,
                req_id=names.ID, ts=names.TIME, desk=names.DESK,
                key_id=names.ID, dir_version=Uint(), actor=names.ID,
                ids=List(names.ID, 1, oprf.BATCH_MAX),
                blinded=List(names.KEY, 1, oprf.BATCH_MAX))
REPLY = Array(v=Uint(1, 1), req_id=names.ID, request=names.HASH, code=Uint(),
              at=names.TIME, index=Uint(0, 16),
              evaluated=List(names.KEY, 0, oprf.BATCH_MAX),
              proof=Bin(0, 64))

# One handle, and the presence that its tag is for.
Item = collections.namedtuple("Item", "kind canonical presence_id")


class Epoch:
    """An epoch's record, with the public half of each holder."""

    def __init__(self, record_bytes):
        self.record = directory.RECORD.decode(record_bytes)
        commitments = oprf.read_points(self.record["commitments"])
        self.circle, self.number = self.record["circle"], self.record["epoch"]
        self.t = self.record["t"]
        self.holders = {one["index"]: one["desk"]
                        for one in self.record["holders"]}
        self.publics = {index: oprf.share_public(commitments, index)
                        for index in self.holders}


class Asker:
    """A batch of handles on its way to their keys.  request() for a holder,
    take() its reply, finish() when t have answered."""

    def __init__(self, epoch, pepper, items):
        self.epoch = epoch
        self.items = items
        self.inputs = [household.oprf_input(pepper, epoch.circle, epoch.number,
                                            item.kind, item.canonical)
                       for item in items]
        blinded = [oprf.blind(data) for data in self.inputs]
        self.blinds = [one for one, _ in blinded]
        self.blinded = [one for _, one in blinded]
        self.parts = {}

    def request(self, index, desk, key_id, dir_version, now_ms, actor):
        return REQUEST.encode({
            "v": 1, "circle": self.epoch.circle, "epoch": self.epoch.number,
            "holder": self.epoch.holders[index],
            "req_id": secrets.token_bytes(16), "ts": now_ms, "desk": desk,
            "key_id": key_id, "dir_version": dir_version,
            "actor": actor,
            "ids": [item.presence_id for item in self.items],
            "blinded": [one.encode() for one in self.blinded]})

    def take(self, index, request, reply, signature, known, now_ms):
        """Raises what is wrong: keyholder_wrong and proof_wrong tell of that
        holder, any other word is its refusal."""
        check_signer(known, self.epoch.holders[index], reply, signature,
                     now_ms)
        try:
            fields = REPLY.decode(reply)
        except SeinError as error:
            raise SeinError("keyholder_wrong", str(error)) from error
        if (fields["req_id"] != REQUEST.decode(request)["req_id"]
                or fields["request"] != crypto.sha256(request)):
            raise SeinError("keyholder_wrong", "another request's reply")
        if fields["code"]:
            raise SeinError(word_of(fields["code"]), f"at {fields['at']}")
        if (fields["index"] != index
                or len(fields["evaluated"]) != len(self.items)):
            raise SeinError("keyholder_wrong", "another share or number")
        try:
            evaluated = oprf.read_points(fields["evaluated"])
        except SeinError as error:
            raise SeinError("keyholder_wrong", str(error)) from error
        oprf.verify(self.epoch.publics[index], self.blinded, evaluated,
                    fields["proof"])
        self.parts[index] = evaluated

    @property
    def done(self):
        return len(self.parts) >= self.epoch.t

    def finish(self):
        """household.Keys of each item, in their order."""
        return [household.Keys(
            oprf.finalize(self.inputs[at], self.blinds[at], oprf.combine(
                {index: made[at] for index, made in self.parts.items()},
                self.epoch.t)),
            self.epoch.circle, self.epoch.number)
            for at in range(len(self.items))]


def check_signer(known, desk, reply, signature, now_ms):
    """Any key that may act for the holder's desk now."""
    member = known.member(names.oin_of(desk))
    for key in member["keys"] if member else []:
        if (known.may_act(member, key, desk)
                and known.status(member, key, now_ms) == "active"
                and crypto.verifies(key["sign"], "eval-resp", reply,
                                    signature)):
            return
    raise SeinError("keyholder_wrong", "not signed by that holder")


class Holder:
    """One share at work.  A test that plays a liar changes what answer()
    gives."""

    REPEAT_MS = 5 * 60 * 1000

    def __init__(self, desk, index, secret, sign_key):
        self.desk, self.index, self.secret = desk, index, secret
        self.public = secret * GENERATOR
        self.sign = sign_key
        self.given = {}

    def answer(self, request, signature, known, now_ms):
        """(reply, its signature), evaluated or refused."""
        try:
            blinded = self.check(request, signature, known, now_ms)
        except SeinError as error:
            return self.refuse(request, error.word)
        digest = crypto.sha256(request)
        given_at, given = self.given.get(digest, (0, None))
        if given is None or now_ms - given_at > self.REPEAT_MS:
            given = self.compute(request, blinded)
            self.given[digest] = (now_ms, given)
        return given

    def check(self, request, signature, known, now_ms):
        fields = REQUEST.decode(request)
        if (fields["holder"] != self.desk
                or len(fields["ids"]) != len(fields["blinded"])):
            raise SeinError("content_invalid")
        found = known.key(fields["key_id"])
        if found is None:
            raise SeinError("key_unknown")
        crypto.verify(found[1]["sign"], "eval-req", request, signature)
        if fields["dir_version"] > known.version:
            raise SeinError("directory_newer_known")
        if not known.may_act(*found, fields["desk"]):
            raise SeinError("desk_not_yours")
        circle = known.circle(fields["circle"])
        if circle is None:
            raise SeinError("circle_unknown")
        if not (known.roles(fields["desk"], fields["circle"])
                & directory.INTRODUCED):
            raise SeinError("role_missing")
        if abs(fields["ts"] - now_ms) > names.AHEAD_MS:
            raise SeinError("clock_differs")
        return oprf.read_points(fields["blinded"])

    def compute(self, request, blinded):
        evaluated = oprf.evaluate(self.secret, blinded)
        return self.reply(request, evaluated, oprf.prove(
            self.secret, self.public, blinded, evaluated))

    def reply(self, request, evaluated, proof, **change):
        data = REPLY.encode({
            "v": 1, "req_id": REQUEST.decode(request)["req_id"],
            "request": crypto.sha256(request), "code": 0, "at": 0,
            "index": self.index, "evaluated": [one.encode()
                                               for one in evaluated],
            "proof": proof} | change)
        return data, self.sign.sign("eval-resp", data)

    def refuse(self, request, word, at=0):
        return self.reply(request, [], b"", code=NUMBERS[word], at=at, index=0)
