"""Proof of a bundle: checked without us, and searched for what was withheld."""
