"""Whether a page is the last, and by what the next is asked for: the end is proven or doubted.

A page that is taken for the last though it is not hands over half of what is held, and says that it
is all. So whatever does not prove the end raises `UnprovenEnd`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from dsar.adapters.http import HttpAnswer
from dsar.adapters.rest import paths, templates
from dsar.adapters.rest.rest_settings import Find, PagedBy

#: RFC 8288 3: each address in angle brackets, its parameters up to the next one.
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"""\brel\s*=\s*"?([^";,]*)""", re.IGNORECASE)
#: What systems call it that there is more, at the top of an answer or one step below.
_SIGNS = frozenset(
    {"has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage", "is_truncated"}
    | {"isTruncated", "more", "more_results", "moreResults"}
)


class UnprovenEnd(Exception):  # noqa: N818 - says what the end of the list is
    """The answer proves neither that there is more nor that this was all: what, which setting."""


@dataclass(frozen=True, slots=True)
class ListEnd:
    """One answer, and what is known of the way it was asked for; `led_on` is whether an earlier
    page has led to this one."""

    way: Find
    reply: HttpAnswer
    whole: Any
    records: Sequence[Mapping[str, Any]]
    led_on: bool

    def next(self, place: int) -> str | None:
        """What the next page is asked for by; None where this one is proven to be the last.

        `place` is the number of this page, or of its first record.
        """
        more = self._more()
        if more is False:
            return None
        match self.way.pages.by:
            case PagedBy.PAGE:
                return str(place + 1) if self.records or more else None
            case PagedBy.OFFSET:
                return self._offset(place, more)
            case PagedBy.CURSOR:
                return self._cursor(more)
            case PagedBy.LINK:
                link = self._cursor(more) if self.way.pages.next else self._link(more)
                return urljoin(self.reply.url, link) if link else None
            case _:
                self._refuse_more()
                return None

    def _more(self) -> bool | None:
        """What the answer says at `more`; None where nothing is declared to say it."""
        path = self.way.pages.more
        if not path:
            return None
        found = list(paths.at(self.whole, path))
        if not found or not all(isinstance(one, bool) for one in found):
            raise UnprovenEnd(f"says neither true nor false at {path}", "pages.more")
        return any(found)

    def _offset(self, place: int, more: bool | None) -> str | None:
        if more and not self.records:
            raise UnprovenEnd("says that there are more and gives none", "pages.more")
        return str(place + len(self.records)) if self.records else None

    def _cursor(self, more: bool | None) -> str | None:
        pages = self.way.pages
        if pages.last:
            return self._last(more)
        found = paths.first(self.whole, pages.next)
        if found:
            return found
        if more:
            raise UnprovenEnd(f"says that there are more and holds no {pages.next}", "pages.next")
        if not paths.there(self.whole, pages.next):
            if not pages.left_out:
                raise UnprovenEnd(f"holds no {pages.next}", "pages.next, or say left_out = true")
            self._refuse_full("pages.next")
        return None

    def _last(self, more: bool | None) -> str | None:
        last = self.way.pages.last
        if not self.records:
            if more:
                raise UnprovenEnd("says that there are more and gives none", "pages.more")
            return None
        found = paths.first(self.records[-1], last)
        if not found:
            raise UnprovenEnd(f"gives a last record without {last}", "pages.last")
        return found

    def _link(self, more: bool | None) -> str:
        found = _linked(self.reply)
        if not found and more:
            raise UnprovenEnd("says that there are more and links to no next page", "pages.more")
        if not found and "link" not in self.reply.headers:
            self._refuse_full("pages")
        return found

    def _refuse_full(self, setting: str) -> None:
        """The first page is as full as was asked for, and nothing has ever led on from one."""
        size = self.way.pages.size
        asked = any(name == "size" for name, _ in _places(self.way))
        if asked and not self.led_on and len(self.records) >= size:
            mend = f"{setting}, or raise pages.size above {size}"
            raise UnprovenEnd(f"fills a page with {size} records and leads to no other", mend)

    def _refuse_more(self) -> None:
        """A system that says that there is more is not read by a declaration of one page."""
        sign = "a Link to the next page" if _linked(self.reply) else next(_signs(self.whole), "")
        if sign:
            raise UnprovenEnd(f"says that there are more ({sign})", "pages")


def _places(way: Find) -> Iterator[tuple[str, bool]]:
    for part in (way.path, way.query, way.body):
        yield from templates.places(part)


def _linked(reply: HttpAnswer) -> str:
    """The address of the header Link whose relation is "next"."""
    for found in _LINK.finditer(reply.headers.get("link", "")):
        relation = _RELATION.search(found[2])
        if relation and "next" in relation[1].lower().split():
            return found[1]
    return ""


def _signs(whole: Any) -> Iterator[str]:
    """The names under which an answer says that there is more."""
    top = whole if isinstance(whole, Mapping) else {}
    inner = [one for one in top.values() if isinstance(one, Mapping)]
    for table in (top, *inner):
        yield from (name for name, value in table.items() if name in _SIGNS and value is True)
