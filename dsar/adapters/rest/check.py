"""What is wrong with a declaration: by itself, and against the system as it answers."""

import secrets
from collections.abc import Iterator, Sequence

from dsar.adapters import dotted
from dsar.adapters.http import Client, auth
from dsar.adapters.rest import templates
from dsar.adapters.rest.rest_settings import (
    Endpoint,
    ErasureEffect,
    Find,
    PagedBy,
    Pages,
    RestCollection,
    RestSettings,
)
from dsar.adapters.rest.search import Search, order
from dsar.sdk import Later, NeedsHuman, Problem, Subject

_PAGED = {PagedBy.PAGE: "page", PagedBy.OFFSET: "offset", PagedBy.CURSOR: "cursor"}
_ASKED = frozenset({"identifier", "size", "page", "offset", "cursor"})
_CHANGED = frozenset({"key", "changes"})
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "accept-encoding", "connection", "cookie"}
)
_VERBS = ("erase", "rectify", "restrict", "lift", "object_to")


def problems(client: Client, settings: RestSettings) -> Sequence[Problem]:
    """Everything to mend before the first request; the system is asked about nobody."""
    found = list(faults(settings))
    if found:
        return found
    for kind in settings.identifies_by:
        nobody = Subject({kind: (_nobody(kind),)})
        try:
            for _page in Search(client, settings, nobody).pages(None):
                what = "answers with records where it is asked for somebody who is nobody."
                found.append(Problem("collections", what, "Correct the path and the query."))
        except (Later, NeedsHuman) as failure:
            mend = "Until then nothing can be searched in this source."
            return [*found, Problem("url", failure.reason, mend)]
    return found


def _nobody(kind: str) -> str:
    name = f"nobody-{secrets.token_hex(6)}"
    return {"email": f"{name}@example.invalid", "phone": "+999000000000"}.get(kind, name)


def faults(settings: RestSettings) -> Iterator[Problem]:
    """What the declaration contradicts; nothing is asked for it."""
    yield from settings.problems()
    yield from auth.faults(settings, settings.auth)
    yield from _headers(settings)
    for name, declared in settings.collections.items():
        at = f"collections.{name}"
        for way in declared.find:
            yield from _find(settings, f"{at}.find", way)
        for verb in _VERBS:
            endpoint = getattr(declared, verb)
            if endpoint:
                yield from _endpoint(f"{at}.{verb}", endpoint)
        yield from _erased_with(settings, at, declared)
        yield from _columns(at, declared)
    for name in order(settings.collections)[1]:
        what = "is led to by nothing that is found before it."
        yield Problem(f"collections.{name}.find.from", what, "Name a collection that is.")


def _headers(settings: RestSettings) -> Iterator[Problem]:
    names = [*settings.headers, *([settings.auth.name] if settings.auth else [])]
    for name in names:
        if name.lower() in _OURS or not all(sign.isalnum() or sign in "-_" for sign in name):
            yield Problem(f"headers.{name}", "cannot be set here.", "Leave it out.")
    for name, value in settings.headers.items():
        if not value.isprintable():
            yield Problem(f"headers.{name}", "holds a sign no header can.", "Correct it.")


def _find(settings: RestSettings, at: str, way: Find) -> Iterator[Problem]:
    if bool(way.by) == bool(way.from_):
        yield Problem(at, "needs either by or from.", 'Write by = "email", say.')
    source, _, path = way.from_.partition(".")
    if way.from_ and (not path or source not in settings.collections):
        yield Problem(f"{at}.from", "names no collection and path.", 'Write "customers.id", say.')
    if bool(way.match) == way.by_address:
        mend = "Name where a record carries what was asked for, or say by_address = true."
        yield Problem(f"{at}.match", "and by_address: one of them is needed, not both.", mend)
    yield from _request(at, way, _ASKED)
    asked = list(_places(way))
    if "identifier" not in {name for name, _ in asked}:
        yield Problem(at, "asks for nobody in particular.", "Put {identifier} where it belongs.")
    if way.by_address and ("identifier", False) in asked:
        mend = "Let {identifier} be a segment or parameter of its own, or name match."
        yield Problem(f"{at}.by_address", "cannot vouch for a part of a longer text.", mend)
    wanted = _PAGED.get(way.pages.by)
    if wanted and wanted not in {name for name, _ in asked}:
        yield Problem(f"{at}.pages", f"needs {{{wanted}}} in the request.", "Put it there.")
    yield from _paged(f"{at}.pages", way.pages)
    yield from dotted.faults({f"{at}.match": way.match, f"{at}.records": (way.records,)})
    yield from dotted.faults({f"{at}.from": (path,)})


def _paged(at: str, pages: Pages) -> Iterator[Problem]:
    """How the pages follow each other: what leads on, and that it can be found."""
    cursor, given = pages.by is PagedBy.CURSOR, bool(pages.next) + bool(pages.last)
    if cursor and not given:
        yield Problem(f"{at}.next", "is missing.", "Name the path of the next cursor, or last.")
    if given > 1:
        yield Problem(f"{at}.last", "stands beside next.", "Leave one out.")
    if (pages.last and not cursor) or (
        pages.next and pages.by not in {PagedBy.CURSOR, PagedBy.LINK}
    ):
        what = f'leads nowhere by = "{pages.by}".'
        yield Problem(f"{at}.{'last' if pages.last else 'next'}", what, "Leave it out.")
    if pages.more and pages.by is PagedBy.NONE:
        yield Problem(f"{at}.more", "has no pages to tell of.", "Say by what they follow.")
    if pages.left_out and not pages.next:
        yield Problem(f"{at}.left_out", "speaks of next, which is not there.", "Name next.")
    if pages.size < 1:
        yield Problem(f"{at}.size", "is less than 1.", "Give the number of records a page.")
    named = {"last": pages.last, "more": pages.more}
    yield from dotted.faults({f"{at}.{name}": (path,) for name, path in named.items()})
    if wrong := dotted.fault(pages.next):
        mend = 'Name the path of a cursor; for a field of the last record say last = "id".'
        yield Problem(f"{at}.next", f'"{pages.next}" {wrong}', mend)


def _endpoint(
    at: str, endpoint: Endpoint, nobodys: str = "changes no record in particular."
) -> Iterator[Problem]:
    yield from _request(at, endpoint, _CHANGED)
    if "key" not in {name for name, _ in _places(endpoint)}:
        yield Problem(at, nobodys, "Put {key} where it belongs.")
    for status in endpoint.kept:
        if not status.isdigit():
            yield Problem(f"{at}.kept.{status}", "is no status.", 'Write "409" = "Why.".')


def _erased_with(settings: RestSettings, at: str, declared: RestCollection) -> Iterator[Problem]:
    taken = declared.erased_with
    if taken is None:
        return
    place = f"{at}.erased_with"
    other = settings.collections.get(taken.collection)
    if other is None or other.erase is None:
        what = f"names {taken.collection}, which is no collection that declares an erase."
        yield Problem(f"{place}.collection", what, "Name the one whose erasure takes it along.")
    elif other.erase.done is ErasureEffect.ANONYMISED:
        what = f"names {taken.collection}, of which erasing leaves an anonymous record."
        yield Problem(f"{place}.collection", what, "Declare an erase of its own.")
    if declared.erase:
        what = "stands beside an erase of its own: one of them is needed, not both."
        yield Problem(place, what, "Leave one out.")
    looking = Endpoint(path=taken.path, query=taken.query)
    yield from _endpoint(place, looking, "looks for no record in particular.")


def _request(at: str, request: Find | Endpoint, known: frozenset[str]) -> Iterator[Problem]:
    if not request.path.startswith("/"):
        yield Problem(f"{at}.path", "does not begin with /.", "It counts from the setting url.")
    if request.method and request.method not in _METHODS:
        yield Problem(f"{at}.method", "is no method we send.", f"One of {sorted(_METHODS)}.")
    for name, _ in _places(request):
        if name not in known:
            choice = ", ".join(f"{{{one}}}" for one in sorted(known))
            yield Problem(at, f"speaks of {{{name}}}.", f"Places here are: {choice}.")


def _places(request: Find | Endpoint) -> Iterator[tuple[str, bool]]:
    yield from templates.path_places(request.path)
    for part in (request.query, request.body):
        yield from templates.places(part)


def _columns(at: str, declared: RestCollection) -> Iterator[Problem]:
    named = {"key": (declared.key,), "subject": (declared.subject,), "spread": declared.spread}
    yield from dotted.faults({f"{at}.{name}": ways for name, ways in named.items()})
    yield from dotted.faults(
        {f"{at}.gives.{kind}": (path,) for kind, path in declared.gives.items()}
    )
    if not declared.columns:
        yield Problem(f"{at}.columns", "explains no field.", "Explain each, so that it can go out.")
    if not declared.find:
        yield Problem(f"{at}.find", "is missing.", "Say how a person's records are asked for.")
