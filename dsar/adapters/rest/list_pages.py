"""Walks the pages of one answer: numbers, offsets, cursors or links, never in a circle."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsar.adapters.http import Client, HttpAnswer
from dsar.adapters.rest import paths, templates
from dsar.adapters.rest.list_end import ListEnd, UnprovenEnd
from dsar.adapters.rest.rest_settings import Find, PagedBy, RestSettings
from dsar.sdk import NeedsHuman


@dataclass(frozen=True, slots=True)
class ListPage:
    """The records of one page, and by what the next is asked for; None after the last."""

    records: list[Mapping[str, Any]]
    next: str | None


class ListRequest:
    """One way of one search: its address filled in, its pages asked for one after the other."""

    def __init__(self, client: Client, settings: RestSettings, name: str, way: Find) -> None:
        self._client = client
        self._settings = settings
        self._name = name
        self._way = way
        self._led_on = False

    def answers(self, identifier: str, mark: str | None) -> Iterator[ListPage]:
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
            self._led_on = True
        raise self._stop(f"gives more than {self._settings.most_pages:,} pages")

    def _ask(self, identifier: str, mark: str | None) -> tuple[ListPage, str]:
        way = self._way
        self._settings.pace.wait()
        reply = self._send(identifier, mark)
        if reply.status in way.nothing_held:
            self._refuse_end(mark)
            return ListPage([], None), ""
        if not reply.ok:
            raise self._stop(f"answers {reply.status} where records were expected")
        whole = reply.json()
        records = self._records(whole)
        digest = hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest()
        ending = ListEnd(way, reply, whole, records, led_on=self._led_on or mark is not None)
        try:
            return ListPage(records, ending.next(self._place(mark))), digest
        except UnprovenEnd as unproven:
            raise self._unproven(*unproven.args) from None

    def _send(self, identifier: str, mark: str | None) -> HttpAnswer:
        way, values = self._way, self._values(identifier, mark)
        headers = self._settings.headers
        if way.pages.by is PagedBy.LINK and mark is not None:
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
        numbers = {PagedBy.PAGE: pages.first, PagedBy.OFFSET: 0}
        counted = self._number(mark) if mark is not None and pages.by in numbers else None
        number = numbers.get(pages.by) if counted is None else counted
        return {
            "identifier": identifier,
            "size": pages.size,
            "page": number,
            "offset": number,
            "cursor": mark,
        }

    def _place(self, mark: str | None) -> int:
        """The number of the page, or of its first record, where pages are counted."""
        counted = self._way.pages.by in {PagedBy.PAGE, PagedBy.OFFSET}
        first = self._way.pages.first if self._way.pages.by is PagedBy.PAGE else 0
        return self._number(mark) if counted and mark is not None else first

    def _refuse_end(self, mark: str | None) -> None:
        """A status that means "nothing held" ends a later page only where pages are counted."""
        pages = self._way.pages
        if mark is not None and (pages.more or pages.by not in {PagedBy.PAGE, PagedBy.OFFSET}):
            raise self._unproven("said that there are more, and then that nothing is held", "pages")

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

    def _unproven(self, what: str, setting: str) -> NeedsHuman:
        """The end of a list is proven, or a person is asked: a search is never cut silently."""
        return NeedsHuman(
            f"{self._settings.host} {what} ({self._name}): it is not known whether that was all. "
            f"Mend the setting {setting}, or have it mended there."
        )

    def _stop(self, what: str) -> NeedsHuman:
        return NeedsHuman(
            f"{self._settings.host} {what} ({self._name}). Mend the declaration, or have it mended "
            "there."
        )
