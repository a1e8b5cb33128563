"""Messages of several parts: bits, nested messages, rows of elements, constants, inherited headers."""

from __future__ import annotations

from typing import Annotated

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

import jackfield as jf
from jackfield.messages import codec_for


@jf.message
class Header:
    leap: Annotated[int, jf.Bits(2)]
    version: Annotated[int, jf.Bits(3)]
    mode: Annotated[int, jf.Bits(3)]
    flag: jf.Bit
    wide: Annotated[int, jf.Bits(15)]
    after: jf.U8


HEADER = construct.BitStruct(
    "leap" / construct.BitsInteger(2),
    "version" / construct.BitsInteger(3),
    "mode" / construct.BitsInteger(3),
    "flag" / construct.Flag,
    "wide" / construct.BitsInteger(15),
    "after" / construct.BitsInteger(8),
)


@given(
    st.integers(0, 3),
    st.integers(0, 7),
    st.integers(0, 7),
    st.booleans(),
    st.integers(0, 2**15 - 1),
    st.integers(0, 255),
)
def test_neighbouring_bits_are_packed_most_significant_first(
    leap: int, version: int, mode: int, flag: bool, wide: int, after: int
) -> None:
    header = Header(leap, version, mode, flag, wide, after)
    wire = codec_for(Header).build(header)
    assert wire == HEADER.build(
        {"leap": leap, "version": version, "mode": mode, "flag": flag, "wide": wide, "after": after}
    )
    assert codec_for(Header).parse(wire) == header
    assert codec_for(Header).parse(wire).flag is flag


@pytest.mark.parametrize("value", [4, -1, 2.0, "1", None])
def test_what_does_not_fit_its_bits_is_refused_with_its_field(value: object) -> None:
    header = Header(0, 0, 0, False, 0, 0)
    object.__setattr__(header, "leap", value)
    with pytest.raises(jf.EncodeError) as caught:
        codec_for(Header).build(header)
    assert caught.value.field == "leap"
    assert "2 bits" in caught.value.reason


@jf.message
class Point:
    x: jf.I16
    y: jf.I16


@jf.message
class Path:
    name: jf.Text8
    start: Point
    rest: Annotated[tuple[Point, ...], jf.Prefixed(jf.U8)]
    labels: Annotated[list[jf.Text8], jf.Prefixed(jf.U16le)]
    corners: Annotated[tuple[jf.U8, ...], jf.Fixed(2)]
    sized: Annotated[Point, jf.Prefixed(jf.U8, plus=1)]
    boxed: Annotated[tuple[jf.U16, ...], jf.UntilEnd(), jf.Prefixed(jf.U8)]
    tail: Annotated[tuple[jf.U16, ...], jf.UntilEnd()]


PATH = construct.Struct(
    "name" / construct.PascalString(construct.Int8ub, "utf8"),
    "start" / construct.Struct("x" / construct.Int16sb, "y" / construct.Int16sb),
    "rest"
    / construct.PrefixedArray(construct.Int8ub, construct.Struct("x" / construct.Int16sb, "y" / construct.Int16sb)),
    "labels" / construct.PrefixedArray(construct.Int16ul, construct.PascalString(construct.Int8ub, "utf8")),
    "corners" / construct.Array(2, construct.Int8ub),
    "sized"
    / construct.Prefixed(
        construct.Int8ub, construct.Struct("x" / construct.Int16sb, "y" / construct.Int16sb), includelength=True
    ),
    "boxed" / construct.Prefixed(construct.Int8ub, construct.GreedyRange(construct.Int16ub)),
    "tail" / construct.GreedyRange(construct.Int16ub),
)

numbers = st.integers(-(2**15), 2**15 - 1)
points = st.builds(Point, numbers, numbers)
paths = st.builds(
    Path,
    st.text(max_size=10),
    points,
    st.lists(points, max_size=4).map(tuple),
    st.lists(st.text(max_size=5), max_size=4),
    st.tuples(st.integers(0, 255), st.integers(0, 255)),
    points,
    st.lists(st.integers(0, 65535), max_size=4).map(tuple),
    st.lists(st.integers(0, 65535), max_size=4).map(tuple),
)


def as_dict(point: Point) -> dict[str, int]:
    return {"x": point.x, "y": point.y}


@given(paths)
def test_a_message_of_many_parts_is_what_construct_makes_of_it(path: Path) -> None:
    wire = codec_for(Path).build(path)
    assert wire == PATH.build(
        {
            "name": path.name,
            "start": as_dict(path.start),
            "rest": [as_dict(point) for point in path.rest],
            "labels": path.labels,
            "corners": path.corners,
            "sized": as_dict(path.sized),
            "boxed": path.boxed,
            "tail": path.tail,
        }
    )
    again = codec_for(Path).parse(wire)
    assert again == path
    assert (type(again.rest), type(again.labels)) == (tuple, list)


@given(paths, st.data())
def test_a_message_that_is_cut_off_is_refused_inside_its_bounds(path: Path, data: st.DataObject) -> None:
    wire = codec_for(Path).build(path)
    fixed = len(wire) - 2 * len(path.tail)
    size = data.draw(st.integers(0, fixed - 1))
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Path).parse(wire[:size])
    assert caught.value.field is not None
    assert 0 <= caught.value.offset <= size


def test_a_fault_inside_names_the_path_to_it_and_where_it_stands() -> None:
    path = Path("p", Point(0, 0), (Point(1, 1), Point(2, 2)), ["ok", "no"], (0, 0), Point(0, 0), (), ())
    wire = codec_for(Path).build(path)
    at = wire.index(b"\x02no")
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Path).parse(wire[:at] + b"\x02\xff\xff" + wire[at + 3 :])
    error = caught.value
    assert (error.message, error.field, error.offset) == ("Path", "labels.1", at + 1)

    wrong = jf.evolve(path, rest=(Point(0, 0), Point(99_999, 0)))
    with pytest.raises(jf.EncodeError) as failed:
        codec_for(Path).build(wrong)
    assert failed.value.field == "rest.1.x"


def test_a_count_that_the_rest_cannot_hold_is_refused_before_anything_is_made_of_it() -> None:
    @jf.message
    class Row:
        values: Annotated[tuple[jf.U32, ...], jf.Prefixed(jf.U32)]

    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Row).parse(b"\xff\xff\xff\xff\0\0\0\0")
    assert caught.value.field == "values"
    assert "4294967295 elements of at least 4 bytes, has 4" in caught.value.reason


def test_a_row_of_just_so_many_refuses_any_other_number() -> None:
    path = Path("p", Point(0, 0), (), [], (0, 0), Point(0, 0), (), ())
    with pytest.raises(jf.EncodeError, match="3 elements, not 2"):
        codec_for(Path).build(jf.evolve(path, corners=(1, 2, 3)))


def test_more_elements_than_the_count_can_say_are_refused() -> None:
    path = Path("p", Point(0, 0), (Point(0, 0),) * 256, [], (0, 0), Point(0, 0), (), ())
    with pytest.raises(jf.EncodeError, match="too large for the U8"):
        codec_for(Path).build(path)


def test_what_does_not_fill_the_size_in_front_of_it_is_refused() -> None:
    @jf.message
    class Boxed:
        inner: Annotated[Point, jf.Prefixed(jf.U8)]

    assert codec_for(Boxed).parse(b"\x04\0\1\0\2") == Boxed(Point(1, 2))
    with pytest.raises(jf.DecodeError, match="1 bytes are left over"):
        codec_for(Boxed).parse(b"\x05\0\1\0\2\0")
    with pytest.raises(jf.DecodeError, match="needs 2 bytes, has 1"):
        codec_for(Boxed).parse(b"\x03\0\1\0\2")


@jf.message
class Marked:
    start: bytes = jf.const(b"\x78\x78")
    kind: jf.U16 = jf.const(7)
    value: jf.U8
    stop: bytes = jf.const(b"\r\n")


def test_a_constant_is_no_argument_and_stands_where_it_was_declared() -> None:
    assert codec_for(Marked).build(Marked(5)) == b"\x78\x78\0\7\5\r\n"
    assert codec_for(Marked).parse(b"\x78\x78\0\7\5\r\n") == Marked(5)
    assert (Marked(5).start, Marked.kind) == (b"\x78\x78", 7)
    with pytest.raises(TypeError):
        Marked(5, start=b"\0\0")  # type: ignore[call-arg]


@pytest.mark.parametrize(("at", "field"), [(0, "start"), (1, "start"), (3, "kind"), (6, "stop")])
def test_a_constant_that_is_another_is_refused_with_its_field(at: int, field: str) -> None:
    wire = bytearray(b"\x78\x78\0\7\5\r\n")
    wire[at] ^= 0xFF
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Marked).parse(wire)
    assert caught.value.field == field


@jf.message
class Base:
    version: jf.U8
    spare: jf.U8 = jf.field(default=0, kw_only=True)


@jf.message
class Derived(Base):
    name: jf.Text8


def test_inherited_fields_come_first() -> None:
    assert codec_for(Derived).build(Derived(1, "ab")) == b"\1\0\2ab"
    assert codec_for(Derived).parse(b"\1\x09\2ab") == Derived(1, "ab", spare=9)
    assert codec_for(Base).build(Base(1)) == b"\1\0"


def test_a_subclass_of_a_message_is_not_that_message() -> None:
    with pytest.raises(jf.EncodeError, match="is no Base"):
        codec_for(Base).build(Derived(1, "ab"))


@jf.message
class Optional:
    first: jf.U8
    second: jf.U8 = 2
    third: jf.Text8 = jf.field(default="three", kw_only=True)
    foreign: int = jf.field(construct.Int16ul, default=4)


def test_defaults_and_keywords_are_those_of_a_dataclass() -> None:
    assert Optional(1) == Optional(1, 2, 4, third="three")
    assert codec_for(Optional).build(Optional(1)) == b"\1\2\5three\4\0"
    with pytest.raises(TypeError):
        Optional(1, 2, 4, "three")  # type: ignore[call-arg]


def test_messages_are_compared_by_their_fields_and_shown_with_them() -> None:
    assert Point(1, 2) == Point(1, 2) != Point(2, 1)
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"
    assert not hasattr(Point(1, 2), "__dict__")


@jf.message
class Even:
    value: jf.U8

    def __attrs_post_init__(self) -> None:
        if self.value % 2:
            raise ValueError("odd")

    @property
    def half(self) -> int:
        return self.value // 2


def test_a_class_may_have_methods_and_refuse_what_was_parsed() -> None:
    assert codec_for(Even).parse(b"\4").half == 2
    with pytest.raises(jf.DecodeError, match="refused by its class: odd"):
        codec_for(Even).parse(b"\5")
