"""Sections 1 and 5: lp, H, SIG, MAC; HPKE (RFC 9180) single shot, base and
psk, for DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305."""

import hashlib
import hmac

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey, Ed25519PublicKey)
from cryptography.hazmat.primitives.asymmetric.x25519 import (
    X25519PrivateKey, X25519PublicKey)
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from .errors import SeinError

BASE, PSK = 0x00, 0x01


def sha256(data):
    return hashlib.sha256(data).digest()


def lp(data):
    return len(data).to_bytes(2, "big") + data


def lp32(data):
    return len(data).to_bytes(4, "big") + data


def prefixed(kind, data):
    return b"seinhuis/1/" + kind.encode("ascii") + b"\0" + data


def mac(key, kind, data):
    return hmac.digest(key, prefixed(kind, data), "sha512")[:32]


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw,
                            serialization.PublicFormat.Raw)


class SignKey:
    """An Ed25519 key pair."""

    def __init__(self, seed=None):
        self._key = (Ed25519PrivateKey.from_private_bytes(seed) if seed
                     else Ed25519PrivateKey.generate())
        self.public = raw(self._key.public_key())

    def sign(self, kind, data):
        return self._key.sign(prefixed(kind, data))


def verifies(public, kind, data, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            signature, prefixed(kind, data))
    except (InvalidSignature, ValueError):
        return False
    return True


def verify(public, kind, data, signature):
    if not verifies(public, kind, data, signature):
        raise SeinError("signature_wrong", kind)


# ---- HPKE ---------------------------------------------------------------------

KEM_SUITE = b"KEM" + (0x0020).to_bytes(2, "big")
HPKE_SUITE = b"HPKE" + b"".join(n.to_bytes(2, "big")
                                for n in (0x0020, 0x0001, 0x0003))


def hkdf_extract(salt, ikm):
    return hmac.digest(salt or bytes(32), ikm, "sha256")


def hkdf_expand(prk, info, length):
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), "sha256")
        out, counter = out + block, counter + 1
    return out[:length]


def labeled_extract(suite, salt, label, ikm):
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + ikm)


def labeled_expand(suite, prk, label, info, length):
    return hkdf_expand(prk, length.to_bytes(2, "big") + b"HPKE-v1" + suite
                       + label + info, length)


class BoxKey:
    """An X25519 key pair."""

    def __init__(self, private=None):
        self._key = (X25519PrivateKey.from_private_bytes(private) if private
                     else X25519PrivateKey.generate())
        self.public = raw(self._key.public_key())

    @classmethod
    def derive(cls, ikm):
        """RFC 9180 section 7.1.3 for X25519."""
        prk = labeled_extract(KEM_SUITE, b"", b"dkp_prk", ikm)
        return cls(labeled_expand(KEM_SUITE, prk, b"sk", b"", 32))

    def exchange(self, public):
        try:
            return self._key.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError as error:  # an all-zero shared secret
            raise SeinError("point_refused") from error


def _shared_secret(dh, enc, recipient):
    prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(KEM_SUITE, prk, b"shared_secret", enc + recipient,
                          32)


def key_schedule(mode, shared_secret, info, psk=b"", psk_id=b""):
    """(key, base nonce) of RFC 9180 section 5.1."""
    if (mode == PSK) != bool(psk) or bool(psk) != bool(psk_id):
        raise SeinError("bad_format", "psk does not fit the mode")
    context = (bytes([mode])
               + labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", psk_id)
               + labeled_extract(HPKE_SUITE, b"", b"info_hash", info))
    secret = labeled_extract(HPKE_SUITE, shared_secret, b"secret", psk)
    return (labeled_expand(HPKE_SUITE, secret, b"key", context, 32),
            labeled_expand(HPKE_SUITE, secret, b"base_nonce", context, 12))


def hpke_seal(public, info, aad, plaintext, psk=b"", psk_id=b"",
              ephemeral=None):
    """(enc, ct)"""
    ephemeral = ephemeral or BoxKey()
    shared = _shared_secret(ephemeral.exchange(public), ephemeral.public,
                            public)
    key, nonce = key_schedule(PSK if psk else BASE, shared, info, psk, psk_id)
    return (ephemeral.public,
            ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad))


def hpke_open(private, enc, info, aad, ct, psk=b"", psk_id=b""):
    shared = _shared_secret(private.exchange(enc), enc, private.public)
    key, nonce = key_schedule(PSK if psk else BASE, shared, info, psk, psk_id)
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, ct, aad)
    except InvalidTag as error:
        raise SeinError("letter_not_for_us") from error
