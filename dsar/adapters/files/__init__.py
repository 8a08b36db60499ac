"""A folder of CSV, JSON Lines, Parquet and Excel files: read row by row, rewritten at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dsar.adapters.dictionary import collection
from dsar.adapters.extras import need
from dsar.adapters.files import check, read, rewrite
from dsar.adapters.files.files_settings import FileCollection, FileFormat, FilesSettings
from dsar.adapters.files.rewrite import Change, FileRewrite
from dsar.sdk import Adapter, Batch, Collection, Done, Page, Problem, Receipt, Subject

#: The library each form of file needs, all of the extra `tables`.
_LIBRARIES: Mapping[FileFormat, str] = {FileFormat.PARQUET: "pyarrow", FileFormat.EXCEL: "openpyxl"}


class Files(Adapter):
    """The files of one folder."""

    name = "files"
    title = "Folder of CSV, JSON Lines, Parquet and Excel files"
    Settings = FilesSettings

    settings: FilesSettings

    def __init__(self, settings: FilesSettings) -> None:
        super().__init__(settings)
        for name, one in settings.collections.items():
            library = _LIBRARIES.get(one.form_of(Path(one.file)))
            if library:
                need(library, "tables", at=f"collections.{name}.file")
        self.identifies_by = settings.identifies_by
        self.gives = settings.gives

    def collections(self) -> Sequence[Collection]:
        """Every declared collection, in the order of the declaration."""
        return [
            collection(name, one.title, one.meaning, one.columns)
            for name, one in self.settings.collections.items()
        ]

    def check(self) -> Sequence[Problem]:
        """Reads every file once: unreadable rows, missing and undeclared fields, double keys."""
        return check.problems(self.settings)

    def find(self, subject: Subject, checkpoint: str | None = None) -> Iterator[Page]:
        """The person's rows, file by file; a checkpoint names the last line given."""
        yield from read.pages(self.settings, subject, checkpoint)

    def erase(self, batch: Batch) -> list[Receipt]:
        """Drops rows, or masks their fields, as the collection declares."""

        def change(declared: FileCollection) -> Change:
            return rewrite.erased(batch.collection, declared, self.settings)

        return self._act(batch, change)

    def rectify(self, batch: Batch) -> list[Receipt]:
        """Writes the corrected values."""
        return self._act(batch, lambda one: rewrite.rectified(batch.collection, one))

    def restrict(self, batch: Batch) -> list[Receipt]:
        """Sets the mark the collection declares for restriction."""
        return self._act(batch, lambda one: rewrite.restricted(batch.collection, one))

    def lift(self, batch: Batch) -> list[Receipt]:
        """Writes what the collection declares for a restriction that has ended."""
        return self._act(batch, lambda one: rewrite.lifted(batch.collection, one))

    def object_to(self, batch: Batch) -> list[Receipt]:
        """Sets the mark the collection declares for objections."""
        return self._act(batch, lambda one: rewrite.stopped(batch.collection, one, batch.purposes))

    def probe(self, batch: Batch) -> list[Receipt]:
        """Whether each record is there: MISSING, or KEPT; nothing is changed."""
        declared = self.settings.collections.get(batch.collection)
        if declared is None:
            return _unknown(batch)
        keys = {item.key for item in batch.items}
        counted, _ = rewrite.located(self.settings.path, declared, keys)
        return [
            Receipt(batch.collection, item.key, Done.KEPT, "The record is there.")
            if counted[item.key]
            else Receipt(batch.collection, item.key, Done.MISSING)
            for item in batch.items
        ]

    def _act(self, batch: Batch, change: Callable[[FileCollection], Change]) -> list[Receipt]:
        declared = self.settings.collections.get(batch.collection)
        if declared is None:
            return _unknown(batch)
        return rewrite.act(FileRewrite(self.settings.path, declared, batch, change(declared)))


def _unknown(batch: Batch) -> list[Receipt]:
    reason = f"The source declares no collection {batch.collection}."
    return [Receipt(batch.collection, item.key, Done.FAILED, reason) for item in batch.items]
