"""Connections that are not what their handler needs, and steps in an order that cannot be; see test_typing."""

from __future__ import annotations

import ssl

import jackfield as jf

tls = jf.Tls(certificate="c.pem", key="k.pem")
proxy = jf.ProxyProtocol(trusted=["10.0.0.0/8"])
tcp = jf.tcp("", 9000)
udp = jf.udp("", 9000)


def greet(connection: jf.Connection[jf.Proxied | jf.Secured]) -> None: ...


def secured(connection: jf.Connection[jf.Secured]) -> None: ...


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=100))
needing: jf.Service[None, jf.Secured] = jf.Service(wire)

tcp.through(tls).through(proxy)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "ProxyProtocol"; expected "Callable[[Connection[Secured, object]], Connection[Secured | Proxied, Unread] | None]"
# pyright says: Type "ProxyProtocol" is not assignable to type "(Connection[Secured, object]) -> (RawConnection[Secured | Proxied] | None)"
tcp.through(tls).through(tls)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Tls"; expected "Callable[[Connection[Secured, object]], Connection[Secured, object] | None]"
# pyright says: Type "Tls" is not assignable to type "(Connection[Secured, object]) -> (Connection[Secured, object] | None)"
tcp.through(tls).through(jf.PeerCredentials())
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "PeerCredentials"; expected "Callable[[Connection[Secured, object]], Connection[Secured | Credentials, Unread] | None]"
# pyright says: Type "PeerCredentials" is not assignable to type "(Connection[Secured, object]) -> (RawConnection[Secured | Credentials] | None)"
udp.through(tls)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "Tls"; expected "Callable[[Datagram[Never]], Connection[Secured, object] | None]"
# pyright says: Type "Tls" is not assignable to type "(Datagram[Never]) -> (Connection[FacetsT@__call__ | Secured, object] | None)"
udp.through(proxy)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "ProxyProtocol"; expected "Callable[[Datagram[Never]], Connection[Proxied, Unread] | None]"
# pyright says: Type "ProxyProtocol" is not assignable to type "(Datagram[Never]) -> (RawConnection[FacetsT@__call__ | Proxied] | None)"
jf.Server(tcp, secured)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Secured, object]], None]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Type "(connection: Connection[Secured, object]) -> None" is not assignable to type "(RawConnection[Never]) -> Session"
jf.Server(tcp.through(proxy), secured)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Secured, object]], None]"; expected "Callable[[Connection[Proxied, Unread]], None]"
# pyright says: Type "(connection: Connection[Secured, object]) -> None" is not assignable to type "(RawConnection[Proxied]) -> Session"
jf.Server(tcp.through(tls), greet)
# mypy says: Argument 2 to "Server" has incompatible type "Callable[[Connection[Proxied | Secured, object]], None]"; expected "Callable[[Connection[Secured, object]], None]"
# pyright says: Type "(connection: Connection[Proxied | Secured, object]) -> None" is not assignable to type "(Connection[Secured, object]) -> Session"
jf.Server(tcp.through(proxy), needing)
# mypy says: Argument 2 to "Server" has incompatible type "Service[None, Secured]"; expected "Callable[[Connection[Proxied, Unread]], None]"
# pyright says: Type "Service[None, Secured]" is not assignable to type "(RawConnection[Proxied]) -> Session"
tcp.through(jf.Tls)
# mypy says: Argument 1 to "through" of "Incoming" has incompatible type "type[Tls]"; expected "Callable[[Connection[Never, Unread]], None]"
# pyright says: Argument of type "type[Tls]" cannot be assigned to parameter "step" of type "(RawConnection[Never]) -> (NewT@through | None)" in function "through"
jf.Tls()
# mypy says: All overload variants of "Tls" require at least one argument
# pyright says: Argument types: ()
jf.Tls(key="k.pem")
# mypy says: No overload variant of "Tls" matches argument type "str"
# pyright says: Argument types: (Literal['k.pem'])
jf.Tls("c.pem", "k.pem")
# mypy says: No overload variant of "Tls" matches argument types "str", "str"
# pyright says: Argument types: (Literal['c.pem'], Literal['k.pem'])
jf.Tls(ssl.create_default_context(), certificate="c.pem")
# mypy says: No overload variant of "Tls" matches argument types "SSLContext", "str"
# pyright says: Argument types: (SSLContext, Literal['c.pem'])
jf.Tls(certificate="c.pem", minimum="TLSv1.1")
# mypy says: No overload variant of "Tls" matches argument types "str", "str"
# pyright says: Argument of type "Literal['TLSv1.1']" cannot be assigned to parameter "minimum" of type "Version" in function "__init__"
jf.ProxyProtocol(["10.0.0.0/8"])
# mypy says: Too many positional arguments for "ProxyProtocol"
# pyright says: Expected 0 positional arguments
jf.ProxyProtocol()
# mypy says: Missing named argument "trusted" for "ProxyProtocol"
# pyright says: Argument missing for parameter "trusted"


def reads(connection: jf.Connection[jf.Secured]) -> None:
    jf.Proxied.of(connection)
    # mypy says: Argument 1 to "of" of "Facet" has incompatible type "Connection[Secured, object]"; expected "Peered[Proxied]"
    # pyright says: Type "(kind: type[Secured], /) -> (Facet | None)" is not assignable to type "(kind: type[FacetsT_contra@Peered], /) -> (Facet | None)"
    jf.Secured.of(connection).cipher = "none"
    # mypy says: Property "cipher" defined in "Secured" is read-only
    # pyright says: Cannot assign to attribute "cipher" for class "Secured"
