"""What acceptors of ours learn about a connection; each is read with ``Secured.of(connection)``."""

from __future__ import annotations

from typing import final

import attrs

from ..addresses import Address
from ..core import ProxiedTls
from ..interfaces import Facet


@final
@attrs.frozen(kw_only=True)
class Certificate:
    """A certificate that was verified."""

    common_name: str
    """The subject's; empty where there is none."""
    names: tuple[str, ...]
    """The subject's alternative names: DNS names, IP addresses, mail addresses and URIs, in their order."""
    issuer: str
    """The issuer's common name, or its organisation where that is missing."""
    serial_number: str
    """In hexadecimal digits."""
    not_before: float
    """Seconds since 1970, UTC."""
    not_after: float
    """Seconds since 1970, UTC."""
    der: bytes
    """The whole of it, in DER."""


@final
@attrs.frozen(kw_only=True)
class Secured(Facet):
    """The connection is inside TLS."""

    version: str
    """``"TLSv1.3"`` or ``"TLSv1.2"``."""
    cipher: str
    """OpenSSL's name of the cipher suite."""
    alpn: str | None
    """The protocol that both agreed on (RFC 7301); None where they did not."""
    server_name: str | None
    """The host name that the client asked for (RFC 6066, 3); None where it asked for none."""
    certificate: Certificate | None
    """The client's, which is there where ``client_ca`` was given."""

    @property
    def peer_name(self) -> str:
        """What the client's certificate calls it: the common name, or else its first alternative name; or empty."""
        if self.certificate is None:
            return ""
        return self.certificate.common_name or next(iter(self.certificate.names), "")


@final
@attrs.frozen(kw_only=True)
class Proxied(Facet):
    """The connection was passed on by a proxy, which said for whom; ``connection.peer`` is the client from then on."""

    proxy: Address
    """Who connected to us."""
    client: Address
    """For whom; the proxy itself where it does not say (UNKNOWN, UNSPEC)."""
    destination: Address | None
    """Where the client connected to; None where the proxy does not say."""
    version: int
    """Of the header: 1 or 2."""
    authority: str | None
    """The host name that the client asked for."""
    alpn: bytes | None
    unique_id: bytes | None
    """The proxy's own number for the connection, 128 bytes at most."""
    namespace: str | None
    """The network namespace of the proxy's side."""
    tls: ProxiedTls | None
    """The TLS that the proxy ended; None where the client came without, or the proxy does not say."""
    others: tuple[tuple[int, bytes], ...]
    """Values of types that are not named here, in order."""


@final
@attrs.frozen(kw_only=True)
class Credentials(Facet):
    """Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED, unix(7)): as of ``connect``."""

    pid: int
    """The process; it may be gone, and its number may be another's by now."""
    uid: int
    gid: int
