"""The settings of a webhook source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsar.adapters.dictionary import Column
from dsar.adapters.http import HttpSettings
from dsar.sdk.settings import Words


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record the other system may answer with, and what its fields mean."""

    title: Words = field(default_factory=dict)
    meaning: Words = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WebhookSettings(HttpSettings):
    """Where the message goes (`url` and the rest of `HttpSettings`), by which secrets it is signed,
    by what the other system can search and what it holds.

    The first of `secrets` is the newest; two while one is being replaced.
    """

    secrets: tuple[str, ...] = field(repr=False)
    identify: tuple[str, ...]
    collections: Mapping[str, Kind] = field(default_factory=dict)
    gives: tuple[str, ...] = ()
    page: int = 500
