"""What parsing and building cost, beside hand-written code and every other library that declares binary messages.

    benchmarks/run codec.py [--rounds 15]

All contenders take turns in one process: in each round each one runs for about a millisecond. A figure is the median of
the rounds' ratios to the hand-written code of the same message, so what slows the whole machine down cancels out.
Also measured: how long a codec takes to compile, and an import beside that of the two libraries it is built on.
"""

import argparse
import gc
import importlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final

from jackfield.messages import Codec

Call = Callable[[Any], Any]
Row = dict[str, tuple[Call | None, Call | None]]

HAND: Final = "by hand, with struct"
OURS: Final = "Jackfield, declared"
RAW: Final = "Jackfield, of a construct"
PEERS: Final = ("by_hand", "constructs", "typed", "kaitai", "cstructs", "caterpillars")
MESSAGES: Final[dict[str, Any]] = importlib.import_module("peers.declared").MESSAGES
SCHEMAS: Final[dict[str, Any]] = importlib.import_module("peers.samples").SCHEMAS
SAMPLES: Final[dict[str, bytes]] = importlib.import_module("peers.samples").SAMPLES
SLICE: Final = 1_000_000
"""Nanoseconds that a contender runs for in a round."""
LETTERS: Final = "ABCDE"
LIBRARIES: Final = "import construct, attrs"
IMPORTS: Final = (
    LIBRARIES,
    "import jackfield",
    "from jackfield import message, U8",
    "from jackfield import Server, Service, Threads, Wire, message, tcp",
)


def contenders() -> dict[str, Row]:
    """Return every row of the table: schema -> (parse, build)."""
    ours: dict[str, Row] = {
        name: {letter: warm(letter, schema) for letter, schema in schemas.items()}
        for name, schemas in ((OURS, MESSAGES), (RAW, SCHEMAS))
    }
    peers: dict[str, Row] = {}
    for name in PEERS:
        peers.update(importlib.import_module(f"peers.{name}").CONTENDERS)
    return {HAND: peers[HAND], **ours, **peers}


def warm(letter: str, schema: Any) -> tuple[Call, Call]:
    """Return what parses and builds, compiled by a first use."""
    codec: Codec[Any] = Codec(schema)
    codec.build(codec.parse(SAMPLES[letter]))
    return codec.parse, codec.build


def calls(rows: dict[str, Row], which: int) -> dict[tuple[str, str], tuple[Call, Any]]:
    """Return what is timed: (schema, row) -> a function and its argument; each is tried, and has to be right."""
    found: dict[tuple[str, str], tuple[Call, Any]] = {}
    for name, row in rows.items():
        for letter, pair in row.items():
            wire, call = SAMPLES[letter], pair[which]
            if call is None or pair[0] is None:
                continue
            value = buildable(letter, pair[0](wire))
            if which == 1 and bytes(call(value)) != wire:
                raise AssertionError(f"{name} does not build {letter} as it was")
            found[letter, name] = call, (wire, value)[which]
    return found


def buildable(letter: str, value: Any) -> Any:
    """Return what to build: construct's RawCopy would copy the bytes that it was parsed from, and do no work."""
    if letter != "B" or not hasattr(value, "body"):
        return value
    inner = {"value": value.body["value"]}
    if isinstance(value, dict):
        return {"body": inner}
    value.body = inner
    return value


def measured(timed: dict[tuple[str, str], tuple[Call, Any]], rounds: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Return nanoseconds and the ratio to the hand-written code, medians of *rounds* each."""
    counts = {key: max(10, int(SLICE / once(call, argument, 200))) for key, (call, argument) in timed.items()}
    times: dict[tuple[str, str], list[float]] = {key: [] for key in timed}
    gc.disable()
    for _ in range(rounds):
        for letter in LETTERS:
            for key, (call, argument) in timed.items():
                if key[0] == letter:
                    times[key].append(once(call, argument, counts[key]))
        gc.collect()
    gc.enable()
    return {
        key: (
            statistics.median(spent),
            statistics.median(own / hand for own, hand in zip(spent, times[key[0], HAND], strict=True)),
        )
        for key, spent in times.items()
    }


def once(call: Call, argument: Any, count: int) -> float:
    """Return nanoseconds for a call, over *count* of them."""
    turns = range(count)
    begun = time.perf_counter_ns()
    for _ in turns:
        call(argument)
    return (time.perf_counter_ns() - begun) / count


def table(title: str, rows: dict[str, Row], found: dict[tuple[str, str], tuple[float, float]]) -> None:
    """Print one table, in Markdown: the hand-written code in nanoseconds, all others in ratios to it."""
    print(f"\n| {title} | " + " | ".join(LETTERS) + " |\n|---|" + "---|" * len(LETTERS))
    for name in rows:
        cells = []
        for letter in LETTERS:
            nanoseconds, ratio = found.get((letter, name), (0.0, 0.0))
            cells.append("" if not ratio else f"{nanoseconds:.0f} ns" if name == HAND else f"{ratio:.2f}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def compiling() -> None:
    """Print how long codecs take from declaration to their first results, for the same five messages."""
    print("\n| compiling, ms | " + " | ".join(LETTERS) + " |\n|---|" + "---|" * len(LETTERS))
    anew: dict[str, Callable[[], dict[str, Any]]] = {
        OURS: lambda: vars(importlib.reload(sys.modules["peers.declared"]))["MESSAGES"],  # a class keeps its codec
        RAW: lambda: SCHEMAS,
    }
    for name, schemas in anew.items():
        cells = [
            f"{statistics.median(compiled(schemas()[letter], letter) for _ in range(9)):.1f}" for letter in LETTERS
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


def compiled(schema: Any, letter: str) -> float:
    """Return milliseconds that a new codec takes until it has parsed and built once."""
    wire = SAMPLES[letter]
    begun = time.perf_counter()
    codec: Codec[Any] = Codec(schema)
    codec.build(codec.parse(wire))
    return (time.perf_counter() - begun) * 1000


def importing(rounds: int) -> None:
    """Print the ratios of imports, each in a process of its own, taking turns."""
    # Sources that were imported before are compiled, as installed ones are.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {program: [] for program in IMPORTS}
    for turn in range(rounds + 1):
        for program in IMPORTS:
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=environment)
            if turn:
                times[program].append(time.perf_counter() - begun)
    print(f"\nThe interpreter's start included, beside `{LIBRARIES}`:\n")
    for program, spent in times.items():
        if program != LIBRARIES:
            ratio = statistics.median(ours / theirs for ours, theirs in zip(spent, times[LIBRARIES], strict=True))
            print(f"- `{program}`: {ratio:.2f}")


def main() -> None:
    """Measure everything on this Python."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    rounds: int = options.parse_args().rounds
    rows = contenders()
    print(f"\nCPython {platform.python_version()}, {rounds} rounds; ratios to the hand-written code, smaller is faster")
    table("parse", rows, measured(calls(rows, 0), rounds))
    table("build", rows, measured(calls(rows, 1), rounds))
    compiling()
    importing(rounds)


if __name__ == "__main__":
    main()
