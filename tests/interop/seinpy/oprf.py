"""Section 18: the VOPRF of RFC 9497, ristretto255-SHA512, mode 0x01; and its key
shared among n, of whom t answer."""

import hashlib

from .errors import SeinError
from .ristretto import (GENERATOR, IDENTITY, ORDER, Point, hash_to_group,
                        hash_to_scalar, random_scalar, write_scalar)

BATCH_MAX = 32
CONTEXT = b"OPRFV1-" + bytes([1]) + b"-ristretto255-SHA512"
TO_GROUP, TO_SCALAR = b"HashToGroup-" + CONTEXT, b"HashToScalar-" + CONTEXT


def _lp(data):
    return len(data).to_bytes(2, "big") + data


def derive_key(seed, info):
    """RFC 9497 section 3.2.1: the secret."""
    for counter in range(256):
        secret = hash_to_scalar(seed + _lp(info) + bytes([counter]),
                                b"DeriveKeyPair" + CONTEXT)
        if secret:
            return secret
    raise SeinError("internal", "no key in 256 tries")


# ---- who asks --------------------------------------------------------------------


def blind(data, by=None):
    """(blind, blinded element)"""
    by = by or random_scalar()
    element = hash_to_group(data, TO_GROUP)
    if element == IDENTITY:
        raise SeinError("point_refused", "the input is the identity")
    return by, by * element


def finalize(data, by, evaluated):
    unblinded = (pow(by, -1, ORDER) * evaluated).encode()
    return hashlib.sha512(_lp(data) + _lp(unblinded) + b"Finalize").digest()


# ---- who evaluates -----------------------------------------------------------------


def evaluate(secret, blinded):
    return [secret * element for element in blinded]


def prove(secret, public, blinded, evaluated, by=None):
    """c || s, that public = secret G and evaluated = secret blinded."""
    by = by or random_scalar()
    m, _ = composites(public, blinded, evaluated)
    challenge = _challenge(public, m, secret * m, by * GENERATOR, by * m)
    return write_scalar(challenge) + write_scalar(by - challenge * secret)


def output(secret, data):
    """What everybody together would have made of it."""
    return finalize(data, 1, secret * hash_to_group(data, TO_GROUP))


# ---- proofs ------------------------------------------------------------------------


def composites(public, blinded, evaluated):
    """RFC 9497 section 2.2.1: all pairs as one."""
    seed = hashlib.sha512(_lp(public.encode())
                          + _lp(b"Seed-" + CONTEXT)).digest()
    m, z = IDENTITY, IDENTITY
    for at, (one, made) in enumerate(zip(blinded, evaluated)):
        weight = hash_to_scalar(
            _lp(seed) + at.to_bytes(2, "big") + _lp(one.encode())
            + _lp(made.encode()) + b"Composite", TO_SCALAR)
        m, z = m + weight * one, z + weight * made
    return m, z


def _challenge(*points):
    return hash_to_scalar(b"".join(_lp(one.encode()) for one in points)
                          + b"Challenge", TO_SCALAR)


def _proof_part(data):
    # A part may be 0: only its being reduced is asked.
    value = int.from_bytes(data, "little")
    if value >= ORDER:
        raise SeinError("proof_wrong", "not reduced")
    return value


def verify(public, blinded, evaluated, proof):
    if len(proof) != 64 or not 0 < len(blinded) == len(evaluated):
        raise SeinError("proof_wrong", "its form")
    c, s = _proof_part(proof[:32]), _proof_part(proof[32:])
    m, z = composites(public, blinded, evaluated)
    if c != _challenge(public, m, z, s * GENERATOR + c * public,
                       s * m + c * z):
        raise SeinError("proof_wrong")


# ---- a shared key ----------------------------------------------------------------


def share_public(commitments, index):
    """P_i from A[0..t-1]."""
    result = IDENTITY
    for commitment in reversed(commitments):
        result = index * result + commitment
    return result


def lagrange(index, indices):
    """The weight of one of the answers, at 0."""
    weight = 1
    for other in indices:
        if other != index:
            weight = weight * other * pow(other - index, -1, ORDER) % ORDER
    return weight


def combine(parts, t):
    """parts: evaluated element by index, of which t are used."""
    if len(parts) < t:
        raise SeinError("shares_too_few")
    used = sorted(parts)[:t]
    result = IDENTITY
    for index in used:
        result = result + lagrange(index, used) * parts[index]
    return result


def deal(secret, t, n):
    """(commitments, share by index) of a key that one hand makes: for tests."""
    coefficients = [secret] + [random_scalar() for _ in range(t - 1)]
    shares = {index: sum(value * pow(index, power)
                         for power, value in enumerate(coefficients)) % ORDER
              for index in range(1, n + 1)}
    return [value * GENERATOR for value in coefficients], shares


def read_points(pieces):
    return [Point.decode(piece) for piece in pieces]
