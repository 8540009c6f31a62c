"""The Python members of a test, with a real broker.

Place: the town on paper, whose governance is made with seinpy, so that a
directory may hold what `sein directory` would not write.
guest, arrive: Python members in the town of tests/support, which the programs
made, beside homes of `sein`.
"""

import os
import sys

import tap
import paper
from seinpy import directory, lines, member, names

sys.path.insert(0, os.path.join(tap.ROOT, "tests", "support"))
from seinhuis import Seinhuis  # noqa: E402
from town import OINS, ROLES  # noqa: E402


class Place:
    """with Place() as place: a broker that runs, and the members CORP and TEAM
    with the desks `huur` and `oost`, each not connected yet."""

    def __init__(self):
        self.house = Seinhuis(tap.build)
        self.clock = self.house.clock
        self.town = paper.Town()
        self.members = {}
        for oin, desk in ((paper.CORP, "huur"), (paper.TEAM, "oost")):
            self.adopt(self.new_member(oin, [desk]))
        self.read = None

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            self.house.close()
            raise
        return self

    def __exit__(self, *_):
        for one in self.members.values():
            one.close()
        self.house.close()

    def new_member(self, oin, desks):
        return member.Member(oin, "Lid", desks, self.clock.now_ms)

    def adopt(self, one):
        """The member's keys take the place of those of the town."""
        self.members[one.oin] = one
        self.town.member(one.oin)["keys"] = [self.entry(one)]

    def entry(self, one):
        return {"active_from": self.clock.now_ms() - 1000,
                "curve": one.curve.public, "key_id": one.key_id,
                "sign": one.sign.public}

    def begin(self):
        broker = self.house.broker
        line = broker.init(paper.TEAM, self.town.fingerprint().hex())
        read = lines.read_broker(line)
        self.town.dir["brokers"] = [
            {key: read[key] for key in ("curve", "endpoint", "name",
                                        "operator", "receipt")}]
        now = self.clock.now_ms()
        self.town.dir["issued"] = now - 1000
        self.town.dir["expires"] = now + 40 * names.DAY_MS
        self.town.dir["circles"][0]["basis_ends"] = now + 400 * names.DAY_MS
        self.publish()
        broker.start()

    def publish(self):
        """Signs and hands over what the town says now, as the next version;
        gives the broker's answer when it runs."""
        broker = self.house.broker
        if self.read is not None:
            self.town.next(self.read)
        signed = self.town.sign()
        self.read = directory.Directory(signed).decode()
        broker.publish(signed, f"{self.read.version:06}.dir")
        return broker.reload() if broker.running else None

    @property
    def broker(self):
        return self.house.broker

    @property
    def invitation(self):
        entry = self.town.dir["brokers"][0]
        return lines.write_invitation(entry["endpoint"], entry["curve"],
                                      self.town.fingerprint())

    @property
    def corp(self):
        return self.members[paper.CORP]

    @property
    def team(self):
        return self.members[paper.TEAM]

    def connect(self, one, hello=True, **options):
        one.close()
        one.connect(self.invitation)
        if hello:
            one.hello(**options)
        return one

    def both(self):
        """Both connected, and a prekey of the team."""
        corp, team = self.connect(self.corp), self.connect(self.team)
        team.publish_prekey(paper.DESK_TEAM)
        return corp, team


# ---- Python members in a town that the programs made -------------------------


def admit(town, one, roles):
    """`sein directory admit` with the member's line, its fingerprint compared;
    in force with the next version."""
    town.govern("admit", one.join_line(), "--fingerprint",
                directory.readable(one.key_id), *roles)


def guest(town, name, desks, kind=member.Member, roles=None):
    """A Python member where the town has a home of that name: same OIN, desks
    and roles.  Not connected."""
    one = kind(OINS[name], name, desks, town.clock.now_ms)
    admit(town, one, roles or ROLES[name])
    return one


def invitation(town):
    return town.govern("invite", "--quiet").out.strip()


def arrive(town, *guests):
    """Signs what was admitted, and settle()."""
    town.sign_and_publish()
    settle(town, *guests)


def settle(town, *guests):
    """Every guest connects and can be written to, and every home knows of
    them."""
    line = invitation(town)
    for one in guests:
        one.connect(line)
        one.hello()
        for desk in one.desks:
            one.publish_prekey(desk)
    for home in town.homes.values():
        home.run("sync")
