"""A PDF file that is written while it grows: what is finished goes to disk and is forgotten.

Streams are written as they come, dictionaries in compressed groups; only their places are kept, a
few bytes each, for the cross-reference stream at the end (ISO 32000-1, 7.5.7 and 7.5.8).
"""

import hashlib
from array import array
from collections.abc import Iterable
from typing import IO, Any

import pydyf

#: So many objects in one compressed group; a reader must unpack a whole group to see one.
_GROUP = 500
_PLAIN, _GROUPED = 1, 2


class IncrementalPdf:
    """Has what WeasyPrint's helpers ask of a `pydyf.PDF`: add_object, pages, catalog, info."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._position = 0
        self._digest = hashlib.md5(usedforsecurity=False)
        self._kinds = bytearray(b"\0")
        self._places = array("Q", [0])
        self._indexes = array("L", [0xFFFF])
        self._waiting: list[Any] = []
        self.page_references: list[bytes] = []
        self.info = pydyf.Dictionary()
        self.pages = self.number(pydyf.Dictionary({"Type": "/Pages", "Kids": pydyf.Array()}))
        self.catalog = self.number(
            pydyf.Dictionary({"Type": "/Catalog", "Pages": self.pages.reference})
        )
        self._write(b"%PDF-1.7\n%\xf0\x9f\x96\xa4\n")

    def number(self, thing: Any) -> Any:
        """Gives an object its number, without queueing it: it is written later by `write`."""
        thing.number = len(self._kinds)
        self._kinds.append(0)
        self._places.append(0)
        self._indexes.append(0)
        return thing

    def add_object(self, thing: Any) -> None:
        """Numbers an object and queues it for the next `flush`."""
        self._waiting.append(self.number(thing))

    def add_page(self, page: Any) -> None:
        """Numbers a page and appends it to the document."""
        self.add_object(page)
        self.pages["Kids"].append(page.reference)
        self.page_references.append(page.reference)

    def write(self, thing: Any) -> None:
        """Writes a numbered object now."""
        self._kinds[thing.number] = _PLAIN
        self._places[thing.number] = self._position
        self._write(thing.indirect + b"\n")

    def flush(self, *, but: Iterable[Any] = ()) -> None:
        """Writes everything queued and forgets it, `but` what will still grow."""
        growing = {id(thing) for thing in but}
        waiting = [thing for thing in self._waiting if id(thing) not in growing]
        self._waiting = [thing for thing in self._waiting if id(thing) in growing]
        for thing in waiting:
            if not thing.compressible:
                self.write(thing)
        small = [thing for thing in waiting if thing.compressible]
        for start in range(0, len(small), _GROUP):
            self._write_group(small[start : start + _GROUP])

    def _write_group(self, things: list[Any]) -> None:
        numbers, parts, position = [], [], 0
        group = self.number(pydyf.Stream(compress=True))
        for index, thing in enumerate(things):
            data = thing.data
            numbers += [thing.number, position]
            parts.append(data)
            position += len(data) + 1
            self._kinds[thing.number] = _GROUPED
            self._places[thing.number] = group.number
            self._indexes[thing.number] = index
        head = " ".join(map(str, numbers)).encode()
        group.stream = [head, *parts]
        group.extra = {"Type": "/ObjStm", "N": len(things), "First": len(head) + 1}
        self.write(group)

    def finish(self) -> None:
        """Writes what is left, the cross-reference stream and the end of the file."""
        self.pages["Count"] = len(self.page_references)
        self.number(self.info)
        for thing in (self.pages, self.catalog, self.info):
            self._waiting.append(thing)
        self.flush()
        self._write_references()

    def _write_references(self) -> None:
        start = self._position
        table = self.number(pydyf.Stream(compress=True))
        self._kinds[table.number], self._places[table.number] = _PLAIN, start
        width = (max(start, len(self._kinds)).bit_length() + 7) // 8
        identity = f"<{self._digest.hexdigest()}>".encode()
        table.stream = [b"".join(self._rows(width))]
        table.extra = {
            "Type": "/XRef",
            "Size": len(self._kinds),
            "W": pydyf.Array((1, width, 2)),
            "Root": self.catalog.reference,
            "Info": self.info.reference,
            "ID": pydyf.Array((identity, identity)),
        }
        self._write(table.indirect + b"\nstartxref\n%d\n%%%%EOF\n" % start)

    def _rows(self, width: int) -> Iterable[bytes]:
        for kind, place, index in zip(self._kinds, self._places, self._indexes, strict=True):
            yield bytes((kind,)) + place.to_bytes(width, "big") + index.to_bytes(2, "big")

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._digest.update(data)
        self._position += len(data)
