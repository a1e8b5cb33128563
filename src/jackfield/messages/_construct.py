"""What is asked of constructs by name: the type that they parse to, and what they say of data."""

from __future__ import annotations

from typing import Any

import construct
from construct import Construct

from ..interfaces import Buffer


def explain_foreign(schema: Construct[Any, Any], data: Buffer) -> str:
    """Return what construct says of *data*."""
    try:
        schema.parse(bytes(data))
    except Exception as error:  # most of what constructs raise, but not all, is of their own class
        return f"{type(error).__name__}: {error}"
    return "ok"


def type_of(schema: Construct[Any, Any]) -> type | None:
    """Return the Python type that *schema* parses to, as far as it is known for sure."""
    match schema:
        case construct.Renamed() | construct.Const() | construct.Default() | construct.Rebuild():
            return type_of(schema.subcon)
        case construct.FormatField():
            return float if str(schema.fmtstr)[-1] in "efd" else int
        case construct.BytesInteger() | construct.BitsInteger():
            return int
        case construct.Bytes():
            return bytes
        case construct.StringEncoded():
            return str
        case construct.Array() | construct.RepeatUntil():
            return list
        case _:
            if schema is construct.VarInt or schema is construct.ZigZag:
                return int
            if schema is construct.Flag:
                return bool
            return bytes if schema is construct.GreedyBytes else None


def takes_all_foreign(schema: Construct[Any, Any]) -> bool:
    """Return whether *schema* itself is one of those that read to the end of their input."""
    inner = schema.subcon if isinstance(schema, construct.Renamed) else schema
    return inner is construct.GreedyBytes or isinstance(inner, construct.GreedyRange)
