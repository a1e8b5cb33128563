"""TLS, as a negotiation and a layer: bytes in, bytes out, so that whoever drives the connection does it anywhere.

A handshake never holds up accepting, and stands under ``Limits.handshake``. What knows the ssl module is imported
when the first `Tls` is made, since it costs more time than the rest of the library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, final, overload

from typing_extensions import TypeVar

from ..addresses import Address
from ..connections import Connection, RawConnection, Secured
from ..errors import CompositionError
from ..interfaces import Negotiation

if TYPE_CHECKING:
    import ssl

FacetsT = TypeVar("FacetsT")
File: TypeAlias = str | Path
Version: TypeAlias = Literal["TLSv1.2", "TLSv1.3"]


@final
class Tls:
    """Secures each connection; behind it `Secured` tells how, and who the client is.

    One object may stand behind any number of listeners.
    """

    __slots__ = ("_begin", "_recipe")

    @overload
    def __init__(self, context: ssl.SSLContext, /) -> None: ...
    @overload
    def __init__(
        self,
        *,
        certificate: File,
        key: File | None = None,
        client_ca: File | None = None,
        alpn: Iterable[str] = (),
        minimum: Version = "TLSv1.2",
    ) -> None: ...
    def __init__(
        self,
        context: ssl.SSLContext | None = None,
        *,
        certificate: File | None = None,
        key: File | None = None,
        client_ca: File | None = None,
        alpn: Iterable[str] = (),
        minimum: Version = "TLSv1.2",
    ) -> None:
        """Serve with *certificate* (a PEM file with its chain) and *key* (a PEM file; None: in the same file).

        With *client_ca* (a PEM file of authorities) clients have to show a certificate that one of them issued.
        *alpn* names the protocols that we speak, the preferred first (RFC 7301). *minimum* is the oldest version of
        TLS. Or give a whole *context*, made for the server's side, which is used as it is.

        Raises OSError (ssl.SSLError among them) for files that cannot be read or do not belong together.
        """
        from ._handshake import Recipe, handshakes  # see above  # noqa: PLC0415

        self._recipe: Callable[[], Callable[[Address], Negotiation[Secured]]] | None = None
        if context is not None:
            self._begin = handshakes(context)
        elif certificate is not None:
            recipe = Recipe(certificate=certificate, key=key, client_ca=client_ca, alpn=tuple(alpn), minimum=minimum)
            self._recipe = recipe.handshakes
            self._begin = recipe.handshakes()
        else:
            raise CompositionError("Tls needs certificate=, or a context")

    def __call__(self, connection: RawConnection[FacetsT], /) -> Connection[FacetsT | Secured]:
        """Have the handshake made by whoever drives *connection*, before its next step."""
        return connection.negotiate(self._begin(connection.peer))

    def reload(self) -> None:
        """Read the files again; connections from now on get what is in them, those under way stay as they are.

        Raises OSError (ssl.SSLError among them) where they cannot be read or do not belong together: then
        everything stays as it was. Raises CompositionError for a `Tls` that was given its context: change that.
        """
        if self._recipe is None:
            raise CompositionError("this Tls was given a context and knows no files: call its load_cert_chain")
        self._begin = self._recipe()
