"""A whole invented company in one folder: four systems full of people, and its configuration.

Fenwick & Lind Software GmbH does not exist. Everything is worked out from `today` and `seed`, so
that the demo is always current and always the same.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from dsar.demo import mailing_list, shop, support, weblogs
from dsar.demo.people import customers
from dsar.demo.personas import PERSONAS, Persona
from dsar.domain.errors import BadInput

_TEMPLATES = Path(__file__).parent / "config"
#: Signs that a database URL or a TOML string would read as something else.
_UNFIT = frozenset("\"\\?%#{}'\n\r\t")


@dataclass(frozen=True, slots=True)
class Company:
    """Where the demo company's configuration and systems lie, and who asks it for something."""

    folder: Path
    today: date
    settings: Path
    sources: Path
    policy: Path
    shop: Path
    mailing: Path
    weblogs: Path
    support: Path
    personas: tuple[Persona, ...] = PERSONAS


def build(folder: Path, *, today: date, seed: int = 1) -> Company:
    """Fills `folder` (made if absent) and replaces what an earlier build left there.

    Raises BadInput for a folder whose name cannot stand in a database URL.
    """
    company = _layout(_usable(folder), today)
    people = customers(_dice(seed, "people"), today=today)
    shop.build(company.shop, people, _dice(seed, "shop"), today=today)
    mailing_list.build(company.mailing, people, _dice(seed, "mailing"), today=today)
    weblogs.build(company.weblogs, people, _dice(seed, "weblogs"), today=today)
    support.build(company.support, people, _dice(seed, "support"), today=today)
    for path in (company.settings, company.sources, company.policy):
        text = (_TEMPLATES / path.name).read_text(encoding="utf-8")
        path.write_text(text.replace("{folder}", company.folder.as_posix()), encoding="utf-8")
    return company


def _dice(seed: int, system: str) -> Random:
    """Own dice for each system: a change in one leaves the others as they were."""
    return Random(f"{seed}:{system}")


def _usable(folder: Path) -> Path:
    whole = folder.resolve()
    if _UNFIT & set(whole.as_posix()):
        raise BadInput(
            "folder", "has a sign in its path that a database URL cannot hold.", "Choose another."
        )
    whole.mkdir(parents=True, exist_ok=True)
    return whole


def _layout(folder: Path, today: date) -> Company:
    return Company(
        folder=folder,
        today=today,
        settings=folder / "dsar.toml",
        sources=folder / "sources.toml",
        policy=folder / "policy.toml",
        shop=folder / "shop.sqlite",
        mailing=folder / "mailing",
        weblogs=folder / "weblogs",
        support=folder / "support.sqlite",
    )
