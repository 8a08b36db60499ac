"""Each built-in adapter has its page of settings, drawn from the code, and no setting is unexplained.

To write a page anew: `dsar adapter settings NAME > dsar/adapters/NAME/SETTINGS.md`.
"""

from pathlib import Path

import pytest

from dsar.sdk import registry
from dsar.sdk.described import page, tables

ADAPTERS = Path(registry.__file__).parents[1] / "adapters"


@pytest.mark.parametrize("name", registry.built_in())
def test_the_page_of_settings_is_as_the_code_has_it(name: str) -> None:
    written = (ADAPTERS / name / "SETTINGS.md").read_text(encoding="utf-8")
    assert written == page(registry.adapter(name))


def test_there_is_no_page_of_an_adapter_that_is_not_built_in() -> None:
    pages = {path.parent.name for path in ADAPTERS.glob("*/SETTINGS.md")}
    assert pages == set(registry.built_in())


@pytest.mark.parametrize("name", registry.built_in())
def test_every_setting_is_explained(name: str) -> None:
    for table in tables(registry.adapter(name).Settings):
        assert not table.meaning.startswith(f"{table.name}(")  # what Python makes up itself
        assert [setting.key for setting in table.settings if not setting.meaning] == []
