"""Declarations that cannot work are refused when the class is made: with class, field and reason."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, get_args

import construct
import pytest

import jackfield as jf
from jackfield.messages import codec_for, is_message, tag_of


@jf.message
class Inner:
    value: jf.U8


@jf.message
class Tail:
    data: jf.Rest


@jf.message
class Empty:
    pass


def declared(body: dict[str, Any], bases: tuple[type, ...] = ()) -> Any:
    """Declare the class ``Bad`` with the annotations in *body*; a pair is an annotation and what is assigned."""
    annotations = {name: value[0] if isinstance(value, tuple) else value for name, value in body.items()}
    assigned = {name: value[1] for name, value in body.items() if isinstance(value, tuple)}
    namespace = {"__annotations__": annotations, "__module__": __name__, **assigned}
    return jf.message(type("Bad", bases, namespace))


MISTAKES: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "an int without a schema": ({"value": int}, "value", "int has no schema: U32 would be one"),
    "text without a schema": ({"value": str}, "value", "str has no schema: Text16 would be one"),
    "bytes without a schema": ({"value": bytes}, "value", "bytes has no schema: Bytes16 would be one"),
    "a class that is no message": ({"value": object}, "value", "object has no schema"),
    "a tuple without a count": ({"value": tuple[jf.U8, ...]}, "value", "how many elements"),
    "a bare list": ({"value": list}, "value", "how many elements"),
    "an optional field": ({"value": int | None}, "value", "X | None needs to be told when it is there"),
    "a union": ({"value": int | str}, "value", "a union needs a tag"),
    "text with a number's schema": ({"value": Annotated[str, construct.Int32ub]}, "value", "parses to int"),
    "a number with a text's schema": ({"value": Annotated[int, construct.CString("utf8")]}, "value", "annotated int"),
    "a word for another type": ({"value": Annotated[str, *get_args(jf.U8)[1:]]}, "value", "U8 is for int"),
    "bits of text": ({"value": Annotated[str, jf.Bits(8)]}, "value", "Bits is for int"),
    "a fixed number": ({"value": Annotated[int, jf.Fixed(4)]}, "value", "Fixed is for bytes, str"),
    "a prefix around bits": ({"value": Annotated[int, jf.Bits(8), jf.Prefixed(jf.U8)]}, "value", "cannot stand around"),
    "two words": ({"value": Annotated[bytes, jf.Fixed(4), jf.Fixed(5)]}, "value", "cannot stand around"),
    "bits that fill no byte": ({"one": Annotated[int, jf.Bits(3)], "two": jf.Bit}, "one", "fill 4 bits"),
    "bits between bytes": ({"one": jf.U8, "two": jf.Bit, "three": jf.U8}, "two", "fill 1 bits"),
    "elements of bits": ({"value": Annotated[tuple[jf.Bit, ...], jf.Fixed(8)]}, "value", "fill whole bytes"),
    "elements without an end": ({"value": Annotated[tuple[jf.Rest, ...], jf.Fixed(2)]}, "value", "end somewhere"),
    "elements without a size": ({"value": Annotated[tuple[Empty, ...], jf.Prefixed(jf.U8)]}, "value", "without end"),
    "text behind the rest": ({"rest": jf.Rest, "value": jf.Text8}, "value", "behind rest, which takes all there is"),
    "text behind a nested rest": ({"inner": Tail, "value": jf.Text8}, "value", "behind inner, which takes all"),
    "text behind a greedy construct": (
        {"rest": Annotated[bytes, construct.GreedyBytes], "value": jf.Text8},
        "value",
        "behind rest, which takes all",
    ),
    "a keyword as a name": ({"class": jf.U8}, "class", "is no name for a field"),
    "a dunder as a name": ({"__value__": jf.U8}, "__value__", "is no name for a field"),
    "a default that is shared": ({"value": (Annotated[list[jf.U8], jf.Fixed(0)], [])}, "value", "would be shared"),
    "a constant that does not fit": ({"value": (jf.U8, jf.const(256))}, "value", "cannot carry the constant"),
    "a constant without a schema": ({"value": (int, jf.const(1))}, "value", "int has no schema"),
    "an argument behind an optional one": ({"one": (jf.U8, 1), "two": jf.U8}, "two", "follows one, which has one"),
    "a name that does not resolve": ({"value": "jf.U128"}, None, "does not resolve"),
    "a schema of another type": ({"value": (str, jf.field(construct.Int8ub))}, "value", "parses to int"),
}


@pytest.mark.parametrize(("body", "field", "reason"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_its_class_its_field_and_its_reason(
    body: dict[str, Any], field: str | None, reason: str
) -> None:
    with pytest.raises(jf.DeclarationError) as caught:
        declared(body)
    assert (caught.value.declared, caught.value.field) == ("Bad", field)
    assert reason in caught.value.reason


def test_inheriting_from_what_has_no_end_or_from_two_messages_is_refused() -> None:
    with pytest.raises(jf.DeclarationError, match="behind data, which takes all there is, and has no fixed size"):
        declared({"value": jf.Text8}, (Tail,))

    @jf.message
    class Other:
        pass

    with pytest.raises(jf.DeclarationError, match="inherits from two messages"):
        declared({}, (Inner, Other))


@pytest.mark.parametrize("tag", ["text", 1.5, (), ("a",), pytest.param(object(), id="object")], ids=repr)
def test_a_tag_that_is_none_is_refused(tag: Any) -> None:
    with pytest.raises(jf.DeclarationError, match="a tag is an int, bytes or a tuple of ints"):
        jf.message(tag=tag)(type("Bad", (), {}))


@pytest.mark.parametrize("tag", [0, 255, b"PING", (1, 2)], ids=repr)
def test_a_tag_is_kept(tag: Any) -> None:
    assert tag_of(jf.message(tag=tag)(type("Good", (), {}))) == tag


def test_what_is_no_class_cannot_be_declared() -> None:
    wrong: Any = 42
    with pytest.raises(jf.DeclarationError, match="decorates a class"):
        jf.message(wrong)
    with pytest.raises(jf.DeclarationError, match="is no message class"):
        codec_for(int)
    assert not is_message(int)
    assert not is_message(Inner(1))
    assert is_message(Inner)


@pytest.mark.parametrize(("word", "argument"), [(jf.Bits, 0), (jf.Bits, 65), (jf.Fixed, -1)])
def test_a_word_that_says_nothing_is_refused(word: Any, argument: int) -> None:
    with pytest.raises(jf.DeclarationError):
        word(argument)


@pytest.mark.parametrize("number", [4, "kind", jf.Text8, jf.F32, int], ids=str)
def test_a_prefix_has_to_be_a_number(number: Any) -> None:
    with pytest.raises(jf.DeclarationError, match="no integer, such as U8"):
        jf.Prefixed(number)


def test_names_are_looked_up_where_the_class_stands() -> None:
    @jf.message
    class Local:
        value: jf.U8

    @jf.message
    class Outer:
        inner: Local
        shared: ClassVar[int] = 3

    assert codec_for(Outer).build(Outer(Local(7))) == b"\7"
    assert Outer.shared == 3


def test_nested_bits_stand_in_a_message_of_their_own() -> None:
    @jf.message
    class Flags:
        one: jf.Bit
        rest: Annotated[int, jf.Bits(7)]

    @jf.message
    class Outer:
        flags: Flags
        more: Annotated[tuple[Flags, ...], jf.Fixed(2)]

    outer = Outer(Flags(True, 1), (Flags(False, 2), Flags(True, 3)))
    assert codec_for(Outer).build(outer) == b"\x81\x02\x83"
    assert codec_for(Outer).parse(b"\x81\x02\x83") == outer


def test_evolve_copies_with_changes() -> None:
    assert jf.evolve(Inner(1), value=2) == Inner(2)
    with pytest.raises(TypeError):
        jf.evolve(Inner(1), other=2)
