"""The viewer names the files of a record and leads to them; it shows and runs none of them."""

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from exports import build
from tests.exports.data.test_attachments import ATTACHED, contents

pytestmark = pytest.mark.browser


def test_files_are_named_as_the_source_named_them_and_linked_where_they_stand(
    chromium: Browser, tmp_path: Path
) -> None:
    built = build(contents(ATTACHED[:3]), tmp_path / "bundle.zip")
    with zipfile.ZipFile(built.path) as bundle:
        bundle.extractall(tmp_path)
    context = chromium.new_context()
    context.set_offline(True)
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    page.goto((tmp_path / "START-HERE.html").as_uri())
    page.get_by_role("searchbox").fill("ada am meer")
    links = page.locator("table.records td[data-label='Files'] a")
    links.first.wait_for()
    assert links.all_text_contents() == [one.name for one in ATTACHED[:3]]
    for href in [link.get_attribute("href") for link in links.all()]:
        assert (tmp_path / str(href)).is_file()
        assert not str(href).endswith(("html", "svg"))
    assert page.locator("table.records img, table.records iframe").count() == 0
    assert trouble == []
    context.close()
