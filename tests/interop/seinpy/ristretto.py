"""The group ristretto255 (RFC 9496) in integer arithmetic, with the hashes of
RFC 9380 and RFC 9497 into it.  Not in constant time: for tests.

A Point is a class of four points of the Edwards curve -x^2 + y^2 = 1 + d x^2 y^2
and is compared as such; scalars are plain integers below ORDER.
"""

import hashlib
import secrets

from .errors import SeinError

P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
BYTES = 32

# Section 4.1.
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = (
    19681161376707505956807079304988542015446066515923890162744021073123829784752)
SQRT_AD_MINUS_ONE = (
    25063068953384623474111414158702152701244531502492656460079210482610430750235)
INVSQRT_A_MINUS_D = (
    54469307008909316920995813868745141605393597292927456921205312896311721017578)
ONE_MINUS_D_SQ = (1 - D * D) % P
D_MINUS_ONE_SQ = (D - 1) ** 2 % P


def _negative(value):
    return value & 1 == 1


def _abs(value):
    return P - value if _negative(value) else value


def sqrt_ratio_m1(u, v):
    """Section 4.2: (was square, a root of u / v, or of SQRT_M1 u / v)."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    correct, flipped = check == u % P, check == -u % P
    if flipped or check == -u * SQRT_M1 % P:
        root = root * SQRT_M1 % P
    return correct or flipped, _abs(root)


class Point:
    """Extended coordinates: x = X / Z, y = Y / Z, X Y = Z T."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x % P, y % P, z % P, t % P

    # ---- the group (RFC 8032 section 5.1.4) -----------------------------------

    def __add__(self, other):
        a = (self.y - self.x) * (other.y - other.x) % P
        b = (self.y + self.x) * (other.y + other.x) % P
        c = 2 * self.t * other.t * D % P
        d = 2 * self.z * other.z % P
        e, f, g, h = b - a, d - c, d + c, b + a
        return Point(e * f, g * h, f * g, e * h)

    def __neg__(self):
        return Point(-self.x, self.y, self.z, -self.t)

    def __sub__(self, other):
        return self + -other

    def _double(self):
        a, b = self.x * self.x, self.y * self.y
        h, g = a + b, a - b
        e = h - (self.x + self.y) ** 2
        f = 2 * self.z * self.z + g
        return Point(e * f, g * h, f * g, e * h)

    def __rmul__(self, scalar):
        result = IDENTITY
        for bit in bin(scalar % ORDER)[2:]:
            result = result._double()
            if bit == "1":
                result = result + self
        return result

    def __eq__(self, other):
        return ((self.x * other.y - self.y * other.x) % P == 0
                or (self.y * other.y - self.x * other.x) % P == 0)

    def __hash__(self):
        return hash(self.encode())

    # ---- bytes (section 4.3) ----------------------------------------------------

    @classmethod
    def decode(cls, data):
        """Canonical and not the identity, as section 18 asks."""
        s = int.from_bytes(data, "little")
        if len(data) != BYTES or s >= P or _negative(s):
            raise SeinError("point_refused", "not canonical")
        ss = s * s % P
        u1, u2 = (1 - ss) % P, (1 + ss) % P
        u2_squared = u2 * u2 % P
        v = (-D * u1 * u1 - u2_squared) % P
        was_square, root = sqrt_ratio_m1(1, v * u2_squared % P)
        den_x = root * u2 % P
        x, y = _abs(2 * s * den_x % P), u1 * root * den_x * v % P
        t = x * y % P
        if not was_square or _negative(t) or y == 0:
            raise SeinError("point_refused", "not on the curve")
        if s == 0:
            raise SeinError("point_refused", "the identity")
        return cls(x, y, 1, t)

    def encode(self):
        u1 = (self.z + self.y) * (self.z - self.y) % P
        u2 = self.x * self.y % P
        _, root = sqrt_ratio_m1(1, u1 * u2 * u2 % P)
        den1, den2 = root * u1 % P, root * u2 % P
        z_inverse = den1 * den2 * self.t % P
        x, y, den = self.x, self.y, den2
        if _negative(self.t * z_inverse % P):
            x, y = self.y * SQRT_M1 % P, self.x * SQRT_M1 % P
            den = den1 * INVSQRT_A_MINUS_D % P
        if _negative(x * z_inverse % P):
            y = -y
        return _abs(den * (self.z - y) % P).to_bytes(BYTES, "little")

    @classmethod
    def _map(cls, t):
        """Section 4.3.4, MAP."""
        r = SQRT_M1 * t * t % P
        u = (r + 1) * ONE_MINUS_D_SQ % P
        v = (-1 - r * D) * (r + D) % P
        was_square, s = sqrt_ratio_m1(u, v)
        c = P - 1
        if not was_square:
            s, c = -_abs(s * t % P) % P, r
        n = (c * (r - 1) * D_MINUS_ONE_SQ - v) % P
        w0, w1 = 2 * s * v, n * SQRT_AD_MINUS_ONE
        w2, w3 = 1 - s * s, 1 + s * s
        return cls(w0 * w3, w2 * w1, w1 * w3, w0 * w2)

    @classmethod
    def from_uniform(cls, data):
        """Element derivation, from 64 uniform bytes."""
        halves = [int.from_bytes(data[at:at + BYTES], "little") % 2 ** 255 % P
                  for at in (0, BYTES)]
        return cls._map(halves[0]) + cls._map(halves[1])


IDENTITY = Point(0, 1, 1, 0)
GENERATOR = Point.decode(bytes.fromhex(
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


# ---- scalars ------------------------------------------------------------------


def read_scalar(data):
    value = int.from_bytes(data, "little")
    if len(data) != BYTES or not 0 < value < ORDER:
        raise SeinError("scalar_refused")
    return value


def write_scalar(value):
    return (value % ORDER).to_bytes(BYTES, "little")


def random_scalar():
    return 1 + secrets.randbelow(ORDER - 1)


# ---- hashes into it -------------------------------------------------------------


def expand_message_xmd(message, dst, length):
    """RFC 9380 section 5.3.1, with SHA-512."""
    dst_prime = dst + bytes([len(dst)])
    first = hashlib.sha512(bytes(128) + message + length.to_bytes(2, "big")
                           + b"\0" + dst_prime).digest()
    out, block, number = b"", bytes(64), 0
    while len(out) < length:
        number += 1
        mixed = bytes(a ^ b for a, b in zip(first, block))
        block = hashlib.sha512(mixed + bytes([number]) + dst_prime).digest()
        out += block
    return out[:length]


def hash_to_group(message, dst):
    return Point.from_uniform(expand_message_xmd(message, dst, 64))


def hash_to_scalar(message, dst):
    return int.from_bytes(expand_message_xmd(message, dst, 64),
                          "little") % ORDER
