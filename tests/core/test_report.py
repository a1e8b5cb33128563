"""A child's failure as data: what arrives is what was sent, and what is no report is told as such."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

import jackfield as jf
from jackfield import errors
from jackfield.addresses import InternetAddress, MemoryAddress, UnixAddress
from jackfield.core import REPORT_BYTES, pack_fault, pack_report, unpack_fault, unpack_report

ERRORS: list[jf.JackfieldError] = [
    jf.CompositionError("do not fit"),
    jf.DecodeError("Add", "left", 3, "is short"),
    jf.DecodeError("Add", None, 3, "is short"),
    jf.FrameTooLarge(9, 8),
    jf.Truncated(1, 4),
    jf.UnknownMessage(9, b"ab"),
    jf.UnknownMessage((1, b"x"), b"\xff"),
    jf.DeadlineExceeded("idle", 0.25),
    errors.HandshakeFailed("no certificate"),
    jf.ConnectionLost(MemoryAddress(3), "reset"),
    jf.ConnectionLost(InternetAddress("::1", 3), "reset"),
    jf.ConnectionLost(UnixAddress(b"\0name"), "reset"),
    jf.EncodeError("Sum", "total", "300 is too large"),
    jf.ChildFailed("the child was killed by SIGKILL", -9),
    jf.ClosedError("the client"),
    jf.Overloaded("threads", 9),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_an_error_of_ours_arrives_as_it_was(error: jf.JackfieldError) -> None:
    found = unpack_fault(pack_fault(error))
    assert type(found) is type(error)
    assert repr(found) == repr(error)
    assert str(found) == str(error)


def test_no_error_arrives_as_none() -> None:
    assert unpack_fault(pack_fault(None)) is None


class Strange(Exception):
    def __init__(self, one: str, *, other: object) -> None:
        super().__init__(one)
        self.other = other


class Unprintable(Exception):
    @override
    def __str__(self) -> str:
        raise RuntimeError


REASONS: dict[str, tuple[Exception, str]] = {
    "builtin": (ZeroDivisionError("by zero"), "ZeroDivisionError('by zero')"),
    "system": (FileNotFoundError(2, "not there", "name"), "FileNotFoundError(2, 'not there')"),
    "text": (
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"),
        "UnicodeDecodeError('utf-8', b'\\xff', 0, 1, 'bad')",
    ),
    "foreign": (Strange("what", other=object()), "ChildFailed(reason='Strange: what', status=None)"),
    "unprintable": (Unprintable(), "ChildFailed(reason='Unprintable: it cannot be printed', status=None)"),
}


@pytest.mark.parametrize(("reason", "text"), REASONS.values(), ids=REASONS)
def test_a_handlers_exception_arrives_by_its_class_where_python_has_it_with_its_traceback(
    reason: Exception, text: str
) -> None:
    error = jf.HandlerFailed("handle")
    try:
        raise reason
    except Exception as caught:
        error.__cause__ = caught
    found = unpack_fault(pack_fault(error))
    assert isinstance(found, jf.HandlerFailed)
    assert found.handler == "handle"
    assert repr(found.__cause__) == text
    assert found.__cause__ is not None
    assert "raise reason" in found.__cause__.__notes__[0]


def test_an_error_of_a_class_of_ones_own_is_still_its_sides_fault() -> None:
    class TooRude(jf.PeerError):
        pass

    class TooBusy(jf.LocalError):
        pass

    assert type(unpack_fault(pack_fault(TooRude("x")))) is jf.PeerError
    assert type(unpack_fault(pack_fault(TooBusy("x")))) is jf.LocalError


HOSTILE = {
    "nothing": b"",
    "half": pack_fault(ERRORS[0])[:-5],
    "number": b"7",
    "empty": b"{}",
    "deep": b"[" * 100_000,
    "program's end": b'{"error": {"of": "SystemExit", "values": [0]}}',
    "code": b'{"error": {"of": "eval", "values": ["1/0"]}}',
    "module": b'{"error": {"of": "attrs", "values": []}}',
    "wrong count": b'{"error": {"of": "Truncated", "values": [1, 2, 3, 4]}}',
    "wrong type": b'{"error": {"of": "DeadlineExceeded", "values": ["idle", "soon"]}}',
    "no address": b'{"error": {"of": "ConnectionLost", "values": [{"at": "unmapped", "values": ["x"]}]}}',
    "not hex": b'{"error": {"of": "UnknownMessage", "values": [1, {"hex": "zz"}]}}',
}


@pytest.mark.parametrize("report", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_report_is_told_as_a_failure_of_the_child(report: bytes) -> None:
    assert isinstance(unpack_fault(report), jf.ChildFailed)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["of", "values", "text", "at", "hex"]), inner),
)


@given(st.binary() | json_values.map(lambda value: json.dumps({"error": value, "cause": value}).encode()))
def test_whatever_a_child_says_nothing_is_raised(report: bytes) -> None:
    found = unpack_fault(report)
    assert found is None or str(found) is not None


@given(
    st.text(max_size=5000),
    st.one_of(st.integers(), st.binary(max_size=5000), st.floats(), st.none(), st.tuples(st.text(), st.binary())),
    st.binary(max_size=100_000),
)
def test_a_report_is_bounded_and_can_be_read_whatever_the_error_carries(text: str, tag: object, rest: bytes) -> None:
    for error in (jf.DecodeError(text, text, 1, text), jf.UnknownMessage(tag, rest), jf.PeerError(text, tag, rest)):
        try:
            raise error
        except jf.JackfieldError as caught:
            report = pack_fault(caught)
        assert len(report) <= REPORT_BYTES
        assert type(unpack_fault(report)) is type(error)


def test_an_error_whose_text_would_be_too_long_is_cut_and_still_told() -> None:
    error = jf.HandlerFailed("\U0001f600" * 9000)
    error.__cause__ = ValueError(*["\U0001f600" * 9000] * 40)
    report = pack_fault(error)
    assert len(report) <= REPORT_BYTES
    assert isinstance(unpack_fault(report), jf.LocalError)


@given(st.none() | st.text(min_size=1, alphabet=st.characters(exclude_characters="\n", codec="utf-8")))
def test_a_report_tells_which_step_refused_beside_how_it_failed(name: str | None) -> None:
    for error in (None, jf.Truncated(1, 4)):
        report = pack_report(error, name)
        assert len(report) <= REPORT_BYTES
        found, by = unpack_report(report)
        assert repr(found) == repr(error)
        assert by == (None if name is None else name[:500])


@given(st.binary())
def test_whatever_stands_in_a_report_nothing_is_raised(report: bytes) -> None:
    error, by = unpack_report(report)
    assert error is None or isinstance(error, jf.JackfieldError)
    assert by is None or by
