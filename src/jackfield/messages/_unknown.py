"""What arrived under a tag that nobody declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, final

import attrs

TagValue: TypeAlias = int | bytes | tuple[int, ...]
"""What tells messages of a wire or a union apart."""
TagRule: TypeAlias = Callable[[int], int]
"""For a reply: gives its tag, from its request's."""


@final
@attrs.frozen
class Unknown:
    """A message under a tag that nobody declared, or has a handler for: the tag and the bytes, to be sent on unchanged.

    As a member of a union, ``Annotated[Add | Log | Unknown, Tagged(U8)]``, it takes all there is.
    """

    tag: TagValue
    """The tag as messages declare theirs; ``()`` where there is none."""
    payload: bytes
    """What stood behind it, as it came."""
