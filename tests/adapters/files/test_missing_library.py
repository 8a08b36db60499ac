"""Without the extra `tables`, what needs it is refused by name."""

import sys
from pathlib import Path

import pytest

from dsar.sdk.settings import BadInput
from tests.adapters.files.people import folder_of


@pytest.mark.parametrize(("file", "library"), [("a.parquet", "pyarrow"), ("a.xlsx", "openpyxl")])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(BadInput, match=rf"needs the library {library}.*dsar\[tables\]"):
        folder_of(tmp_path, file)
    folder_of(tmp_path, "a.csv")
