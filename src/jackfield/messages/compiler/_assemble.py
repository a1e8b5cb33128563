"""Source -> functions: compiled once, kept where tracebacks look for it."""

from __future__ import annotations

import itertools
import linecache
from typing import Any, Final

from . import _runtime
from ._locate import SITES
from ._source import Source

_NUMBERS: Final = itertools.count(1)
_BUILTINS: Final = {"missing": _runtime.missing}


def assemble(source: Source, name: str, what: str, **more: object) -> dict[str, Any]:
    """Return the names that *source* defines; its text is what tracebacks show for it.

    The file's name is unique: a class that was declared anew does not show the lines of an older one.
    """
    source.finish()
    text = source.text()
    file = f"<jackfield {what} of {name} #{next(_NUMBERS)}>"
    names: dict[str, Any] = {**_BUILTINS, **source.constants, **more, SITES: source.sites}
    exec(compile(text, file, "exec", dont_inherit=True), names)  # the text is the emitters' own
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return names
