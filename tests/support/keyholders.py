"""The keyholders of a circle, with the programs that they use: a home for the
ceremony, and sein-keyholder with keys of its own.

    with Town(sys.argv[1], ["school"]) as town:
        town.admit("wijkteam", roles=steward_of("jeugd", ROLES["wijkteam"]))
        holders = Keyholders(town, "jeugd", n=3, t=2)
        holders.make_key("wijkteam", takers=["school"])  # directory, packs
        holders.start()                                  # they all serve
        holders[0].kill()

make_key does what deploy/RUNBOOK.md section 4 has people do: the governance
names the epoch, the holders make its key over letters, each gives its share to
its program, the steward makes the pack and the members take it.  The programs
are admitted after the ceremony: whoever opens one names the newest key of each
desk, which has to be that of the home.
"""

import os
import signal
import subprocess

from seinhuis import PATIENCE_S, Failed, run, wait_for
from town import Home

FIRST_OIN = 901
DESK = "sleutels"
ADMISSION = ["--domain", "anders", "--desk", DESK, "--title", "Sleutels"]


def steward_of(circle, roles):
    """The arguments of `sein directory admit`, with that role too."""
    return [f"{word},steward" if before == "--role"
            and word.startswith(f"{circle}=") else word
            for before, word in zip([""] + roles, roles)]


class Keyholder:
    """A sein-keyholder: its folder and its program."""

    def __init__(self, town, name, desk):
        self.town, self.name, self.desk = town, name, desk
        self.folder = town.path(name)
        self.program = None
        os.makedirs(self.folder, mode=0o700)
        self.config = os.path.join(self.folder, "keyholder.conf")
        invitation = town.govern("invite", "--quiet").out.strip()
        with open(os.path.join(self.folder, "invitation"), "w",
                  encoding="utf-8") as file:
            file.write(invitation + "\n")
        self.write(f"[keyholder]\ndesk = {desk}\nname = Sleutelhouder\n"
                   "dir = data\nkey_file = unlock.key\nwindow = 8\n"
                   "[broker]\ninvitation = invitation\n")
        self.errors = os.path.join(self.folder, "errors")

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)

    def argv(self, *words):
        return [self.town.program("sein-keyholder"), "--config", self.config,
                *words]

    def run(self, *words, check=0):
        return run(self.argv(*words), self.town.env(), check)

    def init(self):
        """(join line, fingerprint)"""
        lines = self.run("init").out.splitlines()
        request = next(line for line in lines if line.startswith("seinhuis-"))
        return request, lines[-1].removeprefix("fingerprint ")

    def admit(self, *more):
        request, fingerprint = self.init()
        self.town.govern("admit", request, "--fingerprint", fingerprint, *more)

    def take_share(self, path):
        self.run("share", path)

    # ---- its life ---------------------------------------------------------------

    def start(self, wait=False):
        with open(self.errors, "ab") as errors:
            self.program = self.town.spawn(
                self.argv(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors)
        if wait:
            self.wait_ready()
        return self.program

    def said(self):
        with open(self.errors, encoding="utf-8") as file:
            return file.read()

    def wait_said(self, text, times=1):
        wait_for(lambda: self.said().count(text) >= times, text)

    def wait_ready(self):
        """Until the broker hands it what members ask."""
        self.wait_said("event=ready")

    def stop(self):
        return self._end(signal.SIGTERM)

    def kill(self):
        return self._end(signal.SIGKILL)

    def _end(self, number):
        self.program.send_signal(number)
        try:
            return self.program.wait(PATIENCE_S)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{self.name} did not end by signal {number}:\n"
                         f"{self.said()}") from error


class Keyholders:
    """n organisations of their own, of which t must answer: the list of their
    Keyholder once the key is made.
    played: so many of them, the last ones, keep their share in the file
    share(at) and get no program: the test plays them."""

    def __init__(self, town, circle, n=3, t=2, epoch=1, played=0):
        self.town, self.circle, self.t, self.epoch = town, circle, t, epoch
        self.programs = n - played
        self.names = [f"houder{number}" for number in range(1, n + 1)]
        self.oins = [f"00000099{FIRST_OIN + at:08}0000" for at in range(n)]
        self.desks = [f"{oin}/{DESK}" for oin in self.oins]
        self.homes = []
        self.holders = []
        self.record = None
        for name, oin in zip(self.names, self.oins):
            home = Home(town, name).init(oin)
            self.homes.append(town.admit(name, home, ADMISSION))

    def __getitem__(self, at):
        return self.holders[at]

    def __len__(self):
        return len(self.holders)

    def share(self, at):
        return self.town.path(f"{self.names[at]}.{self.circle}.share")

    def make_key(self, steward=None, takers=(), link_pairs="address-address",
                 not_before="2026-01-01", match_until="2035-01-01",
                 institutions=None):
        """Everything until the key is in force; steward, takers: names of homes
        of the town."""
        self.town.govern("circle", self.circle, "--link-pairs", link_pairs)
        self.town.govern("epoch", self.circle, "--epoch", str(self.epoch),
                         "--threshold", str(self.t), "--holders",
                         ",".join(self.desks), "--not-before", not_before,
                         "--match-until", match_until)
        self.town.sign_and_publish()
        self.hold_ceremony()
        if steward is not None:
            check = self.make_pack(steward, institutions)
            self.town.govern("pepper", self.circle, str(self.epoch), check)
        self.town.sign_and_publish()
        for name in takers:
            self.town.home(name).run("sync")
            self.town.home(name).run("circle", "take", self.pack)
        return self

    def hold_ceremony(self):
        """The shares are in the programs; the record waits to be signed."""
        for home in self.homes:
            home.run("sync")
        self.step(0, "--open", "--purpose", "sleutel")
        for _ in range(2):
            for at in range(len(self.homes)):
                self.step(at)
        made = {self.step(at, "--share", self.share(at))["record"]
                for at in range(len(self.homes))}
        [self.record] = made
        path = self.town.path(f"{self.circle}.{self.epoch}.record")
        with open(path, "w", encoding="ascii") as file:
            file.write(self.record + "\n")
        self.town.govern("epoch-record", path)
        for at in range(self.programs):
            holder = Keyholder(self.town, f"{self.names[at]}.d", self.desks[at])
            holder.admit(*ADMISSION)
            holder.take_share(self.share(at))
            os.remove(self.share(at))
            self.holders.append(holder)

    def step(self, at, *more):
        """One run of a holder's ceremony: its document."""
        return self.homes[at].run("keyholder", "ceremony", self.circle,
                                  "--epoch", str(self.epoch), *more,
                                  "--json").rows()[0]

    @property
    def pack(self):
        return self.town.path(f"{self.circle}.{self.epoch}.pack")

    def make_pack(self, steward, institutions=None):
        """The steward's pack, in the file `pack`; gives its check."""
        home = self.town.home(steward)
        home.run("sync")
        more = ["--institutions", institutions] if institutions else []
        return home.run("circle", "pack", self.circle, "--epoch",
                        str(self.epoch), "--out", self.pack, *more,
                        "--json").rows()[0]["pepper_check"]

    def start(self):
        """All programs serve."""
        for holder in self.holders:
            holder.start()
        for holder in self.holders:
            holder.wait_ready()
        return self
