"""TLS, PROXY and credentials: what they learn is in the type, and the order in which they stand is checked."""

from __future__ import annotations

from typing import assert_type

import jackfield as jf
from jackfield.addresses import Address

tls = jf.Tls(certificate="c.pem", key="k.pem", client_ca="ca.pem", alpn=["jf/1"], minimum="TLSv1.3")
proxy = jf.ProxyProtocol(trusted=["10.0.0.0/8"])
tcp = jf.tcp("", 9000)

assert_type(tcp.through(tls), jf.Incoming[jf.Connection[jf.Secured]])
assert_type(tcp.through(proxy), jf.Incoming[jf.RawConnection[jf.Proxied]])
assert_type(
    jf.unix_stream("door").through(jf.PeerCredentials()).through(tls),
    jf.Incoming[jf.Connection[jf.Credentials | jf.Secured]],
)

secure = (
    tcp.through(jf.Limit(total=10_000))
    .through(proxy)
    .only(lambda connection: jf.Proxied.of(connection).version == 2)
    .through(jf.Limit(per_peer=20))
    .through(tls)
)
assert_type(secure, jf.Incoming[jf.Connection[jf.Proxied | jf.Secured]])


def greet(connection: jf.Connection[jf.Proxied | jf.Secured]) -> None:
    assert_type(jf.Secured.of(connection).peer_name, str)
    assert_type(jf.Proxied.of(connection).client, Address)
    connection.send(jf.Secured.of(connection).peer_name.encode())


def either(connection: jf.Connection[jf.Secured]) -> None: ...


def any_of_them(connection: jf.Connection) -> None: ...


wire = jf.Wire(frame=jf.LengthPrefixed(jf.U32, maximum=100))
needing: jf.Service[None, jf.Secured] = jf.Service(wire)
plain = jf.Service(wire)

jf.Server(secure, greet, jf.Threads())
jf.Server(secure, either, jf.Forks())
jf.Server(secure, any_of_them)
jf.Server(secure, needing, jf.ThreadPool(4))
jf.Server(secure, plain)
