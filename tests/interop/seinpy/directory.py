"""Section 6: the directory, what makes it valid, and which version follows."""

import re

from . import crypto, names, pack
from .errors import SeinError
from .pack import Array, Bool, List, Map, Opt, Text, Uint

DIRECTORY_MAX = 4 << 20
LIFE_MAX_MS = 45 * names.DAY_MS

SIGNAL, INTRODUCED, COORDINATE, WATCH = 1, 2, 4, 8
FEEDBACK, AGGREGATE, KEYHOLDER, STEWARD = 16, 32, 64, 128
ROLES_ALL = 255

REVEAL_MUTUAL = 2
LABEL_MEMBERS = 3
COVERED_MAX = 262144

LINKS_ALL = 15
# A link stands for a handle of one kind: a person and a parent are both a BSN.
MEETING_LINKS = {(1, 1), (2, 2), (2, 3), (3, 3), (4, 4)}
QUOTA = 200


def is_endpoint(text):
    return re.fullmatch("tcp://[^:/ ]+:[0-9]{1,5}|tcp://\\[[0-9A-Fa-f:.]+\\]"
                        ":[0-9]{1,5}", text) is not None


SHORT = Text(1, 128)
LONG = Text(1, 512)

SIGNED = Array(dir=pack.Bin(1, DIRECTORY_MAX),
               signatures=List(Array(governor=names.KEY,
                                     signature=names.SIGNATURE), 1, 16))
AREA = Map(**{"from": Uint(1000, 9999), "to": Uint(1000, 9999)})
GOVERNANCE = Map(keys=List(Map(name=SHORT, pk=names.KEY), 1, 16),
                 threshold=Uint(1, 16))
BROKER = Map(areas=Opt(List(AREA)), curve=names.KEY,
             endpoint=Text(1, 255, is_endpoint), name=SHORT,
             operator=names.OIN, receipt=names.KEY, supplier=Opt(Text(0, 128)))
MEMBER_KEY = Map(active_from=names.TIME, curve=names.KEY,
                 desks=Opt(List(names.DESK_NAME)), key_id=names.ID,
                 retired_at=Opt(names.TIME), revoked_at=Opt(names.TIME),
                 sign=names.KEY)
MEMBER_DESK = Map(areas=Opt(List(AREA)), hours=Opt(Text()),
                  mandate=Opt(Text()), name=names.DESK_NAME, phone=Opt(Text()),
                  roles=Opt(List(Map(circle=names.CIRCLE,
                                     links=Opt(Uint(0, 15)),
                                     roles=Uint(0, ROLES_ALL)))),
                  stand_in=Opt(Text(0, 53, lambda t: t == ""
                                    or names.is_desk(t))), title=SHORT)
MEMBER = Map(desks=List(MEMBER_DESK, 1, 256), domain=names.CODE,
             keys=List(MEMBER_KEY, 1, 64), left_at=Opt(names.TIME), name=SHORT,
             oin=names.OIN, supplier=Opt(Text(0, 128)))
EPOCH_NUMBER = Uint(1, 2 ** 32 - 1)
HOLDERS = Uint(2, 16)
EPOCH = Map(epoch=EPOCH_NUMBER, handle_version=EPOCH_NUMBER,
            holders=List(names.DESK, 2, 16), match_until=Uint(1),
            not_before=Uint(1), pepper_check=Opt(pack.Bin(0, 16)),
            record=Opt(pack.Bin(0, 4096)),
            signatures=Opt(List(names.SIGNATURE, 0, 16)), t=HOLDERS)
RECORD = Array(v=Uint(1, 1), circle=names.CIRCLE, epoch=EPOCH_NUMBER,
               t=HOLDERS, n=HOLDERS,
               holders=List(Array(index=Uint(1, 16), desk=names.DESK,
                                  key_id=names.ID), 2, 16),
               commitments=List(names.KEY, 2, 16), not_before=Uint(1),
               match_until=Uint(1), transcript=names.HASH)
LINK_PAIR = Map(a=Uint(1, 4), b=Uint(1, 4))
QUOTA_EXCEPTION = Map(**{"from": Uint(1)}, oin=names.OIN,
                      per_day=Uint(1, 1000000), until=Uint(1))
CIRCLE = Map(basis=LONG, basis_ends=names.TIME, collect_days=Opt(Uint(0, 30)),
             epochs=Opt(List(EPOCH, 0, 16)),
             exceptions=Opt(List(Map(label=Text(), reason=LONG))),
             id=names.CIRCLE,
             kinds=Opt(List(Map(arrears=Opt(Bool()), code=names.CODE,
                                en=Text(), nl=Text()))),
             labels=Opt(List(Map(label=Text(1, 64), oin=names.OIN))),
             link_pairs=Opt(List(LINK_PAIR, 0, 10)),
             outcomes=Opt(List(Map(code=names.CODE, en=Text(), nl=Text()))),
             purpose=LONG,
             quota_exceptions=Opt(List(QUOTA_EXCEPTION, 0, 4096)),
             quota_per_day=Opt(Uint(0, 1000000)),
             regie_order=Opt(List(names.DESK)),
             regie_silence_days=Opt(Uint(0, 731)),
             retention_days=Uint(1, 731),
             reveal=Opt(Uint(0, 2)), title=SHORT)
DIR = Map(brokers=List(BROKER, 1, 16), circles=Opt(List(CIRCLE)),
          expires=names.TIME, governance=GOVERNANCE, issued=names.TIME,
          members=Opt(List(MEMBER, 0, 4096)), prev=names.HASH, v=Uint(1, 1),
          version=Uint(1))


def fingerprint(governance):
    return crypto.sha256(b"seinhuis/1/governance"
                         + bytes([governance["threshold"]])
                         + b"".join(key["pk"] for key in governance["keys"]))


def key_id(sign, curve):
    return crypto.sha256(b"seinhuis/1/key-id" + sign + curve)[:16]


def readable(digest):
    """16 bytes as people compare them by telephone."""
    text = digest[:16].hex()
    return " ".join(text[at:at + 4] for at in range(0, 32, 4))


def _wrong(detail, word="directory_invalid"):
    raise SeinError(word, detail)


def _ascending(values, what):
    for before, after in zip(values, values[1:]):
        if not before < after:
            _wrong(f"{what} do not ascend")


def _different(values, what):
    values = list(values)
    if len(set(values)) != len(values):
        _wrong(f"{what} stand twice")


def postcodes(areas):
    found = set()
    for area in areas:
        found.update(range(area["from"], area["to"] + 1))
    return found


class Directory:
    """One decoded version.  Whether anybody signed it: see check_signed."""

    def __init__(self, signed_bytes):
        if len(signed_bytes) > DIRECTORY_MAX:
            raise SeinError("too_long")
        self.signed_bytes = signed_bytes
        signed = SIGNED.decode(signed_bytes)
        self.signatures = signed["signatures"]
        self.bytes = signed["dir"]
        self.hash = crypto.sha256(self.bytes)
        self.dir = None

    def decode(self):
        """After a signature was verified."""
        self.dir = DIR.decode(self.bytes)
        self._check_valid()
        return self

    # ---- look-ups -------------------------------------------------------------

    @property
    def version(self):
        return self.dir["version"]

    def expired(self, now_ms):
        return now_ms >= self.dir["expires"]

    def circle(self, name):
        return next((c for c in self.dir["circles"] if c["id"] == name), None)

    def member(self, oin):
        return next((m for m in self.dir["members"] if m["oin"] == oin), None)

    def desk(self, full_name):
        oin, _, name = full_name.partition("/")
        member = self.member(oin)
        return next((d for d in member["desks"] if d["name"] == name),
                    None) if member else None

    def desks(self):
        """(member, desk, full name) of all."""
        for member in self.dir["members"]:
            for desk in member["desks"]:
                yield member, desk, f"{member['oin']}/{desk['name']}"

    def roles(self, full_name, circle):
        desk = self.desk(full_name)
        for entry in desk["roles"] if desk else []:
            if entry["circle"] == circle:
                return entry["roles"]
        return 0

    def links(self, full_name, circle):
        """The bits of the links that a desk may use in a circle."""
        desk = self.desk(full_name)
        for entry in desk["roles"] if desk else []:
            if entry["circle"] == circle:
                return entry["links"] or LINKS_ALL
        return 0

    def epoch_now(self, circle, now_ms):
        """The epoch that new presences go under, or None."""
        is_open = [one for one in self.circle(circle)["epochs"] if one["record"]
                   and one["not_before"] <= now_ms < one["match_until"]]
        return is_open[-1] if is_open else None

    def quota(self, circle, oin, now_ms):
        found = self.circle(circle)
        for one in found["quota_exceptions"]:
            if one["oin"] == oin and one["from"] <= now_ms < one["until"]:
                return one["per_day"]
        return found["quota_per_day"] or QUOTA

    def key(self, wanted):
        """(member, key) of a key id, or None."""
        for member in self.dir["members"]:
            for key in member["keys"]:
                if key["key_id"] == wanted:
                    return member, key
        return None

    def broker(self, curve):
        return next((b for b in self.dir["brokers"] if b["curve"] == curve),
                    None)

    @staticmethod
    def status(member, key, at_ms):
        if 0 < key["revoked_at"] <= at_ms:
            return "revoked"
        if 0 < key["retired_at"] <= at_ms:
            return "retired"
        if key["active_from"] > at_ms:
            return "not yet"
        if 0 < member["left_at"] <= at_ms:
            return "left"
        return "active"

    @staticmethod
    def may_act(member, key, full_name):
        oin, _, name = full_name.partition("/")
        return (oin == member["oin"]
                and any(desk["name"] == name for desk in member["desks"])
                and (not key["desks"] or name in key["desks"]))

    # ---- valid ------------------------------------------------------------------

    def _check_valid(self):
        top = self.dir
        if not 0 < top["expires"] - top["issued"] <= LIFE_MAX_MS:
            _wrong("expires is not within 45 days of issued")
        if (top["version"] == 1) != (top["prev"] == bytes(32)):
            _wrong("prev does not fit the version")
        governance = top["governance"]
        pks = [key["pk"] for key in governance["keys"]]
        _ascending(pks, "governance keys")
        if governance["threshold"] > len(pks):
            _wrong("threshold above the number of keys")
        self._check_areas()
        self._check_members()
        self._check_circles()
        for circle in top["circles"]:
            self._check_coverage(circle["id"])
            if circle["reveal"] == REVEAL_MUTUAL:
                self._check_labels(circle)
            self._check_meeting(circle)
            for epoch in circle["epochs"]:
                self._check_epoch(circle["id"], epoch)

    def _check_areas(self):
        pairs = sum(len(desk["areas"]) for _, desk, _ in self.desks()
                    for role in desk["roles"] if role["roles"] & COORDINATE)
        if pairs > COVERED_MAX:
            _wrong("too many areas")
        holders = self.dir["brokers"] + [desk for _, desk, _ in self.desks()]
        for holder in holders:
            for area in holder["areas"]:
                if area["to"] < area["from"]:
                    _wrong("an area ends before it begins")

    def _check_members(self):
        members = self.dir["members"]
        _ascending([member["oin"] for member in members], "members")
        keys = [key for member in members for key in member["keys"]]
        for key in keys:
            if key["key_id"] != key_id(key["sign"], key["curve"]):
                _wrong("a key id is not the hash of its keys")
        _different([key["key_id"] for key in keys], "key ids")
        _different([key["curve"] for key in keys]
                   + [b["curve"] for b in self.dir["brokers"]], "CURVE keys")
        _different([key["sign"] for key in keys]
                   + [b["receipt"] for b in self.dir["brokers"]], "sign keys")
        for member in members:
            _ascending([desk["name"] for desk in member["desks"]], "desks")
            named = {desk["name"] for desk in member["desks"]}
            for key in member["keys"]:
                if not named.issuperset(key["desks"]):
                    _wrong("a key names a desk that the member has not")
        circles = {circle["id"] for circle in self.dir["circles"]}
        every = {name for _, _, name in self.desks()}
        for _, desk, _ in self.desks():
            _ascending([role["circle"] for role in desk["roles"]], "roles")
            if not circles.issuperset(r["circle"] for r in desk["roles"]):
                _wrong("a role names an unknown circle")
            if desk["stand_in"] and desk["stand_in"] not in every:
                _wrong("a stand-in is no desk")

    def _check_circles(self):
        circles = self.dir["circles"]
        _ascending([circle["id"] for circle in circles], "circles")
        for circle in circles:
            _ascending([label["oin"] for label in circle["labels"]], "labels")
            for group in ("kinds", "outcomes"):
                _different([one["code"] for one in circle[group]], group)

    def _check_coverage(self, circle):
        covered = set()
        for _, desk, name in self.desks():
            if self.roles(name, circle) & COORDINATE:
                mine = postcodes(desk["areas"])
                if covered & mine:
                    _wrong(f"two desks of {circle} cover a postcode",
                           "desk_ambiguous")
                covered |= mine

    def _check_labels(self, circle):
        labels = {one["oin"]: one["label"] for one in circle["labels"]}
        excepted = {one["label"] for one in circle["exceptions"]}
        introduced = {member["oin"] for member, _, name in self.desks()
                      if self.roles(name, circle["id"]) & INTRODUCED}
        if not introduced.issubset(labels):
            _wrong("an introduced member has no label")
        for label in set(labels.values()) - excepted:
            having = [oin for oin in introduced if labels[oin] == label]
            if len(having) < LABEL_MEMBERS:
                _wrong(f"label {label}", "label_too_small")

    def _check_meeting(self, circle):
        _ascending([one["epoch"] for one in circle["epochs"]], "epochs")
        pairs = [(one["a"], one["b"]) for one in circle["link_pairs"]]
        _ascending(pairs, "link pairs")
        if not MEETING_LINKS.issuperset(pairs):
            _wrong("links that never meet")
        for one in circle["quota_exceptions"]:
            if one["from"] >= one["until"]:
                _wrong("a quota ends before it begins")
        _different(circle["regie_order"], "desks of regie")
        for desk in circle["regie_order"]:
            if not self.roles(desk, circle["id"]) & INTRODUCED:
                _wrong("regie of a desk that is not introduced")

    def _check_epoch(self, circle, epoch):
        if epoch["not_before"] >= epoch["match_until"]:
            _wrong("an epoch ends before it begins")
        if len(epoch["pepper_check"]) not in (0, 16):
            _wrong("a pepper check is not 16 bytes")
        if epoch["t"] > len(epoch["holders"]):
            _wrong("a threshold above the number of holders")
        _different(epoch["holders"], "holders")
        for desk in epoch["holders"]:
            if not self.roles(desk, circle) & KEYHOLDER:
                _wrong("a holder without the role")
        self._check_apart(epoch)
        if not epoch["record"]:
            if epoch["signatures"]:
                _wrong("signatures without a record")
            return
        try:
            check_record(self, circle, epoch, epoch["record"],
                         epoch["signatures"])
        except SeinError as error:
            _wrong(str(error), "epoch_record_wrong")

    def _check_apart(self, epoch):
        members = [self.member(names.oin_of(d)) for d in epoch["holders"]]
        for member in members:
            for broker in self.dir["brokers"]:
                if (broker["operator"] == member["oin"]
                        or broker["supplier"] == member["supplier"] != ""):
                    _wrong("a holder of the broker", "holders_not_apart")
            close = [other for other in members
                     if other is member
                     or other["supplier"] == member["supplier"] != ""]
            if len(close) >= epoch["t"]:
                _wrong("one hand in t shares", "holders_not_apart")


# ---- epoch records ------------------------------------------------------------


def check_record(directory, circle, epoch, record, signatures):
    """The record read, when it is what the directory named and all its holders
    signed it."""
    read = RECORD.decode(record)
    desks = [one["desk"] for one in read["holders"]]
    keys = [one["key_id"] for one in read["holders"]]
    points = read["commitments"]
    for values in (desks, keys, points):
        _different(values, "holders or commitments")
    if (not 2 <= read["t"] == len(points) <= read["n"] == len(desks)
            or [one["index"] for one in read["holders"]]
            != list(range(1, read["n"] + 1)) or bytes(32) in points
            or not read["not_before"] < read["match_until"]):
        _wrong("a record that contradicts itself", "epoch_record_wrong")
    named = [epoch[name] for name in ("epoch", "t", "holders", "not_before",
                                      "match_until")]
    if (read["circle"] != circle or len(signatures) != read["n"]
            or named != [read["epoch"], read["t"], desks, read["not_before"],
                         read["match_until"]]):
        _wrong("not what the directory named", "epoch_record_wrong")
    for holder, signature in zip(read["holders"], signatures):
        found = directory.key(holder["key_id"])
        if found is None:
            raise SeinError("key_unknown")
        if not directory.may_act(*found, holder["desk"]):
            raise SeinError("desk_not_yours")
        crypto.verify(found[1]["sign"], "epoch", record, signature)
    return read


# ---- accepting ----------------------------------------------------------------


def signed_by(directory, governance):
    """How many different governors of that governance signed it."""
    governors = {key["pk"] for key in governance["keys"]}
    seen = [one["governor"] for one in directory.signatures]
    if len(set(seen)) != len(seen):
        _wrong("a governor signed twice")
    return sum(1 for one in directory.signatures
               if one["governor"] in governors
               and crypto.verifies(one["governor"], "dir", directory.bytes,
                                   one["signature"]))


def _check_signed(directory, governance):
    if signed_by(directory, governance) < governance["threshold"]:
        raise SeinError("directory_under_signed")


def join(signed_bytes, invited, now_ms):
    """The first directory of a joiner, from the newest version that has the
    invited governance; fingerprint_differs when this is not such a one."""
    directory = Directory(signed_bytes).decode()
    if fingerprint(directory.dir["governance"]) != invited:
        raise SeinError("fingerprint_differs")
    _check_signed(directory, directory.dir["governance"])
    if directory.expired(now_ms):
        raise SeinError("directory_expired")
    return directory


def follow(old, signed_bytes):
    """The version after old, or old itself when it is the same.  An expired
    one counts as a link: the caller looks at the last one's expiry."""
    new = Directory(signed_bytes)
    if new.bytes == old.bytes:
        return old
    new.decode()
    if new.version <= old.version:
        raise SeinError("directory_rolled_back")
    if new.version != old.version + 1 or new.dir["prev"] != old.hash:
        raise SeinError("directory_chain_broken")
    _check_signed(new, old.dir["governance"])
    _check_signed(new, new.dir["governance"])
    return new
