#!/usr/bin/python3
"""seed.py FOLDER: writes what the fuzz targets of letters, contents, handles,
CSV and small texts start from, one folder a target, as PROTOCOL.md has it."""

import hashlib
import json
import os
import struct
import sys

import msgpack

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
OIN = "00000099000000050000"
DESK = OIN + "/noord"
ID = bytes(range(16))
DAY = "2026-01-31"

SIGNAL = {
    "aanduiding": "to", "amount_cents": 123456, "birth_date": "1980-02-29",
    "bsn": "999990019", "contact": "zorgteam 088", "contact_tried": DAY,
    "help_pointed_out": DAY, "huisletter": "B", "huisnummer": "118",
    "huisnummertoevoeging": "2-hoog", "informed": 2,
    "informed_reason": "veiligheid", "informed_review": DAY, "kind": "huur",
    "name": "de Groot", "note": "caf\u00e9 \u20ac", "offer_made": DAY,
    "parent_bsn": "111222333", "postcode": "1506AB", "reminder_sent": DAY,
    "shielded": True, "since": DAY, "source_id": "C-2026-1", "urgency": 1,
}
CONTENTS = {
    "signal": (1, SIGNAL),
    "signal-bsn": (1, {"bsn": "999990019", "informed": 1, "kind": "huur",
                       "source_id": "1"}),
    "correction": (2, dict(SIGNAL, replaces=ID)),
    "withdrawal": (3, {"at": 1, "letter_id": ID, "reason": "verkeerd adres"}),
    "closing": (4, {"at": 1, "letter_id": ID}),
    "feedback": (5, {"at": 1, "outcome": "contact"}),
    "message": (6, {"at": 1, "text": "dank"}),
    "receipt": (7, {"at": 1, "letter_id": ID, "status": 3}),
    "invitation": (8, {"at": 1, "day": DAY, "headings": "1. kennismaken",
                       "purpose": "samen kijken"}),
    "referral": (9, SIGNAL),
    "consult": (10, {"at": 1, "text": "wat raad je aan?"}),
}
CSV_HEADER = ("source_id,circle,kind,urgency,postcode,huisnummer,huisletter,"
              "huisnummertoevoeging,aanduiding,bsn,parent_bsn,birth_date,"
              "amount_cents,since,shielded,to,informed,informed_reason,"
              "informed_review,contact_tried,help_pointed_out,reminder_sent,"
              "offer_made,note")
CSV_ROW = (f"C-1,schulden,huur,normal,1506AB,118,B,2-hoog,to,999990019,"
           f"111222333,29-02-1980,12345,{DAY},yes,{DESK},deferred,reden,{DAY},"
           f"{DAY},{DAY},{DAY},{DAY},\"een \"\"note\"\", over\ntwee regels\"")
CSVS = {
    "comma": CSV_HEADER + "\r\n" + CSV_ROW + "\r\n",
    "semicolon": (CSV_HEADER + "\n" + CSV_ROW.replace("een \"\"note\"\", over",
                                                      "note")).replace(",",
                                                                       ";"),
    "bom": "\ufeff" + CSV_HEADER + "\n" + CSV_ROW,
    "quotes": 'source_id,note\n1,"open\n2,"a"b\n3,"a""b"\n\n4\n5,6,7\n',
}
TEXTS = ["2026-01-31", "31-01-2026", "00ff7F", OIN, DESK, "schulden",
         "tcp://[::1]:5555", "tcp://127.0.0.1:65535", "tcp://a.example.nl:1",
         " caf\u00e9 \u20ac\U0001f600\t"]


def pack(value):
    """The canonical form: text keys in ascending order."""
    if isinstance(value, dict):
        value = dict(sorted(value.items()))
    return msgpack.packb(value, use_bin_type=True)


def letter_header():
    return pack([1, 1, "schulden", 0, ID, DESK, ID, 3600000 * 490000, ID])


def letter():
    header = letter_header()
    return struct.pack(">H", len(header)) + header + bytes(32 + 1024 + 16)


def deposit():
    note = pack([1, "jeugd", 7, ID, 3, "school", 20540])
    core = pack([1, "jeugd", 7, DESK.split("/")[0], DESK, ID, ID, 3,
                 86400000 * 20450, 86400000 * 20540,
                 hashlib.sha256(note).digest(), 4, bytes(32)])
    return pack([note, bytes(32), core, bytes(32), bytes(64)])


CONTENTS.update({
    "introduction": (20, {"at": 1, "contact": "zorgteam 088",
                          "deposit": deposit(), "regie": [bytes(9)] * 2}),
    "regie-propose": (21, {"at": 1, "propose": DESK}),
    "regie-release": (21, {"at": 1, "release": bytes(9)}),
    "regie-statement": (21, {"at": 1, "statement": bytes(9)}),
    "parting": (22, {"at": 1, "reason": "not_same_household"}),
})


def inside(kind, content):
    body = pack([letter_header(), DESK, ID, 1, kind, ID, 1, bytes(32),
                 pack(content)])
    inner = struct.pack(">I", len(body)) + body + bytes(64)
    plain = struct.pack(">I", len(inner)) + inner
    return plain + bytes((1024 if len(plain) <= 1024 else 4096) - len(plain))


def handles():
    """Inputs of fuzz_handle: one byte of kind, parts on lines."""
    path = os.path.join(ROOT, "tests/vectors/handle.json")
    with open(path, encoding="utf-8") as source:
        vectors = json.load(source)
    parts = ("postcode", "huisnummer", "huisletter", "huisnummertoevoeging",
             "aanduiding")
    for row in vectors["addresses"][::7]:
        yield b"\0" + "\n".join(row.get(part, "") for part in
                                parts).encode("utf-8", "replace")
    for bsn in ("249566758", "1112.22.333", " 152", "123456789"):
        yield b"\1" + bsn.encode()
    for name in ("van den Berg", "'s-Gravesande", "IJssel\u00e9, van der",
                 "d'Hond", "M\u00fcller/Jansen"):
        yield b"\2" + (name + "\n1980-02-29").encode()


REQUESTS = (
    "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:9670\r\n\r\n",
    "GET /livez HTTP/1.0\r\n\r\n",
    "GET /readyz HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
    "POST /metrics HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 1\r\n\r\nx",
    "GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n",
)


def write(folder, target, name, data):
    os.makedirs(os.path.join(folder, target), exist_ok=True)
    with open(os.path.join(folder, target, name), "wb") as out:
        out.write(data)


def main(folder):
    for name, (kind, content) in CONTENTS.items():
        write(folder, "fuzz_content", name, bytes([kind]) + pack(content))
        write(folder, "fuzz_letter_inside", name, inside(kind, content))
    write(folder, "fuzz_letter_split", "letter", letter())
    write(folder, "fuzz_presence", "deposit", deposit())
    for name, text in CSVS.items():
        write(folder, "fuzz_csv", name, text.encode("utf-8"))
    with open(os.path.join(ROOT, "deploy", "conf", "seinhuisd.conf"),
              "rb") as conf:
        write(folder, "fuzz_config", "shipped", conf.read())
    for number, text in enumerate(REQUESTS):
        write(folder, "fuzz_http", f"{number}", text.encode("ascii"))
    for number, data in enumerate(handles()):
        write(folder, "fuzz_handle", f"{number}", data)
    for number, text in enumerate(TEXTS):
        write(folder, "fuzz_text", f"{number}", text.encode("utf-8"))
    wire = bytes.fromhex("dd10000000"), bytes.fromhex("df10000000"), \
        bytes.fromhex("c6ffffffff"), bytes.fromhex("dbffffffff"), \
        b"\x91" * 8 + b"\x00", b"\x91" * 9 + b"\x00"
    for number, data in enumerate(wire):
        for target in ("fuzz_unpack", "fuzz_frame", "fuzz_schema"):
            write(folder, target, f"hostile-{number}", data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: seed.py FOLDER")
    main(sys.argv[1])
