"""Bundles: what is handed over, built from values and streams, checked without us.

`build(contents, target)` writes one; `verify(path)` says what is wrong with one; `split` parts one.
"""

from exports.bundle import BuiltBundle, build
from exports.parts import signers, split, verify
from exports.proof.check import BundleFault

__all__ = ["BuiltBundle", "BundleFault", "build", "signers", "split", "verify"]
