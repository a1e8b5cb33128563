"""Feed targets for longer than a test does: ``scripts/fuzz COUNT [TARGET]``; with ``--atheris`` by what they reach.

Says for each target how many inputs it took; what is not taken is printed with the bytes, and ends it with status 1.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "examples")]


def feed(name: str, count: int, seed: int) -> None:
    """Feed *count* inputs, half of them from what was made before."""
    from fuzzing.mutate import mutated  # noqa: PLC0415  # found by the path above
    from fuzzing.targets import TARGETS  # noqa: PLC0415

    target, dice, begun = TARGETS[name], random.Random(seed), time.monotonic()
    pool = list(target.seeds)
    for _ in range(count):
        data = mutated(dice.choice(pool), dice) if dice.randrange(8) else dice.randbytes(dice.randint(0, 300))
        try:
            target.feed(data)
        except BaseException:
            print(f"{name}: {data!r}", file=sys.stderr)
            raise
        if len(pool) < 1000 and len(data) < 2000:
            pool.append(data)
    print(f"{name:20} {count} inputs in {time.monotonic() - begun:.1f} s, seed {seed}", flush=True)


def by_coverage(name: str, count: int) -> None:
    """Have atheris choose the inputs, by what of Jackfield they reach. Ends the program."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["jackfield"]):
        from fuzzing.targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]
    corpus = ROOT / "build" / "corpus" / name.replace(" ", "-")
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(target.seeds):
        (corpus / f"seed{number}").write_bytes(data)
    atheris.Setup([sys.argv[0], f"-runs={count}", "-max_len=600", "-verbosity=1", str(corpus)], target.feed)
    atheris.Fuzz()


def main() -> None:
    """Do as the arguments say."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("count", type=int, help="inputs for each target")
    arguments.add_argument("target", nargs="?", help="one target; all of them unless told")
    arguments.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="the dice; new ones unless told")
    arguments.add_argument("--atheris", action="store_true", help="choose inputs by coverage; takes one target")
    given = arguments.parse_args()
    if given.atheris:
        by_coverage(given.target, given.count)
        return
    from fuzzing.targets import TARGETS  # noqa: PLC0415

    for name in [given.target] if given.target else TARGETS:
        feed(name, given.count, given.seed)


if __name__ == "__main__":
    main()
