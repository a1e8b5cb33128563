"""Who is told what a server does."""

from ._counting import Counting as Counting
from ._logging import Logging as Logging

__all__ = ["Counting", "Logging"]
