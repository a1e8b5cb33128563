"""From the line that failed to the field, the offset and the reason.

Generated code says nothing about paths: which line raised tells it, and the variables of its frame tell the rest.
So a good message pays nothing for its errors, and a bad one a few lookups.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Final, NamedTuple, TypeAlias

from ...errors import DecodeError, EncodeError
from ._runtime import Fault, Refused, Short, Unfit
from ._source import Count, Entry, Path, Place, Site

SITES: Final = "SITES"
"""Under this name the globals of generated code hold its sites."""


class Finding(NamedTuple):
    """What went wrong, and where."""

    path: Path
    offset: int | None
    kind: str
    reason: str
    cause: BaseException | None
    needed: int | None = None
    """The offset that the data have to reach at least, where they came up short."""


Local: TypeAlias = Mapping[str, Any]
_SHORT: Final = (Short, struct.error, IndexError)


def decode_error(name: str, raw: bool, error: Exception, begin: int, data: bytes = b"") -> DecodeError:
    """Return what *error*, raised while the message at *begin* of *data* was parsed, is to the caller."""
    found = _cut_off(error, data) or locate(error)
    offset = (begin if found.offset is None else found.offset) - begin
    reason = f"{found.kind}: {found.reason}" if raw else found.reason
    made = DecodeError(name, ".".join(map(str, found.path)) or None, max(0, offset), reason)
    if found.cause is not None:
        made.__cause__ = found.cause
    return made


def _cut_off(error: Exception, data: bytes) -> Finding | None:
    """Return what `locate` would, for the fault that is made most easily: a message that is cut off near its begin.

    It is found without a look at the frame, as a peer can send any number of them.
    """
    trace = error.__traceback__
    if type(error) not in _SHORT or trace is None or trace.tb_next is not None:
        return None
    site = _site(trace)
    if site is None or not site.plain or site.place is None:
        return None
    begin, end = site.place.delta, len(data)
    for entry in site.run:
        at = begin + entry.offset
        if at + entry.size > end:
            reason = f"needs {entry.size} bytes, has {max(0, end - at)}"
            return Finding(entry.path, at, "StreamError", reason, None, at + entry.size)
        if entry.wanted is not None and data[at : at + entry.size] != entry.wanted:
            return None
    return None


def encode_error(name: str, raw: bool, error: Exception) -> EncodeError:
    """Return what *error*, raised while a message was built, is to the caller."""
    found = locate(error)
    reason = f"{found.kind}: {found.reason}" if raw else found.reason
    made = EncodeError(name, ".".join(map(str, found.path)) or None, reason)
    if found.cause is not None:
        made.__cause__ = found.cause
    return made


def locate(error: Exception) -> Finding:
    """Return what *error* says, and where in the schema it was raised."""
    path: Path = ()
    last: tuple[Site, FrameType] | None = None
    trace = error.__traceback__
    while trace is not None:
        site = _site(trace)
        if site is not None:
            path = (*path, *_resolved(site.path, trace.tb_frame.f_locals))
            last = site, trace.tb_frame
        trace = trace.tb_next
    if last is None:
        return Finding(path, None, type(error).__name__, _said(error), error)
    return _found(error, path, *last)


def _site(trace: TracebackType) -> Site | None:
    sites = trace.tb_frame.f_globals.get(SITES)
    return None if sites is None else sites.get(trace.tb_lineno)


def _resolved(path: Path, local: Local) -> Path:
    """Return *path* with the indices of elements filled in."""
    return tuple(_index(local.get(part.variable, 0)) if isinstance(part, Count) else part for part in path)


def _index(counter: Any) -> str:
    return str(counter if isinstance(counter, int) else len(counter))


def _found(error: Exception, path: Path, site: Site, frame: FrameType) -> Finding:
    local = frame.f_locals
    offset = _value(site.place, local)
    match error:
        case Fault() | Refused():
            inside, at = (*path, *error.path), offset if error.offset is None else error.offset
            return Finding(inside, at, error.kind, error.reason, error.__cause__, error.needed)
        case Short() | IndexError() | struct.error() if site.kind == "run":
            return _in_run(path, site, offset or 0, local)
        case UnicodeDecodeError():
            reason = (
                f"is no UTF-8: {error.reason}"
                if error.encoding == "utf-8"
                else f"is no {error.encoding}: {error.reason}"
            )
            return Finding(path, (offset or 0) + error.start, "StringError", reason, error)
        case UnicodeEncodeError():
            return Finding(path, offset, "StringError", f"{error.object!r} has no UTF-8: {error.reason}", error)
        case _:
            return _by_kind(error, path, site, frame, offset)


def _by_kind(error: Exception, path: Path, site: Site, frame: FrameType, offset: int | None) -> Finding:
    match site.kind:
        case "pack":
            return _in_pack(error, path, site, frame)
        case "bits":
            return _in_bits(error, path, site, frame.f_locals)
        case "row":
            return _in_row(error, path, site, frame.f_locals)
        case "interpreted":
            return _interpreted(error, path, site, frame.f_locals, offset)
        case "class":
            return Finding(path, offset, type(error).__name__, f"refused by its class: {error}", error)
        case "member":
            return Finding(path, offset, "MappingError", str(error), error)
        case "text":
            return Finding(path, offset, "StringError", _said(error), error)
        case "mapped":
            return Finding(path, offset, "MappingError", f"{_key(error)} has no meaning", error)
        case _:
            return Finding(path, offset, type(error).__name__, _said(error), error)


def _value(place: Place | None, local: Local) -> int | None:
    if place is None:
        return None
    if place.variable is None:
        return place.delta
    found = local.get(place.variable)
    return found + place.delta if isinstance(found, int) else None


def _in_run(path: Path, site: Site, begin: int, local: Local) -> Finding:
    """Find the field of a run that has no room, or in front of that the constant that is another."""
    data = local[site.data]
    end = local.get(site.end, len(data)) if site.end is not None else len(data)
    outer = path[: len(path) - len(site.path)]
    for entry in site.run:
        at = begin + entry.offset
        inside = (*outer, *_resolved(entry.path, local))
        if at + entry.size > end:
            reason = f"needs {entry.size} bytes, has {max(0, end - at)}"
            return Finding(inside, at, "StreamError", reason, None, at + entry.size)
        if entry.wanted is not None and data[at : at + entry.size] != entry.wanted:
            found = data[at : at + entry.size]
            return Finding(inside, at, "ConstError", f"is {found!r}, not {entry.wanted!r}", None)
    size = begin + max(entry.offset + entry.size for entry in site.run)
    return Finding((), size, "TerminatedError", f"{end - size} bytes are left over", None)


def _in_pack(error: Exception, path: Path, site: Site, frame: FrameType) -> Finding:
    """Find the value of a run that does not fit."""
    outer = path[: len(path) - len(site.path)]
    for entry in site.run:
        inside = (*outer, *_resolved(entry.path, frame.f_locals))
        try:
            value = eval(entry.value, frame.f_globals, dict(frame.f_locals))  # our own text
        except Exception as failed:
            return Finding(inside, None, type(failed).__name__, _said(failed), failed)
        reason = unfit(entry, value)
        if reason is not None:
            return Finding(inside, None, str(entry.wanted), reason, error)
    return Finding(path, None, type(error).__name__, _said(error), error)


def _in_bits(error: Exception, path: Path, site: Site, local: Local) -> Finding:
    """Find the number that does not fit its bits."""
    outer = path[: len(path) - len(site.path)]
    for entry in site.run:
        value = local.get(entry.value, entry.value)
        least = 1 << entry.size - 1 if entry.code == "b" else 0
        if not isinstance(value, int) or value + least >> entry.size:
            inside, cause = (*outer, *_resolved(entry.path, local)), None if isinstance(error, Unfit) else error
            return Finding(inside, None, "IntegerError", f"{value!r} does not fit {entry.size} bits", cause)
    return Finding(path, None, "IntegerError", _said(error), error)


def _in_row(error: Exception, path: Path, site: Site, local: Local) -> Finding:
    """Find the element of a row of numbers that does not fit."""
    (entry,) = site.run
    values = local[entry.value]
    for index, value in enumerate(values if isinstance(values, (list, tuple)) else ()):
        reason = unfit(entry._replace(label=""), value)
        if reason is not None:
            inside = (*path, str(index)) if entry.label == "indexed" else path
            return Finding(
                inside, None, str(entry.wanted), reason.replace("too large for the indexed in front: ", ""), error
            )
    return Finding(path, None, type(error).__name__, _said(error), error)


def unfit(entry: Entry, value: Any) -> str | None:
    """Return why *value* cannot be packed as *entry* says; None where it can."""
    try:
        if entry.code not in ("t", "T"):
            struct.pack("<" + entry.code, value)
            return None
    except (struct.error, OverflowError, TypeError, ValueError):
        pass
    if entry.code in ("e", "f", "d"):
        if isinstance(value, (int, float)):
            return f"{value!r} does not fit {entry.size} bytes"
        return f"{value!r} is no float"
    if not isinstance(value, int):
        return f"{value!r} is no int"
    signed = entry.code.islower()
    lowest, highest = (-(1 << entry.size * 8 - 1) if signed else 0), (1 << entry.size * 8 - signed) - 1
    if lowest <= value <= highest:
        return None
    reason = f"{value} is not in {lowest}..{highest}"
    return f"too large for the {entry.label} in front: {reason}" if entry.label else reason


def _interpreted(error: Exception, path: Path, site: Site, local: Local, offset: int | None) -> Finding:
    """Return what an interpreted construct said, with its path below ours."""
    stream = local.get(site.stream) if site.stream is not None else None
    base = local.get("begin", 0)
    at = offset if stream is None else stream.tell() + (base if isinstance(base, int) else 0)
    inside = getattr(error, "path", None)
    text = (str(error).strip().splitlines() or [type(error).__name__])[-1]
    if isinstance(inside, str):
        text = text.removeprefix(f"Error in path {inside}").strip() or type(error).__name__
        path = (*path, *(name for name in inside.split(" -> ")[1:] if name))
    return Finding(path, at, type(error).__name__, text, error)


def _key(error: Exception) -> str:
    return repr(error.args[0]) if error.args else "it"


def _said(error: Exception) -> str:
    match error:
        case KeyError():
            return f"there is no {_key(error)}"
        case AttributeError():
            return f"there is no {error.name!r}" if error.name else str(error)
        case _:
            return str(error).strip() or type(error).__name__
