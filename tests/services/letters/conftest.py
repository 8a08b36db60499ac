"""A controller, and letters of the house's own in a folder of the test's."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dsar.domain.controller import Authority, Controller
from dsar.services.letters import house_wording
from dsar.services.letters.wording import Wordings

CONTROLLER = Controller(
    name="Small Company AB",
    address="Torget 1, Uppsala",
    email="privacy@small.example",
    country="SE",
    authority=Authority("The authority"),
)

Lay = Callable[[Mapping[str, str]], Wordings]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Lays files below `letters/` and reads them as the house's own wording."""

    def laid(files: Mapping[str, str]) -> Wordings:
        folder = tmp_path / "letters"
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return house_wording.load(Wordings(), folder, CONTROLLER, name="letters")

    return laid
