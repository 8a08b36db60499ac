"""Staff sees the files of a ticket on its page, and what was ruled about each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.rights import Right
from dsar.sdk import Attachment
from dsar.services.runtime.installation import transaction
from dsar.store.tables import Request
from dsar.store.tickets import by_ref, request_of
from dsar.web.console.ticket import page
from dsar.web.pages import render
from tests.company import BEN, BY_HAND, Company, company
from tests.scripted import Script, case
from workers.run_here import run_until_idle

LETTER = Attachment("l", "Letter.txt", "text/plain")
PHOTO = Attachment("p", "\u202egpj.<b>Bo</b>.jpg", "image/jpeg")


@pytest.fixture
def one(tmp_path: Path, sqlite_tables: Path) -> Iterator[Company]:
    (tmp_path / "dsar.sqlite").write_bytes(sqlite_tables.read_bytes())
    desk = Script(
        records=[case("1", attachments=(LETTER, PHOTO))], files={"l": [b"Dear"], "p": [b"face"]}
    )
    made = company(
        tmp_path,
        f"sqlite:///{tmp_path / 'dsar.sqlite'}",
        review=BY_HAND,
        scripts={"desk": desk},
        adapters={"desk": "Scripted"},
    )
    with made as found:
        yield found


def test_each_file_has_its_place_and_a_withheld_one_its_ground(one: Company) -> None:
    ref = one.ask(Right.ACCESS)
    assert "Files</h2>" not in render(page(one.installation, BEN, ref))
    run_until_idle(one.installation)
    letter, photo = page(one.installation, BEN, ref).sealed.files.files
    assert (letter.name, letter.media_type, letter.bytes) == ("Letter.txt", "text/plain", 4)
    assert (letter.collection, letter.record) == ("cases", "1")
    one.rule(ref, f"{photo.place}=withhold:rights_of_others")
    run_until_idle(one.installation)
    found = page(one.installation, BEN, ref)
    assert [file.withheld for file in found.sealed.files.files] == ["", "rights_of_others"]
    html = render(found)
    assert "withheld: Rights of others" in html
    assert ">Cases, 1<" in html
    assert "Cases: 1</strong> file." in html  # and not a record: that is handed over
    assert f"<code>{photo.place}</code>" in html
    assert "\ufffdgpj.&lt;b&gt;Bo&lt;/b&gt;.jpg" in html
    assert "\u202e" not in html


def test_the_files_of_somebody_forgotten_are_gone_from_the_page(one: Company) -> None:
    ref = one.ask(Right.ACCESS)
    run_until_idle(one.installation)
    with transaction(one.installation) as session:
        request: Request = request_of(session, by_ref(session, ref))
        request.data_key = None
        session.add(request)
    assert page(one.installation, BEN, ref).sealed.files.count == 0
