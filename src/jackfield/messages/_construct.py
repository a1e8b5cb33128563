"""Constructs, interpreted: the one file that looks into them.

Their errors become faults with a path and an offset, and what they parse keeps no hold of its input.
"""

from __future__ import annotations

import io
from typing import Any, Final, final

import construct
from construct import Construct

from ..interfaces import Buffer
from ._faults import Fault

_MISBEHAVIOUR: Final = Exception
"""What interpreted constructs raise for wrong bytes or values: most, but not all, is their own error class. A codec of
zlib's, an adapter's or a lambda's own may be anything."""

# Where a message ends must follow from the bytes before: no looking ahead, no taking all there is, no jumping.
# Whitelisted by class, as ``sizeof()`` proves nothing (a Peek says 0).
_LEAVES: Final = ("Bytes", "FormatField", "BytesInteger", "BitsInteger", "StringEncoded", "Computed", "Check", "Error")
_AROUND: Final = (
    *("Renamed", "Enum", "FlagsEnum", "Mapping", "Const", "Rebuild", "Default", "Padded", "Aligned", "Hex", "HexDump"),
    *(
        "ExprAdapter",
        "ExprSymmetricAdapter",
        "ExprValidator",
        "Validator",
        "RepeatUntil",
        "Array",
        "RawCopy",
        "NamedTuple",
    ),
    *("TimestampAdapter", "Transformed"),
)
_BOUNDED: Final = ("Prefixed", "FixedSized", "NullTerminated")
"""What stands inside these sees only their window, so it may take all there is."""
_LAZY: Final = ("LazyContainer", "LazyListContainer")
"""What parses when it is asked: to look into it would be to parse it."""
_SINGLETONS: Final = (
    construct.Flag,
    construct.VarInt,
    construct.ZigZag,
    construct.Pass,
    construct.Tell,
    construct.Index,
)


def parse_foreign(schema: Construct[Any, Any], data: Buffer, offset: int, end: int) -> tuple[Any, int]:
    """Parse *schema* at *offset* of *data*, which ends at *end*; raises Fault, with the path inside the schema."""
    stream = io.BytesIO(bytes(data[offset:end]))
    try:
        value = schema.parse_stream(stream)
    except _MISBEHAVIOUR as error:
        raise _fault(error, offset + stream.tell()) from error
    return _released(value), offset + stream.tell()


def build_foreign(schema: Construct[Any, Any], value: object) -> bytes:
    """Build *value*; raises Fault, with the path inside the schema."""
    try:
        return bytes(schema.build(value))
    except _MISBEHAVIOUR as error:
        raise _fault(error, 0) from error


def explain_foreign(schema: Construct[Any, Any], data: Buffer) -> str:
    """Return what construct says of *data*."""
    try:
        schema.parse(bytes(data))
    except _MISBEHAVIOUR as error:
        return f"{type(error).__name__}: {error}"
    return "ok"


def type_of(schema: Construct[Any, Any]) -> type | None:
    """Return the Python type that *schema* parses to, as far as it is known for sure."""
    match schema:
        case construct.Renamed() | construct.Const() | construct.Default() | construct.Rebuild():
            return type_of(schema.subcon)
        case construct.FormatField():
            return float if str(schema.fmtstr)[-1] in "efd" else int
        case construct.BytesInteger() | construct.BitsInteger():
            return int
        case construct.Bytes():
            return bytes
        case construct.StringEncoded():
            return str
        case construct.Array() | construct.RepeatUntil():
            return list
        case _:
            if schema is construct.VarInt or schema is construct.ZigZag:
                return int
            if schema is construct.Flag:
                return bool
            return bytes if schema is construct.GreedyBytes else None


def takes_all_foreign(schema: Construct[Any, Any]) -> bool:
    """Return whether *schema* itself is one of those that read to the end of their input."""
    inner = schema.subcon if isinstance(schema, construct.Renamed) else schema
    return inner is construct.GreedyBytes or isinstance(inner, construct.GreedyRange)


def no_frame(schema: Construct[Any, Any]) -> tuple[tuple[str, ...], str] | None:
    """Return None where a stream can be cut by *schema*, else the path of the part that prevents it, and why."""
    if any(schema is one for one in _SINGLETONS):
        return None
    node: Any = schema  # seen by its exact class: a subclass may parse as it likes
    kind = type(schema).__name__
    if kind in ("Struct", "Sequence", "FocusedSeq"):
        return _first_of([(part.name, part) for part in node.subcons])
    if kind == "IfThenElse":
        return _first_of([(None, node.thensubcon), (None, node.elsesubcon)])
    if kind == "Switch":
        return _first_of([(None, case) for case in (*node.cases.values(), node.default)])
    if kind == "Checksum":
        return no_frame(node.checksumfield)
    if kind == "NullTerminated" and not node.require:
        return (), "NullTerminated(require=False) may end where its input does"
    if kind in _BOUNDED:
        return None if kind != "Prefixed" else no_frame(node.lengthfield)
    if kind == "StringEncoded" or kind in _AROUND:
        return _no_frame_around(node.subcon, kind)
    return None if kind in _LEAVES else ((), f"{kind} does not say where it ends")


def _no_frame_around(inside: Construct[Any, Any], kind: str) -> tuple[tuple[str, ...], str] | None:
    if kind in ("Array", "RepeatUntil") and _takes_nothing(inside):
        return (), f"{kind} of elements that take no bytes could go on for ever"
    return no_frame(inside)


def _takes_nothing(schema: Construct[Any, Any]) -> bool:
    try:
        return int(schema.sizeof()) == 0
    except _MISBEHAVIOUR:
        return False


def _first_of(parts: list[tuple[str | None, Construct[Any, Any]]]) -> tuple[tuple[str, ...], str] | None:
    for name, part in parts:
        found = no_frame(part)
        if found is not None:
            return ((name, *found[0]) if name else found[0]), found[1]
    return None


@final
class _Attempt:
    """The stream of one attempt to parse a message whose end may not have come yet.

    construct's own streams say that bytes are missing, not how many: this one notes it.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self.needed: int | None = None
        """Bytes that the message has at least, where it came up short; None where it did not."""

    def read(self, size: int = -1) -> bytes:
        """Return the next *size* bytes, or what is left."""
        after = len(self._data) if size < 0 else self._at + size
        if after > len(self._data):
            self.needed = after
        found = self._data[self._at : after]
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to *offset*: RawCopy reads twice what it copies."""
        self._at = offset + (0, self._at, len(self._data))[whence]
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at


def measure_foreign(schema: Construct[Any, Any], data: bytes) -> tuple[int, bool]:
    """Return how long the message at the start of *data* is and True, or how long at least and False.

    Raises Fault for bytes that are no such message.
    """
    attempt = _Attempt(data)
    try:
        schema.parse_stream(attempt)
    except _MISBEHAVIOUR as error:
        if attempt.needed is not None:
            return attempt.needed, False
        raise _fault(error, attempt.tell()) from error
    return attempt.tell(), True


def _fault(error: Exception, offset: int) -> Fault:
    text = str(error).strip()
    if not isinstance(error, construct.ConstructError):
        text = f"{type(error).__name__}: {text}"
    path = getattr(error, "path", None)
    fault = Fault((text.splitlines() or [type(error).__name__])[-1], offset)
    if isinstance(path, str):
        fault.reason = fault.reason.removeprefix(f"Error in path {path}").strip() or type(error).__name__
        fault.path = list(reversed([name for name in path.split(" -> ")[1:] if name]))
    return fault


def _released(value: Any) -> Any:
    """Return *value* without the streams that construct leaves in its containers; what is lazy stays so."""
    pending = [value]
    while pending:
        found = pending.pop()
        if type(found).__name__ in _LAZY:
            continue
        if isinstance(found, dict):
            found.pop("_io", None)
            pending.extend(found.values())
        elif isinstance(found, list):
            pending.extend(found)
    return value
