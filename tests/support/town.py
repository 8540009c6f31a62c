"""The demo's town, made with the programs that people use.

    with Town(sys.argv[1]) as town:
        town.home("corporatie").signal("HA-1", "huur", "1506AB", "12")
        town.home("wijkteam").run("inbox", "--json")
        town.govern("revoke", town.key_id("energie"))
        town.publish()

A governance of one, a broker that runs, circles `schulden` and `jeugd`, and the
members of OINS, each with a home that has joined and was connected once.  The
wijkteam's desks noord and zuid cover 1500-1599 and 1700-1799.
"""

import glob
import os

from seinhuis import Failed, Seinhuis, run

OINS = {
    "corporatie": "00000099000000010000", "energie": "00000099000000020000",
    "school": "00000099000000030000", "jeugdhulp": "00000099000000040000",
    "wijkteam": "00000099000000050000",
}
OPERATOR = "00000099000000060000"
NOORD = OINS["wijkteam"] + "/noord"
ZUID = OINS["wijkteam"] + "/zuid"
ATTESTED = ["--contact_tried", "2026-10-01", "--help_pointed_out", "2026-10-02",
            "--reminder_sent", "2026-10-03", "--offer_made", "2026-10-04"]

ROLES = {
    "corporatie": ["--domain", "wonen", "--desk", "incasso", "--title",
                   "Incasso", "--hours", "ma-vr 9-17", "--phone", "075-1000001",
                   "--mandate", "Betalingsregelingen",
                   "--role", "schulden=signal,feedback"],
    "energie": ["--domain", "energie", "--desk", "incasso", "--title",
                "Bijzonder beheer", "--role", "schulden=signal,feedback"],
    "school": ["--domain", "onderwijs", "--label", "jeugd=onderwijs", "--desk",
               "zorgteam", "--title", "Zorgteam",
               "--role", "jeugd=signal,introduced,feedback"],
    "jeugdhulp": ["--domain", "jeugd", "--label", "jeugd=zorg", "--desk",
                  "aanmelding", "--title", "Aanmelding",
                  "--role", "jeugd=signal,introduced,feedback"],
    "wijkteam": ["--domain", "gemeente", "--label", "jeugd=wijkteam",
                 "--role", "schulden=coordinate",
                 "--role", "jeugd=coordinate,introduced",
                 "--desk", "noord", "--title", "Noord", "--area", "1500-1599",
                 "--desk", "zuid", "--title", "Zuid", "--area", "1700-1799"],
}


class Home:
    """One member's home, used through `sein`."""

    def __init__(self, town, name, folder=None):
        self.town, self.name = town, name
        self.folder = folder or town.path("home", name)
        self.key = self.folder + ".key"

    def argv(self, *arguments):
        return [self.town.program("sein"), "--home", self.folder, "--key-file",
                self.key, *arguments]

    def run(self, *arguments, check=0, stdin="", env=None):
        return run(self.argv(*arguments), self.town.env(env), check, stdin)

    def init(self, oin=None, *more):
        self.run("init", "--oin", oin or OINS[self.name], "--name", self.name,
                 "--quiet", *more)
        return self

    def join(self, invitation):
        """Gives {request, fingerprint}."""
        return self.run("join", invitation, "--json").json()

    def signal(self, source_id, kind, postcode, huisnummer, *more, circle=None,
               check=0):
        """One signal; gives its verdict."""
        arrears = kind in ("huur", "elektriciteit", "gas", "warmte")
        return self.run(
            "signal", "--json", "--source_id", source_id, "--circle",
            circle or ("schulden" if arrears else "jeugd"), "--kind", kind,
            "--postcode", postcode, "--huisnummer", huisnummer, "--informed",
            "yes", *(ATTESTED if arrears else []), *more, check=check).json()

    def inbox(self):
        return self.run("inbox", "--json").json()

    def signals(self):
        """Every signal of the inbox, by source_id."""
        return {signal["source_id"]: signal
                for household in self.inbox()["households"]
                for signal in household["signals"]}

    def sent(self, source_id):
        """What became of a signal: its document of `sein sent`."""
        found = [row for row in self.run("sent", "--json").rows()
                 if row["source_id"] == source_id]
        if not found:
            raise Failed(f"{self.name} sent no {source_id}")
        return found[0]

    def sent_by_id(self, letter_id):
        """The same, of any letter; letter_id in hex."""
        return self.run("sent", letter_id, "--json").json()

    def files(self):
        """Every file of the home: relative path -> bytes."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.folder)] = file.read()
        return found


class Town(Seinhuis):
    """See the head of this file.  members: who takes part."""

    def __init__(self, build, members=tuple(OINS), keep=None, days=45,
                 basis_ends="2035-12-31", **broker_env):
        super().__init__(build, keep)
        self.homes = {}
        self.join_lines = {}
        try:
            self._found(members, days, basis_ends, broker_env)
        except BaseException:
            self.close()
            raise

    def govern(self, command, *arguments, check=0):
        return run([self.program("sein"), "directory", command, "--folder",
                    self.path("governance"), *arguments], self.env(), check)

    def _found(self, members, days, basis_ends, broker_env):
        os.makedirs(self.path("home"), mode=0o700)
        run([self.program("sein"), "directory", "init",
             self.path("governance"), "--governor", "Anna", "--key",
             self.path("anna.key")], self.env())
        fingerprint = self.govern("fingerprint", "--quiet").out.strip()
        line = self.broker.init(OPERATOR, fingerprint).splitlines()[-1]
        self.govern("broker", line)
        self._circles(basis_ends)
        for name in members:
            self.admit(name)
        self.sign(days)
        self.publish(reload=False)
        self.broker.start(**broker_env)
        for name in members:
            self.homes[name].run("sync")

    def _circles(self, basis_ends):
        shared = ["--purpose", "Vroeg zien", "--basis", "Wgs art. 3",
                  "--basis-ends", basis_ends, "--retention-days", "90",
                  "--outcome", "contact=Contact gelegd|Contact made",
                  "--outcome", "not_needed=Niet nodig|Not needed"]
        self.govern("circle", "schulden", "--title", "Schulden",
                    "--kind", "huur=arrears|Huurachterstand|Rent arrears",
                    "--kind", "elektriciteit=arrears|Elektriciteit|Electricity",
                    "--kind", "gas=arrears|Gas|Gas",
                    "--kind", "warmte=arrears|Warmte|Heating", *shared)
        self.govern("circle", "jeugd", "--title", "Jeugd", "--reveal", "mutual",
                    "--kind", "verzuim=Schoolverzuim|Truancy",
                    "--kind", "zorgmijding=Zorgmijding|Avoiding care",
                    "--kind", "opvoeding=Opvoeding|Parenting",
                    "--kind", "veiligheid=Veiligheid|Safety",
                    "--exception", "onderwijs=test", "--exception", "zorg=test",
                    "--exception", "wijkteam=test", *shared)

    def home(self, name):
        return self.homes[name]

    def admit(self, name, home=None, roles=None, oin=None):
        """A home that joins and is admitted; signed with the next sign()."""
        home = home or Home(self, name).init(oin)
        invitation = self.govern("invite", "--quiet").out.strip()
        asked = home.join(invitation)
        self.join_lines[name] = asked
        self.govern("admit", asked["request"], "--fingerprint",
                    asked["fingerprint"], *(roles or ROLES[name]))
        self.homes[name] = home
        return home

    def key_id(self, name):
        """The key id of a home, as it was when it joined."""
        return self.join_lines[name]["fingerprint"].replace(" ", "")

    def sign(self, days=45, check=0):
        return self.govern("sign", "--key", self.path("anna.key"), "--days",
                           str(days), check=check)

    def signed_files(self):
        return sorted(glob.glob(self.path("governance", "signed", "*.dir")))

    def publish(self, reload=True):
        """Hands the broker every signed version."""
        for path in self.signed_files():
            with open(path, "rb") as file:
                self.broker.publish(file.read(), os.path.basename(path))
        if reload:
            self.broker.reload()

    def sign_and_publish(self):
        self.sign()
        self.publish()
