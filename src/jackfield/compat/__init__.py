"""The names of other modules, on Jackfield's parts: programs move here by changing an import.

`jackfield.compat.socketserver` is the standard library's ``socketserver``. Where even the import is not to be touched,
`install` puts it in that module's place, and ``python -m jackfield.compat PROGRAM ARGUMENTS...`` runs a program so.
"""

from ._install import install as install

__all__ = ["install"]
