"""The one place where the parts meet."""

from ._run import run as run
from ._server import Server as Server

__all__ = ["Server", "run"]
