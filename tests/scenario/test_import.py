#!/usr/bin/python3
"""`sein import`: what case systems export, dirty as it is, and a verdict for
every row.

# tests/run: limit=900 builds=test,san
"""

import json
import os
import pty
import random
import select
import signal
import subprocess
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", part)
                for part in ("support", "interop")]

import tap  # noqa: E402
from seinhuis import SAN  # noqa: E402
from town import Town  # noqa: E402

COLUMNS = ("source_id,circle,kind,urgency,postcode,huisnummer,informed,"
           "contact_tried,help_pointed_out,reminder_sent,offer_made,note")
ROW = ("{id},schulden,huur,normal,1506AB,{number},yes,2026-10-01,2026-10-02,"
       "2026-10-03,2026-10-04,{note}")
NO, DATA, NO_INPUT = 1, 65, 66


def row(source_id, number=1, note="", **change):
    text = ROW.format(id=source_id, number=number, note=note)
    for old, new in change.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def table(*rows, columns=COLUMNS):
    return "\n".join((columns, *rows)) + "\n"


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.town = Town(tap.build, ("corporatie", "wijkteam"))
        cls.corp = cls.town.home("corporatie")
        cls.team = cls.town.home("wijkteam")

    @classmethod
    def tearDownClass(cls):
        cls.town.close()

    def write(self, data):
        path = self.town.path("rows.csv")
        with open(path, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
        return path

    def give(self, data, check=0):
        """Imports; gives the verdicts, one per row that is no blank line."""
        return self.corp.run("import", self.write(data), "--json",
                             check=check).rows()

    def refused(self, data, code, field=None):
        """The whole file: nothing of it is taken."""
        said = self.corp.run("import", self.write(data), "--json", check=DATA)
        self.assertEqual(said.out, "")
        problem = json.loads(said.err)
        self.assertEqual(problem["error"], code)
        if field is not None:
            self.assertEqual(problem["field"], field)
        for part in ("reason", "mend"):
            self.assertTrue(problem[part]["nl"] and problem[part]["en"])
        return problem

    def rejected(self, text, code, field, columns=COLUMNS):
        verdict, = self.give(table(text, columns=columns), check=NO)
        self.assertEqual((verdict["verdict"], verdict["code"],
                          verdict["field"]), ("rejected", code, field))
        self.assertEqual(verdict["line"], 2)
        for part in ("reason", "mend"):
            self.assertTrue(verdict[part]["nl"] and verdict[part]["en"])
            self.assertNotEqual(verdict[part]["nl"], verdict[part]["en"])
        return verdict


class Files(Case):
    def test_other_encodings_name_the_command_that_reads_them(self):
        text = table(row("A-1", note="caf\u00e9"))
        for encoding, name in (("latin1", "WINDOWS-1252"),
                               ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")):
            problem = self.refused(text.encode(encoding), "not_utf8")
            self.assertIn("iconv -f " + name, problem["detail"])
        # The command does read it.
        path = self.write(text.encode("latin1"))
        converted = subprocess.run(
            ["iconv", "-f", "WINDOWS-1252", "-t", "UTF-8", path],
            capture_output=True, check=True).stdout
        self.assertEqual(self.give(converted)[0]["verdict"], "accepted")

    def test_headers(self):
        self.refused("", "csv_empty")
        self.refused(table(columns="source_id,circle,kind,kleur"),
                     "column_unknown", "kleur")
        self.refused(table(columns="source_id,circle,kind,circle"),
                     "column_twice", "circle")
        self.refused(table(columns="source_id,kind"), "column_missing",
                     "circle")
        self.assertEqual(self.give(table()), [])

    def test_no_such_file(self):
        said = self.corp.run("import", "/nergens.csv", check=NO_INPUT)
        self.assertIn("/nergens.csv", said.err)
        self.corp.run("import", self.town.folder, check={NO_INPUT, 74, DATA})
        self.corp.run("import", check=64)

    def test_ways_to_write_it(self):
        """Comma or semicolon, mark in front or none, line ends, order of the
        columns, quotes with separators and line ends in them."""
        semicolons = table(row("B-1", 1)).replace(",", ";")
        for n, data in enumerate((
                table(row("B-0", 1)), semicolons,
                "\ufeff" + semicolons.replace("B-1", "B-2"),
                semicolons.replace("B-1", "B-3").replace("\n", "\r\n"),
                table(row("B-4", 1)).rstrip("\n"))):
            verdict, = self.give(data)
            self.assertEqual((verdict["source_id"], verdict["verdict"]),
                             (f"B-{n}", "accepted"))
        names, values = COLUMNS.split(","), row("B-5", 1).split(",")
        turned = list(zip(names, values))[::-1]
        self.assertEqual(self.give("\n".join(
            ",".join(part) for part in zip(*turned)) + "\n")[0]["verdict"],
            "accepted")
        self.give(table(row("B-6", 6, '"een ""woord"",\nen meer; nog"')))
        self.assertEqual(self.team.signals()["B-6"]["note"],
                         'een "woord",\nen meer; nog')


class Rows(Case):
    def test_quotes(self):
        self.rejected(row("C-1", 1, '"open'), "csv_quotes", None)
        self.rejected(row("C-2", 1, '"dicht" en meer'), "csv_quotes", None)

    def test_number_of_fields(self):
        self.rejected("C-3,schulden", "csv_fields", None)
        self.rejected(row("C-4") + ",meer", "csv_fields", None)

    def test_long_fields(self):
        """A row that is too long is one row's matter."""
        verdicts = self.give(table(row("C-5", 1, "x" * 100_000), row("C-6", 2)),
                             check=NO)
        self.assertEqual([(one["source_id"], one["verdict"])
                          for one in verdicts],
                         [("C-5", "rejected"), ("C-6", "accepted")])
        self.assertEqual(verdicts[0]["field"], "note")
        self.assertEqual(self.give(table(row("C-7", 3, "\u00e9" * 1000)))[0][
            "verdict"], "accepted")
        self.rejected(row("C-8", 3, "\u00e9" * 1001), "note_too_long", "note")

    def test_dates(self):
        self.give(table(row("C-9", 4, **{"2026-10-01": "01-10-2026"})))
        self.assertEqual(self.team.signals()["C-9"]["contact_tried"],
                         "2026-10-01")
        for wrong in ("2026-02-30", "31-02-2026", "1/10/2026", "10-01-26"):
            self.rejected(row("C-10", 4, **{"2026-10-02": wrong}),
                          "date_invalid", "help_pointed_out")

    def test_what_a_row_lacks(self):
        self.rejected(row(""), "field_missing", "source_id")
        self.rejected(row("D-1", **{"2026-10-03": ""}), "attestation_missing",
                      "reminder_sent")
        self.rejected(row("D-2", **{",yes,": ",,"}), "informed_missing",
                      "informed")
        self.rejected(row("D-3", **{",yes,": ",no,"}), "informed_missing",
                      "informed_reason")
        self.rejected(row("D-4", **{",yes,": ",deferred,"}),
                      "informed_missing", "informed_reason")
        self.rejected(row("D-5", number=""), "field_missing", "huisnummer")
        self.rejected(row("D-6", **{"1506AB": ""}), "field_missing",
                      "postcode")

    def test_what_does_not_fit(self):
        for change, code, field in (
                ({"1506AB": "9999ZZ"}, "no_desk_for_postcode", "postcode"),
                ({"1506AB": "15O6AB"}, "postcode_invalid", "postcode"),
                ({"schulden": "tuin"}, "circle_unknown", "circle"),
                ({"huur": "verzuim"}, "code_unknown", "kind"),
                ({"normal": "hoog"}, "bad_format", "urgency")):
            self.rejected(row("E-1", **change), code, field)
        self.rejected(row("E-2").replace("schulden,huur", "jeugd,verzuim"),
                      "role_missing", "circle")
        self.rejected(row("E-3") + ",123456789", "bsn_invalid", "bsn",
                      COLUMNS + ",bsn")
        self.rejected(row("E-4") + ",yes", "shielded_needs_desk", "to",
                      COLUMNS + ",shielded")
        self.rejected(row("E-5") + ",00000099000000090000/x",
                      "desk_unknown", "to", COLUMNS + ",to")
        self.assertEqual(self.team.run("inbox", "--json").out.count('"E-'), 0)


class Again(Case):
    def test_the_same_again_and_corrected(self):
        first, = self.give(table(row("F-1", 1, "eerst")))
        again, = self.give(table(row("F-1", 1, "eerst")))
        self.assertEqual(again["verdict"], "duplicate")
        self.assertEqual(again["letter_id"], first["letter_id"])
        self.assertEqual(again["receipt"], first["receipt"])
        changed, = self.give(table(row("F-1", 1, "later")))
        self.assertEqual(changed["verdict"], "superseded")
        self.assertNotEqual(changed["letter_id"], first["letter_id"])
        received = [one for household in self.team.inbox()["households"]
                    for one in household["signals"]
                    if one["source_id"] == "F-1"]
        self.assertEqual([one["note"] for one in received], ["later"])

    def test_twice_in_one_file(self):
        verdicts = self.give(table(row("F-2", 2, "a"), row("F-2", 2, "b"),
                                   row("F-2", 2, "a")), check=NO)
        self.assertEqual([one["verdict"] for one in verdicts],
                         ["accepted", "rejected", "duplicate"])
        self.assertEqual(verdicts[1]["code"], "source_id_twice")
        self.assertEqual(verdicts[1]["lines"], [2, 3])

    def test_the_broker_is_away(self):
        """Taken into the outbox, said so, and sent by the next import."""
        self.town.broker.stop()
        said = self.corp.run("import", self.write(table(row("F-3", 3))),
                             "--json", "--timeout", "3", check=69)
        self.assertTrue(said.rows()[0]["queued"])
        self.town.broker.start()
        verdict, = self.give(table(row("F-3", 3)))
        self.assertEqual(verdict["verdict"], "duplicate")
        self.assertIn("F-3", self.team.signals())

    def test_interrupted(self):
        """Killed and interrupted at any moment, and run again: every row once,
        and the verdicts of the last run are whole."""
        count = 150 if SAN else 600
        rows = [row(f"G-{n}", 1 + n % 90, f"nummer {n}") for n in range(count)]
        path = self.write(table(*rows))
        choose = random.Random(11)
        stopped = 0
        for how in (signal.SIGKILL, signal.SIGINT) * 6:
            child = subprocess.Popen(
                self.corp.argv("import", path, "--json"),
                env=self.town.env(), stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            try:
                child.wait(choose.uniform(0.02, 0.5))
            except subprocess.TimeoutExpired:
                child.send_signal(how)
                child.wait()
                stopped += 1
        self.assertGreater(stopped, 3)
        verdicts = self.corp.run("import", path, "--json").rows()
        self.assertEqual([one["source_id"] for one in verdicts],
                         [f"G-{n}" for n in range(count)])
        self.assertLessEqual({one["verdict"] for one in verdicts},
                             {"accepted", "duplicate"})
        shown = [one["source_id"] for household
                 in self.team.inbox()["households"]
                 for one in household["signals"]
                 if one["source_id"].startswith("G-")]
        self.assertEqual(sorted(shown), sorted(set(shown)))
        self.assertEqual(len(shown), count)


class Terminal(Case):
    def run_on_terminal(self, *arguments):
        """What a person would see on standard error."""
        ours, theirs = pty.openpty()
        child = subprocess.Popen(self.corp.argv(*arguments),
                                 env=self.town.env(), stderr=theirs,
                                 stdout=subprocess.DEVNULL)
        os.close(theirs)
        seen, until = b"", time.monotonic() + 60
        while time.monotonic() < until:
            if not select.select([ours], [], [], 1)[0]:
                continue
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end was closed
                break
            if not part:
                break
            seen += part
        os.close(ours)
        self.assertEqual(child.wait(), 0)
        return seen

    def test_bar(self):
        path = self.write(table(*(row(f"H-{n}", n + 1) for n in range(60))))
        self.assertIn(b"\r", self.run_on_terminal("import", path))
        self.assertEqual(self.run_on_terminal("import", path, "--quiet"), b"")
        self.assertEqual(self.corp.run("import", path).err, "")


if __name__ == "__main__":
    tap.main()
