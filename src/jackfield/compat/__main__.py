"""``python -m jackfield.compat PROGRAM ARGUMENTS...``: an unchanged program on our ``socketserver``."""

from __future__ import annotations

import sys

from ._install import run

if __name__ == "__main__":
    run(sys.argv[1:])
