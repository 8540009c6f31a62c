"""Section 2: canonical MessagePack, and the two layouts of an object.

A decoded value is made of int, bool, bytes, str, list and dict.  decode()
refuses whatever encode() would not have written: it packs again what it read
and compares the bytes.
"""

import msgpack

from .errors import SeinError

DEPTH_MAX = 8
UINT_MAX = 2 ** 64 - 1
TIME_MAX = 2 ** 63 - 1


def _check(value, depth):
    if isinstance(value, bool) or isinstance(value, bytes):
        return
    if isinstance(value, int):
        if not 0 <= value <= UINT_MAX:
            raise SeinError("wire_malformed", "negative or beyond 64 bits")
        return
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise SeinError("wire_malformed", "text is not UTF-8") from error
        return
    if not isinstance(value, (list, dict)):
        raise SeinError("wire_malformed", f"type {type(value).__name__}")
    if depth >= DEPTH_MAX:
        raise SeinError("wire_depth")
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise SeinError("wire_malformed", "a map's key is not text")
        for key in value:
            _check(key, depth + 1)
        value = value.values()
    for element in value:
        _check(element, depth + 1)


def _ordered(value):
    if isinstance(value, list):
        return [_ordered(element) for element in value]
    if isinstance(value, dict):
        return {key: _ordered(value[key])
                for key in sorted(value, key=lambda k: k.encode("utf-8"))}
    return value


def encode(value):
    _check(value, 0)
    return msgpack.packb(_ordered(value), use_bin_type=True,
                         strict_types=True)


def decode(data):
    """The one value that fills data."""
    data = bytes(data)
    limit = len(data)
    unpacker = msgpack.Unpacker(
        raw=False, strict_map_key=False, use_list=True, unicode_errors="strict",
        max_buffer_size=limit or 1, max_str_len=limit, max_bin_len=limit,
        max_array_len=limit, max_map_len=limit, max_ext_len=0)
    try:
        unpacker.feed(data)
        value = unpacker.unpack()
    except UnicodeDecodeError as error:
        raise SeinError("wire_malformed", "text is not UTF-8") from error
    except (msgpack.exceptions.UnpackException, ValueError, TypeError,
            RecursionError) as error:
        raise SeinError("wire_malformed", repr(error)) from error
    if unpacker.tell() != limit:
        raise SeinError("wire_trailing")
    if encode(value) != data:
        raise SeinError("wire_not_canonical")
    return value


# ---- layouts: what a section's tables say, as values ------------------------
#
# A type is a function value -> value that raises.  An object's type gives a
# dict of its field names, whichever layout it has on the wire.

def _bad(detail, word="wire_malformed"):
    raise SeinError(word, detail)


class Type:
    def read(self, value):
        raise NotImplementedError

    def write(self, value):
        """The plain value to encode; checked by reading it back."""
        self.read(value)
        return value

    def decode(self, data):
        return self.read(decode(data))

    def encode(self, value):
        data = encode(self.write(value))
        self.decode(data)
        return data


class Uint(Type):
    def __init__(self, low=0, high=TIME_MAX):
        self.low, self.high = low, high

    zero = 0

    def read(self, value):
        if isinstance(value, bool) or not isinstance(value, int):
            _bad(f"{value!r} is not a uint")
        if not self.low <= value <= self.high:
            _bad(f"{value} is not in [{self.low}..{self.high}]")
        return value


class Bool(Type):
    zero = False

    def read(self, value):
        if not isinstance(value, bool):
            _bad(f"{value!r} is not a bool")
        return value


class Bin(Type):
    def __init__(self, low=0, high=4 << 20):
        self.low, self.high = low, high
        self.zero = bytes(low) if low == high else b""

    def read(self, value):
        if not isinstance(value, bytes):
            _bad(f"{value!r} is not a bin")
        if not self.low <= len(value) <= self.high:
            _bad(f"bin of {len(value)}, not [{self.low}..{self.high}]")
        return value


def fixed(length):
    return Bin(length, length)


class Text(Type):
    def __init__(self, low=0, high=512, check=None):
        self.low, self.high, self.check = low, high, check

    zero = ""

    def read(self, value):
        if not isinstance(value, str):
            _bad(f"{value!r} is not a text")
        length = len(value.encode("utf-8"))
        if not self.low <= length <= self.high:
            _bad(f"text of {length} bytes, not [{self.low}..{self.high}]")
        if self.check and not self.check(value):
            _bad(f"{value!r} has not the form {self.check.__name__}")
        return value


class List(Type):
    def __init__(self, element, low=0, high=256):
        self.element, self.low, self.high = element, low, high

    @property
    def zero(self):
        return []

    def _length(self, value):
        if not isinstance(value, list):
            _bad(f"{value!r} is not an array")
        if not self.low <= len(value) <= self.high:
            _bad(f"{len(value)} elements, not [{self.low}..{self.high}]")

    def read(self, value):
        self._length(value)
        return [self.element.read(element) for element in value]

    def write(self, value):
        self._length(value)
        return [self.element.write(element) for element in value]


class Array(Type):
    """The array layout: Array(v=Uint(1, 1), ...), fields in order."""

    def __init__(self, **fields):
        self.fields = fields

    def read(self, value):
        if not isinstance(value, list) or len(value) != len(self.fields):
            _bad(f"not an array of {len(self.fields)}: {list(self.fields)}")
        return {name: field.read(part) for (name, field), part
                in zip(self.fields.items(), value)}

    def write(self, value):
        if set(value) != set(self.fields):
            _bad(f"fields {sorted(value)} instead of {sorted(self.fields)}")
        return [field.write(value[name])
                for name, field in self.fields.items()]


class Opt:
    def __init__(self, of):
        self.of = of


class Map(Type):
    """The map layout; an Opt field reads as its zero when it is not there, and
    is not written when it holds its zero."""

    def __init__(self, **fields):
        self.fields = fields

    def read(self, value):
        if not isinstance(value, dict):
            _bad(f"{value!r} is not a map")
        for name in value:
            if name not in self.fields:
                _bad(f"unknown field {name}")
        result = {}
        for name, field in self.fields.items():
            optional = isinstance(field, Opt)
            kind = field.of if optional else field
            if name not in value:
                if not optional:
                    _bad(f"field {name} is missing")
                result[name] = kind.zero
                continue
            result[name] = kind.read(value[name])
            if optional and result[name] == kind.zero:
                _bad(f"field {name} holds its zero", "wire_not_canonical")
        return result

    def write(self, value):
        for name in value:
            if name not in self.fields:
                _bad(f"unknown field {name}")
        result = {}
        for name, field in self.fields.items():
            if isinstance(field, Opt):
                if name in value and value[name] != field.of.zero:
                    result[name] = field.of.write(value[name])
            elif name not in value:
                _bad(f"field {name} is missing")
            else:
                result[name] = field.write(value[name])
        return result
