"""Datasets of Fideslang, in YAML: what a system holds, for any adapter that can be told so."""
