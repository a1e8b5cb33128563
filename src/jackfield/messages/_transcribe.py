"""A construct tree, written as a module of message classes: the way from a schema to a typed one.

It starts from the same intermediate representation as the compiler, and says no, with the field's path, to what the
language of messages has no word for.
"""

from __future__ import annotations

import ast
import codecs
import keyword
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final, final

import attrs
from construct import Construct
from typing_extensions import TypeIs

from ..errors import DeclarationError
from . import compiler as ir
from ._front import lower

_ALIASES: Final = {
    **dict(zip("BHTLQ", ("U8", "U16", "U24", "U32", "U64"), strict=True)),
    **dict(zip("bhtlq", ("I8", "I16", "I24", "I32", "I64"), strict=True)),
    "f": "F32",
    "d": "F64",
    "?": "Bool",
}
_ONE_BYTE: Final = ("B", "b", "?")
_PREFIXED: Final = {
    ("bytes", "jf.U8"): "jf.Bytes8",
    ("bytes", "jf.U16"): "jf.Bytes16",
    ("str", "jf.U8"): "jf.Text8",
    ("str", "jf.U16"): "jf.Text16",
}
_UNTIL_END: Final = "jf.UntilEnd()"


@final
@attrs.frozen
class _Said:
    """A field in the language's words: what it is, and what it does."""

    kind: str
    """The Python type that stands first."""
    words: tuple[str, ...] = ()
    does: str | None = None
    """What stands on the right of the ``=``, where it is not ``field``."""
    options: Mapping[str, str] = attrs.Factory(dict)
    """Arguments of ``field``."""

    @property
    def annotation(self) -> str:
        """The annotation: an alias, a type, or a type with words."""
        if self.kind in ("bytes", "str") and len(self.words) == 1 and self.words[0].startswith("jf.Prefixed("):
            alias = _PREFIXED.get((self.kind, self.words[0][len("jf.Prefixed(") : -1]))
            if alias:
                return alias
        if self.kind == "bytes" and self.words == (_UNTIL_END,):
            return "jf.Rest"
        return f"Annotated[{', '.join((self.kind, *self.words))}]" if self.words else self.kind

    def within(self, word: str) -> _Said:
        """Return it with another word around."""
        return attrs.evolve(self, words=(*self.words, word))


def transcribe(schema: Construct[Any, Any], /, *, name: str) -> str:
    """Return the source of a module whose class *name*, with those that it is made of, declares *schema*, a Struct.

    The module needs nothing but Jackfield, is clean under strict type checkers, and its messages have the Struct's
    fields, under the same names, with the same values, for every message that *schema* builds. They are stricter with
    what it would not build: bytes left over in a window, an unknown member of an Enum (an IntEnum here) are refused.

    Raises DeclarationError, with the field's path, for what the language has no word for.
    """
    transcript = _Transcript(name)
    node = lower(schema)
    if not isinstance(node, ir.Record):
        raise transcript.error(f"{type(schema).__name__} has no fields: only a Struct can become a class")
    transcript.record(node, name)
    return transcript.source()


def is_schema(thing: object, /) -> TypeIs[Construct[Any, Any]]:
    """Return whether *thing* is a construct."""
    return isinstance(thing, Construct)


@final
class _Transcript:
    """The classes of a module, as they are found: what is inside first."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._path: list[str] = []
        self._scopes: list[frozenset[str]] = []
        self._blocks: list[str] = []
        self._taken: set[str] = set()

    def error(self, reason: str) -> DeclarationError:
        """Return the error of what cannot be said, at the field at hand."""
        return DeclarationError(self._name, ".".join(self._path) or None, reason)

    def source(self) -> str:
        """Return the module."""
        body = "\n\n\n".join(self._blocks)
        imports = ["import jackfield as jf"]
        if "IntEnum" in body:
            imports.insert(0, "from enum import IntEnum")
        if "Annotated[" in body:
            imports.insert(len(imports) - 1, "from typing import Annotated")
        head = "\n".join(imports[:-1])
        return "\n\n".join(filter(None, (head, imports[-1]))) + f"\n\n\n{body}\n"

    # ------------------------------------------------------------------ classes

    def record(self, record: ir.Record, name: str, tag: str | None = None) -> str:
        """Write the class of *record*; return its name."""
        if not isinstance(record.target, ir.Struct):
            raise self.error(f"{record.name} is no Struct, and only those have named fields")
        name = self._free(name)
        fields = [one for part in record.fields for one in (part.fields if isinstance(part, ir.BitGroup) else (part,))]
        self._scopes.append(frozenset(one.name for one in fields if one.name))
        said = [(self._field_name(one, at), self._in(one, fields)) for at, one in enumerate(fields)]
        self._scopes.pop()
        referred = set(re.findall(r"[A-Za-z_]\w*", " ".join(text for _, one in said for text in one.options.values())))
        lines = [_line(field, one, field in referred) for field, one in said] or ["pass"]
        head = f"@jf.message(tag={tag})" if tag else "@jf.message"
        self._blocks.append("\n".join([head, f"class {name}:", *(f"    {line}" for line in lines)]))
        return name

    def _field_name(self, field: ir.Field, at: int) -> str:
        name = field.name or (f"padding{at}" if isinstance(field.node, (ir.Padded, ir.BitPad)) else f"mark{at}")
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
            raise self.error(f"{name!r} is no name for a field")
        return name

    def _in(self, field: ir.Field, fields: list[ir.Field]) -> _Said:
        with self._at(field.name):
            if field.name is None and not isinstance(field.node, (ir.Padded, ir.BitPad, ir.Const)):
                raise self.error(f"{type(field.node).__name__} without a name cannot be declared")
            if isinstance(field.node, ir.Derived):
                return self._derived(field, field.node, fields)
            return self.say(field.node, field.name or "")

    @contextmanager
    def _at(self, name: str | None) -> Generator[None]:
        self._path += [name] if name else []
        yield
        if name:
            self._path.pop()

    def _free(self, name: str) -> str:
        """Return a class name that is not taken, after *name*."""
        plain = "".join(part[:1].upper() + part[1:] for part in re.split(r"\W|_", name) if part) or "Part"
        wanted, at = plain, 2
        while wanted in self._taken or not wanted.isidentifier() or keyword.iskeyword(wanted):
            wanted, at = f"{plain if plain.isidentifier() else 'Part'}{at}", at + 1
        self._taken.add(wanted)
        return wanted

    def _derived(self, field: ir.Field, node: ir.Derived, fields: list[ir.Field]) -> _Said:
        """Say a Rebuild that counts the field that it is the size or count of."""
        counted = node.value.operand if isinstance(node.value, ir.Un) and node.value.op == "len" else None
        for other in fields:
            extent = _extent_of(other.node)
            if counted == ir.Ref(0, other.name or "") and extent == ir.Ref(0, field.name or ""):
                return attrs.evolve(self.say(node.inner, ""), does="jf.computed()")
        raise self.error("a Rebuild that is not the length of a field behind it cannot be declared")

    # ------------------------------------------------------------------ nodes

    def say(self, node: ir.Node, name: str) -> _Said:
        """Return what *node* is in the language's words; *name* is that of the field."""
        match node:
            case ir.Scalar() | ir.VarInt():
                return _Said(self._number(node))
            case ir.Bits(width=width, boolean=boolean, signed=False, swapped=False):
                return _Said("jf.Bit") if boolean else _Said("int", (f"jf.Bits({width})",))
            case ir.BitPad(width=width):
                return _Said("int", (f"jf.Bits({width})",), options={"default": "0", "kw_only": "True"})
            case ir.Padded(size=ir.Lit(value=int(size)), inner=ir.Nothing()):
                return _Said("bytes", (f"jf.Fixed({size})",), options={"default": f"bytes({size})", "kw_only": "True"})
            case ir.Bytes(size=size):
                return self._bytes("bytes", size)
            case ir.Text(inner=inner, encoding=encoding):
                return self._text(inner, encoding)
            case ir.Delimited(inner=ir.Bytes(size=None), mark=mark, include=False, consume=True, require=True):
                return _Said("bytes", (f"jf.Terminated({mark!r})",))
            case ir.Prefixed(length=length, inner=inner, plus=plus):
                return self._prefixed(length, self._plain(inner, name), plus)
            case ir.Sized(size=size, inner=inner):
                return attrs.evolve(self._plain(inner, name), options={"size": self._expression(size)})
            case ir.Record():
                return _Said(self.record(node, name or node.name))
            case ir.Repeat(discard=False):
                return self._repeat(node, name)
            case _:
                return self._choice(node, name)

    def _choice(self, node: ir.Node, name: str) -> _Said:
        match node:
            case ir.Const(inner=inner, value=int() | bytes() | str() as value):
                kind = "bytes" if isinstance(inner, ir.Bytes) else self._plain(inner, name).annotation
                return _Said(kind, does=f"jf.const({value!r})")
            case ir.Default(inner=inner, value=ir.Lit(value=int() | float() | bytes() | str() as value)):
                options = {"default": repr(value), "kw_only": "True"}
                return attrs.evolve(self._plain(inner, name), options=options)
            case ir.Mapped(inner=inner, decode=decode, numbers=True):
                return self._enumeration(decode, self._plain(inner, name), name)
            case ir.If(condition=condition, then=then, otherwise=ir.Nothing()):
                said = self.say(then, name)
                options = {"when": self._expression(condition), **said.options}
                return _Said(f"{said.annotation} | None", options=options)
            case ir.Switch(key=ir.Ref(up=0, name=key), cases=cases, default=default):
                return self._switch(key, cases, default, name)
            case ir.Interpreted(schema=schema):
                raise self.error(f"{type(schema).__name__} cannot be declared")
            case _:
                raise self.error(f"{type(node).__name__} cannot be declared")

    def _plain(self, node: ir.Node, name: str) -> _Said:
        """Return what stands inside of something else, and so cannot depend on a field."""
        said = self.say(node, name)
        if said.options or said.does:
            raise self.error("what depends on a field, is constant or has a default has to be a field itself")
        return said

    def _number(self, node: ir.Node) -> str:
        if isinstance(node, ir.VarInt) and not node.zigzag:
            return "jf.VarInt"
        if isinstance(node, ir.Scalar) and node.code in _ALIASES:
            return f"jf.{_ALIASES[node.code]}{'le' if node.little and node.code not in _ONE_BYTE else ''}"
        raise self.error(f"{node} has no name in the language")

    def _bytes(self, kind: str, size: ir.Expr | None) -> _Said:
        match size:
            case None:
                return _Said(kind, (_UNTIL_END,))
            case ir.Lit(value=value):
                return _Said(kind, (f"jf.Fixed({value})",))
            case _:
                return _Said(kind, options={"size": self._expression(size)})

    def _text(self, inner: ir.Node, encoding: str) -> _Said:
        if codecs.lookup(encoding).name != "utf-8":
            raise self.error(f"text is UTF-8, not {encoding}")
        match inner:
            case ir.Sized(size=size, inner=ir.Stripped(inner=ir.Bytes(size=None), pad=b"\0")):
                return self._bytes("str", size)
            case ir.Prefixed(length=length, inner=ir.Bytes(size=None), plus=plus):
                return self._prefixed(length, _Said("str", (_UNTIL_END,)), plus)
            case _:
                return attrs.evolve(self._plain(inner, ""), kind="str")

    def _prefixed(self, length: ir.Node, inside: _Said, plus: int) -> _Said:
        word = f"jf.Prefixed({self._number(length)}{f', plus={plus}' if plus else ''})"
        if inside.kind in ("bytes", "str") and inside.words == (_UNTIL_END,):
            return _Said(inside.kind, (word,))
        if inside.kind in ("bytes", "str"):
            raise self.error("a window around something of a size of its own cannot be declared")
        return _Said(inside.annotation, (word,)) if not inside.words else inside.within(word)

    def _repeat(self, node: ir.Repeat, name: str) -> _Said:
        kind = f"list[{self._plain(node.element, _singular(name)).annotation}]"
        match node.extent:
            case ir.Exactly(count=ir.Lit(value=count)):
                return _Said(kind, (f"jf.Fixed({count})",))
            case ir.Exactly(count=count):
                return _Said(kind, options={"count": self._expression(count)})
            case ir.CountedBy(number=number, plus=0):
                return _Said(kind, (f"jf.Prefixed({self._number(number)})",))
            case ir.ToEnd():
                return _Said(kind, (_UNTIL_END,))
            case _:
                raise self.error("a row that ends with an element of its own choice cannot be declared")

    def _enumeration(self, decode: Mapping[Any, Any], number: _Said, name: str) -> _Said:
        cls = self._free(name)
        members = [f"    {member} = {value}" for value, member in decode.items()]
        if not all(str(member).isidentifier() and not keyword.iskeyword(member) for member in decode.values()):
            raise self.error("a member of an Enum is no name for Python")
        self._blocks.append("\n".join([f"class {cls}(IntEnum):", *members]))
        return _Said(cls, (number.annotation,))

    def _switch(self, key: str, cases: tuple[tuple[object, ir.Node], ...], default: ir.Node, name: str) -> _Said:
        kinds: list[str] = []
        for value, case in cases:
            if not isinstance(value, int) or not isinstance(case, ir.Record):
                raise self.error(f"case {value!r} is no Struct under a number: put it into one")
            kinds.append(self.record(case, f"{name} {value}", tag=str(value)))
        if isinstance(default, ir.Bytes) and default.size is None:
            kinds.append("jf.Unknown")
        elif not isinstance(default, ir.Fail):
            raise self.error(
                "what no case has can be refused (default=Error) or kept (default=GreedyBytes), nothing else"
            )
        return _Said(" | ".join(kinds), options={"tag": key})

    # ------------------------------------------------------------------ expressions

    def _expression(self, value: ir.Expr) -> str:
        match value:
            case ir.Lit(value=int() | bool() as number):
                return repr(number)
            case ir.Ref(up=0, name=name):
                return name
            case ir.Ref(up=up, name=name) if not any(name in scope for scope in self._scopes[len(self._scopes) - up :]):
                return f"jf.this.{name}"
            case ir.Item(of=of, key=str(key)) if key.isidentifier():
                return f"{self._expression(of)}.{key}"
            case ir.Bin(op=op, left=left, right=right) if op not in ("in", "and", "or", "/", "**"):
                return f"({self._expression(left)} {op} {self._expression(right)})"
            case ir.Un(op="-" | "~" as op, operand=operand):
                return f"{op}{self._expression(operand)}"
            case _:
                raise self.error("a function, or an expression of this kind, cannot be written down")


def _line(name: str, said: _Said, referred: bool) -> str:
    if said.does:
        return f"{name}: {said.annotation} = {said.does}"
    if not said.options and not referred:
        return f"{name}: {said.annotation}"
    # Written anew by Python itself, which knows the parentheses that are needed.
    options = ", ".join(f"{option}={ast.unparse(ast.parse(text))}" for option, text in said.options.items())
    return f"{name}: {said.annotation} = jf.field({options})"


def _extent_of(node: ir.Node) -> object:
    """Return the expression that says the size or count of *node*; None where none does."""
    match node:
        case ir.Bytes(size=size):
            return size
        case ir.Repeat(extent=ir.Exactly(count=count)):
            return count
        case _:
            return None


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 2 else f"{name} item"
