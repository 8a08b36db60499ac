"""The small company with a filing cabinet that only a colleague can search."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from dsar.services.inquiries import answers, links
from dsar.services.runtime.installation import reading
from dsar.store.tables import InquiryRow
from dsar.store.tickets import by_ref
from tests.company import Company, company

PUBLIC = "https://privacy.small.example"

CABINET = """
[cabinet]
adapter = "manual"
title = "Filing cabinet"
who = "Facilities"
identify = ["email", "name"]
ask = { en = "Look through the grey cabinet.", de = "Bitte im grauen Schrank nachsehen." }
[cabinet.collections.contracts]
title = { en = "Contracts", de = "Verträge" }
[cabinet.collections.contracts.columns]
signed = "Signed on"
name = { label = "Name", term = "given_name" }
"""

POLICY = """
[activities.filing]
title = "Filing"
purpose = "To keep contracts."
basis = "legitimate_interests"
data = ["cabinet.contracts", "cabinet.files"]
retention = { because = "As long as it is useful." }
"""


def add(one: Company, sources: str, policy: str, *, settings: str = "") -> None:
    """Further sources in a company's configuration, which is read afresh."""
    for name, text in (("sources.toml", sources), ("policy.toml", policy)):
        path = one.folder / name
        path.write_text(path.read_text() + text)
    path = one.folder / "dsar.toml"
    path.write_text(f'public_url = "{PUBLIC}"\n{settings}\n{path.read_text()}')
    one.reopen()


@contextmanager
def filed(folder: Path, url: str, **more: Any) -> Iterator[Company]:
    with company(folder, url, **more) as made:
        add(made, CABINET, POLICY)
        with closing(made.installation.store):
            yield made


@pytest.fixture
def office(tmp_path: Path, engine_url: str) -> Iterator[Company]:
    """The company with its cabinet, once on SQLite and once on PostgreSQL."""
    with filed(tmp_path, engine_url) as made:
        yield made


@pytest.fixture
def cabinet(tmp_path: Path, copied_url: str) -> Iterator[Company]:
    """The company with its cabinet, on SQLite."""
    with filed(tmp_path, copied_url) as made:
        yield made


def inquiries(one: Company, source: str = "cabinet") -> list[InquiryRow]:
    """The inquiries of a source, oldest first."""
    rows = [row for row in one.rows(InquiryRow) if row.source == source]
    return sorted(rows, key=lambda row: (row.noted_at, row.number))


def answer(
    one: Company, row: InquiryRow, given: Any, files: dict[str, bytes] | None = None
) -> bool:
    """Answers as the page does; each file as a record of its own."""
    one.clock.turn(minutes=1)
    drop = answers.room_for_files(one.installation, row.id)
    for name, content in (files or {}).items():
        dropped = drop.begin(name, "text/plain")
        drop.write(content)
        drop.end()
        given["records"].append(
            {
                "collection": "files",
                "key": name,
                "data": {"name": name},
                "attachments": [{"reference": dropped.reference}],
            }
        )
    return answers.take(one.installation, row.id, given, drop)


def contract(key: str = "1", **data: str) -> dict[str, Any]:
    """One record of the cabinet."""
    filled = data or {"signed": "2020-01-05", "name": "Lotta"}
    return {"collection": "contracts", "key": key, "data": filled}


def records(*rows: dict[str, Any]) -> dict[str, Any]:
    """An answer that hands records over."""
    return {"outcome": "records", "records": list(rows)}


NOTHING = {"outcome": "nothing"}
Ask = Callable[..., str]


def opened(one: Company, row: InquiryRow) -> answers.OpenedLink:
    """What whoever has the link of an inquiry sees."""
    found = answers.open_link(one.installation, links.token(one.installation, row.id))
    assert found is not None
    return found


def ticket_id(one: Company, ref: str) -> str:
    with reading(one.installation) as session:
        return by_ref(session, ref).id
