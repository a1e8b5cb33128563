"""Spoiling an input that means something: a bit, a byte, a piece that is lost, doubled, or from somewhere else."""

from __future__ import annotations

import random


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Return *data* with a few things wrong, as *dice* say."""
    spoilt = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at, end = sorted((dice.randint(0, len(spoilt)), dice.randint(0, len(spoilt))))
        match dice.randrange(6):
            case 0 if spoilt:
                spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
            case 1 if spoilt:
                spoilt[dice.randrange(len(spoilt))] = dice.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF))
            case 2:
                del spoilt[at:end]
            case 3:
                spoilt[at:at] = spoilt[at:end]
            case 4:
                spoilt[at:at] = dice.randbytes(dice.randint(1, 16))
            case _:
                del spoilt[at:]
    return bytes(spoilt)
