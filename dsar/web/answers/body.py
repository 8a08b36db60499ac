"""Takes an answer in over HTTP: a form from a person, JSON from a machine, each up to a limit."""

from collections.abc import Mapping
from contextlib import closing
from http import HTTPStatus

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from dsar.domain.errors import BadInput
from dsar.sdk.desk import Untrusted
from dsar.services.inquiries import answers, proof
from dsar.services.inquiries.answers import AnsweredAlready, OpenedLink, Over
from dsar.services.inquiries.files import Drop
from dsar.services.runtime.installation import Installation
from dsar.web.answers import form, pages, replies
from dsar.web.answers.multipart import MultipartForm, Reader

#: How much longer than its files a body may be: base64 adds a third, a form its fields.
_SHARE = 1.5
_JSON, _FORM = "application/json", "multipart/form-data"


class BodyTooLong(Exception):  # noqa: N818
    """The body is longer than we read."""


async def take(request: Request, installation: Installation, opened: OpenedLink) -> Response:
    """`POST` on a link: taken, refused with the reason, or shown again with what is missing."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    machines = kind == _JSON or proof.wants_proof(installation, opened)
    if foreign(request.headers):
        wrong = BadInput("form", "came from another site.", "Open the link and answer there.")
        return replies.refusal(request, 403, wrong, machines=machines)
    if kind != (_JSON if machines else _FORM):
        wrong = BadInput("Content-Type", "is not what is read here.", f"Send {_JSON}.")
        return replies.refusal(request, 415, wrong, machines=machines)
    try:
        return await (_machine if machines else _person)(request, installation, opened)
    except BodyTooLong:
        megabytes = installation.settings.inquiries.answer_megabytes
        wrong = BadInput("answer", f"is larger than {megabytes} MB.", "Send less.")
        return replies.refusal(request, 413, wrong, machines=machines)
    except ClientDisconnect:
        return Response(status_code=HTTPStatus.BAD_REQUEST)


def foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that another site sent this form. Machines say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site != "same-origin"
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def _most(installation: Installation) -> int:
    return int(installation.settings.inquiries.answer_megabytes * 1_000_000 * _SHARE)


# -- machines -------------------------------------------------------------------------------------


async def _machine(request: Request, installation: Installation, opened: OpenedLink) -> Response:
    body, most = bytearray(), _most(installation)
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLong
    return await run_in_threadpool(_from_json, request, installation, opened, bytes(body))


def _from_json(
    request: Request, installation: Installation, opened: OpenedLink, body: bytes
) -> Response:
    try:
        proof.prove(installation, opened, request.headers, body)
        given = orjson.loads(body)
        drop = answers.room_for_files(installation, opened.inquiry)
        new = answers.take(installation, opened.inquiry, given, drop)
    except tuple(_REFUSED) as refused:
        status = next(code for kind, code in _REFUSED.items() if isinstance(refused, kind))
        return replies.refusal(request, status, _named(refused), machines=True)
    return JSONResponse({"inquiry": opened.inquiry, "new": new}, 201 if new else 200)


#: What can be wrong with a machine's answer, and how HTTP says so.
_REFUSED: Mapping[type[Exception], int] = {
    orjson.JSONDecodeError: 400,
    Untrusted: 401,
    AnsweredAlready: 409,
    Over: 410,
    BadInput: 422,
}


def _named(refused: Exception) -> BadInput:
    """The refusal with its field and mend; never what a parser says, which may quote data."""
    if isinstance(refused, BadInput):
        return refused
    if isinstance(refused, orjson.JSONDecodeError):
        return BadInput("answer", "is not JSON.", "Send one JSON object in UTF-8.")
    field = "signature" if isinstance(refused, Untrusted) else "answer"
    return BadInput(field, str(refused), "")


# -- people ---------------------------------------------------------------------------------------


async def _person(request: Request, installation: Installation, opened: OpenedLink) -> Response:
    if opened.answered or opened.over:
        over = (410, "over") if opened.over else (409, "was_answered")
        return replies.message(request, *over)
    with closing(
        await run_in_threadpool(answers.room_for_files, installation, opened.inquiry)
    ) as drop:
        try:
            filled = await _filled(request, drop, _most(installation))
        except BadInput as wrong:
            return replies.refusal(request, 422, wrong, machines=False)
        return await run_in_threadpool(_from_form, request, installation, opened, filled, drop)


async def _filled(request: Request, drop: Drop, most: int) -> MultipartForm:
    reader, size = Reader(request.headers["content-type"], drop), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise BodyTooLong
        await run_in_threadpool(reader.feed, chunk)
    return reader.finish()


def _from_form(
    request: Request,
    installation: Installation,
    opened: OpenedLink,
    filled: MultipartForm,
    drop: Drop,
) -> Response:
    typed = {name: text for name, text in filled.fields.items() if name != "more"}
    if "more" in filled.fields:
        typed["lines"] = str(form.lines(typed) + form.MORE_LINES)
        return replies.question(request, opened, typed=typed)
    try:
        answers.take(installation, opened.inquiry, form.answer(opened, filled), drop)
    except (form.MissingInput, BadInput) as wrong:
        fault = _fault(request, wrong)
        return replies.question(request, opened, typed=typed, fault=fault)
    except AnsweredAlready:
        return replies.message(request, 409, "other_answer", "was_answered_text")
    except Over:
        return replies.message(request, 410, "over")
    return replies.message(request, 201, "thanks")


def _fault(request: Request, wrong: form.MissingInput | BadInput) -> pages.FormFault:
    if isinstance(wrong, form.MissingInput):
        return pages.FormFault(wrong.field, replies.words(request)["fault"][wrong.word])
    return pages.FormFault("main", str(wrong))
