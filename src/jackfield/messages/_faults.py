"""What goes wrong inside a message, before it is known which message it is and where in it we are.

A fault collects the names of the fields on its way out; the codec makes a DecodeError or an EncodeError of it.
"""

from __future__ import annotations

from typing import NoReturn, final


@final
class Fault(Exception):
    """Bytes or a value that a node cannot take."""

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset
        self.path: list[str] = []
        """Names of fields, the innermost first."""

    @property
    def field(self) -> str | None:
        """The path from outside in, with dots; None where no field is to blame."""
        return ".".join(reversed(self.path)) or None


def short(needed: int, left: int, offset: int) -> NoReturn:
    """Raise the fault of input that ends too early."""
    raise Fault(f"needs {needed} bytes, has {left}", offset)
