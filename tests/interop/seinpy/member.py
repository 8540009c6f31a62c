"""A member: its keys, its directory, and a desk's work over one connection.
It ties the other modules together as section 15 asks of a client; it keeps
nothing on disk."""

import secrets
import time

from . import client, content, crypto, lines, names, receipt
from . import directory as directories
from . import letter as letters
from . import prekey as prekeys
from .errors import SeinError


def now_ms():
    return time.time_ns() // 1_000_000


class CurveKey(crypto.BoxKey):
    """A connection key: X25519, its private bytes kept for ZeroMQ."""

    def __init__(self):
        self.secret = secrets.token_bytes(32)
        super().__init__(self.secret)


class Member:
    def __init__(self, oin, name, desks, clock=now_ms):
        self.oin, self.name = oin, name
        self.desk_names = list(desks)
        self.clock = clock
        self.sign, self.curve = crypto.SignKey(), CurveKey()
        self.home_id = secrets.token_bytes(16)
        self.key_id = directories.key_id(self.sign.public, self.curve.public)
        self.directory = None
        self.invitation = None
        self.connection = None
        self.reader = None
        self.chain = None
        self.own_prekeys = {}
        self.seen_prekeys = prekeys.Seen()

    def desk(self, name):
        return f"{self.oin}/{name}"

    @property
    def desks(self):
        return [self.desk(name) for name in self.desk_names]

    def join_line(self):
        return lines.write_join(
            {"v": 1, "oin": self.oin, "name": self.name,
             "sign": self.sign.public, "curve": self.curve.public,
             "desks": self.desk_names, "at": self.clock()}, self.sign)

    # ---- connecting -------------------------------------------------------------

    def connect(self, invitation_line, timeout_s=20):
        """Connects and takes the directory; no session yet."""
        self.invitation = lines.read_invitation(invitation_line)
        self.connection = client.Client(self.invitation["endpoint"],
                                        self.invitation["curve"], self.curve,
                                        timeout_s)
        self.fetch_directory()
        return self.connection

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def fetch_directory(self):
        """The newest directory, by the chain from what is known."""
        signed, newest = self.connection.dir_get(0)
        if self.directory is None:
            self._join(signed, newest)
        if newest < self.directory.version:
            raise SeinError("directory_rolled_back")
        while self.directory.version < newest:
            signed, _ = self.connection.dir_get(self.directory.version + 1)
            self.directory = directories.follow(self.directory, signed)
            self.reader.learn(self.directory)
        signed, _ = self.connection.dir_get(newest)
        directories.follow(self.directory, signed)
        if self.directory.expired(self.clock()):
            raise SeinError("directory_expired")
        broker = self.directory.broker(self.invitation["curve"])
        if broker is None:
            raise SeinError("key_unknown", "the broker is not in the directory")
        if self.chain is None:
            self.chain = receipt.Chain(broker["receipt"])

    def _join(self, signed, newest):
        for version in range(newest, 0, -1):
            if version != newest:
                signed, _ = self.connection.dir_get(version)
            try:
                self.directory = directories.join(
                    signed, self.invitation["fingerprint"], self.clock())
            except SeinError as error:
                if error.word != "fingerprint_differs" or version == 1:
                    raise
                continue
            self.reader = letters.Reader(self.desks, self.directory)
            return

    def hello(self, take_over=False, window=64):
        welcome = self.connection.hello(self.home_id, self.desks,
                                        self.directory.version, take_over)
        if abs(welcome["now"] - self.clock()) > names.AHEAD_MS:
            raise SeinError("clock_differs")
        self.connection.credit(window)
        return welcome

    # ---- receipts -----------------------------------------------------------------

    def check_receipt(self, verdict, kind, op_id, item):
        """Verifies a receipt; gives its head."""
        verified = receipt.verify(
            verdict.receipt, kind, self.oin, op_id, item, verdict.heads,
            self.chain.receipt_key)
        return receipt.read_head(*verdict.heads[verified["head"]],
                                 self.chain.receipt_key)

    def follow_heads(self):
        """Fetches and checks the heads after the last known."""
        added = []
        while True:
            start = self.chain.last["seq"] + 1 if self.chain.last else 1
            heads = self.connection.heads_get(start)
            if not heads:
                return added
            added += [self.chain.add(*head) for head in heads]

    # ---- prekeys --------------------------------------------------------------------

    def publish_prekey(self, desk, days=14, at_ms=None):
        start = at_ms if at_ms is not None else self.clock()
        before = self.own_prekeys.get(desk)
        fresh = prekeys.Prekey(desk, self.key_id, self.sign, start,
                               start + days * names.DAY_MS, before)
        verdict = self.connection.prekey_put([fresh])[0]
        if verdict.word != "ok":
            raise SeinError(verdict.word)
        self.check_receipt(verdict, "prekey", fresh.id, client.prekey_item(
            fresh.statement, fresh.signature))
        self.own_prekeys[desk] = fresh
        self.reader.prekeys[fresh.id] = fresh.box
        return fresh

    def prekey_of(self, desk):
        """The statement to seal to, and when that desk was last read."""
        served = self.connection.prekey_get([desk])[0]
        if served["desk"] != desk:
            raise SeinError("wire_malformed", "another desk's prekeys")
        now = self.clock()
        statements = [prekeys.Statement(one["statement"], one["signature"],
                                        self.directory, now)
                      for one in served["prekeys"]]
        return (self.seen_prekeys.choose(desk, statements, now),
                served["last_read_at"])

    # ---- letters --------------------------------------------------------------------

    def draft(self, circle, sender, recipient, kind, value, thread=None):
        now = self.clock()
        found = self.directory.circle(circle)
        if found is None:
            raise SeinError("circle_unknown")
        if now >= found["basis_ends"]:
            raise SeinError("circle_ended")
        if self.directory.expired(now):
            raise SeinError("directory_expired")
        if kind in content.SCHEMAS and not isinstance(value, bytes):
            content.check_allowed(self.directory, circle, kind, sender,
                                  recipient, self.reader.threads.get(thread))
            content.check_codes(self.directory, circle, kind, value)
        return letters.Draft(self.directory, circle, sender, recipient,
                             self.key_id, kind, value, now, thread)

    def seal(self, draft):
        statement, _ = self.prekey_of(draft.header["to"])
        thread = self.reader.threads.get(draft.body["thread"])
        return draft.seal(self.sign, statement.fields,
                          content.psk_of(draft.body["kind"], thread))

    def put(self, draft, letter=None):
        """Seals, puts, and verifies the receipt; gives the letter."""
        letter = letter or self.seal(draft)
        sender = draft.body["from"]
        verdict = self.connection.put([(sender, letter, draft.letter_id)])[0]
        if verdict.word not in ("ok", "duplicate"):
            raise SeinError(verdict.word, f"at {verdict.at}")
        self.check_receipt(verdict, "letter", draft.letter_id,
                           client.put_item(sender, letter))
        if draft.body["kind"] in content.OPENING:
            self.reader.threads[draft.letter_id] = content.Thread(
                draft.body["kind"], sender, draft.header["to"])
        return letter

    def send(self, circle, sender, recipient, kind, value, thread=None):
        draft = self.draft(circle, sender, recipient, kind, value, thread)
        self.put(draft)
        return draft

    def withdraw(self, sender, letter_id):
        """The word; with a receipt that verifies when it was erased."""
        op_id = secrets.token_bytes(16)
        verdict = self.connection.withdraw([(sender, letter_id, op_id)])[0]
        if verdict.word == "ok":
            self.check_receipt(verdict, "withdraw", op_id,
                               client.withdraw_item(sender, letter_id, op_id))
        return verdict.word

    def read(self, timeout_s=None):
        """The next letter or event, acknowledged: an Opened, or the fields of
        an event."""
        delivery = self.connection.take(timeout_s)
        if delivery["type"] == client.EVENT:
            self.connection.ack([delivery])
            return client.EVENT_ITEM.decode(delivery["item"])
        opened = self.open(delivery)
        self.connection.ack([delivery])
        return opened

    def open(self, delivery):
        try:
            return self.reader.open(delivery["item"], self.clock(),
                                    delivery["accepted_at"])
        except SeinError as error:
            if error.word != "directory_newer_known":
                raise
        self.fetch_directory()
        return self.reader.open(delivery["item"], self.clock(),
                                delivery["accepted_at"])

    def answer_receipt(self, opened, status=content.RECEIVED):
        return self.send(opened.header["circle"], opened.header["to"],
                         opened.sender, content.RECEIPT,
                         {"at": self.clock(), "letter_id": opened.letter_id,
                          "status": status}, opened.thread)
