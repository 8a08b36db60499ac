"""Walks the pages of one answer: numbers, offsets, cursors or links, never in a circle."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from dsar.adapters.http import Client, Reply
from dsar.adapters.rest import paths, templates
from dsar.adapters.rest.settings import By, Find, RestSettings
from dsar.sdk import NeedsHuman

#: RFC 8288 3: each address in angle brackets, its parameters up to the next one.
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"""\brel\s*=\s*"?([^";,]*)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one page, and by what the next is asked for; None after the last."""

    records: list[Mapping[str, Any]]
    next: str | None


class Asking:
    """One way of one search: its address filled in, its pages asked for one after the other."""

    def __init__(self, client: Client, settings: RestSettings, name: str, way: Find) -> None:
        self._client = client
        self._settings = settings
        self._name = name
        self._way = way

    def answers(self, identifier: str, mark: str | None) -> Iterator[Answer]:
        """Each page from `mark` on; NeedsHuman where they go in a circle or never end."""
        seen: set[str] = set()
        for _ in range(self._settings.most_pages):
            answer, digest = self._ask(identifier, mark)
            if digest in seen or (answer.next is not None and answer.next == mark):
                raise self._stop("gives the same page again and again")
            if answer.records:
                seen.add(digest)
            yield answer
            if answer.next is None:
                return
            mark = answer.next
        raise self._stop(f"gives more than {self._settings.most_pages:,} pages")

    def _ask(self, identifier: str, mark: str | None) -> tuple[Answer, str]:
        way = self._way
        self._settings.pace.wait()
        reply = self._send(identifier, mark)
        if reply.status in way.nothing_held:
            return Answer([], None), ""
        if not reply.ok:
            raise self._stop(f"answers {reply.status} where records were expected")
        whole = reply.json()
        records = self._records(whole)
        digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
        return Answer(records, self._next(reply, whole, records, mark)), digest

    def _send(self, identifier: str, mark: str | None) -> Reply:
        way, values = self._way, self._values(identifier, mark)
        headers = self._settings.headers
        if way.pages.by is By.LINK and mark is not None:
            return self._client.request(way.method, mark, headers=headers)
        return self._client.request(
            way.method,
            templates.path(way.path, values),
            query=templates.query(way.query, values),
            headers=headers,
            body=None if way.body is None else templates.body(way.body, values),
        )

    def _values(self, identifier: str, mark: str | None) -> Mapping[str, Any]:
        pages = self._way.pages
        numbers = {By.PAGE: pages.first, By.OFFSET: 0}
        counted = self._number(mark) if mark is not None and pages.by in numbers else None
        number = numbers.get(pages.by) if counted is None else counted
        return {
            "identifier": identifier,
            "size": pages.size,
            "page": number,
            "offset": number,
            "cursor": mark,
        }

    def _number(self, mark: str) -> int:
        try:
            return int(mark)
        except ValueError:
            raise NeedsHuman("This checkpoint is not one of this source's. Search anew.") from None

    def _records(self, whole: Any) -> list[Mapping[str, Any]]:
        path = self._way.records
        if not paths.there(whole, path):
            place = path or "its top"
            raise self._stop(f"answers without records at {place}")
        found = [one for one in paths.at(whole, path) if one is not None]
        if not all(isinstance(one, Mapping) for one in found):
            raise self._stop("answers with a record that is no JSON object")
        return found

    def _next(
        self, reply: Reply, whole: Any, records: list[Mapping[str, Any]], mark: str | None
    ) -> str | None:
        pages = self._way.pages
        if pages.more and not any(found is True for found in paths.at(whole, pages.more)):
            return None
        match pages.by:
            case By.PAGE:
                asked = pages.first if mark is None else self._number(mark)
                return str(asked + 1) if records else None
            case By.OFFSET:
                asked = 0 if mark is None else self._number(mark)
                return str(asked + len(records)) if records else None
            case By.CURSOR:
                return paths.first(whole, pages.next) or None
            case By.LINK:
                link = paths.first(whole, pages.next) if pages.next else _linked(reply)
                return urljoin(reply.url, link) if link else None
            case _:
                return None

    def _stop(self, what: str) -> NeedsHuman:
        return NeedsHuman(
            f"{self._settings.host} {what} ({self._name}). Mend the declaration, or have it mended "
            "there."
        )


def _linked(reply: Reply) -> str:
    """The address of the header Link whose relation is "next"."""
    for found in _LINK.finditer(reply.headers.get("link", "")):
        relation = _RELATION.search(found[2])
        if relation and "next" in relation[1].lower().split():
            return found[1]
    return ""
