"""Front: a construct tree becomes the intermediate representation.

The only file that knows how construct looks inside, and the reason why its version is pinned: what it relies on is
looked at when it is imported. Nodes are recognised by their exact class, since a subclass may parse as it likes, and
macros by their shape, since they leave no class. What is not recognised runs as it is.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, final

import construct as _construct
from construct import Construct

from . import compiler as ir

construct: Final[Any] = _construct  # its insides have no types
core: Final[Any] = construct.core
expr: Final[Any] = construct.expr
bits2bytes: Final[Any] = core.bits2bytes
bytes2bits: Final[Any] = core.bytes2bits

NATIVE_LITTLE: Final = sys.byteorder == "little"
_NAMES: Final = "add sub mul truediv floordiv mod pow xor lshift rshift and_ or_ eq ne lt le gt ge"
_SYMBOLS: Final = "+ - * / // % ** ^ << >> & | == != < <= > >="
_OPERATORS: Final[dict[object, str]] = {
    getattr(operator, name): symbol for name, symbol in zip(_NAMES.split(), _SYMBOLS.split(), strict=True)
}
_UNARY: Final[dict[object, str]] = {operator.neg: "-", operator.pos: "+", operator.not_: "not"}
_FUNCTIONS: Final[dict[object, str]] = {len: "len", sum: "sum", min: "min", max: "max", abs: "abs"}
_SINGLETONS: Final[dict[type, ir.Node]] = {
    type(construct.Flag): ir.Scalar("?"),
    type(construct.VarInt): ir.VarInt(strict=False),
    type(construct.ZigZag): ir.VarInt(zigzag=True, strict=False),
    type(construct.GreedyBytes): ir.Bytes(None),
    type(construct.Index): ir.Index(),
    type(construct.Tell): ir.Tell(),
    type(construct.Pass): ir.Nothing(),
    type(construct.Terminated): ir.AtEnd(),
    type(core.Error): ir.Fail(),
}
_JUMPS: Final = ("Pointer", "Seek", "Rebuffered")


class _Mismatch(Exception):
    """A shape that is not compiled; its node runs as it is."""


def lower(schema: Construct[Any, Any]) -> ir.Node:
    """Return the node of *schema*."""
    return _Front().node(schema)


def name_of(schema: Construct[Any, Any]) -> str:
    """Return what *schema* is called: its name, or its kind."""
    name = getattr(schema, "name", None)
    return name if isinstance(name, str) else type(schema).__name__


@final
class _Front:
    """Lowers one tree, knowing the records around the node at hand."""

    def __init__(self) -> None:
        self._around: list[frozenset[str] | None] = []
        """Names of the fields of the records around, the innermost last; None for one that is left out."""
        self._bits = False

    def node(self, schema: Any) -> ir.Node:
        """Return the node of *schema*, interpreted where it is not known."""
        if schema.parsed is not None:
            return interpreted(schema)  # a hook wants to be called
        kind = type(schema)
        if kind in _SINGLETONS:
            return _SINGLETONS[kind] if not self._bits else self._bit_leaf(schema)
        lowered = _LOWER.get(kind)
        try:
            if lowered is not None:
                return lowered(self, schema)
            if _is_adapter(schema):
                return ir.Adapted(self.node(schema.subcon), schema._decode, schema._encode, context=True)
        except _Mismatch:
            pass
        return interpreted(schema)

    def _bit_leaf(self, schema: Any) -> ir.Node:
        if schema is construct.Flag:
            return ir.Bits(1, boolean=True)
        if schema is construct.Pass:
            return ir.Nothing()
        raise _Mismatch

    # ------------------------------------------------------------------ expressions

    def expr(self, parameter: Any) -> ir.Expr:
        """Return the expression that *parameter* is: a value, an expression of construct's, or a function."""
        if not callable(parameter):
            return ir.Lit(parameter)
        try:
            return self._expression(parameter, predicate=False)
        except _Mismatch:
            return ir.Opaque(parameter)

    def predicate(self, parameter: Any) -> ir.Expr:
        """Return the predicate over elements that *parameter* is."""
        if not callable(parameter):
            return ir.Lit(True)  # whatever it is: construct calls a function that returns itself
        try:
            return self._expression(parameter, predicate=True)
        except _Mismatch:
            return ir.Opaque(parameter)

    def _expression(self, parameter: Any, *, predicate: bool) -> ir.Expr:
        kind = type(parameter)
        if kind is expr.Path:
            return self._path(parameter, predicate=predicate)
        if kind is expr.BinExpr:
            left = self._operand(parameter.lhs, predicate=predicate)
            right = self._operand(parameter.rhs, predicate=predicate)
            if parameter.op is operator.contains:
                return ir.Bin("in", right, left)
            return ir.Bin(_known(_OPERATORS, parameter.op), left, right)
        if kind is expr.UniExpr:
            return ir.Un(_known(_UNARY, parameter.op), self._operand(parameter.operand, predicate=predicate))
        if kind is expr.FuncPath and parameter._FuncPath__operand is not None:
            operand = self._operand(parameter._FuncPath__operand, predicate=predicate)
            return ir.Un(_known(_FUNCTIONS, parameter._FuncPath__func), operand)
        raise _Mismatch

    def _operand(self, operand: Any, *, predicate: bool) -> ir.Expr:
        return self._expression(operand, predicate=predicate) if callable(operand) else ir.Lit(operand)

    def _path(self, path: Any, *, predicate: bool) -> ir.Expr:
        keys = _keys(path)
        if predicate:
            return _items(ir.Element(), keys)
        up = 0
        while keys and keys[0] == "_":
            keys, up = keys[1:], up + 1
        if not keys or not isinstance(keys[0], str) or keys[0].startswith("_") or up >= len(self._around):
            raise _Mismatch
        if self._around[-1 - up] is None:
            raise _Skipped
        up -= sum(1 for names in self._around[len(self._around) - up :] if names is None)
        return _items(ir.Ref(up, keys[0]), keys[1:])

    # ------------------------------------------------------------------ records

    def record(self, schema: Any, target: ir.Target) -> ir.Record:
        """Return the record of a Struct, Sequence or FocusedSeq."""
        self._around.append(frozenset(one.name for one in schema.subcons if one.name))
        fields = tuple(self._field(one) for one in schema.subcons)
        self._around.pop()
        name = schema.name if isinstance(schema.name, str) else type(schema).__name__
        return ir.Record(name, fields, target, schema)

    def _field(self, schema: Any) -> ir.Field:
        return ir.Field(schema.name or None, self.node(schema), stored=True, optional=bool(schema.flagbuildnone))

    def focused(self, schema: Any) -> ir.Node:
        """Return the node of a FocusedSeq, which may be a PrefixedArray."""
        if not isinstance(schema.parsebuildfrom, str) or schema.parsebuildfrom not in schema._subcons:
            raise _Mismatch
        row = self._prefixed_array(schema)
        return row if row is not None else self.record(schema, ir.Focus(schema.parsebuildfrom))

    def _prefixed_array(self, schema: Any) -> ir.Node | None:
        """Return the row that a PrefixedArray is; None for another shape, or where something looks at its insides."""
        if schema.parsebuildfrom != "items" or [one.name for one in schema.subcons] != ["count", "items"]:
            return None
        insides: list[Any] = [one.subcon if type(one) is core.Renamed else None for one in schema.subcons]
        count, array = insides
        if type(count) is not core.Rebuild or type(array) is not core.Array or array.discard or count.parsed:
            return None
        if not _is_path(array.count, ("count",)) or not _is_length(count.func, ("items",)):
            return None
        self._around.append(None)
        try:
            number, element = self.node(count.subcon), self.node(array.subcon)
        except _Skipped:
            return None
        finally:
            self._around.pop()
        if ir.opaque(number) or ir.opaque(element):
            return None
        return ir.Repeat(element, ir.CountedBy(number))

    def bit_record(self, schema: Any) -> ir.Node:
        """Return the record of a BitStruct of fixed size."""
        inner = schema.subcon
        if self._bits or type(inner) is not core.Struct or inner.parsed is not None:
            raise _Mismatch
        self._bits = True
        try:
            record = self.record(inner, ir.Struct())
        finally:
            self._bits = False
        if bits_of(record) != schema.decodeamount * 8 or ir.opaque(record):
            raise _Mismatch
        group = ir.BitGroup(tuple(one for one in record.fields if isinstance(one, ir.Field)), schema.decodeamount)
        return ir.Record(record.name, (group,), ir.Struct(), inner)


class _Skipped(Exception):
    """An expression that looks into a record that is left out."""


def bits_of(node: ir.Node) -> int:
    """Return how many bits *node* takes; raises _Mismatch where it is not made of bits."""
    match node:
        case ir.Bits(width=width) | ir.BitPad(width=width):
            return width
        case (ir.Const() | ir.Derived() | ir.Default() | ir.Mapped()) | ir.Adapted(context=False):
            return bits_of(node.inner)
        case ir.Computed() | ir.Nothing():
            return 0
        case ir.Record(fields=fields, target=ir.Struct()):
            return sum(bits_of(one.node) for one in fields if isinstance(one, ir.Field))
        case _:
            raise _Mismatch


def interpreted(schema: Any) -> ir.Interpreted:
    """Return the node of a construct that runs as it is."""
    size = _transformed_size(schema)
    unframeable = f"{type(schema).__name__} does not say where it ends" if size is None else None
    return ir.Interpreted(schema, unframeable, size, jumps=jumps(schema))


def _transformed_size(schema: Any) -> int | None:
    """Return how many bytes a Transformed takes: those that it was made for, whatever is read of them."""
    if type(schema) is not core.Transformed or not isinstance(schema.decodeamount, int):
        return None
    return schema.decodeamount if schema.decodeamount == schema.encodeamount else None


def jumps(schema: Any) -> bool:
    """Return whether something in *schema* goes to another place in its stream."""
    if type(schema).__name__ in _JUMPS:
        return True
    inner = [getattr(schema, "subcon", None) if not isinstance(schema, core.Construct) else _subcon(schema)]
    inner.extend(vars(schema).get("subcons", ()))
    return any(jumps(one) for one in inner if isinstance(one, Construct))


def _subcon(schema: Any) -> Any:
    return vars(schema).get("subcon")


def _is_adapter(schema: Any) -> bool:
    """Return whether *schema* is an Adapter that only decodes and encodes."""
    kind: Any = type(schema)
    return (
        isinstance(schema, core.Adapter)
        and kind._parse is core.Adapter._parse
        and kind._build is core.Adapter._build
        and kind._parsereport is core.Construct._parsereport
    )


def _known(table: Mapping[object, str], op: object) -> str:
    found = table.get(op)
    if found is None:
        raise _Mismatch
    return found


def _keys(path: Any) -> list[Any]:
    keys: list[Any] = []
    while path._Path__parent is not None:
        keys.append(path._Path__field)
        path = path._Path__parent
    return keys[::-1]


def _items(of: ir.Expr, keys: list[Any]) -> ir.Expr:
    for key in keys:
        of = ir.Item(of, key)
    return of


def _is_path(parameter: Any, keys: tuple[str, ...]) -> bool:
    return type(parameter) is expr.Path and tuple(_keys(parameter)) == keys


def _is_length(parameter: Any, keys: tuple[str, ...]) -> bool:
    return (
        type(parameter) is expr.FuncPath
        and parameter._FuncPath__func is len
        and _is_path(parameter._FuncPath__operand, keys)
    )


# ------------------------------------------------------------------------------------------------ one function a class


def _format_field(front: _Front, schema: Any) -> ir.Node:
    order, code = schema.fmtstr
    if front._bits:
        raise _Mismatch
    return ir.Scalar(code, little=order == "<" or (order == "=" and NATIVE_LITTLE))


def _bytes_integer(front: _Front, schema: Any) -> ir.Node:
    if front._bits:
        raise _Mismatch
    size, little = schema.length, schema.swapped
    codes = {1: "B", 2: "H", 3: "T", 4: "L", 8: "Q"}
    if isinstance(size, int) and not callable(little) and size in codes:
        code = codes[size].lower() if schema.signed else codes[size]
        return ir.Scalar(code, little=bool(little), error="IntegerError")
    return ir.BigInt(front.expr(size), bool(schema.signed), front.expr(little))


def _bits_integer(front: _Front, schema: Any) -> ir.Node:
    width, swapped = schema.length, schema.swapped
    if not front._bits or not isinstance(width, int) or width < 1 or callable(swapped) or (swapped and width % 8):
        raise _Mismatch
    return ir.Bits(width, signed=bool(schema.signed), swapped=bool(swapped))


def _bytes(front: _Front, schema: Any) -> ir.Node:
    if front._bits:
        raise _Mismatch
    return ir.Bytes(front.expr(schema.length))


def _enum(front: _Front, schema: Any) -> ir.Node:
    inner = front.node(schema.subcon)
    return ir.Mapped(inner, schema.decmapping, schema.encmapping, core.EnumInteger, numbers=True)


def _mapping(front: _Front, schema: Any) -> ir.Node:
    return ir.Mapped(front.node(schema.subcon), schema.decmapping, schema.encmapping)


def _plain_adapter(front: _Front, schema: Any) -> ir.Node:
    """Return the node of an adapter of construct's own that looks at no context."""
    return ir.Adapted(
        front.node(schema.subcon),
        lambda value: schema._decode(value, None, ""),
        lambda value: schema._encode(value, None, ""),
    )


def _hex(front: _Front, schema: Any) -> ir.Node:
    inner = front.node(schema.subcon)
    if ir.fixed_size(inner) is None and not isinstance(inner, (ir.Bytes, ir.Record, ir.Copy)):
        return ir.Adapted(inner, schema._decode, schema._encode, context=True)
    return _plain_adapter(front, schema)


def _named_tuple(front: _Front, schema: Any) -> ir.Node:
    inner = front.node(schema.subcon)
    if isinstance(inner, ir.Record) and isinstance(inner.target, ir.Struct):
        return ir.Adapted(
            inner, lambda value: schema.factory(**dict(value)), lambda value: schema._encode(value, None, "")
        )
    return ir.Adapted(inner, lambda value: schema.factory(*value), lambda value: schema._encode(value, None, ""))


def _padded(front: _Front, schema: Any) -> ir.Node:
    if front._bits:
        if type(schema.subcon) is not type(construct.Pass) or not isinstance(schema.length, int) or schema.length < 0:
            raise _Mismatch
        if schema.pattern != b"\0":
            raise _Mismatch
        return ir.BitPad(schema.length)
    return ir.Padded(front.expr(schema.length), front.node(schema.subcon), schema.pattern)


def _prefixed(front: _Front, schema: Any) -> ir.Node:
    length = front.node(schema.lengthfield)
    plus = ir.fixed_size(length) if schema.includelength else 0
    if plus is None:
        raise _Mismatch
    return ir.Prefixed(length, front.node(schema.subcon), plus)


def _null_terminated(front: _Front, schema: Any) -> ir.Node:
    if not isinstance(schema.term, bytes) or not schema.term:
        raise _Mismatch
    inner = front.node(schema.subcon)
    return ir.Delimited(inner, schema.term, bool(schema.include), bool(schema.consume), bool(schema.require))


def _null_stripped(front: _Front, schema: Any) -> ir.Node:
    if not isinstance(schema.pad, bytes) or not schema.pad:
        raise _Mismatch
    return ir.Stripped(front.node(schema.subcon), schema.pad)


def _transformed(front: _Front, schema: Any) -> ir.Node:
    size, encoded = schema.decodeamount, schema.encodeamount
    if schema.decodefunc is bytes2bits and schema.encodefunc is bits2bytes and size == encoded is not None:
        return front.bit_record(schema)
    if front._bits or bytes2bits in (schema.decodefunc, schema.encodefunc) or not isinstance(size, (int, type(None))):
        raise _Mismatch
    return ir.Transformed(front.node(schema.subcon), schema.decodefunc, size, schema.encodefunc, encoded)


def _switch(front: _Front, schema: Any) -> ir.Node:
    key = front.expr(schema.keyfunc)
    return ir.Switch(
        key, tuple((value, front.node(case)) for value, case in schema.cases.items()), front.node(schema.default)
    )


def _lazy_bound(front: _Front, schema: Any) -> ir.Node:
    return ir.Recursion(lambda: lower(schema.subconfunc()), schema)


def _in_bytes(make: Callable[[_Front, Any], ir.Node]) -> Callable[[_Front, Any], ir.Node]:
    """Return *make* for what has a meaning among whole bytes alone."""

    def made(front: _Front, schema: Any) -> ir.Node:
        if front._bits:
            raise _Mismatch
        return make(front, schema)

    return made


_LOWER: Final[dict[type, Callable[[_Front, Any], ir.Node]]] = {
    core.FormatField: _format_field,
    core.BytesInteger: _bytes_integer,
    core.BitsInteger: _bits_integer,
    core.Bytes: _bytes,
    core.StringEncoded: _in_bytes(lambda front, one: ir.Text(front.node(one.subcon), one.encoding, lenient=True)),
    core.Enum: _enum,
    core.FlagsEnum: _plain_adapter,
    core.Mapping: _mapping,
    core.Struct: lambda front, one: front.record(one, ir.Struct()),
    core.Sequence: _in_bytes(lambda front, one: front.record(one, ir.Row())),
    core.FocusedSeq: _in_bytes(lambda front, one: front.focused(one)),
    core.Array: _in_bytes(
        lambda front, one: ir.Repeat(
            front.node(one.subcon), ir.Exactly(front.expr(one.count)), discard=bool(one.discard)
        )
    ),
    core.GreedyRange: _in_bytes(
        lambda front, one: ir.Repeat(front.node(one.subcon), ir.ToEnd(swallow=True), discard=bool(one.discard))
    ),
    core.RepeatUntil: _in_bytes(
        lambda front, one: ir.Repeat(
            front.node(one.subcon), ir.Until(front.predicate(one.predicate)), discard=bool(one.discard)
        )
    ),
    core.Renamed: lambda front, one: front.node(one.subcon),
    core.Const: lambda front, one: ir.Const(front.node(one.subcon), one.value),
    core.Computed: lambda front, one: ir.Computed(front.expr(one.func)),
    core.Rebuild: lambda front, one: ir.Derived(front.node(one.subcon), front.expr(one.func), check=False),
    core.Default: lambda front, one: ir.Default(front.node(one.subcon), front.expr(one.value)),
    core.Check: _in_bytes(lambda front, one: ir.Check(front.expr(one.func))),
    core.NamedTuple: _in_bytes(_named_tuple),
    core.Hex: _hex,
    core.HexDump: _plain_adapter,
    core.IfThenElse: _in_bytes(
        lambda front, one: ir.If(front.expr(one.condfunc), front.node(one.thensubcon), front.node(one.elsesubcon))
    ),
    core.Switch: _in_bytes(_switch),
    core.StopIf: _in_bytes(lambda front, one: ir.Stop(front.expr(one.condfunc))),
    core.Padded: _padded,
    core.Aligned: _in_bytes(
        lambda front, one: ir.Aligned(front.expr(one.modulus), front.node(one.subcon), one.pattern)
    ),
    core.RawCopy: _in_bytes(lambda front, one: ir.Copy(front.node(one.subcon), bool(one.subcon.flagbuildnone))),
    core.Prefixed: _in_bytes(_prefixed),
    core.FixedSized: _in_bytes(lambda front, one: ir.Sized(front.expr(one.length), front.node(one.subcon))),
    core.NullTerminated: _in_bytes(_null_terminated),
    core.NullStripped: _in_bytes(_null_stripped),
    core.Transformed: _transformed,
    core.Checksum: _in_bytes(
        lambda front, one: ir.Checksum(front.node(one.checksumfield), one.hashfunc, front.expr(one.bytesfunc))
    ),
    core.LazyBound: _in_bytes(_lazy_bound),
}


def _check_insides() -> None:
    """Refuse a construct that looks otherwise than this file believes."""
    path = expr.this.a.b
    length = expr.len_(expr.this.a)
    whole = (path + 1, -path)
    alike = (
        _keys(path) == ["a", "b"]
        and _is_length(length, ("a",))
        and (whole[0].op, whole[0].rhs, whole[1].op) == (operator.add, 1, operator.neg)
        and construct.BitStruct("a" / construct.Octet).decodefunc is bytes2bits
        and isinstance(construct.PrefixedArray(construct.Byte, construct.Byte), core.FocusedSeq)
        and construct.Int16ul.fmtstr == "<H"
    )
    if not alike:
        raise ImportError("this construct looks otherwise inside than 2.10.70, which jackfield.messages knows")


_check_insides()
