"""`jackfield schema emit`: the classes that it writes are strict-clean, and parse the same bytes to the same values."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import construct
import pytest
from construct import this

import jackfield as jf
from cli import raw_schemas
from jackfield.cli import main
from jackfield.messages import Codec, codec_for, is_message, transcribe
from support import PATIENCE

ROOT = Path(__file__).parents[2]
c: Any = construct


def written(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return the file of what the command says of a schema."""
    assert main(["schema", "emit", f"cli.raw_schemas:{name}"]) == 0
    file = folder / f"emitted_{name}.py"
    file.write_text(capsys.readouterr().out)
    return file


def imported(file: Path) -> Any:
    specification = importlib.util.spec_from_file_location(file.stem, file)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[file.stem] = module
    specification.loader.exec_module(module)
    return module


def assert_same(message: Any, value: Any) -> None:
    """Compare a message with the Container of the same bytes."""
    if isinstance(value, dict):
        assert is_message(type(message))
        for key, inner in value.items():
            if key != "_io":
                assert_same(getattr(message, key), inner)
    elif isinstance(value, list):
        assert isinstance(message, list)
        for mine, other in zip(message, value, strict=True):
            assert_same(mine, other)
    elif isinstance(value, c.EnumIntegerString):
        assert (message.name, int(message)) == (str(value), int(value))
    else:
        assert type(message) is type(value)
        assert message == value


@pytest.mark.parametrize("name", raw_schemas.VALUES)
def test_the_classes_parse_the_same_bytes_to_the_same_values(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = getattr(raw_schemas, name)
    codec: Codec[Any] = codec_for(getattr(imported(written(name, tmp_path, capsys)), name.capitalize()))
    for value in raw_schemas.VALUES[name]:
        wire = schema.build(value)
        message = codec.parse(wire)
        assert_same(message, schema.parse(wire))
        assert codec.build(message) == wire
        for end in range(len(wire)):
            try:
                schema.parse(wire[:end])
            except construct.ConstructError:
                with pytest.raises(jf.DecodeError):
                    codec.parse(wire[:end])


@pytest.mark.once
def test_the_classes_are_strict_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [written(name, tmp_path, capsys) for name in raw_schemas.VALUES]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", ROOT / "mypy.ini", "--cache-dir", tmp_path / "cache", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_what_is_written_is_what_a_person_would_write() -> None:
    assert transcribe(raw_schemas.sized, name="Sized") == SIZED


SIZED = """\
from typing import Annotated

import jackfield as jf


@jf.message
class Inner:
    flag: jf.U8
    data: bytes = jf.field(size=jf.this.count * 2 + 1)


@jf.message
class Sized:
    count: jf.U8 = jf.field()
    size: jf.U16 = jf.computed()
    values: list[jf.U16] = jf.field(count=count)
    payload: bytes = jf.field(size=size)
    extra: jf.U32 | None = jf.field(when=count & 1)
    inner: Annotated[Inner, jf.Prefixed(jf.U8)]
"""


REFUSED: dict[str, tuple[Any, str, str]] = {
    "no Struct": (c.Int8ub, "None", "only a Struct"),
    "a pointer": (c.Struct("a" / c.Int8ub, "p" / c.Pointer(0, c.Int8ub)), "p", "Pointer cannot be declared"),
    "a lambda": (c.Struct("n" / c.Int8ub, "d" / c.Bytes(lambda ctx: ctx.n)), "d", "cannot be written down"),
    "something deep": (c.Struct("o" / c.Struct("i" / c.Struct("x" / c.Peek(c.Int8ub)))), "o.i.x", "Peek"),
    "another encoding": (c.Struct("t" / c.CString("utf_16_le")), "t", "text is UTF-8"),
    "a keyword": (c.Struct("class" / c.Int8ub), "None", "'class' is no name"),
    "a case that is no Struct": (c.Struct("k" / c.Int8ub, "v" / c.Switch(this.k, {1: c.Int8ub})), "v", "no Struct"),
    "a check": (c.Struct("k" / c.Int8ub, c.Check(this.k == 1)), "None", "Check without a name"),
    "a choice by trial": (c.Struct("v" / c.Select(c.Int16ub, c.Int8ub)), "v", "Select cannot be declared"),
    "a rebuild of its own": (c.Struct("v" / c.Rebuild(c.Int8ub, 3)), "v", "a Rebuild that is not"),
}


@pytest.mark.parametrize(("schema", "field", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_has_no_word_is_refused_with_the_fields_path(schema: Any, field: str, reason: str) -> None:
    with pytest.raises(jf.DeclarationError, match=reason) as caught:
        transcribe(schema, name="Thing")
    assert str(caught.value.field) == field


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "jackfield", *arguments],
        cwd=ROOT / "tests",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_the_command_prints_a_module_under_the_name_that_is_asked_for() -> None:
    status, out, errors = run("schema", "emit", "cli.raw_schemas:coloured", "--name", "Paint")
    assert (status, errors) == (0, "")
    assert "class Paint:\n" in out
    assert "class Colour(IntEnum):\n    red = 1\n    blue = 2\n" in out


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("cli.raw_schemas:nothing", "cli.raw_schemas:nothing is no construct"),
        ("cli.nowhere:reading", "no module cli.nowhere"),
        ("cli.raw_schemas", "say where the Struct is"),
        ("cli.raw_schemas:VALUES", "is no construct"),
    ],
)
def test_what_is_not_there_is_told_in_a_line(where: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "emit", where]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_wrong_arguments_are_told_with_status_2() -> None:
    assert run("schema")[0] == 2
