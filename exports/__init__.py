"""Bundles: what is handed over, built from values and streams, checked without us.

`build(contents, target)` writes one; `verify(path)` says what is wrong with one; `split` parts one.
"""

from exports.bundle import Built, build
from exports.check import Finding
from exports.parts import split, verify

__all__ = ["Built", "Finding", "build", "split", "verify"]
