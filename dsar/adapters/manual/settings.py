"""The settings of a manual source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsar.adapters.dictionary import Column
from dsar.sdk.settings import Words


@dataclass(frozen=True, slots=True)
class Paper:
    """One kind of record a colleague may find, and the fields they fill in."""

    title: Words = field(default_factory=dict)
    meaning: Words = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ManualSettings:
    """Who is asked, by what they can look, what they are to look for, what they may find."""

    who: str
    identify: tuple[str, ...]
    ask: Words = field(default_factory=dict)
    collections: Mapping[str, Paper] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    page: int = 500
