"""What a codec is compiled to: text that stays the same, tracebacks that show it, records that are dicts."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import threading
import traceback
from typing import Annotated, Any

import construct
import pytest
from construct import Container, this

import jackfield as jf
from jackfield.messages import Codec, codec_for


@jf.message
class Sample:
    start: bytes = jf.const(b"SP")
    kind: jf.U8
    values: Annotated[tuple[jf.I16, ...], jf.Prefixed(jf.U8)]
    note: jf.Text8


packet = construct.Struct(
    "kind" / construct.Int8ub,
    "size" / construct.Int16ub,
    "items" / construct.Bytes(this.size),
    "class" / construct.Int8ub,
)


def function(codec: Codec[Any], name: str) -> str:
    """Return the text of one function of *codec*."""
    return next(one for one in codec.source.split("\n\n") if f"def {name}(" in one).strip()


PARSE = """
def parse(data):
    if type(data) is not bytes:
        data = bytes(memoryview(data))
    try:
        end = len(data)
        sample_1 = Knew_1(KSample_1)
        start_1, sample_1.kind, values_1 = Kunpack_1(data, 0)
        if start_1 != b'SP': raise Kother_1(start_1, b'SP')
        if values_1 * 2 > end - 4: raise Ktoo_many_1(values_1, 2, 4, end)
        stop_1 = 4 + values_1 * 2
        values_2 = Kunpack_from_1(f'>{values_1}h', data, 4)
        sample_1.values = values_2
        note_1 = data[stop_1]
        stop_2 = stop_1 + 1 + note_1
        if stop_2 > end: raise Kshort_1(stop_1 + 1, stop_2 - (stop_1 + 1), end)
        sample_1.note = data[stop_1 + 1:stop_2].decode()
        if stop_2 != len(data): raise Kleft_over_1(stop_2, len(data))
        return sample_1
    except Exception as error:
        raise failed(error, 0, data)
"""


def test_the_same_declaration_gives_the_same_text() -> None:
    assert function(codec_for(Sample), "parse") == PARSE.strip()
    assert Codec(Sample).source == Codec(Sample).source
    assert Codec(packet).source == Codec(packet).source


def test_neighbours_of_fixed_size_are_unpacked_in_one_go_straight_into_slots() -> None:
    row = construct.Struct(
        "a" / construct.Int8ub, "b" / construct.Int32ub, "c" / construct.Int24ub, "d" / construct.Flag
    )
    text = function(Codec(row), "parse")
    assert text.count("unpack(") == 1
    assert "struct_1.a, struct_1.b, high_1, low_1, struct_1.d = Kstruct_1.unpack(data)" in text


def test_a_length_in_front_is_packed_with_what_stands_around_it() -> None:
    frame = construct.Struct(
        "id" / construct.Int16ub,
        "body"
        / construct.Prefixed(construct.Int16ub, construct.Struct("a" / construct.Int8ub, "d" / construct.GreedyBytes)),
    )
    assert function(Codec(frame), "build").count("Kpack") == 1
    codec: Codec[Any] = Codec(frame)
    assert codec.build({"id": 7, "body": {"a": 1, "d": b"xyz"}}) == b"\0\7\0\4\1xyz"


def test_a_traceback_shows_the_generated_line() -> None:
    with pytest.raises(jf.DecodeError) as caught:
        codec_for(Sample).parse(b"XX\0\0\0")
    shown = "".join(traceback.format_exception(caught.value))
    assert "if start_1 != b'SP': raise" in shown
    assert "<jackfield parse of Sample" in shown


def test_threads_that_ask_at_the_same_first_time_get_the_same() -> None:
    codec: Codec[Any] = Codec(packet)
    begin, found = threading.Barrier(8), []

    def ask() -> None:
        begin.wait()
        found.append(codec.parse(b"\1\0\2ab\3"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(record == found[0] and type(record) is type(found[0]) for record in found)


WIRE = b"\1\0\2ab\3"
VALUES = {"kind": 1, "size": 2, "items": b"ab", "class": 3}


def record() -> Any:
    return Codec(packet).parse(WIRE)


def test_a_record_is_a_dict_with_its_fields_as_attributes() -> None:
    parsed = record()
    assert issubclass(type(parsed), dict)
    assert (parsed.kind, parsed["kind"], parsed["items"], getattr(parsed, "class")) == (1, 1, b"ab", 3)
    assert list(parsed) == list(VALUES)
    assert (dict(parsed), {**parsed}, len(parsed)) == (VALUES, VALUES, 4)
    assert (parsed.get("kind"), parsed.get("none"), parsed.get("none", 5)) == (1, None, 5)
    assert ("kind" in parsed, "none" in parsed, 3 in parsed) == (True, False, False)
    assert repr(parsed) == "Struct(kind=1, size=2, items=b'ab', class=3)"
    assert list(parsed.values()) == list(VALUES.values())
    assert json.loads(json.dumps({"kind": parsed["kind"]})) == {"kind": 1}
    with pytest.raises(KeyError):
        parsed["none"]
    with pytest.raises(AttributeError):
        parsed.none


def test_a_record_equals_a_container_and_a_dict_both_ways() -> None:
    for other in (Container(VALUES), VALUES, record(), packet.parse(WIRE)):
        assert record() == other
        assert other == record()
        assert (record() != other) is False
    for other in (Container(VALUES, kind=2), {**VALUES, "more": 1}, {}, None, 3, list(VALUES)):
        assert record() != other
        assert other != record()
    assert record() == Container(VALUES, _io=None), "as for construct, private names do not count"


def test_a_record_changes_and_builds_what_it_holds_then() -> None:
    codec, changed = Codec(packet), record()
    changed.kind, changed["class"] = 9, 8
    assert codec.build(changed) == b"\x09\0\2ab\x08"
    changed["more"] = 1
    assert (changed["more"], list(changed)[-1]) == (1, "more")
    changed.update({"kind": 4}, size=1, items=b"z")
    assert codec.build(changed) == b"\4\0\1z\x08"
    assert (changed.pop("more"), changed.pop("more", None)) == (1, None)
    del changed["kind"]
    assert "kind" not in changed
    assert changed.setdefault("kind", 6) == 6
    assert (changed | {"kind": 7})["kind"] == 7
    assert changed.popitem() == ("class", 8)
    changed.clear()
    assert dict(changed) == {}
    for name in ("none", "kind"):
        with pytest.raises(KeyError):
            del changed[name]
    with pytest.raises(KeyError):
        changed.popitem()


def test_a_record_is_copied_and_pickled_as_a_container_is() -> None:
    for again in (copy.copy(record()), record().copy(), copy.deepcopy(record()), pickle.loads(pickle.dumps(record()))):
        assert again == record()
    with pytest.raises(TypeError, match="unhashable"):
        hash(record())


def test_it_builds_from_a_record_a_container_or_a_dict() -> None:
    codec: Codec[Any] = Codec(packet)
    for value in (record(), Container(VALUES), VALUES):
        assert codec.build(value) == WIRE


def test_names_that_python_would_trip_over_are_fields_like_others() -> None:
    names = ["items", "items_", "self", "data", "off", "__init__", "for", "a b", "ä", "_private", "keys", "class_"]
    schema = construct.Struct(*(name / construct.Int8ub for name in names))
    parsed: Any = Codec(schema).parse(bytes(range(len(names))))
    assert {name: parsed[name] for name in names} == dict(zip(names, range(len(names)), strict=True))
    assert list(parsed) == names
    assert Codec(schema).build(parsed) == bytes(range(len(names)))


def test_what_was_compiled_is_given_back_with_its_codec() -> None:
    gc.collect()
    codec: Codec[Any] = Codec(packet)
    codec.parse(WIRE)
    assert codec.parse is codec.parse, "the function itself, without a method in between"
