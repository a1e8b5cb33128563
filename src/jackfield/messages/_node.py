"""What makes the classes of the intermediate representation: values with slots, and nothing written for each of them.

There are seventy of these classes, and every program that declares a message imports them. attrs and dataclasses write
and compile functions for each class, about a millisecond for each; here one set of functions serves all. It makes an
instance slower to make, and a schema has some dozens of nodes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from typing_extensions import dataclass_transform

KindT = TypeVar("KindT", bound=type)
NodeT = TypeVar("NodeT")


@overload
def node(cls: KindT, /) -> KindT: ...
@overload
def node(*, eq: bool) -> Callable[[KindT], KindT]: ...
@dataclass_transform(frozen_default=True, eq_default=True)
def node(cls: Any = None, /, *, eq: bool = True) -> Any:
    """Make *cls* a value whose parts are its annotated names, in their order; without *eq* it equals itself alone.

    That its parts stay as they are is the type checker's to say.
    """
    return _made(cls, eq) if cls is not None else lambda one: _made(one, eq)


def parts_of(kind: type) -> tuple[str, ...]:
    """Return the names of the parts of the nodes of *kind*."""
    names: tuple[str, ...] = vars(kind)["__match_args__"]
    return names


def changed(one: NodeT, /, **parts: object) -> NodeT:
    """Return a node as *one* with other *parts*."""
    return type(one)(**{name: parts.get(name, getattr(one, name)) for name in parts_of(type(one))})


def _made(cls: type, eq: bool) -> type:
    names = tuple(cls.__annotations__)
    body = {name: value for name, value in vars(cls).items() if name not in {*names, "__dict__", "__weakref__"}}
    defaults = {name: vars(cls)[name] for name in names if name in vars(cls)}
    shared = {"__init__": _initialiser(names, defaults), "__repr__": _repr}
    if eq:
        shared |= {"__eq__": _eq, "__hash__": _hash}
    return type(cls)(cls.__name__, cls.__bases__, {**body, **shared, "__slots__": names, "__match_args__": names})


def _initialiser(names: tuple[str, ...], defaults: dict[str, object]) -> Callable[..., None]:
    def __init__(self: object, *given: object, **named: object) -> None:  # noqa: N807
        parts = {**defaults, **dict(zip(names, given, strict=False)), **named}
        if len(given) > len(names) or parts.keys() != set(names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(names)}")
        for name, value in parts.items():
            setattr(self, name, value)

    return __init__


def _values(one: object) -> tuple[object, ...]:
    return tuple([getattr(one, name) for name in parts_of(type(one))])


def _eq(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash((type(self), _values(self)))


def _repr(self: object) -> str:
    return f"{type(self).__name__}({', '.join(map(repr, _values(self)))})"
