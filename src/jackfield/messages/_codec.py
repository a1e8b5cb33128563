"""A codec: bytes to messages and back, for a declared message or a raw construct, by functions compiled for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar, final, overload

from construct import Construct

from ..errors import DecodeError
from ..interfaces import Buffer, Framer
from ._compiled import compiled
from ._construct import explain_foreign
from ._declared import plan_of
from ._front import interpreted, lower, name_of
from ._unknown import TagValue
from .compiler import Interpreted, Program, subtree

MessageT = TypeVar("MessageT")


@final
class Codec(Generic[MessageT]):
    """Parses and builds one kind of message.

    What it needs is compiled when it is first used, and kept. Any number of threads may share it.
    """

    @overload
    def __init__(self, schema: type[MessageT], /, *, tag: TagValue | None = ...) -> None: ...
    @overload
    def __init__(self, schema: Construct[MessageT, Any], /) -> None: ...
    def __init__(self, schema: Any, /, *, tag: TagValue | None = None) -> None:
        """Make the codec of *schema*, a message class or any construct; *tag* is for a message without one of its own.

        A construct parses to a record with its fields as attributes and as items, equal to the Container that
        construct would make; it builds from such a record, a Container, or any mapping. Raises DeclarationError
        for what is neither.
        """
        self._raw: Construct[Any, Any] | None = schema if isinstance(schema, Construct) else None
        self._program: Program
        self._builder: Program
        if isinstance(schema, Construct):
            node, name = lower(schema), name_of(schema)
            self._program = self._builder = Program(name, node, raw=True)
            if any(isinstance(one, Interpreted) and one.jumps for one in subtree(node)):
                self._builder = Program(name, interpreted(schema), raw=True)
        else:
            record = plan_of(schema, tag)
            name = record.name
            self._program = self._builder = compiled(record)
        self.name: Final[str] = name

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

    def prepare(self) -> None:
        """Compile now what `parse` and `build` would compile when they are first used."""
        self._program.parse()
        self._builder.build()

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
def codec_for(schema: type[MessageT], /, *, tag: TagValue | None = ...) -> Codec[MessageT]: ...
@overload
def codec_for(schema: Construct[MessageT, Any], /) -> Codec[MessageT]: ...
@overload
def codec_for(schema: type[object] | Construct[object, Any], /) -> Codec[Any]: ...
def codec_for(schema: Any, /, *, tag: TagValue | None = None) -> Codec[Any]:
    """Return the codec of *schema*, with *tag*, made at its first use and kept; raises as `Codec` does.

    Two threads that ask at the same first time may both make one, and get the same.
    """
    key = schema if tag is None else (schema, tag)
    found = _codecs.get(key)
    if found is None:
        found = _codecs.setdefault(key, Codec(schema) if tag is None else Codec(schema, tag=tag))
    return found
