"""Sections 3, 10, 13: a blocking connection of one member to a broker."""

import collections
import time

import zmq
from zmq.utils.monitor import recv_monitor_message
from zmq.utils.z85 import encode as z85

from . import names, pack, presence
from .errors import NUMBERS, SeinError, word_of
from .pack import Array, Bin, Bool, List, Text, Uint

MESSAGE_MAX = 262144
# ZeroMQ measures a message after CURVE: 8 bytes of name, 8 of nonce, 16 of
# tag, 1 of flags.
CURVE_MORE = 33

(HELLO, WELCOME, PING, PONG, BYE, ERROR) = range(1, 7)
(PUT, CONFIRM, WITHDRAW, CREDIT, DELIVER, ACK, ACKED) = range(10, 17)
(PRESENCE_PUT, PRESENCE_WITHDRAW, MATCH_ACCEPT) = range(20, 23)
(EVAL, EVAL_ASK, EVAL_ANSWER, EVAL_RELAYED, EVAL_READY, DEPOSITS,
 DEPOSITS_ACK) = range(30, 37)
(DIR_GET, DIR_PART, PREKEY_PUT, PREKEY_GET, PREKEYS, HEADS_GET, HEADS,
 RECEIPT_GET) = range(40, 48)
LETTER, EVENT, MATCH = 0, 1, 2
NOT_COLLECTED, REFUSED, DESK_UNREAD = 1, 2, 3

NUMBER = Uint(0, pack.UINT_MAX)
CODE = Uint(0, 2 ** 32 - 1)
SIGNED_HEAD = Array(head=Bin(1, 4096), signature=names.SIGNATURE)
SIGNED_STATEMENT = Array(statement=Bin(1, 4096), signature=names.SIGNATURE)
ITEM_MAX = 256


def items(low=1, **fields):
    return List(Array(**fields), low, ITEM_MAX)


FRAME = Array(version=NUMBER, kind=NUMBER, req=NUMBER, body=pack.List(
    pack.Type(), 0, MESSAGE_MAX))
BODIES = {
    HELLO: Array(home_id=names.ID, dir_version=NUMBER, take_over=Bool(),
                 desks=List(names.DESK, 0, 64)),
    WELCOME: Array(log_id=names.ID, dir_version=NUMBER, now=names.TIME,
                   lease_ms=NUMBER, credit_max=NUMBER),
    PING: Array(),
    PONG: Array(now=names.TIME, dir_version=NUMBER),
    BYE: Array(),
    ERROR: Array(code=CODE, at=names.TIME),
    PUT: items(**{"from": names.DESK}, letter=Bin(1, MESSAGE_MAX)),
    CONFIRM: Array(heads=List(SIGNED_HEAD, 0, 256),
                   verdicts=List(Array(op_id=names.ID, code=CODE,
                                       at=names.TIME,
                                       receipt=Bin(0, 4096)), 0, 1 << 16)),
    WITHDRAW: items(**{"from": names.DESK}, letter_id=names.ID,
                    op_id=names.ID),
    CREDIT: Array(window=Uint(0, 1024)),
    DELIVER: items(seq=NUMBER, desk=names.DESK, accepted_at=names.TIME,
                   type=Uint(0, 2), item=Bin(1, MESSAGE_MAX)),
    ACK: items(seq=NUMBER, desk=names.DESK, status=CODE),
    ACKED: items(seq=NUMBER, code=CODE),
    PRESENCE_PUT: items(**{"from": names.DESK}, tag=names.KEY,
                        deposit=Bin(1, presence.DEPOSIT_MAX)),
    PRESENCE_WITHDRAW: items(**{"from": names.DESK}, presence_id=names.ID,
                             op_id=names.ID),
    MATCH_ACCEPT: items(**{"from": names.DESK}, match_id=names.ID,
                        op_id=names.ID),
    EVAL: Array(holder=names.DESK, request=Bin(1, 2304),
                signature=names.SIGNATURE),
    EVAL_ASK: Array(ticket=NUMBER, request=Bin(1, 2304),
                    signature=names.SIGNATURE),
    EVAL_ANSWER: Array(ticket=NUMBER, reply=Bin(1, 1536),
                       signature=names.SIGNATURE),
    EVAL_RELAYED: Array(reply=Bin(1, 1536), signature=names.SIGNATURE),
    EVAL_READY: Array(desk=names.DESK, window=Uint(0, 256)),
    DEPOSITS: Array(circle=names.CIRCLE, epoch=NUMBER, day=NUMBER,
                    oin=names.OIN, part=NUMBER, last=Bool(),
                    ids=List(names.ID, 0, 4096)),
    DEPOSITS_ACK: Array(circle=names.CIRCLE, epoch=NUMBER, day=NUMBER,
                        oin=names.OIN, part=NUMBER),
    DIR_GET: Array(version=NUMBER, offset=NUMBER),
    DIR_PART: Array(version=NUMBER, newest=NUMBER, total=NUMBER,
                    offset=NUMBER, part=Bin(0, 131072)),
    PREKEY_PUT: items(statement=Bin(1, 4096), signature=names.SIGNATURE),
    PREKEY_GET: List(names.DESK, 1, 64),
    PREKEYS: List(Array(desk=names.DESK, last_read_at=names.TIME,
                        prekeys=List(SIGNED_STATEMENT, 0, 3)), 1, 64),
    HEADS_GET: Array(**{"from": NUMBER}, count=Uint(1, 256)),
    HEADS: List(SIGNED_HEAD, 0, 256),
    RECEIPT_GET: items(op_id=names.ID),
}
EVENT_ITEM = Array(v=Uint(1, 1), type=NUMBER, event_id=names.ID,
                   letter_id=names.ID, desk=names.DESK, circle=names.CIRCLE,
                   at=names.TIME, code=CODE)


def put_item(sender, letter):
    """The bytes of an item array as sent, which receipts hash."""
    return pack.encode([sender, letter])


def withdraw_item(sender, letter_id, op_id):
    return pack.encode([sender, letter_id, op_id])


def prekey_item(statement, signature):
    return pack.encode([statement, signature])


Verdict = collections.namedtuple("Verdict", "word at receipt heads")


class Client:
    """One DEALER connection.  Answers are found by req; deliveries wait in
    `delivered` until take() gives them."""

    def __init__(self, endpoint, server_curve, curve_key, timeout_s=20):
        """curve_key: the member's crypto.BoxKey with its private bytes in
        `secret`, as names say in keys.py."""
        self.timeout_s = timeout_s
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.sndtimeo = int(timeout_s * 1000)
        self.socket.maxmsgsize = MESSAGE_MAX + CURVE_MORE
        self.socket.curve_serverkey = z85(server_curve)
        self.socket.curve_publickey = z85(curve_key.public)
        self.socket.curve_secretkey = z85(curve_key.secret)
        # Who is refused at the handshake says so, and does not come back.
        self.socket.reconnect_ivl = -1
        self.monitor = self.socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
            | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_DISCONNECTED
            | zmq.EVENT_CLOSED | zmq.EVENT_CONNECT_RETRIED)
        self.req = 0
        self.answers = {}
        self.delivered = collections.deque()
        self.asked = collections.deque()
        self.deposits = collections.deque()
        self.socket.connect(endpoint)
        try:
            self._shake_hands()
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close(linger=0)
        self.context.term()

    def _shake_hands(self):
        deadline = time.monotonic() + self.timeout_s
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not self.monitor.poll(int(left * 1000)):
                raise SeinError("broker_unreachable", "no handshake in time")
            event = recv_monitor_message(self.monitor)
            if event["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return
            if event["event"] == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                raise SeinError("not_admitted", f"status {event['value']}")
            raise SeinError("broker_unreachable", str(event))

    # ---- frames -----------------------------------------------------------------

    def send_raw(self, *parts):
        try:
            self.socket.send_multipart(parts)
        except zmq.Again as error:  # the broker ended the connection
            raise SeinError("broker_unreachable") from error

    def send(self, kind, body, version=1):
        """Sends a request and gives its req; body by name or as a plain
        list."""
        self.req += 1
        self.send_raw(self.frame(kind, body, self.req, version))
        return self.req

    @staticmethod
    def frame(kind, body, req, version=1):
        if kind in BODIES and isinstance(body, dict):
            body = BODIES[kind].write(body)
        return pack.encode([version, kind, req, body])

    def _readable(self, left_s):
        """Whether there is a message, waiting for it; when the connection ended
        what came before still counts."""
        poller = zmq.Poller()
        poller.register(self.socket, zmq.POLLIN)
        poller.register(self.monitor, zmq.POLLIN)
        ready = dict(poller.poll(max(1, int(left_s * 1000))))
        if self.socket in ready or not ready:
            return bool(ready)
        recv_monitor_message(self.monitor)
        if not self.socket.poll(50):
            raise SeinError("broker_unreachable", "the connection ended")
        return True

    def _receive(self, deadline):
        """Takes one message in; False when the time is over."""
        left = deadline - time.monotonic()
        if left <= 0 or not self._readable(left):
            return False
        parts = self.socket.recv_multipart()
        if len(parts) != 1:
            raise SeinError("wire_malformed", "a message of several parts")
        version, kind, req, body = self._decode(parts[0])
        if version != 1 or kind not in BODIES:
            raise SeinError("kind_unknown", f"{version} {kind}")
        fields = BODIES[kind].read(body)
        if kind == DELIVER:
            self.delivered.extend(fields)
        elif kind == EVAL_ASK:
            self.asked.append(fields)
        elif kind == DEPOSITS:
            self.deposits.append(fields)
        else:
            self.answers.setdefault(req, collections.deque()).append(
                (kind, fields))
        return True

    @staticmethod
    def _decode(data):
        value = pack.decode(data)
        if not isinstance(value, list) or len(value) != 4:
            raise SeinError("wire_malformed", "not a frame")
        return value

    def wait(self, condition, what="an answer", timeout_s=None):
        """Receives until condition() is true, and gives what it gave."""
        deadline = time.monotonic() + (timeout_s or self.timeout_s)
        while True:
            result = condition()
            if result:
                return result
            if not self._receive(deadline):
                raise SeinError("timeout", what)

    def answer(self, req, timeout_s=None):
        """(kind, fields) of the oldest answer with that req, 0 for what comes
        unasked; an error becomes SeinError."""
        self.wait(lambda: self.answers.get(req), f"the answer to {req}",
                  timeout_s)
        kind, fields = self.answers[req].popleft()
        if not self.answers[req]:
            del self.answers[req]
        if kind == ERROR:
            raise SeinError(word_of(fields["code"]), f"at {fields['at']}")
        return kind, fields

    def ask(self, kind, body, expected):
        got, fields = self.answer(self.send(kind, body))
        if got != expected:
            raise SeinError("wire_malformed", f"{got} instead of {expected}")
        return fields

    def ask_raw(self, *parts, req=0):
        """What the broker answers to bytes that need not be a frame."""
        self.send_raw(*parts)
        return self.answer(req)

    # ---- verbs --------------------------------------------------------------------

    def hello(self, home_id, desks, dir_version, take_over=False):
        return self.ask(HELLO, {"home_id": home_id, "dir_version": dir_version,
                                "take_over": take_over, "desks": desks},
                        WELCOME)

    def ping(self):
        return self.ask(PING, {}, PONG)

    def bye(self):
        return self.ask(BYE, {}, BYE)

    def credit(self, window):
        self.send(CREDIT, {"window": window})

    def _confirmed(self, kind, body, op_ids):
        """The verdicts, in the order of the items."""
        confirm = self.ask(kind, body, CONFIRM)
        heads = [(h["head"], h["signature"]) for h in confirm["heads"]]
        if len(op_ids) != len(confirm["verdicts"]):
            raise SeinError("wire_malformed", "not a verdict per operation")
        for one, op_id in zip(confirm["verdicts"], op_ids):
            # Zeros: too broken to tell.
            if one["op_id"] != op_id and (one["op_id"] != bytes(16)
                                          or one["code"] == 0):
                raise SeinError("wire_malformed", "another operation's")
        return [Verdict(word_of(one["code"]), one["at"], one["receipt"], heads)
                for one in confirm["verdicts"]]

    def put(self, entries):
        """entries: (from, letter, letter id)."""
        return self._confirmed(PUT, [[sender, letter] for sender, letter, _
                                     in entries],
                               [op_id for _, _, op_id in entries])

    def withdraw(self, entries):
        """entries: (from, letter id, op id)."""
        return self._confirmed(WITHDRAW, [list(one) for one in entries],
                               [op_id for _, _, op_id in entries])

    def prekey_put(self, prekeys):
        """prekeys: prekey.Prekey."""
        return self._confirmed(PREKEY_PUT, [[one.statement, one.signature]
                                            for one in prekeys],
                               [one.id for one in prekeys])

    def presence_put(self, entries):
        """entries: (from, tag, deposit, presence id)."""
        return self._confirmed(PRESENCE_PUT, [list(one[:3]) for one in entries],
                               [one[3] for one in entries])

    def presence_withdraw(self, entries):
        """entries: (from, presence id, op id)."""
        return self._confirmed(PRESENCE_WITHDRAW, [list(one) for one in
                                                   entries],
                               [op_id for _, _, op_id in entries])

    def match_accept(self, entries):
        """entries: (from, match id, op id)."""
        return self._confirmed(MATCH_ACCEPT, [list(one) for one in entries],
                               [op_id for _, _, op_id in entries])

    def eval(self, holder, request, signature):
        """(reply, its signature) of one keyholder."""
        got = self.ask(EVAL, {"holder": holder, "request": request,
                              "signature": signature}, EVAL_RELAYED)
        return got["reply"], got["signature"]

    def receipt_get(self, op_ids):
        return self._confirmed(RECEIPT_GET, [[one] for one in op_ids], op_ids)

    def prekey_get(self, desks):
        return self.ask(PREKEY_GET, desks, PREKEYS)

    def heads_get(self, start, count=256):
        """[(head, signature)]"""
        return [(one["head"], one["signature"]) for one in
                self.ask(HEADS_GET, {"from": start, "count": count}, HEADS)]

    def dir_get(self, version=0):
        """The bytes of a signed directory, and the number of the newest."""
        data = b""
        while True:
            part = self.ask(DIR_GET, {"version": version,
                                      "offset": len(data)}, DIR_PART)
            if part["offset"] != len(data) or (version and part["version"]
                                               != version):
                raise SeinError("wire_malformed", "another part")
            version = part["version"]
            data += part["part"]
            if len(data) >= part["total"]:
                return data, part["newest"]
            if not part["part"]:
                raise SeinError("wire_malformed", "an empty part")

    # ---- of a keyholder ---------------------------------------------------------

    def eval_ready(self, desk, window):
        self.send(EVAL_READY, {"desk": desk, "window": window})

    def take_asked(self, timeout_s=None):
        """The next request: {ticket, request, signature}."""
        self.wait(lambda: self.asked, "a request", timeout_s)
        return self.asked.popleft()

    def eval_answer(self, ticket, reply, signature):
        self.send(EVAL_ANSWER, {"ticket": ticket, "reply": reply,
                                "signature": signature})

    # ---- deliveries ---------------------------------------------------------------

    def take(self, timeout_s=None):
        """The next delivery."""
        self.wait(lambda: self.delivered, "a delivery", timeout_s)
        return self.delivered.popleft()

    def ack(self, deliveries, status="ok"):
        """Acknowledges; gives the words, in order."""
        body = [[one["seq"], one["desk"], NUMBERS[status]]
                for one in deliveries]
        answer = {one["seq"]: word_of(one["code"])
                  for one in self.ask(ACK, body, ACKED)}
        return [answer[one["seq"]] for one in deliveries]
