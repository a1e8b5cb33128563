"""Message classes made on the spot."""

from __future__ import annotations

from typing import Any

import jackfield as jf


def message_of(annotation: Any) -> Any:
    """Return a message class named Single, with the one field *value*."""
    return jf.message(type("Single", (), {"__annotations__": {"value": annotation}, "__module__": __name__}))
