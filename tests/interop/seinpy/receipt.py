"""Section 11: receipts and heads."""

import hmac

from . import crypto, names, pack
from .errors import SeinError

HEAD = pack.Array(v=pack.Uint(1, 1), log_id=names.ID, seq=pack.Uint(1),
                  prev=names.HASH, root=names.HASH, count=pack.Uint(1, 65536),
                  time=names.TIME)
RECEIPT = pack.Array(k_event=names.KEY, time=names.TIME,
                     index=pack.Uint(0, 65535),
                     path=pack.List(names.HASH, 0, 16),
                     head=pack.Uint(0, 255))


def leaf(kind, oin, op_id, item, receipt):
    event = (crypto.lp(kind.encode()) + crypto.lp(oin.encode()) + op_id
             + crypto.sha256(item) + receipt["time"].to_bytes(8, "big"))
    return hmac.digest(receipt["k_event"], event, "sha256")


def leaf_hash(data):
    return crypto.sha256(b"\0" + data)


def node_hash(left, right):
    return crypto.sha256(b"\1" + left + right)


def root(leaves):
    """RFC 6962 section 2.1."""
    if not leaves:
        return crypto.sha256(b"")
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root(leaves[:half]), root(leaves[half:]))


def path(leaves, index):
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return path(leaves[:half], index) + [root(leaves[half:])]
    return path(leaves[half:], index - half) + [root(leaves[:half])]


def fold(hashed, index, count, steps):
    """RFC 9162 section 2.1.3.2: the root that the path leads to."""
    if len(hashed) != 32 or index >= count:
        raise SeinError("receipt_wrong", "no hash, or beyond the tree")
    fn, sn, result = index, count - 1, hashed
    for step in steps:
        if sn == 0:
            raise SeinError("receipt_wrong", "path too long")
        if fn & 1 or fn == sn:
            result = node_hash(step, result)
            while fn != 0 and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = node_hash(result, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise SeinError("receipt_wrong", "path too short")
    return result


def read_head(head, signature, receipt_key):
    crypto.verify(receipt_key, "head", head, signature)
    return HEAD.decode(head)


def verify(receipt_bytes, kind, oin, op_id, item, heads, receipt_key):
    """The decoded receipt; heads as a confirm brings them: [(head,
    signature)]."""
    receipt = RECEIPT.decode(receipt_bytes)
    if receipt["head"] >= len(heads):
        raise SeinError("receipt_wrong", "no such head")
    head = read_head(*heads[receipt["head"]], receipt_key)
    hashed = leaf_hash(leaf(kind, oin, op_id, item, receipt))
    if fold(hashed, receipt["index"], head["count"],
            receipt["path"]) != head["root"]:
        raise SeinError("receipt_wrong")
    return receipt


class Chain:
    """The heads of one log that a member has seen, by seq."""

    def __init__(self, receipt_key):
        self.receipt_key = receipt_key
        self.log_id = None
        self.last = None
        self.last_hash = None

    def add(self, head_bytes, signature):
        """The next head, one that is known already, or a break."""
        head = read_head(head_bytes, signature, self.receipt_key)
        if self.last is None or head["log_id"] != self.log_id:
            if head["seq"] == 1 and head["prev"] != bytes(32):
                raise SeinError("head_chain_broken", "the first has a prev")
            self.log_id = head["log_id"]
        elif (head["seq"] != self.last["seq"] + 1
              or head["prev"] != self.last_hash):
            raise SeinError("head_chain_broken",
                            f"{head['seq']} after {self.last['seq']}")
        self.last, self.last_hash = head, crypto.sha256(head_bytes)
        return head
