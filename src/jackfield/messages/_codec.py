"""A codec: bytes to messages and back, for a declared message or a raw construct, by functions compiled for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar, final, overload

from construct import Construct

from ..errors import DecodeError
from ..interfaces import Buffer, Framer
from ._construct import explain_foreign
from ._declare import plan_of
from ._front import interpreted, lower, name_of
from ._lower import record_of
from .compiler import Interpreted, Node, Program, subtree

MessageT = TypeVar("MessageT")


@final
class Codec(Generic[MessageT]):
    """Parses and builds one kind of message.

    What it needs is compiled when it is first used, and kept. Any number of threads may share it.
    """

    @overload
    def __init__(self, schema: type[MessageT], /) -> None: ...
    @overload
    def __init__(self, schema: Construct[MessageT, Any], /) -> None: ...
    def __init__(self, schema: Any, /) -> None:
        """Make the codec of *schema*, a message class or any construct.

        A construct parses to a record with its fields as attributes and as items, equal to the Container that
        construct would make; it builds from such a record, a Container, or any mapping. Raises DeclarationError
        for what is neither.
        """
        self._raw: Construct[Any, Any] | None = schema if isinstance(schema, Construct) else None
        node: Node = lower(schema) if isinstance(schema, Construct) else record_of(plan_of(schema))
        self.name: Final[str] = name_of(schema) if isinstance(schema, Construct) else schema.__name__
        self._program = Program(self.name, node, raw=self._raw is not None)
        self._builder = self._program
        if self._raw is not None and any(isinstance(one, Interpreted) and one.jumps for one in subtree(node)):
            self._builder = Program(self.name, interpreted(self._raw), raw=True)

    def parse(self, data: Buffer, /) -> MessageT:
        """Return the message that *data* is, all of it.

        Raises DecodeError, and nothing else, where it is none, or where bytes are left over. The message keeps
        no hold of *data*.
        """
        function: Callable[[Buffer], MessageT] = self._program.parse()
        vars(self)["parse"] = function  # the next call goes straight there
        return function(data)

    def parse_from(self, buffer: Buffer, offset: int, /) -> tuple[MessageT, int]:
        """Return the message that begins at *offset*, and the offset behind it; raises DecodeError as `parse`."""
        data = buffer if type(buffer) is bytes else bytes(memoryview(buffer))
        message, stopped = self._program.parse_from()(data, offset)
        return message, stopped

    def build(self, message: MessageT, /) -> bytes:
        """Return *message* as it stands on the wire; raises EncodeError, and nothing else, where it cannot."""
        function: Callable[[MessageT], bytes] = self._builder.build()
        vars(self)["build"] = function  # the next call goes straight there
        return function(message)

    def check_framing(self) -> None:
        """Raise DeclarationError where a stream cannot be cut by this schema, naming the field and the way out."""
        self._program.check_framing()

    def framer(self, *, maximum: int) -> Framer:
        """Return a framer, for one conversation, that cuts a stream by this schema.

        *maximum* is in bytes of one message. Raises DeclarationError as `check_framing` does.
        """
        return self._program.framer(maximum)

    @property
    def source(self) -> str:
        """The Python that this codec runs; the same schema gives the same text."""
        return self._program.source()

    def explain(self, data: Buffer, /) -> str:
        """Return in words what is wrong with *data*, or ``"ok"``: for people, not for programs.

        For a raw schema it is what construct itself says, with its class and path.
        """
        if self._raw is not None:
            return explain_foreign(self._raw, data)
        try:
            self.parse(data)
        except DecodeError as error:
            return str(error)
        return "ok"


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
