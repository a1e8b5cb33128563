"""What a raw schema parses to: a dict whose declared fields live in slots.

A slot is stored into and read without a hash, and costs what an attribute of a class with slots costs; everything
that a dict can do is done with the slots as its items. What is set under a name that no field has is kept in the
dict itself, behind the fields.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final

from construct.lib import Container
from typing_extensions import override

_MISSING: Final = object()


class Parsed(dict[str, Any]):
    """A record of a raw schema: fields are attributes and items, in wire order.

    Equal to any mapping with the same items, whatever their order; as with construct's Container, names that begin
    with an underscore are not compared. Made for each schema as a class of its own.
    """

    __slots__ = ()
    FIELDS: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Names and their slots, in order."""
    SLOTS: ClassVar[Mapping[str, str]] = {}

    @override
    def __getitem__(self, name: str, /) -> Any:
        slot = self.SLOTS.get(name)
        if slot is None:
            return dict.__getitem__(self, name)
        try:
            return getattr(self, slot)
        except AttributeError:
            raise KeyError(name) from None

    @override
    def __setitem__(self, name: str, value: Any, /) -> None:
        slot = self.SLOTS.get(name)
        if slot is None:
            dict.__setitem__(self, name, value)
        else:
            setattr(self, slot, value)

    @override
    def __delitem__(self, name: str, /) -> None:
        slot = self.SLOTS.get(name)
        if slot is None:
            dict.__delitem__(self, name)
        elif hasattr(self, slot):
            delattr(self, slot)
        else:
            raise KeyError(name)

    @override
    def __contains__(self, name: object, /) -> bool:
        slot = self.SLOTS.get(name) if isinstance(name, str) else None
        return dict.__contains__(self, name) if slot is None else hasattr(self, slot)

    @override
    def __iter__(self) -> Iterator[str]:
        for name, slot in self.FIELDS:
            if hasattr(self, slot):
                yield name
        yield from dict.__iter__(self)

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)

    @override
    def __eq__(self, other: object, /) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return _compared(self) == _compared(other)

    @override
    def __ne__(self, other: object, /) -> bool:
        return not self == other

    __hash__ = None  # as every dict's

    @override
    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.items() if not str(name).startswith("_"))
        return f"{type(self).__name__}({shown})"

    @override
    def __reduce__(self) -> tuple[type[Container], tuple[dict[str, Any]]]:
        return Container, (dict(self.items()),)

    @override
    def keys(self) -> Any:
        """Return the names."""
        return list(self)

    @override
    def values(self) -> Any:
        """Return the values."""
        return [self[name] for name in self]

    @override
    def items(self) -> Any:
        """Return names with their values."""
        return [(name, self[name]) for name in self]

    @override
    def get(self, name: str, default: Any = None, /) -> Any:
        """Return the value of *name*, or *default*."""
        try:
            return self[name]
        except KeyError:
            return default

    @override
    def pop(self, name: str, default: Any = _MISSING, /) -> Any:
        """Remove *name* and return its value, or *default*."""
        if name not in self and default is not _MISSING:
            return default
        value = self[name]
        del self[name]
        return value

    @override
    def setdefault(self, name: str, default: Any = None, /) -> Any:
        """Return the value of *name*, which becomes *default* where there is none."""
        if name not in self:
            self[name] = default
        return self[name]

    @override
    def popitem(self) -> tuple[str, Any]:
        """Remove the last item and return it; raises KeyError where there is none."""
        for name in reversed(list(self)):
            return name, self.pop(name)
        raise KeyError("popitem(): there is nothing")

    @override
    def clear(self) -> None:
        """Remove everything."""
        for name in list(self):
            del self[name]

    @override
    def update(self, *others: Any, **more: Any) -> None:
        """Take over the items of mappings or of pairs."""
        for other in (*others, more):
            for name, value in other.items() if isinstance(other, Mapping) else other:
                self[name] = value

    @override
    def copy(self) -> Any:
        """Return a record with the same values."""
        return self.__copy__()

    def __copy__(self) -> Parsed:
        again = type(self)()
        again.update(self)
        return again

    @override
    def __or__(self, other: Any, /) -> Any:
        merged = self.__copy__()
        merged.update(other)
        return merged


def _compared(mapping: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: mapping[name] for name in mapping if not (isinstance(name, str) and name.startswith("_"))}


def parsed_class(name: str, fields: Iterable[str]) -> type[Parsed]:
    """Make the class of records with *fields*."""
    names = tuple(dict.fromkeys(fields))
    slots: dict[str, str] = {}
    for one in names:
        slots[one] = _slot(one, {*names, *slots.values()})
    members = {"__slots__": tuple(slots.values()), "FIELDS": tuple(slots.items()), "SLOTS": slots}
    cls = type(name, (Parsed,), {**members, "__module__": __name__})
    for one, slot in slots.items():
        if not hasattr(Parsed, one):
            setattr(cls, one, vars(cls)[slot])  # a keyword, too, is an attribute for getattr()
    return cls


def _slot(name: str, taken: set[str]) -> str:
    """Return the name of the slot for the field *name*: its own, where that can stand in source and hides nothing."""
    if not name.isidentifier() or not name.isascii() or name.startswith("__"):
        name = f"field_{name.encode('utf-8', 'surrogatepass').hex()}"
    elif not keyword.iskeyword(name) and not hasattr(Parsed, name):
        return name
    else:
        name += "_"
    while name in taken:
        name += "_"
    return name


def take(cls: type[Parsed], value: object, optional: Iterable[str]) -> Parsed:
    """Return *value*, any mapping or None, as a record of *cls*; what may be missing becomes None."""
    record, slots = cls(), cls.SLOTS
    for name in optional:
        setattr(record, slots[name], None)
    if value is not None:
        if not isinstance(value, (dict, Mapping)) and slots:
            raise TypeError(f"{value!r} is no mapping")
        pairs: Any = value
        for name, given in pairs.items() if isinstance(pairs, (dict, Mapping)) else pairs:
            if name in slots:
                setattr(record, slots[name], given)
            else:
                dict.__setitem__(record, name, given)
    return record
