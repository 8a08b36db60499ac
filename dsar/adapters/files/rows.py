"""The rows of a collection's files, whatever their form."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from dsar.adapters.files.files_settings import FileCollection, FileFormat
from dsar.adapters.files.form import Alter, FileForm, FileRow
from dsar.sdk import NeedsHuman

#: The module of each form, loaded when the first such file is met.
_FORMS: Mapping[FileFormat, str] = {
    FileFormat.CSV: "dsar.adapters.files.texts",
    FileFormat.JSONL: "dsar.adapters.files.texts",
    FileFormat.PARQUET: "dsar.adapters.files.parquet",
    FileFormat.EXCEL: "dsar.adapters.files.excel",
}


def files(folder: Path, declared: FileCollection) -> Sequence[Path]:
    """The files of a collection by name; raises NeedsHuman where there is none."""
    if not folder.is_dir():
        raise NeedsHuman(f"The folder {folder.name} is not there. Restore it, or correct the path.")
    found = sorted(path for path in folder.glob(declared.file) if path.is_file())
    if not found:
        raise NeedsHuman(
            f"No file {declared.file} is in the folder. Restore it, or correct the setting."
        )
    return found


def rows(path: Path, declared: FileCollection) -> Iterator[FileRow]:
    """Every row of a file. Raises NeedsHuman naming the file and line that cannot be read."""
    yield from _form(path, declared).rows(path, declared)


def write(path: Path, target: BinaryIO, declared: FileCollection, alter: Alter) -> None:
    """Writes the file into `target` as `alter` changes it, all else as it is."""
    _form(path, declared).write(path, target, declared, alter)


def _form(path: Path, declared: FileCollection) -> FileForm:
    return cast("FileForm", import_module(_FORMS[declared.form_of(path)]))
