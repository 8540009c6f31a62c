"""Section 14: lines that people pass on."""

import base64
import re

from . import crypto, names, pack
from .errors import SeinError

INVITATION = pack.Array(v=pack.Uint(1, 1), endpoint=pack.Text(1, 255),
                        curve=names.KEY, fingerprint=names.HASH)
SIGNED = pack.Array(statement=pack.Bin(1, 65536), signature=names.SIGNATURE)
JOIN = pack.Array(v=pack.Uint(1, 1), oin=names.OIN, name=pack.Text(1, 128),
                  sign=names.KEY, curve=names.KEY,
                  desks=pack.List(names.DESK_NAME, 0, 64), at=names.TIME)
BROKER = pack.Array(v=pack.Uint(1, 1), name=pack.Text(1, 128),
                    endpoint=pack.Text(1, 255), curve=names.KEY,
                    receipt=names.KEY, operator=names.OIN,
                    supplier=pack.Text(0, 128))
EPOCH = pack.Array(record=pack.Bin(1, 4096),
                   signatures=pack.List(names.SIGNATURE, 2, 16))


def write(prefix, data):
    text = base64.urlsafe_b64encode(data).decode().rstrip("=")
    return f"{prefix}:{text}:{crypto.sha256(data).hex()[:8]}"


def read(prefix, line):
    parts = line.split(":")
    if len(parts) != 3 or parts[0] != prefix:
        raise SeinError("bad_format", prefix)
    if re.fullmatch("[A-Za-z0-9_-]*", parts[1]) is None:
        raise SeinError("bad_format", "not base64url")
    try:
        data = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError as error:
        raise SeinError("bad_format", "not base64url") from error
    if write(prefix, data) != line:
        raise SeinError("bad_format", "a typing error")
    return data


def read_invitation(line):
    return INVITATION.decode(read("seinhuis-invite-1", line))


def write_invitation(endpoint, curve, fingerprint):
    return write("seinhuis-invite-1", INVITATION.encode(
        {"v": 1, "endpoint": endpoint, "curve": curve,
         "fingerprint": fingerprint}))


def _write_signed(prefix, kind, statement, key):
    return write(prefix, SIGNED.encode(
        {"statement": statement, "signature": key.sign(kind, statement)}))


def _read_signed(prefix, kind, line, layout, signer):
    signed = SIGNED.decode(read(prefix, line))
    fields = layout.decode(signed["statement"])
    crypto.verify(fields[signer], kind, signed["statement"],
                  signed["signature"])
    return fields


def write_join(fields, key):
    return _write_signed("seinhuis-join-1", "join", JOIN.encode(fields), key)


def read_join(line):
    return _read_signed("seinhuis-join-1", "join", line, JOIN, "sign")


def write_broker(fields, key):
    return _write_signed("seinhuis-broker-1", "broker", BROKER.encode(fields),
                         key)


def read_broker(line):
    return _read_signed("seinhuis-broker-1", "broker", line, BROKER, "receipt")


def write_epoch(record, signatures):
    return write("seinhuis-epoch-1", EPOCH.encode(
        {"record": record, "signatures": signatures}))


def read_epoch(line):
    """What it says is for directory.check_record."""
    return EPOCH.decode(read("seinhuis-epoch-1", line))
