"""Section 17: deposits, and what their reader believes of another's."""

import collections
import secrets

from . import crypto, directory, names, pack
from .errors import SeinError
from .pack import Array, Bin, Text, Uint

ADDRESS, PERSON, PARENT, NAME = 1, 2, 3, 4
NOTICE, REVEALED, ENDED = 4, 5, 6
DEPOSIT_MAX = 736
LINK = Uint(1, 4)

NOTE = Array(v=Uint(1, 1), circle=names.CIRCLE, epoch=directory.EPOCH_NUMBER,
             presence_id=names.ID, link=LINK, label=Text(0, 64),
             expires=Uint(0, 2 ** 32 - 1))
CORE = Array(v=Uint(1, 1), circle=names.CIRCLE, epoch=directory.EPOCH_NUMBER,
             org=names.OIN, desk=names.DESK, key_id=names.ID,
             presence_id=names.ID, link=LINK, created=names.TIME,
             expires=names.TIME, note_hash=names.HASH,
             dir_version=Uint(1), dir_hash=names.HASH)
DEPOSIT = Array(note=Bin(1, 192), nmac=names.HASH, core=Bin(1, 384),
                mac=names.HASH, psig=names.SIGNATURE)
DEPOSIT_NOTE = Array(note=Bin(1, 192), nmac=names.HASH)

MATCH_ITEM = Array(v=Uint(1, 1), type=Uint(), event_id=names.ID,
                   match_id=names.ID, presence_id=names.ID, desk=names.DESK,
                   circle=names.CIRCLE, epoch=Uint(), at=names.TIME,
                   deposit=Bin(0, DEPOSIT_MAX))


class Draft:
    """A presence before it is signed; every field may be changed before
    seal(): a test makes its bad deposits that way."""

    def __init__(self, known, keys, desk, key_id, link, now_ms, expires,
                 label="", presence_id=None):
        self.keys = keys
        self.presence_id = presence_id or secrets.token_bytes(16)
        self.note = {
            "v": 1, "circle": keys.circle, "epoch": keys.epoch,
            "presence_id": self.presence_id, "link": link, "label": label,
            "expires": expires // names.DAY_MS}
        self.core = {
            "v": 1, "circle": keys.circle, "epoch": keys.epoch,
            "org": names.oin_of(desk), "desk": desk, "key_id": key_id,
            "presence_id": self.presence_id, "link": link, "created": now_ms,
            "expires": expires, "note_hash": None,
            "dir_version": known.version, "dir_hash": known.hash}

    def seal(self, sign_key):
        """The bytes of the deposit."""
        note = NOTE.encode(self.note)
        self.core["note_hash"] = self.core["note_hash"] or crypto.sha256(note)
        core = CORE.encode(self.core)
        mac = self.keys.core_mac(core)
        return DEPOSIT.encode({
            "note": note, "nmac": self.keys.note_mac(note), "core": core,
            "mac": mac, "psig": sign_key.sign("presence",
                                              core + mac + self.keys.tag)})


Other = collections.namedtuple("Other", "note core")


def _contradicts(detail):
    raise SeinError("deposit_contradicts", detail)


def _not_ours(detail):
    raise SeinError("presence_not_ours", detail)


def read_note(data, keys):
    """The note of a `notice`: of somebody who has the household's key."""
    outer = DEPOSIT_NOTE.decode(data)
    if outer["nmac"] != keys.note_mac(outer["note"]):
        _not_ours("nmac")
    note = NOTE.decode(outer["note"])
    if (note["circle"], note["epoch"]) != (keys.circle, keys.epoch):
        _not_ours("of another epoch")
    return note


def read_deposit(data, keys, known, now_ms):
    """The whole deposit of a `revealed`, verified: Other(note, core)."""
    outer = DEPOSIT.decode(data)
    note = read_note(DEPOSIT_NOTE.encode({name: outer[name] for name
                                          in ("note", "nmac")}), keys)
    if outer["mac"] != keys.core_mac(outer["core"]):
        _not_ours("mac")
    core = CORE.decode(outer["core"])
    for name in ("circle", "epoch", "presence_id", "link"):
        if note[name] != core[name]:
            _contradicts(name)
    if core["note_hash"] != crypto.sha256(outer["note"]):
        _contradicts("note_hash")
    if note["expires"] != core["expires"] // names.DAY_MS:
        _contradicts("expires")
    if core["org"] != names.oin_of(core["desk"]):
        _contradicts("org")
    if not core["created"] < core["expires"]:
        _contradicts("created")
    found = known.key(core["key_id"])
    if found is None:
        raise SeinError("directory_newer_known"
                        if core["dir_version"] > known.version
                        else "key_unknown")
    crypto.verify(found[1]["sign"], "presence",
                  outer["core"] + outer["mac"] + keys.tag, outer["psig"])
    if not known.may_act(*found, core["desk"]):
        raise SeinError("desk_not_yours")
    if known.status(*found, now_ms) == "revoked":
        raise SeinError("key_revoked")
    if not (known.roles(core["desk"], core["circle"]) & directory.INTRODUCED):
        raise SeinError("role_missing")
    if not known.links(core["desk"], core["circle"]) & 1 << core["link"] - 1:
        raise SeinError("link_not_allowed")
    return Other(note, core)


def put_item(sender, tag, deposit):
    """The bytes of an item array as sent, which receipts hash."""
    return pack.encode([sender, tag, deposit])


def op_item(sender, id_, op_id):
    """The same of a presence_withdraw and a match_accept."""
    return pack.encode([sender, id_, op_id])
