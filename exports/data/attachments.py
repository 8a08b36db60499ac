"""Writes the files that belong to records: under names of our own, beside the data that lists them.

A file is a stream of bytes and nothing more: it is never rendered, converted or run. What a browser
or a shell would run when it is opened by a click gets a name that they do not (`_OPENED_SAFELY`);
its original name stands in the JSON of its record.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import Any

from dsar.domain.errors import DsarError
from dsar.domain.records import Attachment, Record
from exports.contents import RecordSet
from exports.data.archive import Archive, Spool, slug

_OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")

#: Endings a file keeps, because what opens them shows and plays. All others become `.bin`.
_ENDINGS = (
    "pdf txt csv tsv md log json rtf ics vcf eml msg",
    "png jpg jpeg gif webp bmp tif tiff heic avif",
    "mp3 m4a wav ogg flac aac mp4 m4v mov webm mkv avi",
    "doc docx xls xlsx ppt pptx odt ods odp zip gz 7z",
)
_OPENED_SAFELY = frozenset(ending for line in _ENDINGS for ending in line.split())
#: What is compressed already gains nothing from deflate: stored as it is.
_PACKED_FAMILIES = ("image/", "audio/", "video/")
_UNPACKED = frozenset({"image/svg+xml", "image/bmp", "image/tiff", "audio/wav", "audio/x-wav"})
_PACKED = re.compile(
    r"application/(pdf|zip|gzip|x-7z-compressed|vnd\.rar|epub\+zip"
    r"|vnd\.openxmlformats-officedocument\..*|vnd\.oasis\.opendocument\..*)"
)


#: So many files of a collection are listed where people read; its data files name them all.
LISTED = 50
#: A name is shown up to so many characters; the JSON of its record has it whole.
_LONGEST_NAME = 120

#: What people call a file of a media type, as a key of the report's words; the first that fits.
_KINDS = (
    ("picture", r"image/.*"),
    ("sound", r"audio/.*"),
    ("film", r"video/.*"),
    ("pdf", r"application/pdf"),
    ("table", r"text/csv|.*(spreadsheet|ms-excel).*"),
    ("mail", r"message/.*|.*ms-outlook.*"),
    ("text", r"text/.*"),
    ("document", r"application/(rtf|msword)|.*(wordprocessing|opendocument\.text).*"),
    ("archive", r"application/(zip|gzip|x-7z-compressed|x-tar|vnd\.rar)"),
    ("other", r".*"),
)


def kind_of(media_type: str) -> str:
    """What people call a file of this media type, as a key of the report's words."""
    return next(kind for kind, pattern in _KINDS if re.fullmatch(pattern, media_type))


@dataclass(slots=True)
class AttachmentSummary:
    """The files of one collection for those who read: how many, and the first of them.

    `number` of a listed file counts the records of its collection from 1.
    """

    count: int = 0
    bytes: int = 0
    listed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, number: int, record: Record, told: dict[str, Any]) -> None:
        """Counts a file, and lists it while there is room."""
        self.count += 1
        self.bytes += told["bytes"]
        if len(self.listed) < LISTED:
            name, kind = told["name"], kind_of(told["media_type"])
            shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
            place = {"number": number, "record": record.key}
            size = {"bytes": told["bytes"], "path": told["path"]}
            self.listed.append({"name": shown, "kind": kind, **place, **size})

    def facts(self) -> dict[str, Any]:
        """What the pages and `processing.json` say of them."""
        return asdict(self)


class CannotAttach(DsarError):  # noqa: N818 - the sentence reads better without the suffix
    """A file of a record is not what was announced, or broke off; no bundle was written."""


class Attachments:
    """The files of one collection, added to the archive while its records pass."""

    def __init__(self, archive: Archive, records: RecordSet, stem: str) -> None:
        self._archive = archive
        self._records = records
        self._folder = f"files/{stem.partition('/')[2]}"
        self._number = self._passed = 0
        self.attached = AttachmentSummary()

    @property
    def columns(self) -> list[str]:
        """The column the CSV has for them, where there may be files."""
        return ["attached_files"] if self._records.files else []

    def described(self, batch: Sequence[Record]) -> list[dict[str, Any]]:
        """Records as the data file holds them, their files written by then; raises CannotAttach."""
        found: list[dict[str, Any]] = [{"record": one.key, "data": one.data} for one in batch]
        for number, (record, told) in enumerate(zip(batch, found, strict=True), self._passed + 1):
            if record.attachments:
                told["files"] = [self._add(record, one) for one in record.attachments]
                for file in told["files"]:
                    self.attached.add(number, record, file)
        self._passed += len(batch)
        return found

    def cells(self, told: Sequence[dict[str, Any]]) -> list[list[str]]:
        """The values of `columns`: where the files of each record stand."""
        if not self._records.files:
            return []
        return [["\n".join(file["path"] for file in one.get("files", ())) for one in told]]

    def _add(self, record: Record, attachment: Attachment) -> dict[str, Any]:
        self._number += 1
        media_type = _media_type(attachment)
        spool = self._archive.spool(stored=is_packed(media_type))
        self._fill(spool, record, attachment)
        member = self._archive.add(self._path(attachment), spool, media_type)
        return {
            "path": member.name,
            "name": attachment.name,
            "media_type": media_type,
            "bytes": member.bytes,
            "sha256": member.sha256,
        }

    def _path(self, attachment: Attachment) -> str:
        name = PurePosixPath(attachment.name.replace("\\", "/"))
        ending = name.suffix[1:].lower()
        safe = ending if ending in _OPENED_SAFELY else "bin"
        return f"{self._folder}/{self._number}-{slug(name.stem)[:60]}.{safe}"

    def _fill(self, spool: Spool, record: Record, attachment: Attachment) -> None:
        size, announced = 0, attachment.size
        for block in self._blocks(record, attachment):
            size += len(block)
            if announced is not None and size > announced:
                raise self._wrong(f"is larger than the {announced} bytes announced.")
            spool.write(block)
        if announced is not None and size < announced:
            raise self._wrong(f"has {size} bytes; {announced} were announced.")

    def _blocks(self, record: Record, attachment: Attachment) -> Iterator[bytes]:
        if self._records.files is None:
            raise self._wrong("was not collected.")
        try:
            yield from self._records.files(record, attachment)
        except DsarError:
            raise
        except (OSError, EOFError, ValueError, RuntimeError) as error:
            raise self._wrong(f"broke off ({type(error).__name__}).") from error

    def _wrong(self, problem: str) -> CannotAttach:
        """Names the file by its number: its own name may tell of the person."""
        where = f"{self._records.source}.{self._records.collection.name}"
        return CannotAttach(f"{where}: file {self._number} {problem} Collect it again.")


def _media_type(attachment: Attachment) -> str:
    """The declared media type without its parameters, or that of any bytes where it is none."""
    declared = attachment.media_type.partition(";")[0].strip().lower()
    return declared if _MEDIA_TYPE.fullmatch(declared) else _OCTETS


def is_packed(media_type: str) -> bool:
    """Whether a file of this media type is compressed already."""
    if media_type in _UNPACKED:
        return False
    return media_type.startswith(_PACKED_FAMILIES) or bool(_PACKED.fullmatch(media_type))


#: What a data file's schema says of the files of a record.
SCHEMA = {
    "type": "array",
    "description": "The files of this record: where each stands in the bundle, its original name.",
    "items": {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "name": {"type": "string"},
            "media_type": {"type": "string"},
            "bytes": {"type": "integer"},
            "sha256": {"type": "string"},
        },
        "required": ["path", "name", "media_type", "bytes", "sha256"],
        "additionalProperties": False,
    },
}
