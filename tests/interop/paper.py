"""A small town for the offline tests: a governance of three, a housing
corporation, a district team, a broker and its log."""

import functools
import secrets

from seinpy import crypto, directory, names, pack, receipt

NOW = 1_790_000_000_000
CORP, TEAM, SCHOOL, CARE = (f"0000009900000000{n}000" for n in range(1, 5))
DESK_CORP, DESK_TEAM = f"{CORP}/huur", f"{TEAM}/oost"


class Key:
    def __init__(self):
        self.sign, self.curve = crypto.SignKey(), secrets.token_bytes(32)
        self.id = directory.key_id(self.sign.public, self.curve)

    def entry(self):
        return {"active_from": NOW - names.DAY_MS, "curve": self.curve,
                "key_id": self.id, "sign": self.sign.public}


class Town:
    """`dir` may be changed at will; sign() makes the signed bytes."""

    def __init__(self):
        self.governors = [crypto.SignKey() for _ in range(3)]
        self.keys = {oin: Key() for oin in (CORP, TEAM)}
        self.dir = {
            "brokers": [{"curve": b"c" * 32, "endpoint": "tcp://127.0.0.1:1",
                         "name": "Broker", "operator": TEAM,
                         "receipt": b"r" * 32}],
            "circles": [self.circle()], "expires": NOW + 30 * names.DAY_MS,
            "issued": NOW - names.DAY_MS, "members": [
                self.make_member(CORP, "Corporatie", "huur",
                                 directory.SIGNAL | directory.FEEDBACK),
                self.make_member(TEAM, "Wijkteam", "oost",
                                 directory.COORDINATE,
                                 [{"from": 1500, "to": 1599}])],
            "prev": bytes(32), "v": 1, "version": 1}
        self.unknown = {}
        self.write_governance()

    @staticmethod
    def circle():
        return {"basis": "test", "basis_ends": NOW + 400 * names.DAY_MS,
                "id": "schulden", "kinds": [
                    {"code": "huur", "en": "rent", "nl": "huur"}],
                "outcomes": [{"code": "contact", "en": "c", "nl": "c"}],
                "purpose": "test", "retention_days": 365, "title": "Schulden"}

    def make_member(self, oin, name, desk, roles, areas=()):
        return {"desks": [{"areas": list(areas), "name": desk,
                           "roles": [{"circle": "schulden", "roles": roles}],
                           "title": name}],
                "domain": "test", "keys": [self.keys[oin].entry()],
                "name": name, "oin": oin}

    def write_governance(self):
        self.governors.sort(key=lambda key: key.public)
        self.dir["governance"] = {
            "keys": [{"name": f"g{n}", "pk": key.public}
                     for n, key in enumerate(self.governors)], "threshold": 2}

    def member(self, oin):
        return next(m for m in self.dir["members"] if m["oin"] == oin)

    def add_member(self, oin, roles, circle="schulden"):
        self.keys[oin] = Key()
        fresh = self.make_member(oin, "Meer", "balie", roles)
        fresh["desks"][0]["roles"][0]["circle"] = circle
        self.dir["members"].append(fresh)
        self.dir["members"].sort(key=lambda member: member["oin"])

    def fingerprint(self):
        return directory.fingerprint(self.dir["governance"])

    def sign(self, by=None, with_keys=None):
        # Not DIR.encode(), which refuses what some tests want to sign.
        data = pack.encode(directory.DIR.write(self.dir) | self.unknown)
        keys = with_keys or self.governors
        if by is not None:
            keys = [keys[n] for n in by]
        return pack.encode([data, [[key.public, key.sign("dir", data)]
                                   for key in keys]])

    def read(self):
        return directory.join(self.sign(), self.fingerprint(), NOW)

    def next(self, old):
        self.dir["version"], self.dir["prev"] = old.version + 1, old.hash


@functools.lru_cache
def shared():
    return Town()


def signal(**change):
    return {"source_id": "H-1", "kind": "huur", "informed": 1,
            "postcode": "1506AB", "huisnummer": "118 b"} | change


class Log:
    """The broker's side of section 11."""

    def __init__(self):
        self.key = crypto.SignKey()
        self.id, self.seq, self.previous = secrets.token_bytes(16), 0, bytes(32)

    def commit(self, operations):
        """((head, signature), the receipts as arrays with head 0)"""
        receipts = [[secrets.token_bytes(32), NOW, index, [], 0]
                    for index in range(len(operations))]
        leaves = [receipt.leaf(kind, oin, op_id, item,
                               {"k_event": entry[0], "time": entry[1]})
                  for (kind, oin, op_id, item), entry
                  in zip(operations, receipts)] or [b"none"]
        for index, entry in enumerate(receipts):
            entry[3] = receipt.path(leaves, index)
        self.seq += 1
        head = pack.encode([1, self.id, self.seq, self.previous,
                            receipt.root(leaves), len(leaves), NOW])
        self.previous = crypto.sha256(head)
        return (head, self.key.sign("head", head)), receipts


# ---- an epoch for circle schulden, of two holders beside the town's own -------

FIRST, SECOND = (f"0000009900000000{n}000" for n in range(5, 7))


def with_epoch(place):
    """Names an epoch, makes its record; gives the entry of the directory."""
    for oin in (FIRST, SECOND):
        place.add_member(oin, directory.KEYHOLDER)
    epoch = {"epoch": 3, "handle_version": 1, "t": 2,
             "holders": [f"{FIRST}/balie", f"{SECOND}/balie"],
             "not_before": NOW, "match_until": NOW + 300 * names.DAY_MS}
    place.dir["circles"][0]["epochs"] = [epoch]
    sign_record(place, epoch)
    return epoch


def sign_record(place, epoch, **change):
    holders = [{"index": at + 1, "desk": desk,
                "key_id": place.keys[names.oin_of(desk)].id}
               for at, desk in enumerate(epoch["holders"])]
    record = {"v": 1, "circle": "schulden", "epoch": epoch["epoch"],
              "t": epoch["t"], "n": len(holders), "holders": holders,
              "commitments": [bytes([n]) * 32 for n in range(1, epoch["t"] + 1)],
              "not_before": epoch["not_before"],
              "match_until": epoch["match_until"], "transcript": b"t" * 32}
    epoch["record"] = pack.encode(directory.RECORD.write(record | change))
    epoch["signatures"] = [
        place.keys[names.oin_of(desk)].sign.sign("epoch", epoch["record"])
        for desk in epoch["holders"]]


# ---- what makes a directory invalid: name -> change; gives the word, if it is
# another than directory_invalid ----------------------------------------------

INVALID = {}


def invalid(function):
    INVALID[function.__name__] = function
    return function


@invalid
def lives_too_long(place):
    place.dir["expires"] = place.dir["issued"] + 45 * names.DAY_MS + 1


@invalid
def ends_before_it_begins(place):
    place.dir["issued"] = place.dir["expires"]


@invalid
def members_in_another_order(place):
    place.dir["members"].reverse()


@invalid
def member_twice(place):
    place.dir["members"].append(place.dir["members"][-1])


@invalid
def key_id_of_other_keys(place):
    place.member(CORP)["keys"][0]["key_id"] = b"k" * 16


@invalid
def curve_key_twice(place):
    fresh = Key()
    fresh.curve = place.keys[TEAM].curve
    fresh.id = directory.key_id(fresh.sign.public, fresh.curve)
    place.member(CORP)["keys"].append(fresh.entry())


@invalid
def sign_key_twice(place):
    fresh = Key()
    fresh.sign = place.keys[TEAM].sign
    fresh.id = directory.key_id(fresh.sign.public, fresh.curve)
    place.member(CORP)["keys"].append(fresh.entry())


@invalid
def role_in_no_circle(place):
    place.member(CORP)["desks"][0]["roles"][0]["circle"] = "nergens"


@invalid
def stand_in_is_no_desk(place):
    place.member(CORP)["desks"][0]["stand_in"] = f"{TEAM}/west"


@invalid
def two_desks_cover_a_postcode(place):
    place.add_member(SCHOOL, directory.COORDINATE)
    place.member(SCHOOL)["desks"][0]["areas"] = [{"from": 1400, "to": 1500}]
    return "desk_ambiguous"


@invalid
def area_ends_before_it_begins(place):
    place.member(TEAM)["desks"][0]["areas"] = [{"from": 1501, "to": 1500}]


@invalid
def code_twice(place):
    kinds = place.dir["circles"][0]["kinds"]
    kinds.append(dict(kinds[0]))


@invalid
def circles_in_another_order(place):
    place.dir["circles"].append(place.circle() | {"id": "jeugd"})


@invalid
def threshold_above_the_keys(place):
    place.dir["governance"]["threshold"] = 4


@invalid
def governors_in_another_order(place):
    place.dir["governance"]["keys"].reverse()


@invalid
def introduced_without_a_label(place):
    place.dir["circles"][0]["reveal"] = directory.REVEAL_MUTUAL
    place.add_member(SCHOOL, directory.INTRODUCED)


@invalid
def label_of_two(place):
    circle = place.dir["circles"][0]
    circle["reveal"] = directory.REVEAL_MUTUAL
    circle["labels"] = [{"label": "zorg", "oin": SCHOOL},
                        {"label": "zorg", "oin": CARE}]
    place.add_member(SCHOOL, directory.INTRODUCED)
    place.add_member(CARE, directory.INTRODUCED)
    return "label_too_small"


@invalid
def zero_that_must_be_left_out(place):
    place.unknown = {"circles": []}
    place.dir["circles"] = []
    for member in place.dir["members"]:
        member["desks"][0]["roles"] = []
    return "wire_not_canonical"


@invalid
def a_brokers_key_is_a_members(place):
    place.dir["brokers"] = [dict(place.dir["brokers"][0],
                                 curve=place.keys[TEAM].curve)]


@invalid
def a_head_key_is_a_members(place):
    place.dir["brokers"] = [dict(place.dir["brokers"][0],
                                 receipt=place.keys[TEAM].sign.public)]


@invalid
def prev_does_not_fit_the_version(place):
    place.dir["prev"] = (b"p" * 32 if place.dir["version"] == 1
                         else bytes(32))


@invalid
def outcome_with_arrears(place):
    circles = directory.DIR.write(place.dir)["circles"]
    circles[0]["outcomes"][0]["arrears"] = True
    place.unknown = {"circles": circles}
    return "wire_malformed"


@invalid
def unknown_field(place):
    place.unknown = {"later": 1}
    return "wire_malformed"


@invalid
def epoch_with_a_threshold_above_all(place):
    with_epoch(place)["t"] = 3


@invalid
def epoch_that_ends_before_it_begins(place):
    epoch = with_epoch(place)
    epoch["match_until"] = epoch["not_before"]


@invalid
def epoch_twice(place):
    place.dir["circles"][0]["epochs"] = [with_epoch(place)] * 2


@invalid
def holder_twice(place):
    epoch = with_epoch(place)
    epoch["holders"][1] = epoch["holders"][0]


@invalid
def holder_without_role(place):
    with_epoch(place)["holders"][1] = DESK_TEAM


@invalid
def pepper_check_of_15_bytes(place):
    with_epoch(place)["pepper_check"] = b"p" * 15


@invalid
def signatures_without_record(place):
    del with_epoch(place)["record"]


@invalid
def holders_of_one_supplier(place):
    with_epoch(place)
    for oin in (FIRST, SECOND):
        place.member(oin)["supplier"] = "one"
    return "holders_not_apart"


@invalid
def holder_that_operates_the_broker(place):
    with_epoch(place)
    place.dir["brokers"][0]["operator"] = SECOND
    return "holders_not_apart"


@invalid
def holder_with_the_brokers_supplier(place):
    with_epoch(place)
    place.member(SECOND)["supplier"] = "one"
    place.dir["brokers"][0]["supplier"] = "one"
    return "holders_not_apart"


@invalid
def record_of_another_window(place):
    with_epoch(place)["match_until"] += 1
    return "epoch_record_wrong"


@invalid
def record_of_another_circle(place):
    sign_record(place, with_epoch(place), circle="jeugd")
    return "epoch_record_wrong"


@invalid
def record_with_a_commitment_of_zeros(place):
    sign_record(place, with_epoch(place), commitments=[b"a" * 32, bytes(32)])
    return "epoch_record_wrong"


@invalid
def record_with_a_commitment_twice(place):
    sign_record(place, with_epoch(place), commitments=[b"a" * 32] * 2)
    return "epoch_record_wrong"


@invalid
def record_with_a_wrong_signature(place):
    with_epoch(place)["signatures"].reverse()
    return "epoch_record_wrong"


@invalid
def record_with_a_signature_less(place):
    with_epoch(place)["signatures"].pop()
    return "epoch_record_wrong"


@invalid
def link_pair_that_never_meets(place):
    place.dir["circles"][0]["link_pairs"] = [{"a": 1, "b": 2}]


@invalid
def link_pairs_in_another_order(place):
    place.dir["circles"][0]["link_pairs"] = [{"a": 2, "b": 3}, {"a": 2, "b": 2}]


@invalid
def quota_of_no_time(place):
    place.dir["circles"][0]["quota_exceptions"] = [
        {"from": NOW, "oin": CORP, "per_day": 9, "until": NOW}]


@invalid
def regie_of_a_desk_that_is_not_introduced(place):
    place.dir["circles"][0]["regie_order"] = [DESK_TEAM]
