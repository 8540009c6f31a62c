"""Section 8: letters, sealed and opened."""

import secrets

from . import content, crypto, names, pack
from .errors import SeinError

SIZES = (1024, 4096, 16384, 65536)
TAG_BYTES = 16
HEADER_MAX = 256
LIFE_MS = 30 * names.DAY_MS

HEADER = pack.Array(v=pack.Uint(), suite=pack.Uint(), circle=names.CIRCLE,
                    epoch=pack.Uint(0, 2 ** 32 - 1), letter_id=names.ID,
                    to=names.DESK, to_prekey_id=names.ID, expires=names.TIME,
                    hint=names.ID)
BODY = pack.Array(header=pack.Bin(1, HEADER_MAX), **{"from": names.DESK},
                  key_id=names.ID, created=names.TIME, kind=pack.Uint(),
                  thread=names.ID, dir_version=pack.Uint(1),
                  dir_hash=names.HASH, content=pack.Bin(1, SIZES[-1]))


class PskKey:
    """An introduction key: ki and psk_id of section 8, psk mode."""

    def __init__(self, ki, tag, circle, epoch):
        self.ki, self.epoch = ki, epoch
        self.psk_id = crypto.sha256(b"seinhuis/1/psk" + tag
                                    + crypto.lp(circle.encode())
                                    + epoch.to_bytes(4, "big"))

    def __eq__(self, other):
        return (isinstance(other, PskKey)
                and (self.ki, self.psk_id) == (other.ki, other.psk_id))

    def hint(self, letter_id):
        return crypto.mac(self.ki, "hint", letter_id)[:16]


def hpke_info(header):
    return (crypto.lp(b"seinhuis/1/hpke")
            + crypto.lp(header["circle"].encode())
            + header["epoch"].to_bytes(4, "big"))


def pad(inner, size=None):
    """size: another than the smallest, for the tests of what is refused."""
    size = size or next((s for s in SIZES if len(inner) + 4 <= s), None)
    if size is None:
        raise SeinError("too_long")
    plain = crypto.lp32(inner)
    return plain + bytes(size - len(plain))


def unpad(plain):
    length = int.from_bytes(plain[:4], "big")
    if length > len(plain) - 4:
        raise SeinError("letter_padding", "longer than the letter")
    inner = plain[4:4 + length]
    if pad(inner) != plain:
        raise SeinError("letter_padding", "not the smallest size, or no zeros")
    return inner


def join(header, enc, ct):
    return crypto.lp(header) + enc + ct


def split(letter):
    """(header bytes, enc, ct)"""
    if len(letter) < 2:
        raise SeinError("wire_malformed")
    length = int.from_bytes(letter[:2], "big")
    header, rest = letter[2:2 + length], letter[2 + length:]
    if length > HEADER_MAX or len(header) != length or len(rest) < 32:
        raise SeinError("wire_malformed")
    if len(rest) - 32 - TAG_BYTES not in SIZES:
        raise SeinError("letter_size")
    return header, rest[:32], rest[32:]


def read_header(data):
    header = HEADER.decode(data)
    if header["v"] != 1:
        raise SeinError("version_unknown")
    if header["suite"] != 1:
        raise SeinError("suite_unknown")
    return header


class Draft:
    """What is to be sealed.  Every field may be changed before seal(): a test
    makes its bad letters that way."""

    def __init__(self, directory, circle, sender, recipient, key_id, kind,
                 value, now_ms, thread=None, letter_id=None):
        self.letter_id = letter_id or names.new_letter_id(now_ms)
        self.header = {
            "v": 1, "suite": 1, "circle": circle, "epoch": 0,
            "letter_id": self.letter_id, "to": recipient,
            "to_prekey_id": bytes(16),
            "expires": names.up_to_hour(
                names.letter_id_time(self.letter_id) + LIFE_MS),
            "hint": secrets.token_bytes(16)}
        self.body = {
            "header": b"", "from": sender, "key_id": key_id,
            "created": now_ms, "kind": kind,
            "thread": thread or self.letter_id,
            "dir_version": directory.version, "dir_hash": directory.hash,
            "content": (content.encode(kind, value)
                        if not isinstance(value, bytes) else value)}
        self.size = None

    def seal(self, sign_key, statement, psk=None):
        """The letter, sealed to a prekey's fields."""
        self.header["to_prekey_id"] = statement["prekey_id"]
        if psk:
            self.header["hint"] = psk.hint(self.letter_id)
            self.header["epoch"] = self.header["epoch"] or psk.epoch
        header = pack.encode(HEADER.write(self.header))
        self.body["header"] = self.body["header"] or header
        body = BODY.encode(self.body)
        inner = crypto.lp32(body) + sign_key.sign("letter", body)
        enc, ct = crypto.hpke_seal(
            statement["pk"], hpke_info(self.header), header,
            pad(inner, self.size), psk.ki if psk else b"",
            psk.psk_id if psk else b"")
        return join(header, enc, ct)


class Opened:
    """A letter that was accepted; shown is genuine or quarantine."""

    def __init__(self, header, body, value, shown):
        self.header, self.body = header, body
        self.content, self.shown = value, shown
        self.letter_id = header["letter_id"]
        self.kind = body["kind"]
        self.sender = body["from"]
        self.thread = body["thread"]


class Reader:
    """The recipient's side.  directory is the newest one known; older are the
    hashes by version of those before it; prekeys by id; threads by id."""

    def __init__(self, desks, directory):
        self.desks = set(desks)
        self.directory = directory
        self.hashes = {directory.version: directory.hash}
        self.prekeys = {}
        self.psks = []
        self.threads = {}
        self.seen = set()

    def learn(self, directory):
        self.directory = directory
        self.hashes[directory.version] = directory.hash

    def open(self, letter, now_ms, accepted_at):
        header_bytes, enc, ct = split(letter)
        header = read_header(header_bytes)
        self._check_header(header, now_ms)
        psk = next((one for one in self.psks
                    if one.hint(header["letter_id"]) == header["hint"]), None)
        plain = self._decrypt(header, header_bytes, enc, ct, psk)
        inner = unpad(plain)
        if len(inner) < 4:
            raise SeinError("wire_malformed")
        length = int.from_bytes(inner[:4], "big")
        body_bytes, signature = inner[4:4 + length], inner[4 + length:]
        if len(body_bytes) != length or len(signature) != 64:
            raise SeinError("wire_malformed")
        body = BODY.decode(body_bytes)
        if body["header"] != header_bytes:
            raise SeinError("letter_header_differs")
        if (body["kind"] in content.OPENING
                and body["thread"] != header["letter_id"]):
            raise SeinError("wire_malformed", "thread of an opening letter")
        shown = self._check_sender(body, body_bytes, signature, now_ms,
                                   accepted_at)
        value = content.decode(body["kind"], body["content"])
        if (body["kind"] == content.RECEIPT
                and len(plain) != SIZES[0]):
            raise SeinError("letter_size", "a receipt of more than 1024")
        self._check_allowed(header, body, psk)
        self.seen.add(header["letter_id"])
        return Opened(header, body, value, shown)

    def _check_header(self, header, now_ms):
        if header["to"] not in self.desks:
            raise SeinError("letter_not_for_us")
        if now_ms >= header["expires"] + names.HOUR_MS:
            raise SeinError("letter_expired")
        sent = names.letter_id_time(header["letter_id"])
        if (not names.is_letter_id(header["letter_id"])
                or header["expires"] % names.HOUR_MS
                or header["expires"] > names.up_to_hour(sent + LIFE_MS)):
            raise SeinError("letter_life")
        if header["letter_id"] in self.seen:
            raise SeinError("letter_seen")
        if sent > now_ms + names.AHEAD_MS:
            raise SeinError("clock_differs")
        if header["to_prekey_id"] not in self.prekeys:
            raise SeinError("prekey_absent")

    def _decrypt(self, header, header_bytes, enc, ct, psk):
        return crypto.hpke_open(
            self.prekeys[header["to_prekey_id"]], enc, hpke_info(header),
            header_bytes, ct, psk.ki if psk else b"",
            psk.psk_id if psk else b"")

    def _check_sender(self, body, body_bytes, signature, now_ms, accepted_at):
        found = self.directory.key(body["key_id"])
        if found is None:
            # The caller fetches a newer directory and tries again.
            raise SeinError("directory_newer_known"
                            if body["dir_version"] > self.directory.version
                            else "key_unknown")
        member, key = found
        crypto.verify(key["sign"], "letter", body_bytes, signature)
        if not self.directory.may_act(member, key, body["from"]):
            raise SeinError("desk_not_yours")
        if body["created"] > now_ms + names.AHEAD_MS:
            raise SeinError("clock_differs")
        if body["dir_version"] > self.directory.version:
            raise SeinError("directory_newer_known")
        known = self.hashes.get(body["dir_version"])
        if known is not None and known != body["dir_hash"]:
            raise SeinError("directory_rolled_back")
        return self._shown(member, key, body, now_ms, accepted_at)

    def _shown(self, member, key, body, now_ms, accepted_at):
        status = self.directory.status(member, key, now_ms)
        if status in ("active", "left"):
            return "genuine"
        if status == "revoked":
            return "quarantine"
        if (status == "retired" and key["retired_at"] > accepted_at
                and key["retired_at"] > body["created"]):
            return "genuine"
        raise SeinError("key_retired" if status == "retired"
                        else "key_not_yet")

    def _check_allowed(self, header, body, psk):
        kind, thread = body["kind"], self.threads.get(body["thread"])
        if kind not in content.SCHEMAS:
            return
        if self.directory.circle(header["circle"]) is None:
            raise SeinError("circle_unknown")
        content.check_allowed(self.directory, header["circle"], kind,
                              body["from"], header["to"], thread)
        if psk != content.psk_of(kind, thread):
            raise SeinError("not_a_party", "sealed with another key")
        if psk is not None and psk.epoch != header["epoch"]:
            raise SeinError("not_a_party", "of another epoch")
        if kind in content.OPENING:
            self.threads[body["thread"]] = content.Thread(
                kind, body["from"], header["to"])
