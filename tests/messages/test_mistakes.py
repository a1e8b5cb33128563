"""Declarations that type checkers accept and that cannot work: each is refused with class, field and reason."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Annotated, Any, Literal

import construct
import pytest

import jackfield as jf
from jackfield.messages import codec_for


class Color(enum.IntEnum):
    RED = 1
    BLUE = 2


@jf.message(tag=1)
class Add:
    left: jf.U8


@jf.message(tag=1)
class Same:
    pass


@jf.message(tag=2)
class Log:
    text: jf.Text8


@jf.message(tag=1 << 8)
class Far:
    pass


@jf.message(tag=b"four")
class Named:
    pass


@jf.message(tag=lambda requested: requested | 0x80)
class Reply:
    pass


@jf.message
class Header:
    version: jf.U8 = jf.field()
    size: jf.U8 = jf.computed()


@jf.message
class Tagless:
    kind: jf.U8 = jf.tag()
    value: jf.U8


MISTAKES: dict[str, tuple[Callable[[], object], str | None, str]] = {}


def mistake(field: str | None, reason: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    def note(declaration: Callable[[], object]) -> Callable[[], object]:
        MISTAKES[declaration.__name__.replace("_", " ")] = declaration, field, reason
        return declaration

    return note


# ---------------------------------------------------------------- references


@mistake("data", "refers to size, which is not read yet")
def a_reference_forwards() -> object:
    @jf.message
    class Bad:
        data: bytes = jf.field(size=jf.this.size)
        size: jf.U8 = jf.field()

    return Bad


@mistake("data", "refers to data, which is not read yet")
def a_reference_to_itself() -> object:
    @jf.message
    class Bad:
        data: bytes = jf.field(size=jf.this.data)

    return Bad


@mistake("data", "refers to a field of another class")
def a_reference_into_another_class() -> object:
    elsewhere = jf.field()

    @jf.message
    class Bad:
        data: bytes = jf.field(size=elsewhere)

    return Bad


@mistake("data", "has an = (at least `= field()`)")
def a_reference_to_a_plain_default() -> object:
    @jf.message
    class Bad:
        size: jf.U8 = 3
        data: bytes = jf.field(size=size, default=b"abc")

    return Bad


@mistake("value", "has an = (at least `= field()`)")
def a_reference_to_what_is_no_field() -> object:
    @jf.message
    class Bad:
        type: jf.U8
        value: Add | Log = jf.field(tag=type)  # noqa: A003  # the builtin: the field has no =

    return Bad


@mistake("data", "refers to nothing of Add, which has none")
def a_reference_to_a_part_that_is_not_there() -> object:
    @jf.message
    class Bad:
        header: Add = jf.field()
        data: bytes = jf.field(size=header.nothing)  # type: ignore[attr-defined]

    return Bad


@mistake(None, "use &, | and == 0 in place of and, or and not")
def an_expression_with_and() -> object:
    @jf.message
    class Bad:
        flags: jf.U8 = jf.field()
        more: jf.U8 = jf.field()
        data: jf.U8 | None = jf.field(when=flags and more)

    return Bad


@mistake("copy", "an expression is no field")
def an_expression_as_a_field() -> object:
    @jf.message
    class Bad:
        size: jf.U8 = jf.field()
        copy: jf.U8 = size - 1

    return Bad


@mistake("copy", "an expression is no default")
def an_expression_as_a_default() -> object:
    @jf.message
    class Bad:
        size: jf.U8 = jf.field()
        copy: jf.U8 = jf.field(default=size)

    return Bad


@mistake("second", "is first itself")
def one_field_under_two_names() -> object:
    shared = jf.field()

    @jf.message
    class Bad:
        first: jf.U8 = shared
        second: jf.U8 = shared

    return Bad


@mistake("loose", "has no annotation")
def a_purpose_without_an_annotation() -> object:
    @jf.message
    class Bad:
        loose = jf.field()

    return Bad


@mistake("data", "size= is a number of bytes, and name is str")
def a_size_that_is_no_number() -> object:
    @jf.message
    class Bad:
        name: jf.Text8 = jf.field()
        data: bytes = jf.field(size=name)  # type: ignore[call-overload]

    return Bad


# ---------------------------------------------------------------- what is there, and which


@mistake("value", "X | None needs to be told when it is there")
def an_optional_field_without_when() -> object:
    @jf.message
    class Bad:
        value: jf.U8 | None

    return Bad


@mistake("value", "so its type is X | None")
def when_of_a_field_that_is_always_there() -> object:
    @jf.message
    class Bad:
        flag: jf.Bool = jf.field()
        value: jf.U8 = jf.field(when=flag)

    return Bad


@mistake("value", "bits are always there")
def bits_that_may_be_missing() -> object:
    @jf.message
    class Bad:
        flag: jf.Bool = jf.field()
        value: Annotated[int, jf.Bits(8)] | None = jf.field(when=flag)

    return Bad


@mistake("value", "a union needs a tag")
def a_union_without_a_tag() -> object:
    @jf.message
    class Bad:
        value: Add | Log

    return Bad


@mistake("value", "has a tag in front and one by tag=")
def a_union_with_two_tags() -> object:
    @jf.message
    class Bad:
        kind: jf.U8 = jf.field()
        value: Annotated[Add | Log, jf.Tagged(jf.U8)] = jf.field(tag=kind)

    return Bad


@mistake("value", "Add and Same share the tag 1")
def a_duplicate_tag() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | Same, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "Header has none: @message(tag=...)")
def a_union_of_what_has_no_tag() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | Header, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "Reply has none: @message(tag=...)")
def a_union_of_what_has_a_function_for_a_tag() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | Reply, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "the tag of Far does not fit: 256 is not in 0..255")
def a_union_with_a_tag_that_does_not_fit() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | Far, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "the tag of Named does not fit: b'four' is no int")
def a_union_with_a_tag_of_another_type() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | Named, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "a union is one of messages, and int is none")
def a_union_with_what_is_no_message() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | int, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "Tagged tells the messages of a union apart, and this is none")
def a_tag_in_front_of_no_union() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add, jf.Tagged(jf.U8)]

    return Bad


@mistake("value", "tag= tells the messages of a union apart, and bytes is none")
def a_tag_for_no_union() -> object:
    @jf.message
    class Bad:
        kind: jf.U8 = jf.field()
        value: jf.Rest = jf.field(tag=kind)

    return Bad


@mistake("value", "cannot stand around Unknown")
def a_prefix_around_each_of_a_union_with_unknown() -> object:
    @jf.message
    class Bad:
        value: Annotated[Add | Log | jf.Unknown, jf.Terminated(), jf.Tagged(jf.U8)]

    return Bad


# ---------------------------------------------------------------- pairings


@mistake("color", "Annotated[Color, U8] would be one")
def an_enum_without_a_schema() -> object:
    @jf.message
    class Bad:
        color: Color

    return Bad


@mistake("color", "F32 is for float")
def an_enum_of_floats() -> object:
    @jf.message
    class Bad:
        color: Annotated[Color, jf.F32]

    return Bad


@mistake("value", "its literals are of several types")
def literals_of_several_types() -> object:
    @jf.message
    class Bad:
        value: Annotated[Literal[1, "one"], jf.U8]

    return Bad


@mistake("value", "is annotated str, but U8 is for int")
def literals_of_another_type() -> object:
    @jf.message
    class Bad:
        value: Annotated[Literal["a", "b"], jf.U8]

    return Bad


@mistake("value", "the literal 300 does not fit: 300 is not in 0..255")
def a_literal_that_does_not_fit() -> object:
    @jf.message
    class Bad:
        value: Annotated[Literal[1, 300], jf.U8]

    return Bad


@mistake("value", "cannot stand around another schema")
def a_schema_beside_a_schema() -> object:
    @jf.message
    class Bad:
        value: jf.U8 = jf.field(construct.Int8ub)

    return Bad


@mistake("values", "count= and Fixed both say how many there are")
def two_counts() -> object:
    @jf.message
    class Bad:
        count: jf.U8 = jf.field()
        values: Annotated[tuple[jf.U8, ...], jf.Fixed(2)] = jf.field(count=count)

    return Bad


@mistake("data", "count= is for tuple[X, ...] and list[X], not bytes")
def a_count_of_bytes() -> object:
    @jf.message
    class Bad:
        count: jf.U8 = jf.field()
        data: bytes = jf.field(count=count)

    return Bad


@mistake("value", "size= is in bytes, and Bits are none")
def a_size_of_bits() -> object:
    @jf.message
    class Bad:
        size: jf.U8 = jf.field()
        value: Annotated[int, jf.Bits(8)] = jf.field(size=size)

    return Bad


@mistake("value", "is annotated bytes, but U8 is for int")
def a_number_adapted_as_bytes() -> object:
    @jf.message
    class Bad:
        value: Annotated[int, jf.Adapt(Annotated[bytes, jf.U8], decode=len, encode=bytes)]

    return Bad


@mistake("data", "has no fixed size")
def something_of_no_fixed_size_behind_the_rest() -> object:
    @jf.message
    class Bad:
        rest: jf.Rest
        data: jf.Text8

    return Bad


@mistake("two", "has no fixed size")
def two_that_take_all_there_is() -> object:
    @jf.message
    class Bad:
        one: jf.Rest
        two: jf.Rest

    return Bad


# ---------------------------------------------------------------- what is derived


@mistake("start", "its schema cannot carry the constant: 256 is not in 0..255")
def a_constant_that_does_not_fit() -> object:
    @jf.message
    class Bad:
        start: jf.U8 = jf.const(256)

    return Bad


@mistake("start", "its schema cannot carry the constant: 4 is not in 0..3")
def a_constant_that_does_not_fit_its_bits() -> object:
    @jf.message
    class Bad:
        start: Annotated[int, jf.Bits(2)] = jf.const(4)
        more: Annotated[int, jf.Bits(6)]

    return Bad


@mistake("size", "nothing turns size % 4 round")
def a_computed_field_whose_use_cannot_be_turned_round() -> object:
    @jf.message
    class Bad:
        size: jf.U8 = jf.computed()
        data: bytes = jf.field(size=size % 4)

    return Bad


@mistake("kind", "kind == 3 does not say what it is where that is not so")
def a_computed_field_whose_absence_says_nothing() -> object:
    @jf.message
    class Bad:
        kind: jf.U8 = jf.computed()
        value: jf.U8 | None = jf.field(when=kind == 3)

    return Bad


@mistake("size", "a length is an integer")
def a_length_that_is_no_integer() -> object:
    @jf.message
    class Bad:
        size: jf.F32 = jf.length()

    return Bad


@mistake("size", "a length is an integer, such as U16")
def a_length_in_a_group_of_bits() -> object:
    @jf.message
    class Bad:
        kind: Annotated[int, jf.Bits(4)]
        size: Annotated[int, jf.Bits(12)] = jf.length()
        data: jf.Rest

    return Bad


@mistake("again", "the message has a length already, size")
def two_lengths() -> object:
    @jf.message
    class Bad:
        size: jf.U8 = jf.length()
        again: jf.U8 = jf.length()

    return Bad


@mistake("kind", "its schema cannot carry the tag: b'four' is no int")
def a_tag_that_is_no_number() -> object:
    @jf.message(tag=b"four")
    class Bad:
        kind: jf.U8 = jf.tag()

    return Bad


@mistake("major", "is one of 2 parts of a tag, and the tag is 7")
def a_tag_of_too_few_parts() -> object:
    @jf.message(tag=7)
    class Bad:
        major: jf.U8 = jf.tag()
        minor: jf.U8 = jf.tag()

    return Bad


@mistake("crc", "since= takes a field above in this message")
def a_checksum_since_something_else() -> object:
    @jf.message
    class Bad:
        crc: jf.U8 = jf.checksum(sum, since=3)

    return Bad


@mistake("number", "an echo is a number, bytes or text")
def an_echo_of_a_message() -> object:
    @jf.message
    class Bad:
        number: Add = jf.echo()

    return Bad


@mistake("inner", "Tagless cannot stand in another message: its kind is the message's tag")
def a_nested_message_without_its_tag() -> object:
    @jf.message
    class Bad:
        inner: Tagless

    return Bad


@mistake("version", "is a field of Header already")
def a_field_that_is_inherited() -> object:
    @jf.message
    class Bad(Header):
        version: jf.U16

    return Bad


@mistake("self", "is no name for a field")
def self_as_a_name() -> object:
    return jf.message(type("Bad", (), {"__annotations__": {"self": jf.U8}, "__module__": __name__}))


# ---------------------------------------------------------------- packets


@mistake(None, "carries nothing: a packet has a field `body: Body`")
def a_packet_without_a_body() -> object:
    @jf.message
    class Bad(jf.Packet):
        size: jf.U8

    return Bad


@mistake("body", "is a Body, and only a Packet has one")
def a_body_outside_of_a_packet() -> object:
    @jf.message
    class Bad:
        body: jf.Body

    return Bad


@mistake("first", "is a second Body")
def a_packet_with_two_bodies() -> object:
    @jf.message
    class Bad(jf.Packet):
        first: jf.Body
        second: jf.Body

    return Bad


@mistake("body", "has its tag behind it, in kind")
def a_packet_with_its_tag_behind_the_body() -> object:
    @jf.message
    class Bad(jf.Packet):
        body: jf.Body
        kind: jf.U8 = jf.tag()

    return Bad


@mistake(None, "its tag is that of its body")
def a_packet_with_a_tag_of_its_own() -> object:
    @jf.message(tag=3)
    class Bad(jf.Packet):
        body: jf.Body

    return Bad


@mistake("of", "is no name for a field")
def a_packet_with_a_field_named_of() -> object:
    @jf.message
    class Bad(jf.Packet):
        body: jf.Body
        of: jf.U8 = jf.field()  # type: ignore[assignment]

    return Bad


@pytest.mark.parametrize(("declaration", "field", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_when_the_class_is_made(
    declaration: Callable[[], object], field: str | None, reason: str
) -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        declaration()
    assert caught.value.field == field
    assert reason in caught.value.reason
    assert caught.value.declared == ("expression" if "and" in declaration.__name__.split("_") else "Bad")


def test_a_field_without_an_equals_sign_is_no_name_in_the_class_body() -> None:
    # Python's own error, in the body, before there is a class; it names the field.
    with pytest.raises(NameError, match="'size' is not defined"):

        class Bad:
            size: jf.U8
            data: bytes = jf.field(size=size)  # noqa: F821


# ---------------------------------------------------------------- what only an heir, or a message around, can mend


def test_a_tag_field_of_a_message_without_a_tag_is_told_when_it_shall_be_built() -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        codec_for(Tagless)
    assert (caught.value.declared, caught.value.field) == ("Tagless", "kind")
    assert "@message(tag=...)" in caught.value.reason


def test_a_computed_field_that_nothing_refers_to_is_told_when_it_shall_be_built() -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        codec_for(Header)
    assert (caught.value.declared, caught.value.field) == ("Header", "size")
    assert "no field refers to it" in caught.value.reason


def test_a_reference_to_nothing_is_told_when_it_shall_be_built() -> None:
    @jf.message
    class Bad:
        data: bytes = jf.field(size=jf.this.size)

    wrong: Any = Bad
    with pytest.raises(jf.DeclarationError) as caught:
        codec_for(wrong)
    assert (caught.value.declared, caught.value.field) == ("Bad", "data")
    assert "refers to size, which no field of this message is" in caught.value.reason


@pytest.mark.parametrize("wrong", [lambda size: 5 in size, list, lambda size: size**2, lambda size: size / 2])
def test_what_no_expression_can_say_is_an_error_in_the_class_body(wrong: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError):
        wrong(jf.field())
