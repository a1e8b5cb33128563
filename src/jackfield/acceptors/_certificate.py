"""From what the ssl module says of a peer to values with types."""

from __future__ import annotations

import ssl
from collections.abc import Iterable

from ..connections import Certificate


def certificate_of(tls: ssl.SSLObject, /) -> Certificate | None:
    """Return the peer's certificate; None where it has shown none, or none that was verified."""
    found = tls.getpeercert()
    der = tls.getpeercert(binary_form=True)
    if not found or der is None:
        return None
    return Certificate(
        common_name=_named(found.get("subject"), "commonName"),
        names=tuple(value for _, value in _pairs(found.get("subjectAltName"))),
        issuer=_named(found.get("issuer"), "commonName") or _named(found.get("issuer"), "organizationName"),
        serial_number=str(found.get("serialNumber", "")),
        not_before=float(ssl.cert_time_to_seconds(str(found["notBefore"]))),
        not_after=float(ssl.cert_time_to_seconds(str(found["notAfter"]))),
        der=der,
    )


def _named(name: object, kind: str) -> str:
    """Return the last value of *kind* in a distinguished name, as the ssl module spells one."""
    pairs = [pair for part in (name if isinstance(name, tuple) else ()) for pair in _pairs(part)]
    return next((value for key, value in reversed(pairs) if key == kind), "")


def _pairs(values: object) -> Iterable[tuple[str, str]]:
    for value in values if isinstance(values, tuple) else ():
        match value:
            case (str(key), str(what)):
                yield key, what
            case _:
                pass
