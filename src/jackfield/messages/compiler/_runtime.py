"""What generated code calls: faults, and the work that is the same for every schema."""

from __future__ import annotations

import io
from typing import Any, Final, NoReturn, final

from construct.core import ConstructError, ExplicitError
from construct.lib import Container
from typing_extensions import override

from ._record import Parsed, parsed_class, take

__all__ = ["Fault", "Parsed", "parsed_class", "take"]

MOST_EMPTY: Final = 65_536
"""Elements of a row that may take no bytes: more could be counted without end."""
VARINT_BYTES: Final = 10
"""Bytes of a variable-length integer: 64 bits, seven in each."""
_LAZY: Final = ("LazyContainer", "LazyListContainer")


@final
class Fault(Exception):
    """Bytes or a value that a node cannot take; where it stands is known from the line that raised it."""

    def __init__(self, kind: str, reason: str, offset: int | None = None, path: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.kind = kind
        """What construct calls it: ``StreamError``."""
        self.reason = reason
        self.offset = offset
        self.path = path
        """Names below the place that is known from the line."""
        self.needed: int | None = None
        """The offset that the data have to reach at least; None where more would not help."""


@final
class Unfit(Exception):
    """A number that does not fit its bits, on build; the numbers on the line are looked through for it."""


@final
class Short(Exception):
    """A run of fields that its window has no room for; which of them is found out afterwards."""


@final
class Refused(Exception):
    """An explicit refusal (construct's Error): nothing swallows it."""

    kind = "ExplicitError"
    reason = "is refused by its schema"
    needed: int | None = None
    offset: int | None = None
    path: tuple[str, ...] = ()


@final
class StopRecord(Exception):
    """The rest of a record is not there."""


EXPLICIT: Final = (Refused, ExplicitError)
CONSTRUCT: Final = (Fault, Short, Refused, ConstructError)


def short(offset: int, size: int, end: int) -> Fault:
    """Return the fault of *size* bytes at *offset* of a window that ends at *end*."""
    if size < 0:
        return Fault("StreamError", f"a size of {size} is less than 0", offset)
    fault = Fault("StreamError", f"needs {size} bytes, has {max(0, end - offset)}", offset)
    fault.needed = offset + size
    return fault


def too_small(value: int, plus: int, offset: int) -> Fault:
    """Return the fault of a size that is less than what it counts of itself."""
    return Fault("StreamError", f"a size of {value} is less than the {plus} that it counts of itself", offset)


def left_over(offset: int, end: int) -> Fault:
    """Return the fault of a window that was not used up."""
    return Fault("TerminatedError", f"{end - offset} bytes are left over", offset)


def too_many(count: int, least: int, offset: int, end: int) -> Fault:
    """Return the fault of a count that cannot be, or not in what is left."""
    if count < 0:
        return Fault("RangeError", f"a count of {count} is less than 0", offset)
    if least == 0:
        return Fault("RangeError", f"{count} elements that may take no bytes, {MOST_EMPTY} at most", offset)
    fault = Fault("StreamError", f"{count} elements of at least {least} bytes, has {end - offset}", offset)
    fault.needed = offset + count * least
    return fault


def endless(offset: int) -> Fault:
    """Return the fault of elements that take no bytes, of which there is no end."""
    return Fault("RangeError", "elements that take no bytes have no end", offset)


def other(found: object, wanted: object, offset: int | None = None) -> Fault:
    """Return the fault of a constant that is another."""
    return Fault("ConstError", f"is {found!r}, not {wanted!r}", offset)


def differs(found: object, wanted: object, offset: int | None = None) -> Fault:
    """Return the fault of a derived value that is not what it is derived from."""
    return Fault("CheckError", f"is {found!r}, and has to be {wanted!r}", offset)


def missing(name: str) -> NoReturn:
    """Raise the error of a name that nothing has at this point."""
    raise KeyError(name)


def varint(data: bytes, offset: int, end: int, strict: bool) -> tuple[int, int]:
    """Return the variable-length integer at *offset*, of 64 bits where *strict*, and the offset behind it."""
    number = shift = 0
    for at in range(offset, min(end, offset + VARINT_BYTES)):
        byte = data[at]
        number |= (byte & 127) << shift
        if byte < 128:
            if strict and number >> 64:
                raise Fault("IntegerError", f"{number} does not fit 64 bits", offset)
            return number, at + 1
        shift += 7
    if end - offset < VARINT_BYTES:
        raise short(offset, end - offset + 1, end)
    raise Fault("IntegerError", f"a variable-length integer of more than {VARINT_BYTES} bytes", offset)


def zigzag(number: int) -> int:
    """Return the signed number that *number* stands for."""
    return number >> 1 ^ -(number & 1)


def varint_bytes(value: object, most: int | None) -> bytes:
    """Return *value* as a variable-length integer of *most* bits."""
    if not isinstance(value, int) or value < 0:
        raise Fault("IntegerError", f"{value!r} is no int of 0 or more")
    if most is not None and value >> most:
        raise Fault("IntegerError", f"{value!r} does not fit {most} bits")
    built = bytearray()
    while value > 127:
        built.append(value & 127 | 128)
        value >>= 7
    built.append(value)
    return bytes(built)


def zigzag_bytes(value: object, most: int | None) -> bytes:
    """Return *value*, of either sign, as a variable-length integer of *most* bits."""
    if not isinstance(value, int):
        raise Fault("IntegerError", f"{value!r} is no int")
    return varint_bytes(2 * value if value >= 0 else -2 * value - 1, most)


def decimal(data: bytes, offset: int, end: int, mark: bytes, digits: int) -> tuple[int, int]:
    """Return the number in digits at *offset*, up to *mark*, and the offset behind that."""
    stop = data.find(mark, offset, min(end, offset + digits + 1 + len(mark)))
    if stop < 0:
        if end - offset <= digits + len(mark):
            raise short(offset, end - offset + 1, end)
        raise Fault("StringError", f"has no {mark!r} behind {digits} digits", offset)
    text = data[offset:stop]
    if not text.removeprefix(b"-").isdigit() or len(text.removeprefix(b"-")) > digits:
        raise Fault("StringError", f"{text!r} is no number", offset)
    return int(text), stop + len(mark)


def decimal_bytes(value: object, mark: bytes, digits: int) -> bytes:
    """Return *value* in digits, and *mark*."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise no(value, "int", "IntegerError")
    if not -(10**digits) < value < 10**digits:
        raise Fault("IntegerError", f"{value} has more than {digits} digits")
    return b"%d%b" % (value, mark)


def interpreted_bytes(schema: Any, value: object, before: bytes, context: object, origin: int) -> tuple[bytes, object]:
    """Return *before* and what *schema* writes behind it, and what references to it see."""
    stream = Stream(before, 0, len(before), -origin)
    stream.seek(0, 2)
    result = schema._build(value, stream, context, "")
    return stream.getvalue(), result


def find_unit(data: bytes, offset: int, end: int, mark: bytes) -> int:
    """Return where *mark* stands, looked for in steps of its length; -1 where it does not."""
    unit = len(mark)
    at = data.find(mark, offset, end)
    while at >= 0 and (at - offset) % unit:
        at = data.find(mark, at + 1, end)
    return at


def stripped(data: bytes, offset: int, end: int, pad: bytes) -> int:
    """Return the end without the padding in front of it (construct's NullStripped, unit by unit)."""
    unit = len(pad)
    tail = (end - offset) % unit
    if tail and data[end - tail : end] == pad[:tail]:
        end -= tail
    while end - unit >= offset and data[end - unit : end] == pad:
        end -= unit
    return end


def as_bytes(value: object) -> bytes:
    """Return *value*, bytes or bytearray, as bytes: what construct takes."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    raise Fault("StringError", f"{value!r} is no bytes")


def buffer_bytes(value: object) -> bytes:
    """Return *value*, any buffer, as bytes."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise Fault("StringError", f"{value!r} is no bytes")


def sized_bytes(value: object, size: int) -> bytes:
    """Return *value* as *size* bytes; construct's Bytes takes an int, too, big-endian."""
    if isinstance(value, int):
        if size < 1:
            raise ValueError(f"width {size} must be positive")
        return value.to_bytes(size, "big")
    data = as_bytes(value)
    if len(data) != size:
        raise wrong_size(len(data), size)
    return data


def wrong_size(size: int, wanted: int) -> Fault:
    """Return the fault of bytes of another length."""
    return Fault("StreamError", f"{size} bytes, not {wanted}")


def no(value: object, what: str, kind: str = "StringError") -> Fault:
    """Return the fault of a value of another type."""
    return Fault(kind, f"{value!r} is no {what}")


def encoded(value: object, encoding: str) -> bytes:
    """Return *value*, a str, in *encoding*."""
    if not isinstance(value, str):
        raise no(value, "str")
    return value.encode(encoding)


def leniently_encoded(value: object, encoding: str) -> bytes:
    """Return *value* in *encoding*; the empty text is no bytes, whatever the encoding puts in front (a BOM)."""
    return encoded(value, encoding) if value != "" else b""


def padded_text(value: object, size: int) -> bytes:
    """Return *value* in UTF-8, filled up with NULs."""
    data = encoded(value, "utf-8")
    if len(data) > size:
        raise Fault("PaddingError", f"{len(data)} bytes of UTF-8, {size} at most")
    if data.endswith(b"\0"):
        raise Fault("PaddingError", "text that ends with a NUL could not be told from its padding")
    return data.ljust(size, b"\0")


def big_int(data: bytes, signed: bool, little: bool) -> int:
    """Return the integer that *data* is."""
    return int.from_bytes(data, "little" if little else "big", signed=signed)


def big_int_bytes(value: object, size: int, signed: bool, little: bool) -> bytes:
    """Return *value* in *size* bytes."""
    if not isinstance(value, int):
        raise no(value, "int", "IntegerError")
    if size <= 0:
        raise Fault("IntegerError", f"a size of {size} bytes")
    try:
        return value.to_bytes(size, "little" if little else "big", signed=signed)
    except OverflowError as error:
        raise Fault("IntegerError", f"{value} does not fit {size} bytes") from error


def filled(data: bytes, size: int, pattern: bytes) -> bytes:
    """Return *data* filled up to *size* bytes."""
    if size < 0:
        raise Fault("PaddingError", f"a size of {size} is less than 0")
    if len(data) > size:
        raise Fault("PaddingError", f"{len(data)} bytes, {size} at most")
    return data + pattern * (size - len(data))


def aligned(data: bytes, modulus: int, pattern: bytes) -> bytes:
    """Return *data* filled up to a multiple of *modulus* bytes."""
    if modulus < 2:
        raise Fault("PaddingError", f"a modulus of {modulus}, 2 at least")
    return data + pattern * (-len(data) % modulus)


def padding(size: int, used: int, offset: int) -> int:
    """Return how many bytes fill *used* up to *size*."""
    if size < used or size < 0:
        raise Fault("PaddingError", f"{used} bytes, {size} at most", offset)
    return size - used


def alignment(modulus: int, used: int, offset: int) -> int:
    """Return how many bytes fill *used* up to a multiple of *modulus*."""
    if modulus < 2:
        raise Fault("PaddingError", f"a modulus of {modulus}, 2 at least", offset)
    return -used % modulus


def root(parsing: bool) -> Container:
    """Return the context around a whole schema, as construct makes it."""
    context = Container()
    context.update({"_parsing": parsing, "_building": not parsing, "_sizing": False, "_params": context})
    return context


def nested(outer: Container, stream: object, subcons: object) -> Container:
    """Return the context of a record inside *outer*."""
    context = Container(
        _=outer,
        _params=outer["_params"],
        _root=None,
        _parsing=outer["_parsing"],
        _building=outer["_building"],
        _sizing=outer["_sizing"],
        _subcons=subcons,
        _io=stream,
        _index=outer.get("_index", None),
    )
    context["_root"] = outer.get("_root", context)
    return context


@final
class Stream(io.BytesIO):
    """What an interpreted construct reads: a window, whose offsets are those of the message."""

    def __init__(self, data: bytes, start: int, end: int, base: int) -> None:
        super().__init__(data if start == 0 and end == len(data) else data[start:end])
        self._shift = start - base

    @override
    def tell(self) -> int:
        """Return the offset in the message."""
        return super().tell() + self._shift

    @override
    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to *offset* in the message."""
        super().seek(offset - self._shift if whence == 0 else offset, whence)
        return self.tell()


def released(value: Any) -> Any:
    """Return *value* without the streams that construct leaves in its containers; what is lazy keeps its own."""
    pending = [value]
    while pending:
        found = pending.pop()
        if type(found).__name__ in _LAZY:
            continue  # to look into it would be to parse it
        if isinstance(found, Parsed):
            pending.extend(found.values())
        elif isinstance(found, dict):
            found.pop("_io", None)
            pending.extend(found.values())
        elif isinstance(found, list):
            pending.extend(found)
    return value


COPY: Final = parsed_class("RawCopy", ("data", "value", "offset1", "offset2", "length"))
"""What a RawCopy parses to."""
_MISSING: Final = object()


def copied(value: Any, optional: bool) -> tuple[bytes | None, object]:
    """Return the bytes that a RawCopy is built from, or None and the value; the bytes win (construct's rule)."""
    if type(value) is COPY:
        found, kept = getattr(value, "data", _MISSING), getattr(value, "value", _MISSING)
        if type(found) is bytes:
            return found, None
        if found is _MISSING and kept is not _MISSING:
            return None, kept
    given: Any = {"value": None} if value is None and optional else value
    if "data" in given:
        data = given["data"]
        if not isinstance(data, bytes):  # here construct takes no bytearray
            raise Fault("StringError", f"{data!r} is no bytes")
        return data, None
    if "value" in given:
        return None, given["value"]
    raise Fault("RawCopyError", "has neither data nor value")


def as_row(value: Any, size: int) -> list[Any]:
    """Return what a Sequence is built from: None stands for nothing at all."""
    return [None] * size if value is None else list(value)


def row_of(value: Any) -> Any:
    """Return the elements of a row of a message: a tuple or list."""
    if not isinstance(value, (tuple, list)):
        raise no(value, "tuple or list", "RangeError")
    return value


def wrong_count(count: int, wanted: int) -> Fault:
    """Return the fault of another number of elements."""
    if wanted < 0:
        return Fault("RangeError", f"a count of {wanted} is less than 0")
    return Fault("RangeError", f"{count} elements, not {wanted}")


def count_of(value: Any) -> int:
    """Return how many there are; none of what is not there."""
    return 0 if value is None else len(value)


def marked(value: bytes, mark: bytes) -> Fault:
    """Return the fault of bytes that would end before they do."""
    return Fault("StringError", f"{value!r} has its end mark {mark!r} inside")


def tag_of(value: object, tags: dict[type, object], unknown: Any) -> object:
    """Return the tag of a message among several; 0 for one that is not there."""
    if value is None:
        return 0
    found = tags.get(type(value))
    if found is None and unknown is not None and type(value) is unknown:
        kept: Any = value
        return kept.tag
    if found is None:
        raise no(value, " or ".join(cls.__name__ for cls in tags), "SwitchError")
    return found
