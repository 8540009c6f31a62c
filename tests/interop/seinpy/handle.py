"""Section 9, handles, version 1: which written addresses, BSNs and names mean
the same household."""

import re
import string
import unicodedata

from .errors import SeinError
from .names import is_day


def _ranges(text):
    signs = set()
    for part in text.split():
        first, _, last = part.partition("-")
        signs.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(map(chr, signs))


WHITE = _ranges("9-D 20 85 A0 1680 180E 2000-200F 2028 2029 202F 205F 2060 "
                "3000 FEFF")
HYPHEN = _ranges("2D AD 2010-2015 2212 FE58 FE63 FF0D")
POINT = _ranges("2C 2E 2F 2044 2215 FF0C FF0E FF0F")
APOSTROPHE = _ranges("27 60 B4 2B9-2BD 2018-201B 2032 FF07")
SEPARATOR = WHITE | HYPHEN | POINT

LETTERS = frozenset("fioquy".upper())
PLAIN = {"æ": "ae", "ð": "d", "ø": "o", "þ": "th", "đ": "d", "ħ": "h",
         "ı": "i", "ĳ": "ij", "ŀ": "l", "ł": "l", "ŋ": "n", "œ": "oe",
         "ŧ": "t", "ə": "e"}
PREFIXES = frozenset("""
    a aan af al am auf aus ben bij bin boven d da dal dall dalla das de deca
    degli dei del dela della dem den der des di die do don dos du el gen het i
    il im in l la las le les lo los of onder op over s t te ten ter tho thoe
    thor to toe tot uijt uit unter v v/d van vanden vander vd ver vom von voor
    vor zu zum zur""".split())
ALONE = frozenset("das di do don du la le lo to".split())
SURNAME_MAX = 128


def _without(text, signs):
    return "".join(sign for sign in text if sign not in signs)


def _ascii_upper(text):
    return "".join(sign.upper() if sign in string.ascii_lowercase else sign
                   for sign in text)


def postcode(text):
    """(canonical, whether it has letters that are hardly ever issued)"""
    code = _ascii_upper(_without(text, WHITE))
    if (re.fullmatch("[1-9][0-9]{3}[A-Z]{2}", code) is None
            or code[4:] in ("SA", "SD", "SS")):
        raise SeinError("postcode_invalid", text)
    return code, not LETTERS.isdisjoint(code[4:])


def address(postcode_text, huisnummer, huisletter="", toevoeging="",
            aanduiding=""):
    """The canonical bytes, as text, and the warning or an empty text."""
    code, warn = postcode(postcode_text)
    field = huisnummer.lstrip("".join(WHITE))
    digits = re.match("[0-9]*", field).group()
    number = digits.lstrip("0")
    if not 1 <= len(number) <= 5:
        raise SeinError("huisnummer_invalid", huisnummer)
    rest = _ascii_upper(_without(field[len(digits):] + huisletter + toevoeging,
                                 SEPARATOR))
    if re.fullmatch("[0-9A-Z]{0,8}", rest) is None:
        raise SeinError("toevoeging_invalid", rest)
    side = aanduiding.strip("".join(WHITE))
    if side not in ("", "to", "tO", "To", "TO", "by", "bY", "By", "BY"):
        raise SeinError("aanduiding_invalid", aanduiding)
    return (f"{code}/{number}/{rest}/{side.lower()}",
            "postcode_letters" if warn else "")


def bsn(text):
    digits = _without(text, WHITE | {"."})
    if re.fullmatch("[0-9]{8}", digits):
        digits = "0" + digits
    if re.fullmatch("[0-9]{9}", digits) is None or digits.strip("0") == "":
        raise SeinError("bsn_invalid")
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    if sum(w * int(d) for w, d in zip(weights, digits)) % 11 != 0:
        raise SeinError("bsn_invalid")
    return digits


def _fold(sign):
    folded = unicodedata.normalize("NFD", sign.casefold())
    return "".join(PLAIN.get(one, one) for one in folded
                   if unicodedata.category(one) not in ("Mn", "Mc", "Me"))


def _words(text):
    """Runs of a-z and /, and commas as words of their own."""
    parting = WHITE | HYPHEN | APOSTROPHE | {".", "\u00b7"}
    words, word = [], ""
    for sign in "".join(_fold(one) for one in text) + " ":
        if sign in string.ascii_lowercase or sign == "/":
            word += sign
            continue
        if sign != "," and sign not in parting:
            raise SeinError("name_invalid", text)
        if word:
            words.append(word)
        word = ""
        if sign == ",":
            words.append(",")
    return words


def surname(text):
    if len(text.encode("utf-8")) > SURNAME_MAX:
        raise SeinError("too_long", text)
    words = _words(text)
    if "," in words:
        comma = words.index(",")
        if not PREFIXES.issuperset(words[comma + 1:]):
            raise SeinError("name_invalid", text)
        words = words[:comma]
    start = 0
    while start < len(words) and words[start] in PREFIXES:
        start += 1
    if start == len(words):
        if len(words) != 1 or words[0] not in ALONE:
            raise SeinError("name_invalid", text)
        start = 0
    joined = "".join(words[start:])
    if "/" in joined:
        raise SeinError("name_invalid", text)
    return joined


def name(surname_text, birth_date):
    folded = surname(surname_text)
    dutch = re.fullmatch("([0-9]{2})-([0-9]{2})-([0-9]{4})", birth_date)
    if dutch:
        birth_date = "-".join(reversed(dutch.groups()))
    if not is_day(birth_date):
        raise SeinError("date_invalid", birth_date)
    return f"{folded}/{birth_date}"
