"""Who is told what a server does."""

from ._logging import Logging as Logging

__all__ = ["Logging"]
