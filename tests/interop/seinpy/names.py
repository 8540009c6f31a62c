"""Section 4: names, ids, times."""

import datetime
import re
import secrets

from . import pack

OIN_PREFIXES = ("00000001", "00000003", "00000004", "00000007", "00000099")
HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
AHEAD_MS = 2 * 60 * 1000


def is_oin(text):
    main = "[0-9A-Z]{9}" if text[:8] == "00000007" else "[0-9]{9}"
    return (text[:8] in OIN_PREFIXES
            and re.fullmatch(main + "000", text[8:]) is not None
            and text[8:].strip("0") != "")


def is_desk_name(text):
    return re.fullmatch("[a-z0-9_-]{1,32}", text) is not None


def is_desk(text):
    oin, slash, name = text.partition("/")
    return is_oin(oin) and slash == "/" and is_desk_name(name)


def is_circle(text):
    return re.fullmatch("[a-z0-9-]{1,32}", text) is not None


def is_code(text):
    return re.fullmatch("[a-z0-9_-]{1,32}", text) is not None


def is_day(text):
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


OIN = pack.Text(20, 20, is_oin)
DESK = pack.Text(22, 53, is_desk)
DESK_NAME = pack.Text(1, 32, is_desk_name)
CIRCLE = pack.Text(1, 32, is_circle)
CODE = pack.Text(1, 32, is_code)
DAY = pack.Text(10, 10, is_day)
TIME = pack.Uint()
ID = pack.fixed(16)
KEY = pack.fixed(32)
HASH = pack.fixed(32)
SIGNATURE = pack.fixed(64)


def oin_of(desk):
    return desk.partition("/")[0]


def new_letter_id(now_ms):
    """UUIDv7 (RFC 9562 5.7): 48 bits of time, version 7, variant 10."""
    tail = bytearray(secrets.token_bytes(10))
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return now_ms.to_bytes(6, "big") + bytes(tail)


def is_letter_id(letter_id):
    return (len(letter_id) == 16 and letter_id[6] >> 4 == 7
            and letter_id[8] >> 6 == 2)


def letter_id_time(letter_id):
    return int.from_bytes(letter_id[:6], "big")


def up_to_hour(at_ms):
    return -(-at_ms // HOUR_MS) * HOUR_MS
