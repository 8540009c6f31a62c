#!/usr/bin/python3
"""The canary (P1): what is planted at the members is nowhere at the broker.

# tests/run: limit=900 builds=test

Signals with planted BSN, address, name-like note and kind travel, are read,
answered, withdrawn and expire.  Then every file of the broker, its log, its
metrics, its memory and a tap of all messages behind CURVE are searched for
the plain texts, their canonical forms and their SHA-256 and BLAKE2b hashes, in
raw bytes, hex and base64.  So that the search itself can fail, twelve bytes of
the note are planted in a column, a log line, a header field and a metric label.
"""

import base64
import hashlib
import os
import sqlite3
import sys
import unittest
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import free_port  # noqa: E402
from town import Town  # noqa: E402

# Invented words: no six letters of them stand in a library by chance.
NOTE = "Kanarie7Zwaluwstaart9Kiekendief4Goudhaantje8Kwikstaart2Roodborstje"
BSN = "999993653"
PARENT = "111222333"
ADDRESS = ("1577KF", "88", "B", "3HOOG")
SOURCE = "KANARIE-7719-X"
REASON = "Merelvogel5Vlasvink3Tjiftjaf6Uilskuiken"
TEXT = "Goudplevier8Watersnip1Wulpenkuit4Kluutje"


def words():
    """What must not be found: name -> bytes."""
    postcode, number, letter, addition = ADDRESS
    plain = {
        "note": NOTE, "bsn": BSN, "parent_bsn": PARENT, "source_id": SOURCE,
        "canonical": f"{postcode}/{number}/{letter}{addition}/",
        "postcode": postcode, "reason": REASON, "text": TEXT,
    }
    found = {}
    for name, text in plain.items():
        data = text.encode()
        found[name] = data
        for hashed in (hashlib.sha256(data), hashlib.blake2b(data),
                       hashlib.blake2b(data, digest_size=32)):
            found[f"{hashed.name} of {name}"] = hashed.digest()[:16]
    # Any twelve bytes in a row of what people wrote count as a leak: they hold
    # at least one whole piece of six.
    for name in ("note", "reason", "text"):
        data = plain[name].encode()
        for at in range(0, len(data) - 5, 6):
            found[f"{name}[{at}:{at + 6}]"] = data[at:at + 6]
    return found


def forms(data):
    """A word as it may have been written down."""
    yield data
    yield data.hex().encode()
    yield data.hex().upper().encode()
    for skip in range(3):
        coded = base64.b64encode(data[skip:len(data) - (len(data) - skip) % 3])
        if len(coded) >= 12:
            yield coded


NEEDLES = [(name, form) for name, data in words().items()
           for form in forms(data) if len(form) >= 6]


def search(places):
    """Names of the words found, with where: places is name -> bytes."""
    hits = []
    for place, data in places.items():
        for name, needle in NEEDLES:
            if needle in data:
                hits.append(f"{name} in {place}")
    return hits


def metrics(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics",
                                timeout=10) as answer:
        return answer.read()


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build)
        town = cls.town
        cls.metrics_port = free_port()
        town.broker.configure("metrics",
                              listen=f"127.0.0.1:{cls.metrics_port}")
        cls.tap_file = town.path("tap")
        town.broker.restart(SEIN_TEST_TAP=cls.tap_file)
        cls.traffic()

    @classmethod
    def tearDownClass(cls):
        cls.town.close()

    @classmethod
    def traffic(cls):
        town = cls.town
        postcode, number, letter, addition = ADDRESS
        school, team = town.home("school"), town.home("wijkteam")
        address = ["--huisletter", letter, "--huisnummertoevoeging", addition]
        planted = ["--bsn", BSN, "--parent_bsn", PARENT, "--note", NOTE,
                   *address]
        school.signal(SOURCE, "zorgmijding", postcode, number, *planted)
        town.home("corporatie").signal(SOURCE, "huur", postcode, number,
                                       *planted)
        school.signal(SOURCE + "2", "verzuim", postcode, number, *planted)
        school.run("withdraw", "--circle", "jeugd", "--source_id",
                   SOURCE + "2", "--reason", REASON)
        cls.waiting = dict(town.broker.files())
        received = team.signals()[SOURCE]
        team.run("show", received["letter_id"])
        for signal_ in team.inbox()["households"][0]["signals"]:
            if signal_["circle"] == "jeugd":
                team.run("reply", signal_["letter_id"], TEXT)
            team.run("feedback", signal_["letter_id"], "contact")
        school.run("sync")
        school.signal(SOURCE + "3", "veiligheid", postcode, number, *planted)
        team.run("sync")
        school.run("withdraw", "--circle", "jeugd", "--source_id",
                   SOURCE + "3", "--reason", REASON)
        team.run("sync")

    def places(self):
        town = self.town
        with open(self.tap_file, "rb") as file:
            tapped = file.read()
        return {**{f"waiting/{name}": data
                   for name, data in self.waiting.items()},
                **town.broker.files(), "metrics": metrics(self.metrics_port),
                "tap": tapped}

    def test_1_members_do_know(self):
        """The words did travel: the search is for something that exists."""
        shown = self.town.home("wijkteam").run("inbox", "--json").out
        for word in (NOTE, BSN, SOURCE):
            self.assertIn(word, shown)

    def test_2_nothing_at_the_broker(self):
        places = self.places()
        self.assertGreater(len(places["tap"]), 20_000)
        self.assertIn(b"seinhuis_items_accepted_total", places["metrics"])
        self.assertTrue(any(name.endswith(".db") for name in places))
        self.assertTrue(any("log" in name and data
                            for name, data in places.items()))
        self.assertEqual(search(places), [])

    def test_3_no_kind_of_signal_outside_the_directory(self):
        """Kinds stand in the signed directory, and nowhere else."""
        for place, data in self.places().items():
            for path in self.town.signed_files():
                with open(path, "rb") as file:
                    signed = file.read()
                # The store keeps it in pages, the wire in parts.
                for at in range(0, len(signed), 64):
                    data = data.replace(signed[at:at + 64], b"")
            if "incoming" in place or place == "tap" or "seinhuis.db" in place:
                continue
            for kind in (b"zorgmijding", b"veiligheid", b"verzuim", b"huur"):
                self.assertNotIn(kind, data, place)

    def test_4_homes_are_sealed(self):
        for name in ("school", "wijkteam", "corporatie"):
            self.assertEqual(search(self.town.home(name).files()), [], name)

    def test_5_memory(self):
        """All that the broker has in memory, as a core dump would hold it."""
        pid = self.town.broker.process.pid
        image = bytearray()
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, \
                open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                span, rights, *_ = line.split()
                if "r" not in rights or "[v" in line:
                    continue
                begin, end = (int(part, 16) for part in span.split("-"))
                memory.seek(begin)
                while begin < end:
                    try:
                        part = memory.read(min(end - begin, 1 << 20))
                    except OSError:  # a guard page
                        part = b""
                    if not part:
                        break
                    image += part
                    begin += len(part)
        self.assertGreater(len(image), 1_000_000)
        self.assertIn(b"00000099000000050000/noord", image)
        self.assertEqual(search({"memory": bytes(image)}), [])

    def test_6_planted_leaks_are_found(self):
        """Twelve bytes of the note, in turn, in each sort of place: the very
        search of test 2 must then fail."""
        leak = NOTE[9:21].encode()
        clean = self.places()
        database = next(name for name in clean if name.endswith("broker.db")
                        or name == os.path.join("store", "seinhuis.db"))
        log = next(name for name in clean if name.endswith("broker.log"))
        planted = {
            "column": (database, self.with_column(clean[database], leak)),
            "log line": (log, clean[log] + b"2026 info accepted desk=" + leak),
            "header field": ("tap", clean["tap"].replace(
                b"schulden", b"\xac" + leak, 1)),
            "metric label": ("metrics", clean["metrics"].replace(
                b"\n", b'{desk="' + leak + b'"} 1\n', 1)),
            "hash": (log, clean[log] +
                     hashlib.sha256(NOTE.encode()).hexdigest().encode()),
        }
        for what, (place, data) in planted.items():
            with self.subTest(what):
                self.assertNotEqual(data, clean[place])
                self.assertNotEqual(search({**clean, place: data}), [])

    def with_column(self, data, leak):
        """The broker's own database with the leak in a column of a row."""
        path = self.town.path("planted.db")
        with open(path, "wb") as file:
            file.write(data)
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("INSERT INTO told (desk, sender) VALUES (?, 'x')",
                         (leak.decode(),))
        database.commit()
        database.close()
        with open(path, "rb") as file:
            return file.read()


if __name__ == "__main__":
    tap.main()
