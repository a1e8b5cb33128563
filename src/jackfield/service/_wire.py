"""What both ends agree on: how a stream is cut, and where the tag stands."""

from __future__ import annotations

from typing import final

from typing_extensions import TypeForm

from ..errors import DeclarationError, DecodeError, EncodeError
from ..messages import Number, number_of, tag_of
from ._frames import Frame


@final
class Wire:
    """An agreement between a service and its clients; immutable, and no end's property."""

    __slots__ = ("frame", "tag")

    def __init__(self, *, frame: Frame | None = None, tag: TypeForm[int] | None = None) -> None:
        """Cut streams by *frame*, and tell messages apart by a *tag* in front of each (``U8``, say).

        Without a frame the wire is for datagrams only, without a tag it carries one kind of request. Raises
        DeclarationError for a tag that is no number.
        """
        self.frame: Frame | None = frame
        self.tag: Number | None = None if tag is None else number_of(tag)

    def tag_bytes(self, cls: type, /, *, otherwise: bytes | None = None) -> bytes:
        """Return what stands in front of a message of *cls*; *otherwise* is for a class without a tag.

        Raises DeclarationError where the wire has a tag and neither the class nor *otherwise* says which, or
        where the number cannot carry it.
        """
        if self.tag is None:
            return b""
        value = tag_of(cls)
        if value is None:
            if otherwise is not None:
                return otherwise
            raise DeclarationError(cls.__name__, None, "has no tag, and its wire tells messages apart by one")
        if not isinstance(value, int):
            raise DeclarationError(cls.__name__, None, f"the tag {value!r} is no {self.tag.name}")
        try:
            return self.tag.build(value)
        except EncodeError as error:
            raise DeclarationError(cls.__name__, None, f"the tag {error.reason}") from error

    def split(self, payload: bytes, /) -> tuple[bytes, bytes]:
        """Return the tag in front of *payload*, as it stands there, and the rest.

        Raises DecodeError where the payload is shorter than a tag.
        """
        size = 0 if self.tag is None else self.tag.size
        if len(payload) < size:
            raise DecodeError("tag", None, 0, f"needs {size} bytes, has {len(payload)}")
        return payload[:size], payload[size:]

    def spoken(self, tag: bytes, /) -> int | None:
        """Return *tag*, as it stands on the wire, as a number; None where the wire has none."""
        return None if self.tag is None else self.tag.parse(tag)
