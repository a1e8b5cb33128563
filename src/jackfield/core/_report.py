"""An error as data, for a parent that was not there when its child failed.

The text is JSON, so that whoever has taken over a child can at most lie about its failure: nothing is imported, and
no code is run but the constructors of Jackfield's own errors and of Python's built-in ones.
"""

from __future__ import annotations

import builtins
import json
import traceback
from typing import Final

import attrs

from .. import addresses, errors
from ..errors import ChildFailed, JackfieldError, LocalError, PeerError

REPORT_BYTES: Final = 64 * 1024
"""The largest report: a socket pair takes so much at once, and a parent keeps no more for a child."""
_TRACE_CHARACTERS: Final = 4000
"""The end of a traceback says most."""
_VALUE_SIZE: Final = 500
"""Characters or bytes of one value."""
_NAME_BYTES: Final = 4 * _VALUE_SIZE + 1
"""Room for the name of a step."""
_ITEMS: Final = 10
"""Values of one tuple, or of one error."""


def pack_report(error: JackfieldError | None, refused_by: str | None) -> bytes:
    """Return what a child has to tell, in `REPORT_BYTES` at most: how it failed, and which step refused its request."""
    name = "" if refused_by is None else refused_by[:_VALUE_SIZE]
    return name.encode("utf-8", "replace").replace(b"\n", b" ") + b"\n" + pack_fault(error)


def unpack_report(report: bytes) -> tuple[JackfieldError | None, str | None]:
    """Return what `pack_report` was given, the error as `unpack_fault` gives it. Nothing is raised."""
    name, _, fault = report.partition(b"\n")
    return unpack_fault(fault), name.decode("utf-8", "replace") or None


def pack_fault(error: JackfieldError | None) -> bytes:
    """Return *error*, or that there was none, in `REPORT_BYTES` at most; values that are too long are cut."""
    if error is None:
        return b"null"
    cause = error.__cause__
    trace = "".join(traceback.format_exception(cause or error))[-_TRACE_CHARACTERS:]
    fault = {"error": _from_error(error), "cause": None if cause is None else _from_error(cause), "trace": trace}
    packed = json.dumps(fault).encode()
    if len(packed) > REPORT_BYTES - _NAME_BYTES:
        packed = json.dumps({"error": {"of": "ChildFailed", "values": [_text_of(error), None]}}).encode()
    return packed


def unpack_fault(report: bytes) -> JackfieldError | None:
    """Return the error that *report* tells of, None where there was none.

    Its class is the one that it had where that is Jackfield's; another exception is the ``__cause__`` of a
    HandlerFailed, by its class where that is built into Python, as a ChildFailed otherwise. The traceback is a
    note. What is no report is a ChildFailed, too: nothing is raised.
    """
    try:
        told: object = json.loads(report)
    except (ValueError, RecursionError):
        return ChildFailed("the child ended in the middle of its report", None)
    match told:
        case None:
            return None
        case {"error": error, "cause": cause, "trace": str(trace)}:
            return _to_fault(error, cause, trace)
        case {"error": error}:
            return _to_fault(error, None, "")
        case _:
            return ChildFailed("the child's report cannot be read", None)


# ---------------------------------------------------------------- there


def _from_error(error: BaseException) -> dict[str, object]:
    kind = type(error)
    known = kind.__module__ in (errors.__name__, builtins.__name__)
    return {
        "of": kind.__qualname__ if known else None,
        "values": [_from_value(value) for value in _values_of(error)[:_ITEMS]] if known else [],
        "text": _text_of(error),
        "side": "peer" if isinstance(error, PeerError) else "local" if isinstance(error, JackfieldError) else "",
    }


def _values_of(error: BaseException) -> tuple[object, ...]:
    kind = type(error)
    if attrs.has(kind):
        return tuple(getattr(error, field.name) for field in attrs.fields(kind))
    return error.args


def _text_of(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        text = "it cannot be printed"
    return f"{type(error).__qualname__}: {text}"[:_VALUE_SIZE]


def _from_value(value: object) -> object:
    match value:
        case None | bool() | float():
            return value
        case int() if abs(value) < 1 << 128:
            return value
        case str():
            return value[:_VALUE_SIZE]
        case bytes():
            return {"hex": value[:_VALUE_SIZE].hex()}
        case tuple():
            return {"tuple": [_from_value(item) for item in value[:_ITEMS]]}
        case addresses.InternetAddress() | addresses.UnixAddress() | addresses.MemoryAddress():
            return {"at": type(value).__name__, "values": [_from_value(item) for item in attrs.astuple(value)]}
        case _:
            return f"a value of type {type(value).__qualname__}"[:_VALUE_SIZE]


# ---------------------------------------------------------------- and back


def _to_fault(told: object, cause: object, trace: str) -> JackfieldError:
    error = _to_error(told)
    if not isinstance(error, JackfieldError):
        error = ChildFailed(str(error), None)
    reason = None if cause is None else _to_error(cause)
    error.__cause__ = reason
    if trace:
        (reason or error).add_note(f"In the child: {trace}")
    return error


def _to_error(told: object) -> Exception:
    match told:
        case {"of": str(name), "values": list(values)}:
            kind = vars(errors).get(name, vars(builtins).get(name))
            made = _made(kind, values) if isinstance(kind, type) and issubclass(kind, Exception) else None
            if isinstance(made, Exception):
                return made
        case _:
            pass
    return _stand_in(told)


def _stand_in(told: object) -> Exception:
    """Return the nearest to an error whose class is not known here."""
    match told:
        case {"text": str(text), "side": "peer"}:
            return PeerError(text)
        case {"text": str(text), "side": "local"}:
            return LocalError(text)
        case {"text": str(text)}:
            return ChildFailed(text, None)
        case _:
            return ChildFailed("the child's report cannot be read", None)


def _to_value(value: object) -> object:
    match value:
        case {"hex": str(digits)}:
            return bytes.fromhex(digits)
        case {"tuple": list(items)}:
            return tuple(_to_value(item) for item in items)
        case {"at": str(name), "values": list(values)}:
            kind = vars(addresses).get(name)
            return _made(kind, values) if isinstance(kind, type) and kind.__module__ == addresses.__name__ else None
        case _:
            return value


def _made(kind: type, values: list[object]) -> object:
    """Return a *kind* made of *values*, None where they do not make one that can be printed."""
    try:
        made: object = kind(*(_to_value(value) for value in values))
        str(made)
    except Exception:
        return None
    return made
