"""A bundle as a download that can be resumed: opened frame by frame, never whole in memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dsar.services.bundles import deliver
from dsar.services.bundles.deliver import StoredBundle
from dsar.web.viewer import viewer_of

#: One range of bytes (RFC 9110, 14.1.2): from a place, from one to another, or the last so many.
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to `stop`; `whole` where no range was asked for."""

    start: int
    stop: int
    whole: bool


def bundle(request: Request) -> Response:
    """`GET /tickets/{ref}/bundles/{number}`: the bundle, or the range of it that is asked for."""
    installation = request.app.state.installation
    viewer, asked = viewer_of(request), request.path_params
    stored_bundle = deliver.stored_bundle(installation, viewer, asked["ref"], asked["number"])
    span = wanted(request.headers.get("range"), request.headers.get("if-range"), stored_bundle)
    if span is None:
        unsatisfied = {"Content-Range": f"bytes */{stored_bundle.size}", "Accept-Ranges": "bytes"}
        return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=unsatisfied)
    status = HTTPStatus.OK if span.whole else HTTPStatus.PARTIAL_CONTENT
    blocks = _opened(stored_bundle, span)
    if request.method == "HEAD":
        return Response(None, status, _headers(stored_bundle, span))
    deliver.handed(installation, viewer, stored_bundle, start=span.start, stop=span.stop)
    return StreamingResponse(blocks, status, _headers(stored_bundle, span))


def wanted(
    range_: str | None, if_range: str | None, stored_bundle: StoredBundle
) -> ByteRange | None:
    """What is asked for; None for a range beyond the end.

    Several ranges at once, other units, or a range of another version are answered with the whole,
    as RFC 9110 (14.2, 13.1.5) allows.
    """
    size = stored_bundle.size
    asked = _RANGE.fullmatch(range_ or "")
    if asked is None or not any(asked.groups()) or if_range not in (None, etag(stored_bundle)):
        return ByteRange(0, size, whole=True)
    first, last = asked.groups()
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return ByteRange(0, size, whole=True)
    return ByteRange(start, stop, whole=False) if start < stop else None


def etag(stored_bundle: StoredBundle) -> str:
    """The strong validator of a bundle: the SHA-256 of its plain bytes."""
    return f'"{stored_bundle.sha256}"'


def _headers(stored_bundle: StoredBundle, span: ByteRange) -> dict[str, str]:
    headers = {
        "Content-Length": str(span.stop - span.start),
        "Content-Type": "application/zip",
        "Content-Disposition": f'attachment; filename="{stored_bundle.file}"',
        "Accept-Ranges": "bytes",
        "ETag": etag(stored_bundle),
    }
    if not span.whole:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{stored_bundle.size}"
    return headers


def _opened(stored_bundle: StoredBundle, span: ByteRange) -> Iterator[bytes]:
    """The bytes, with the first frame opened by now: a bundle that cannot be is refused in words.

    A frame that proves damaged later ends the connection before any byte of it is sent.
    """
    blocks = stored_bundle.read(span.start, span.stop)
    return chain([next(blocks, b"")], blocks)
