"""Section 9: contents, and who may send them to whom."""

from . import directory as roles
from . import names, presence
from .errors import SeinError
from .pack import Bin, Bool, List, Map, Opt, Text, Uint

(SIGNAL, CORRECTION, WITHDRAWAL, CLOSING, FEEDBACK, MESSAGE, RECEIPT,
 INVITATION, REFERRAL, CONSULT) = range(1, 11)
INTRODUCTION, REGIE, PARTING = range(20, 23)
# Section 16: what goes between two desks that met, and in no other thread.
PAIR = (INTRODUCTION, REGIE, PARTING)
OPENING = (SIGNAL, INVITATION, REFERRAL, CONSULT)
SIGNAL_LIKE = (SIGNAL, CORRECTION, REFERRAL)
NOTE_SIGNS_MAX = 1000
REGIE_MAX = 1376
RECEIVED, READ, ERASED = 1, 2, 3


def _empty_or(check):
    def empty_or(text):
        return text == "" or check(text)
    return empty_or


OPT_DAY = Opt(Text(0, 10, _empty_or(names.is_day)))
OPT_BSN = Opt(Text(0, 9, _empty_or(lambda t: len(t) == 9 and t.isascii()
                                   and t.isdigit())))


def optional(high):
    return Opt(Text(0, high))


SIGNAL_MAP = Map(
    aanduiding=Opt(Text(0, 2, lambda t: t in ("", "to", "by"))),
    amount_cents=Opt(names.TIME), birth_date=OPT_DAY, bsn=OPT_BSN,
    contact=optional(256), contact_tried=OPT_DAY, help_pointed_out=OPT_DAY,
    huisletter=optional(32), huisnummer=optional(32),
    huisnummertoevoeging=optional(32), informed=Uint(1, 3),
    informed_reason=optional(512), informed_review=OPT_DAY, kind=names.CODE,
    name=optional(128), note=optional(4000), offer_made=OPT_DAY,
    parent_bsn=OPT_BSN,
    postcode=Opt(Text(0, 6)), reminder_sent=OPT_DAY,
    replaces=Opt(names.ID), shielded=Opt(Bool()), since=OPT_DAY,
    source_id=Text(1, 64), urgency=Opt(Uint(0, 1)))

_UNDOING = Map(at=names.TIME, letter_id=names.ID, reason=optional(512))
SCHEMAS = {
    SIGNAL: SIGNAL_MAP, CORRECTION: SIGNAL_MAP, REFERRAL: SIGNAL_MAP,
    WITHDRAWAL: _UNDOING, CLOSING: _UNDOING,
    FEEDBACK: Map(at=names.TIME, outcome=names.CODE),
    MESSAGE: Map(at=names.TIME, text=Text(1, 4000)),
    RECEIPT: Map(at=names.TIME, letter_id=names.ID, status=Uint(1, 3)),
    INVITATION: Map(at=names.TIME, day=names.DAY, headings=Text(1, 1000),
                    purpose=Text(1, 512)),
    CONSULT: Map(at=names.TIME, text=Text(1, 4000)),
    INTRODUCTION: Map(at=names.TIME, contact=optional(256),
                      deposit=Bin(1, presence.DEPOSIT_MAX),
                      regie=Opt(List(Bin(1, REGIE_MAX), 0, 8))),
    REGIE: Map(at=names.TIME, propose=Opt(Text(0, 53, _empty_or(
        names.is_desk))), release=Opt(Bin(0, 336)),
        statement=Opt(Bin(0, REGIE_MAX))),
    PARTING: Map(at=names.TIME, reason=Text(1, 32, lambda t: t in (
        "not_same_household", "ended"))),
}


def _wrong(detail):
    raise SeinError("content_invalid", detail)


def _check_signal(kind, value):
    from . import handle
    if (kind == CORRECTION) != (value["replaces"] != bytes(16)):
        _wrong("replaces does not fit the kind")
    if (value["postcode"] == "") != (value["huisnummer"] == ""):
        _wrong("postcode and huisnummer stand together")
    if not value["postcode"] and not value["bsn"]:
        _wrong("neither an address nor a bsn")
    if value["postcode"]:
        if handle.postcode(value["postcode"])[0] != value["postcode"]:
            _wrong("postcode is not canonical")
    for field in ("bsn", "parent_bsn"):
        if value[field]:
            handle.bsn(value[field])
    if value["informed"] in (2, 3) and not value["informed_reason"]:
        _wrong("informed_reason is missing")
    if value["informed"] == 2 and not value["informed_review"]:
        _wrong("informed_review is missing")
    if len(value["note"]) > NOTE_SIGNS_MAX:
        _wrong("note is too long")


def _check(kind, value):
    if kind in SIGNAL_LIKE:
        _check_signal(kind, value)
    if kind == REGIE and sum(bool(value[name]) for name in (
            "propose", "release", "statement")) != 1:
        _wrong("one of propose, release and statement")


def decode(kind, data):
    """The content, or None for what a newer version made."""
    if kind not in SCHEMAS:
        return None
    try:
        value = SCHEMAS[kind].decode(data)
        _check(kind, value)
    except SeinError as error:
        raise SeinError("content_invalid", str(error)) from error
    return value


def encode(kind, value):
    data = SCHEMAS[kind].encode(value)
    decode(kind, data)
    return data


ATTESTATIONS = ("contact_tried", "help_pointed_out", "reminder_sent",
                "offer_made")


def check_codes(directory, circle_name, kind, value):
    """Codes and attestations as the circle asks for them."""
    circle = directory.circle(circle_name)
    if kind in SIGNAL_LIKE:
        listed = next((one for one in circle["kinds"]
                       if one["code"] == value["kind"]), None)
        if listed is None:
            raise SeinError("code_unknown", value["kind"])
        if listed["arrears"] and not all(value[a] for a in ATTESTATIONS):
            raise SeinError("attestation_missing")
    if kind == FEEDBACK and value["outcome"] not in [
            one["code"] for one in circle["outcomes"]]:
        raise SeinError("code_unknown", value["outcome"])


class Thread:
    """What a party remembers of a thread: which kind of letter opened it, from
    which desk to which.  That of a pair has kind INTRODUCTION, its desks in any
    order, and the key that its letters are sealed with."""

    def __init__(self, kind, sender, recipient, psk=None):
        self.kind, self.sender, self.recipient = kind, sender, recipient
        self.psk = psk

    def has(self, desk):
        return desk in (self.sender, self.recipient)


def check_allowed(directory, circle, kind, sender, recipient, thread):
    """The table of section 9; thread is None when none is known."""
    def need(desk, bits):
        if not directory.roles(desk, circle) & bits:
            raise SeinError("role_missing", f"{desk} in {circle}")

    if kind in OPENING:
        if thread is not None:
            raise SeinError("not_a_party", "the thread is known already")
    elif thread is None:
        raise SeinError("not_a_party", "the thread is not known")
    elif not (thread.has(sender) and thread.has(recipient)
              and sender != recipient):
        raise SeinError("not_a_party")
    if kind in (SIGNAL, CORRECTION, WITHDRAWAL, CLOSING):
        need(sender, roles.SIGNAL)
        need(recipient, roles.COORDINATE)
    elif kind == FEEDBACK:
        need(sender, roles.COORDINATE)
        need(recipient, roles.FEEDBACK)
    elif kind in PAIR or (kind == MESSAGE and thread.kind == INTRODUCTION):
        if thread.kind != INTRODUCTION:
            raise SeinError("not_a_party", "not the thread of a pair")
        need(sender, roles.INTRODUCED)
        need(recipient, roles.INTRODUCED)
    elif kind == MESSAGE:
        if thread.kind != SIGNAL:
            raise SeinError("not_a_party", "no signal opened the thread")
        need(thread.sender, roles.INTRODUCED)
    elif kind in (INVITATION, REFERRAL, CONSULT):
        need(sender, roles.COORDINATE | roles.INTRODUCED)
        need(recipient, roles.COORDINATE | roles.INTRODUCED)
    if kind in (CORRECTION, WITHDRAWAL, CLOSING):
        if thread.kind != SIGNAL or thread.sender != sender:
            raise SeinError("not_a_party")
    if kind == FEEDBACK:
        if thread.kind != SIGNAL or thread.recipient != sender:
            raise SeinError("not_a_party")


def psk_of(kind, thread):
    """The key that such a letter must be sealed with, or None: base mode."""
    return thread.psk if thread is not None and thread.psk and kind in (
        MESSAGE, RECEIPT, *PAIR) else None
