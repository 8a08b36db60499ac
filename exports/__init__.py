"""Bundles: what is handed over, built from values and streams, checked without us.

`build(contents, target)` writes one; `verify(path)` says what is wrong with one.
"""

from exports.bundle import Built, build
from exports.check import Finding, verify

__all__ = ["Built", "Finding", "build", "verify"]
