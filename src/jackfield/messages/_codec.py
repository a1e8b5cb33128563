"""A codec: bytes to messages and back, for a declared message or a raw construct.

This is the seam behind which schemas are interpreted; whatever takes that place keeps these promises.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar, final, overload

from construct import Construct

from ..errors import DeclarationError, DecodeError, EncodeError
from ..interfaces import Buffer, Framer
from ._build import writer
from ._construct import explain_foreign
from ._declare import plan_of
from ._faults import Fault
from ._frame import SchemaFramer, unframeable, walker
from ._parse import reader
from ._plan import Foreign, Record

MessageT = TypeVar("MessageT")


@final
class Codec(Generic[MessageT]):
    """Parses and builds one kind of message. Immutable, so any number of threads may share it."""

    @overload
    def __init__(self, schema: type[MessageT], /) -> None: ...
    @overload
    def __init__(self, schema: Construct[MessageT, Any], /) -> None: ...
    def __init__(self, schema: Any, /) -> None:
        """Make the codec of *schema*, a message class or any construct.

        Raises DeclarationError for anything else.
        """
        node: Record | Foreign = Foreign(schema) if isinstance(schema, Construct) else plan_of(schema)
        self.name: Final[str] = node.name if isinstance(node, Record) else _name_of(node)
        self._node = node
        self._read = reader(node)
        self._write = writer(node)
        self._walker = None if unframeable(node) else walker(node)

    def parse(self, data: Buffer, /) -> MessageT:
        """Return the message that *data* is, all of it.

        Raises DecodeError, and nothing else, where it is none, or where bytes are left over. The message keeps
        no hold of *data*.
        """
        message, stopped = self.parse_from(data, 0)
        if stopped != len(data):
            raise DecodeError(self.name, None, stopped, f"{len(data) - stopped} bytes are left over")
        return message

    def parse_from(self, buffer: Buffer, offset: int, /) -> tuple[MessageT, int]:
        """Return the message that begins at *offset*, and the offset behind it; raises DecodeError as `parse`."""
        data = bytes(buffer)
        try:
            message, stopped = self._read(data, offset, len(data))
        except Fault as fault:
            raise DecodeError(self.name, fault.field, fault.offset - offset, fault.reason) from fault.__cause__
        return message, stopped

    def build(self, message: MessageT, /) -> bytes:
        """Return *message* as it stands on the wire; raises EncodeError, and nothing else, where it cannot."""
        try:
            return self._write(message)
        except Fault as fault:
            raise EncodeError(self.name, fault.field, fault.reason) from fault.__cause__

    def check_framing(self) -> None:
        """Raise DeclarationError where a stream cannot be cut by this schema, naming the field and the way out."""
        found = unframeable(self._node)
        if found is not None:
            raise DeclarationError(
                self.name,
                ".".join(found[0]) or None,
                f"{found[1]}: put the message behind a length prefix, or serve it over datagrams",
            )

    def framer(self, *, maximum: int) -> Framer:
        """Return a framer, for one conversation, that cuts a stream by this schema.

        *maximum* is in bytes of one message. Raises DeclarationError as `check_framing` does.
        """
        self.check_framing()
        if self._walker is None:
            raise AssertionError("a schema that can be framed has a walker")
        return SchemaFramer(self.name, self._walker, maximum)

    def explain(self, data: Buffer, /) -> str:
        """Return in words what is wrong with *data*, or ``"ok"``: for people, not for programs."""
        if isinstance(self._node, Foreign):
            return explain_foreign(self._node.schema, data)
        try:
            self.parse(data)
        except DecodeError as error:
            return str(error)
        return "ok"


def _name_of(node: Foreign) -> str:
    name = getattr(node.schema, "name", None)
    return name if isinstance(name, str) else type(node.schema).__name__


_codecs: Final[dict[object, Codec[Any]]] = {}


@overload
def codec_for(schema: type[MessageT], /) -> Codec[MessageT]: ...
@overload
def codec_for(schema: Construct[MessageT, Any], /) -> Codec[MessageT]: ...
@overload
def codec_for(schema: type[object] | Construct[object, Any], /) -> Codec[Any]: ...
def codec_for(schema: Any, /) -> Codec[Any]:
    """Return the codec of *schema*, made at its first use and kept; raises as `Codec` does.

    Two threads that ask at the same first time may both make one, and get the same.
    """
    found = _codecs.get(schema)
    return found if found is not None else _codecs.setdefault(schema, Codec(schema))
