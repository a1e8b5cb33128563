"""Certificates for tests, of an authority of their own."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path
from typing import NamedTuple

import trustme


class Files(NamedTuple):
    """A certificate and its key, in PEM."""

    certificate: Path
    key: Path


@cache
def authority() -> trustme.CA:
    """Return the authority that issues all of them."""
    return trustme.CA()


def issued(folder: Path, *names: str, by: trustme.CA | None = None, common_name: str | None = None) -> Files:
    """Write a certificate for *names* into *folder*."""
    made = (by or authority()).issue_cert(*names, common_name=common_name)
    files = Files(folder / f"{names[0]}.pem", folder / f"{names[0]}.key")
    made.cert_chain_pems[0].write_to_path(files.certificate)
    made.private_key_pem.write_to_path(files.key)
    return files


def authority_file(folder: Path) -> Path:
    """Write the authority's own certificate into *folder*."""
    path = folder / "authority.pem"
    authority().cert_pem.write_to_path(path)
    return path


def client_context(*, client: Files | None = None, alpn: list[str] | None = None) -> ssl.SSLContext:
    """Return a context that trusts the authority, and shows *client* where it is given."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    if client is not None:
        context.load_cert_chain(*client)
    if alpn:
        context.set_alpn_protocols(alpn)
    return context
