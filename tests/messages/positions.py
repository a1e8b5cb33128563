"""The places in a schema that a node may stand at: the other axis of the matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs
from construct import this

from messages.nodes import Node, c

Place = Callable[[Node], Node]


def _around(place: Callable[[Any], Any], value: Callable[[Any], Any], **more: Any) -> Place:
    """Return a place that puts a schema into another one, and its value into that one's."""
    return lambda node: attrs.evolve(
        node,
        schema=place(node.schema),
        values=tuple(value(inner) for inner in node.values),
        extra=(),
        **{"empty": False, **more},
    )


def _row(place: Callable[[Any], Any], value: Callable[[tuple[Any, ...]], Any], **more: Any) -> Place:
    """Return a place that holds several of the node."""
    return lambda node: attrs.evolve(
        node, schema=place(node.schema), values=(value(node.values),), extra=(), **{"empty": False, **more}
    )


PLACES: Final[dict[str, Place]] = {
    "alone": lambda node: node,
    "between": _around(
        lambda x: c.Struct("a" / c.Int8ub, "x" / x, "z" / c.Int16ub), lambda v: {"a": 1, "x": v, "z": 515}
    ),
    "behind": _around(lambda x: c.Struct("a" / c.Int16ul, "x" / x), lambda v: {"a": 515, "x": v}),
    "in a prefixed window": _around(
        lambda x: c.Struct("p" / c.Prefixed(c.Int8ub, x), "z" / c.Int8ub), lambda v: {"p": v, "z": 9}, framed=True
    ),
    "in a window that counts itself": _around(
        lambda x: c.Prefixed(c.Int16ul, c.Struct("x" / x), includelength=True), lambda v: {"x": v}, framed=True
    ),
    "in a fixed window": _around(
        lambda x: c.Struct("p" / c.FixedSized(24, x), "z" / c.Int8ub), lambda v: {"p": v, "z": 9}, framed=True
    ),
    "in an array": _row(lambda x: c.Array(2, x), lambda vs: [vs[0], vs[-1]]),
    "in a counted array": _row(
        lambda x: c.Struct("n" / c.Int8ub, "r" / c.Array(this.n, x), "z" / c.Int8ub),
        lambda vs: {"n": 3, "r": [vs[0], vs[-1], vs[0]], "z": 9},
    ),
    "in a prefixed array of records": _row(
        lambda x: c.PrefixedArray(c.Int8ub, c.Struct("a" / c.Int8ub, "x" / x)),
        lambda vs: [{"a": 1, "x": vs[0]}, {"a": 2, "x": vs[-1]}],
    ),
    "in a repetition": _row(
        lambda x: c.RepeatUntil(lambda one, so_far, ctx: one["end"] != 0, c.Struct("x" / x, "end" / c.Int8ub)),
        lambda vs: [{"x": vs[0], "end": 0}, {"x": vs[-1], "end": 1}],
    ),
    "in one branch": _around(
        lambda x: c.Struct("k" / c.Int8ub, "x" / c.IfThenElse(this.k > 0, x, c.Int8ub)), lambda v: {"k": 1, "x": v}
    ),
    "in a case": _around(
        lambda x: c.Struct("k" / c.Int8ub, "x" / c.Switch(this.k, {1: c.Int16ub, 2: x}), "z" / c.Int8ub),
        lambda v: {"k": 2, "x": v, "z": 9},
    ),
    "as the default case": _around(
        lambda x: c.Struct("k" / c.Int8ub, "x" / c.Switch(this.k, {1: c.Int16ub}, default=x)),
        lambda v: {"k": 2, "x": v},
    ),
    "in a sequence": _around(lambda x: c.Sequence(c.Int8ub, x, c.Int8ub), lambda v: [1, v, 2]),
    "focused": _around(lambda x: c.FocusedSeq("x", c.Const(b"!"), "x" / x, c.Const(b"?")), lambda v: v),
    "copied raw": _around(c.RawCopy, lambda v: {"value": v}),
    "nested twice": _around(
        lambda x: c.Struct("o" / c.Struct("a" / c.Int8ub, "i" / c.Struct("x" / x)), "z" / c.Int8ub),
        lambda v: {"o": {"a": 1, "i": {"x": v}}, "z": 9},
    ),
    "in a window in an array in a record": _around(
        lambda x: c.Struct("r" / c.PrefixedArray(c.Int8ub, c.Prefixed(c.Int8ub, c.Struct("x" / x, "e" / c.Int8ub)))),
        lambda v: {"r": [{"x": v, "e": 7}, {"x": v, "e": 8}]},
        framed=True,
    ),
    "as one choice": _around(lambda x: c.Select(x, c.Const(b"~")), lambda v: v, framed=False),
    "optional": _around(lambda x: c.Struct("x" / c.Optional(x)), lambda v: {"x": v}, framed=False, empty=True),
    "in a greedy range": _row(
        lambda x: c.Prefixed(c.Int8ub, c.GreedyRange(x)), lambda vs: [vs[0], vs[-1]], framed=True
    ),
}

KINDS: Final = (
    ("alone",),
    ("between", "behind", "in a sequence", "focused", "copied raw"),
    ("in a prefixed window", "in a window that counts itself", "in a fixed window"),
    ("in an array", "in a counted array", "in a prefixed array of records", "in a repetition", "in a greedy range"),
    ("in one branch", "in a case", "as the default case", "as one choice", "optional"),
    ("nested twice", "in a window in an array in a record"),
)
"""The places by kind: top level, in a record, in a window, in an array, in a branch, nested twice."""


def cells(nodes: dict[str, Node], *, every: bool) -> list[tuple[str, str]]:
    """Return (place, name) pairs: each node at each place, or alone and at places of two more kinds, taking turns.

    What may take no byte is not put where it would go on for ever.
    """
    if every:
        pairs = [(place, name) for place in PLACES for name in nodes]
    else:
        turns = [(at, name, number) for at, name in enumerate(nodes) for number in (0, 1 + at % 5, 1 + (at + 2) % 5)]
        pairs = [(KINDS[number][at % len(KINDS[number])], name) for at, name, number in turns]
    return [
        (place, name)
        for place, name in pairs
        if not (place == "in a greedy range" and (nodes[name].empty or nodes[name].alone))
    ]
