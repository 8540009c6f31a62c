"""Sections 18 and 20: what a handle becomes, what a tag and its keys are good
for, and the pack that a circle's members share."""

import hmac

from . import crypto, directory, names, pack
from .errors import SeinError

ADDRESS, BSN, NAME = 1, 2, 3
# Section 6: a link stands for a handle of one kind.
HANDLE_OF_LINK = {1: ADDRESS, 2: BSN, 3: BSN, 4: NAME}
PACK_MAX = 40960


def _scope(circle, epoch):
    return crypto.lp(circle.encode()) + epoch.to_bytes(4, "big")


def oprf_input(pepper, circle, epoch, kind, canonical):
    return hmac.digest(
        pepper, crypto.lp(b"seinhuis/1/oprf-in") + _scope(circle, epoch)
        + bytes([kind]) + crypto.lp(canonical.encode("ascii")), "sha512")


def pepper_check(pepper, circle, epoch):
    return hmac.digest(pepper, crypto.lp(b"seinhuis/1/pepper-check")
                       + _scope(circle, epoch), "sha512")[:16]


def mark(pepper, canonical):
    return hmac.digest(pepper, canonical.encode("ascii"), "sha512")[:16]


class Keys:
    """tag, kp and ki of a household in a circle's epoch, from the output y."""

    def __init__(self, y, circle, epoch):
        self.circle, self.epoch = circle, epoch

        def derive(label):
            return hmac.digest(y, crypto.lp(b"seinhuis/1") + crypto.lp(label)
                               + _scope(circle, epoch) + b"\1", "sha512")[:32]
        self.tag, self.kp, self.ki = (derive(b"tag"), derive(b"presence"),
                                      derive(b"intro-psk"))

    def note_mac(self, note):
        return crypto.mac(self.kp, "note-mac", note)

    def core_mac(self, core):
        return crypto.mac(self.kp, "presence-mac", core)

    def pair_thread(self, one, other):
        """Section 16: the thread of two desks that met."""
        first, second = sorted(desk.encode() for desk in (one, other))
        return crypto.mac(self.ki, "thread",
                          crypto.lp(first) + crypto.lp(second))[:16]


# ---- the pack -------------------------------------------------------------------

SIGNED_PACK = pack.Array(pack=pack.Bin(1, PACK_MAX),
                         signature=names.SIGNATURE)
PACK = pack.Array(v=pack.Uint(1, 1), circle=names.CIRCLE,
                  epoch=directory.EPOCH_NUMBER, pepper=names.KEY,
                  marks=pack.List(names.ID, 0, 2048), desk=names.DESK,
                  key_id=names.ID, made_at=names.TIME)
HANDLE_VERSION = 1


def write_pack(fields, sign_key):
    data = PACK.encode(fields)
    return SIGNED_PACK.encode({"pack": data,
                               "signature": sign_key.sign("pack", data)})


def read_pack(signed, known, now_ms):
    """The fields, when the directory `known` says that it is the one."""
    if len(signed) > PACK_MAX:
        raise SeinError("too_long")
    outer = SIGNED_PACK.decode(signed)
    fields = PACK.decode(outer["pack"])
    found = known.key(fields["key_id"])
    if found is None:
        raise SeinError("key_unknown")
    crypto.verify(found[1]["sign"], "pack", outer["pack"], outer["signature"])
    if not known.may_act(*found, fields["desk"]):
        raise SeinError("desk_not_yours")
    if known.status(*found, now_ms) == "revoked":
        raise SeinError("key_revoked")
    circle = known.circle(fields["circle"])
    if circle is None:
        raise SeinError("circle_unknown")
    if not known.roles(fields["desk"], fields["circle"]) & directory.STEWARD:
        raise SeinError("role_missing")
    marks = fields["marks"]
    if any(not before < after for before, after in zip(marks, marks[1:])):
        raise SeinError("wire_not_canonical", "marks do not ascend")
    epoch = next((one for one in circle["epochs"]
                  if one["epoch"] == fields["epoch"]), None)
    if epoch is None:
        raise SeinError("epoch_not_open")
    if epoch["handle_version"] != HANDLE_VERSION:
        raise SeinError("normaliser_differs")
    if epoch["pepper_check"] != pepper_check(fields["pepper"],
                                             fields["circle"],
                                             fields["epoch"]):
        raise SeinError("pepper_differs")
    return fields
