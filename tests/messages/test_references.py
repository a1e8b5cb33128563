"""References: to fields above, to parts of them, to what is inherited, and to the message around."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for
from messages.agreement import check, check_damaged


@jf.message
class Header:
    version: jf.U8 = jf.field()
    flags: jf.U8 = jf.field(default=0, kw_only=True)


@jf.message
class Parts:
    header: Header = jf.field()
    size: jf.U8 = jf.computed()
    extra: jf.U8 | None = jf.field(when=header.flags & 4, default=None)
    data: bytes = jf.field(size=size * header.version, default=b"")


def test_a_part_of_a_nested_message_can_be_referred_to() -> None:
    check(Parts(Header(2), None, b"abcd"), b"\2\0\2abcd")
    check(Parts(Header(3, flags=4), 9, b"abc"), b"\3\4\1\x09abc")
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Parts).build(Parts(Header(1), 9))
    assert caught.value.field == "extra"


def test_what_cannot_be_worked_out_with_the_values_of_a_peer_is_a_decode_error() -> None:
    @jf.message
    class Divided:
        by: jf.U8 = jf.field()
        total: jf.U8 = jf.field()
        data: bytes = jf.field(size=total // by)

    check(Divided(2, 5, b"ab"), b"\2\5ab")
    for wire in (b"\0\5ab", b"\0\0"):
        with pytest.raises(jf.DecodeError) as caught:
            codec_for(Divided).parse(wire)
        assert caught.value.field == "data"
    with pytest.raises(jf.EncodeError):
        codec_for(Divided).build(Divided(0, 5, b"ab"))


@jf.message
class Framed:
    version: jf.U8 = jf.field()
    size: jf.U8 = jf.computed()


@jf.message
class Heir(Framed):
    data: bytes = jf.field(size=jf.this.size)
    late: jf.U16 | None = jf.field(when=jf.this.version >= 3, default=None)


def test_an_inherited_field_can_be_referred_to_and_is_worked_out_from_its_heir() -> None:
    check(Heir(2, b"ab"), b"\2\2ab")
    check(Heir(3, b"", 5), b"\3\0\0\5")
    assert Heir(2, b"ab").size == 2
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Heir).build(Heir(2, b"", 5))
    assert caught.value.field == "late"


@jf.message
class Item:
    name: jf.Text8
    width: jf.U16 | None = jf.field(when=jf.this.wide, default=None)
    data: bytes = jf.field(size=jf.this.header.version, default=b"")


@jf.message
class Middle:
    items: Annotated[tuple[Item, ...], jf.Prefixed(jf.U8)]


@jf.message
class Outer:
    header: Header
    wide: jf.Bool
    direct: Item
    middle: Middle
    boxed: Annotated[Middle, jf.Prefixed(jf.U16)]


@jf.message
class Other:
    wide: jf.U8
    header: Header
    direct: Item


@given(st.booleans(), st.integers(0, 3), st.lists(st.text(max_size=3), max_size=3))
def test_a_field_of_the_message_around_is_found_however_far_out(wide: bool, size: int, names: list[str]) -> None:
    width, data = (258 if wide else None), b"xyz"[:size]
    items = tuple(Item(name, width, data) for name in names)

    def plain(item: Item) -> bytes:
        return bytes([len(item.name.encode())]) + item.name.encode() + (b"\1\2" if wide else b"") + data

    middle = bytes([len(items)]) + b"".join(plain(item) for item in items)
    message = Outer(Header(size), wide, Item("d", width, data), Middle(items), Middle(items))
    wire = bytes([size, 0, wide]) + plain(Item("d", width, data)) + middle + len(middle).to_bytes(2, "big") + middle
    check(message, wire)


def test_the_same_message_means_in_each_place_what_the_fields_around_it_say() -> None:
    check(Other(2, Header(1), Item("d", 258, b"x")), b"\2\1\0\1d\1\2x")
    check(Other(0, Header(0), Item("d")), b"\0\0\0\1d")
    with pytest.raises(jf.DeclarationError, match="refers to wide, which no field of this message is"):
        codec_for(Item)


def test_what_the_message_around_has_only_below_is_refused() -> None:
    with pytest.raises(jf.DeclarationError) as caught:

        @jf.message
        class Bad:
            direct: Item
            wide: jf.Bool
            header: Header

    assert (caught.value.declared, caught.value.field) == ("Item", "width")
    assert "refers to wide, which is not read yet" in caught.value.reason


OPERATORS: dict[str, Callable[[Any], Any]] = {
    "a + 3": lambda a: a + 3,
    "3 + a": lambda a: 3 + a,
    "a - 3": lambda a: a - 3,
    "200 - a": lambda a: 200 - a,
    "a * 2": lambda a: a * 2,
    "2 * a": lambda a: 2 * a,
    "a // 3": lambda a: a // 3,
    "1000 // (a + 1)": lambda a: 1000 // (a + 1),
    "a % 5": lambda a: a % 5,
    "300 % (a + 1)": lambda a: 300 % (a + 1),
    "a & 12": lambda a: a & 12,
    "12 & a": lambda a: 12 & a,
    "a | 3": lambda a: a | 3,
    "3 | a": lambda a: 3 | a,
    "a ^ 5": lambda a: a ^ 5,
    "5 ^ a": lambda a: 5 ^ a,
    "a << 1": lambda a: a << 1,
    "1 << (a & 3)": lambda a: 1 << (a & 3),
    "a >> 2": lambda a: a >> 2,
    "300 >> (a & 7)": lambda a: 300 >> (a & 7),
    "a == 3": lambda a: a == 3,
    "a != 3": lambda a: a != 3,
    "a < 100": lambda a: a < 100,
    "a <= 100": lambda a: a <= 100,
    "a > 100": lambda a: a > 100,
    "100 >= a": lambda a: a <= 100,
    "-a + 255": lambda a: -a + 255,
    "~a & 7": lambda a: ~a & 7,
    "(a + 1) * 2 - (a - 1)": lambda a: (a + 1) * 2 - (a - 1),
    "a - (3 - a)": lambda a: a - (3 - a),
}


@pytest.mark.parametrize("expression", OPERATORS.values(), ids=OPERATORS)
def test_an_expression_means_what_python_means_by_it(expression: Callable[[Any], Any]) -> None:
    field = jf.field()
    body = {"a": jf.U8, "data": bytes}
    names = {"a": field, "data": jf.field(size=expression(field)), "__annotations__": body, "__module__": __name__}
    operated: Any = jf.message(type("Operated", (), names))
    codec = codec_for(operated)
    for value in (0, 1, 2, 3, 5, 8, 100, 101, 127, 200, 255):
        size = int(expression(value))
        wire = bytes([value]) + bytes(max(size, 0))
        if size >= 0:
            parsed = codec.parse(wire)
            assert len(parsed.data) == size
            assert codec.build(parsed) == wire
        else:
            with pytest.raises(jf.DecodeError):
                codec.parse(wire)


# ---------------------------------------------------------------- what a computed field can be worked out through


INVERTIBLE: dict[str, Callable[[Any], Any]] = {
    "size": lambda size: size,
    "size - 2": lambda size: size - 2,
    "size + 2": lambda size: size + 2,
    "2 + size": lambda size: 2 + size,
    "60 - size": lambda size: 60 - size,
    "size * 4": lambda size: size * 4,
    "4 * size": lambda size: 4 * size,
    "size * 4 - 20": lambda size: size * 4 - 20,
    "(size - 5) * 4": lambda size: (size - 5) * 4,
    "size // 4": lambda size: size // 4,
    "size ^ 5": lambda size: size ^ 5,
    "5 ^ size": lambda size: 5 ^ size,
    "size << 2": lambda size: size << 2,
    "size >> 2": lambda size: size >> 2,
    "size & 63": lambda size: size & 63,
    "(size & 63) - 1": lambda size: (size & 63) - 1,
}


@pytest.mark.parametrize("expression", INVERTIBLE.values(), ids=INVERTIBLE)
def test_what_is_worked_out_is_what_the_expression_takes(expression: Callable[[Any], Any]) -> None:
    field = jf.computed()
    body = {"size": jf.U8, "data": bytes, "behind": jf.U8}
    names = {"size": field, "data": jf.field(size=expression(field)), "__annotations__": body, "__module__": __name__}
    made: Any = jf.message(type("Inverted", (), names))
    built = 0
    for size in range(40):
        message = made(bytes(size), 7)
        with suppress(jf.EncodeError):  # a size that the expression cannot give
            wire = codec_for(made).build(message)
            built += 1
            assert expression(wire[0]) == size
            check(message, wire)
    assert built >= 8
    for first in range(256):
        check_damaged(made, bytes([first]) + bytes(max(expression(first), 0)) + b"\7")
