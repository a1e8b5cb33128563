"""Schemas drawn at random, with values to match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
from construct import this
from hypothesis import strategies as st

from messages.nodes import c, len_, obj_
from messages.oracle import ODD

Draw = Callable[[st.SearchStrategy[Any]], Any]
Scopes = tuple[dict[str, Any], ...]
"""What has a value already, the innermost record first."""


@attrs.frozen
class Drawn:
    """A schema, and how to draw a value of it."""

    schema: Any
    value: Callable[[Draw, Scopes], Any]
    framed: bool = True
    empty: bool = False


def _plain(schema: Any, values: st.SearchStrategy[Any], **more: Any) -> Drawn:
    return Drawn(schema, lambda draw, scopes: draw(values), **more)


_INTEGERS: Final = {
    name: (getattr(c, name), int(name[3:-2]), name[-2] == "s")
    for name in (
        *("Int8ub", "Int8sb", "Int8sl", "Int16ub", "Int16sl", "Int16ul", "Int24ub", "Int24sl", "Int32ub", "Int32sb"),
        *("Int32ul", "Int64ub", "Int64sl", "Int64ul", "Int24sb", "Int16sn"),
    )
}
_TEXT: Final = st.text(alphabet="ab\u00e9\u0100", max_size=3)


def _integer(draw: Draw) -> Drawn:
    schema, bits, signed = _INTEGERS[draw(st.sampled_from(sorted(_INTEGERS)))]
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    return _plain(schema, st.integers(low, high) | st.sampled_from((low, high)))


_LEAVES: Final[tuple[Drawn, ...]] = (
    _plain(c.Flag, st.booleans()),
    _plain(c.Float32b, st.floats(width=32)),
    _plain(c.Float64l, st.floats()),
    _plain(c.Float16b, st.floats(width=16)),
    _plain(c.Bytes(2), st.binary(min_size=2, max_size=2)),
    _plain(c.BytesInteger(5, signed=True, swapped=True), st.integers(-9, 9)),
    _plain(c.Const(b"ok"), st.none()),
    _plain(c.Const(770, c.Int16ul), st.none()),
    _plain(c.VarInt, st.integers(0, 2**40)),
    _plain(c.ZigZag, st.integers(-300, 300)),
    _plain(c.PascalString(c.Int8ub, "utf8"), _TEXT),
    _plain(c.PascalString(c.VarInt, "utf_16_be"), _TEXT),
    _plain(c.CString("utf8"), _TEXT),
    _plain(c.CString("utf_16_le"), _TEXT),
    _plain(c.PaddedString(8, "utf8"), _TEXT),
    _plain(c.Prefixed(c.Int8ub, c.GreedyBytes), st.binary(max_size=4)),
    _plain(c.Prefixed(c.Int16ul, c.GreedyBytes, includelength=True), st.binary(max_size=4)),
    _plain(c.Enum(c.Int8ub, one=1, two=2), st.sampled_from(("one", "two", 2, 7))),
    _plain(c.FlagsEnum(c.Int8ub, one=1, two=2), st.fixed_dictionaries({"one": st.booleans(), "two": st.booleans()})),
    _plain(c.Mapping(c.Int8ub, {"a": 1, "b": 2}), st.sampled_from("ab")),
    _plain(c.Hex(c.Int16ub), st.integers(0, 65535)),
    _plain(c.Default(c.Int8ub, 7), st.none() | st.integers(0, 255)),
    _plain(c.ExprAdapter(c.Int8ub, obj_ + 1, obj_ - 1), st.integers(1, 256)),
    _plain(c.OneOf(c.Int8ub, [1, 2, 3]), st.integers(1, 3)),
    _plain(c.NullTerminated(c.GreedyBytes, term=b"\r\n"), st.binary(max_size=4)),
    _plain(c.RepeatUntil(obj_ == 0, c.Int8ub), st.lists(st.integers(1, 9), max_size=3).map(lambda xs: [*xs, 0])),
    _plain(c.Computed(5), st.none(), empty=True),
    _plain(c.Pass, st.none(), empty=True),
    _plain(c.Padding(2), st.none()),
    _plain(c.GreedyBytes, st.binary(max_size=4), framed=False, empty=True),
    _plain(c.GreedyString("utf8"), _TEXT, framed=False, empty=True),
    _plain(c.GreedyRange(c.Int16ub), st.lists(st.integers(0, 65535), max_size=3), framed=False, empty=True),
    _plain(c.Optional(c.Const(b"!")), st.none(), framed=False, empty=True),
)


def _bits(draw: Draw) -> Drawn:
    widths = draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    widths.append(8 - sum(widths) % 8)
    parts = [
        c.Flag if width == 1 and draw(st.booleans()) else c.BitsInteger(width, signed=width > 1 and draw(st.booleans()))
        for width in widths
    ]

    def value(draw: Draw, scopes: Scopes) -> Any:
        return {
            f"b{at}": draw(
                st.integers(-(1 << width - 1), (1 << width - 1) - 1)
                if getattr(parts[at], "signed", False)
                else st.integers(0, (1 << width) - 1)
            )
            for at, width in enumerate(widths)
        }

    return Drawn(c.BitStruct(*(f"b{at}" / part for at, part in enumerate(parts))), value)


def _measured(draw: Draw, scopes: tuple[tuple[str, ...], ...]) -> Drawn:
    """Return something whose size, count or case another field says."""
    up = draw(st.sampled_from([at for at, names in enumerate(scopes) if names]))
    name = draw(st.sampled_from(scopes[up]))
    path: Any = this
    for _ in range(up):
        path = path._
    path = path[name]
    kind = draw(
        st.sampled_from(("bytes", "lambda", "numbers", "texts", "if", "switch", "window", "computed", "padded"))
    )

    def told(scopes: Scopes) -> int:
        return int(scopes[up].get(name, 0))

    if kind == "bytes":
        return Drawn(c.Bytes(path), lambda draw, s: draw(st.binary(min_size=told(s), max_size=told(s))), empty=True)
    if kind == "lambda" and up == 0:
        size = c.Bytes(lambda ctx: ctx[name] + 1)
        return Drawn(size, lambda draw, s: draw(st.binary(min_size=told(s) + 1, max_size=told(s) + 1)))
    if kind == "texts":
        inner = c.Array(path, c.PascalString(c.Int8ub, "ascii"))
        return Drawn(inner, lambda draw, s: ["ab"] * told(s), empty=True)
    if kind == "if":
        branch = c.IfThenElse(path > 1, c.Int16ub, c.Int8sb)
        return Drawn(branch, lambda draw, s: draw(st.integers(0, 127)))
    if kind == "switch":
        cases = c.Switch(path, {0: c.Int8ub, 1: c.Struct("x" / c.Int16ul), 2: c.Pass}, default=c.Bytes(path))
        return Drawn(
            cases,
            lambda draw, s: [draw(st.integers(0, 255)), {"x": draw(st.integers(0, 999))}, None, b"abc"][
                min(told(s), 3)
            ],
            empty=True,
        )
    if kind == "window":
        return Drawn(c.FixedSized(path, c.GreedyBytes), lambda draw, s: draw(st.binary(max_size=told(s))), empty=True)
    if kind == "computed":
        return Drawn(c.Computed(path * 3 - 1), lambda draw, s: None, empty=True)
    if kind == "padded":
        return Drawn(c.Padded(path + 1, c.Int8ub), lambda draw, s: draw(st.integers(0, 255)))
    return Drawn(c.Array(path, c.Int16ul), lambda draw, s: [draw(st.integers(0, 65535))] * told(s), empty=True)


def _record(draw: Draw, depth: int, scopes: tuple[tuple[str, ...], ...]) -> Drawn:
    names: list[str] = []
    fields: list[tuple[str, Drawn]] = []
    for at in range(draw(st.integers(1, 4))):
        if draw(st.integers(0, 2)) == 0:
            names.append(f"n{at}")
            fields.append(
                (names[-1], _plain(draw(st.sampled_from((c.Int8ub, c.Int16ul, c.VarInt))), st.integers(0, 3)))
            )
        elif draw(st.integers(0, 9)) == 0:
            counted = c.Rebuild(c.Int8ub, len_(this[f"d{at}"]))
            fields.append((f"r{at}", Drawn(counted, lambda draw, s: None)))
            fields.append((f"d{at}", _plain(c.Bytes(this[f"r{at}"]), st.binary(max_size=3), empty=True)))
        else:
            fields.append((f"f{at}", schema_of(draw, depth - 1, (tuple(names), *scopes))))

    def value(draw: Draw, scopes: Scopes) -> Any:
        own: dict[str, Any] = {}
        for name, field in fields:
            found = field.value(draw, (own, *scopes))
            if found is not None or draw(st.booleans()):
                own[name] = found
        return own

    return Drawn(
        c.Struct(*(name / field.schema for name, field in fields)),
        value,
        all(field.framed for _, field in fields),
        all(field.empty for _, field in fields),
    )


def _around(draw: Draw, depth: int, scopes: tuple[tuple[str, ...], ...]) -> Drawn:
    kind = draw(
        st.sampled_from(("prefixed", "sized", "array", "counted", "greedy", "aligned", "sequence", "raw", "focus"))
    )
    # Each of these but a Sequence and what is focused leaves its element in the same record's scope.
    nested = ((), *scopes) if kind in ("sequence", "focus", "counted") else scopes
    inner = schema_of(draw, depth - 1, nested)

    def one(draw: Draw, s: Scopes) -> Any:
        return inner.value(draw, ({}, *s) if nested is not scopes else s)

    def several(draw: Draw, s: Scopes) -> Any:
        return [one(draw, s) for _ in range(draw(st.integers(0, 2)))]

    if kind == "prefixed":
        return Drawn(c.Prefixed(draw(st.sampled_from((c.Int8ub, c.Int16ul, c.VarInt))), inner.schema), one)
    if kind == "sized":
        return Drawn(c.FixedSized(16, inner.schema), one)
    if kind == "array":
        return Drawn(c.Array(2, inner.schema), lambda draw, s: [one(draw, s), one(draw, s)], inner.framed, inner.empty)
    if kind == "counted":
        return Drawn(c.PrefixedArray(c.Int8ub, inner.schema), several, inner.framed)
    if kind == "greedy" and not inner.empty:
        return Drawn(c.Prefixed(c.Int8ub, c.GreedyRange(inner.schema)), several)
    if kind == "aligned":
        return Drawn(c.Aligned(4, inner.schema), one, inner.framed, inner.empty)
    if kind == "sequence":
        return Drawn(c.Sequence(c.Int8ub, inner.schema), lambda draw, s: [1, one(draw, s)], inner.framed)
    if kind == "raw":
        return Drawn(c.RawCopy(inner.schema), lambda draw, s: {"value": one(draw, s)}, inner.framed, inner.empty)
    return Drawn(c.FocusedSeq("x", c.Const(b"<"), "x" / inner.schema, c.Const(b">")), one, inner.framed)


def schema_of(draw: Draw, depth: int, scopes: tuple[tuple[str, ...], ...] = ()) -> Drawn:
    """Draw a schema of at most *depth*, which may refer to the names in *scopes*."""
    choice = draw(st.integers(0, 9))
    if choice < 3 and any(scopes):
        return _measured(draw, scopes)
    if depth > 0 and choice < 6:
        return _record(draw, depth, scopes)
    if depth > 0 and choice < 8:
        return _around(draw, depth, scopes)
    if choice == 8:
        return _bits(draw)
    return _integer(draw) if draw(st.booleans()) else draw(st.sampled_from(_LEAVES))


@st.composite
def schemas(draw: Any) -> Drawn:
    """Draw a record of up to four levels."""
    return _record(draw, 3, ())


def spoil(draw: Draw, value: Any) -> Any:
    """Return *value* with one thing in it replaced by something odd, or taken away."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        rest = {other: kept for other, kept in value.items() if other != key}
        return rest if not draw(st.integers(0, 4)) else {**rest, key: spoil(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], spoil(draw, value[at]), *value[at + 1 :]]
    return draw(st.sampled_from(ODD))
