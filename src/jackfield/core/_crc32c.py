"""CRC-32C (Castagnoli, RFC 3720, appendix B.4), which the standard library does not have."""

from __future__ import annotations

from typing import Final

_REVERSED: Final = 0x82F63B78
"""The polynomial 0x1EDC6F41, bits in reverse order."""


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_REVERSED if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(map(_entry, range(256)))


def crc32c(data: bytes, /) -> int:
    """Return the checksum of *data*, an unsigned number of 32 bits."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
