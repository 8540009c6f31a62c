"""Section 7: prekeys."""

import secrets

from . import crypto, names, pack
from .errors import SeinError

LIFE_MAX_MS = 30 * names.DAY_MS

STATEMENT = pack.Array(v=pack.Uint(1, 1), desk=names.DESK, prekey_id=names.ID,
                       pk=names.KEY, seq=pack.Uint(1), prev=names.HASH,
                       not_before=names.TIME, not_after=names.TIME,
                       key_id=names.ID)


class Prekey:
    """A desk's own prekey, with its private part."""

    def __init__(self, desk, key_id, sign_key, not_before, not_after,
                 before=None):
        self.box = crypto.BoxKey()
        self.id = secrets.token_bytes(16)
        self.seq = before.seq + 1 if before else 1
        self.statement = STATEMENT.encode({
            "v": 1, "desk": desk, "prekey_id": self.id, "pk": self.box.public,
            "seq": self.seq,
            "prev": crypto.sha256(before.statement) if before else bytes(32),
            "not_before": not_before, "not_after": not_after,
            "key_id": key_id})
        self.signature = sign_key.sign("prekey", self.statement)


class Statement:
    """A published prekey, verified."""

    def __init__(self, statement, signature, directory, now_ms):
        self.statement = statement
        self.fields = STATEMENT.decode(statement)
        found = directory.key(self.fields["key_id"])
        if found is None:
            raise SeinError("key_unknown")
        member, key = found
        crypto.verify(key["sign"], "prekey", statement, signature)
        if not directory.may_act(member, key, self.fields["desk"]):
            raise SeinError("desk_not_yours")
        status = directory.status(member, key, now_ms)
        if status != "active":
            raise SeinError({"revoked": "key_revoked", "retired": "key_retired",
                             "not yet": "key_not_yet",
                             "left": "member_left"}[status])
        life = self.fields["not_after"] - self.fields["not_before"]
        if not 0 < life <= LIFE_MAX_MS:
            raise SeinError("out_of_range", "life of a prekey")
        if (self.fields["seq"] == 1) != (self.fields["prev"] == bytes(32)):
            raise SeinError("wire_malformed", "prev does not fit seq")

    @property
    def seq(self):
        return self.fields["seq"]

    @property
    def desk(self):
        return self.fields["desk"]


class Seen:
    """What a sender remembers per desk: the highest seq and its hash."""

    def __init__(self):
        self.newest = {}

    def choose(self, desk, statements, now_ms):
        """The statement to seal to, of those served, newest first."""
        if any(one.desk != desk for one in statements):
            raise SeinError("desk_unknown")
        known = self.newest.get(desk)
        if not statements:
            raise SeinError("prekey_rolled_back" if known else "prekey_absent")
        newest = max(statements, key=lambda one: one.seq)
        for one in statements:
            digest = crypto.sha256(one.statement)
            if known and one.seq == known[0] and digest != known[1]:
                raise SeinError("prekey_rolled_back", "another of that seq")
        if known and newest.seq < known[0]:
            raise SeinError("prekey_rolled_back")
        self.newest[desk] = (newest.seq, crypto.sha256(newest.statement))
        usable = [one for one in statements
                  if one.fields["not_before"] <= now_ms
                  < one.fields["not_after"]]
        if not usable:
            raise SeinError("prekey_absent")
        return max(usable, key=lambda one: one.seq)
