"""What is answered on the pages for answers: the question, a message, a refusal."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dsar.domain.errors import BadInput
from dsar.services.inquiries.answers import OpenedLink
from dsar.services.runtime.installation import Installation
from dsar.web.answers import pages
from dsar.web.languages import accepted
from dsar.words import Words


def words(request: Request) -> Words:
    """The words of these pages in the visitor's language."""
    installation: Installation = request.app.state.installation
    asked = accepted(request.headers.get("accept-language", ""))
    return installation.spoken(*asked).words("answers")


def document(opened: OpenedLink) -> dict[str, Any]:
    """The question as the protocol has it; after the answer nothing of the person."""
    head = {"inquiry": opened.inquiry, "source": opened.title, "verb": opened.verb}
    if opened.answered or opened.over:
        return {**head, "answered": opened.answered, "over": opened.over}
    asked = opened.question
    return {
        **head,
        "answered": False,
        "over": False,
        "again": opened.again,
        "answer_by": opened.answer_by.isoformat(),
        "identifiers": [{"kind": kind, "value": value} for kind, value in asked.identifiers],
        "records": [
            {
                "collection": one.collection,
                "key": one.key,
                "fields": list(one.fields),
                "changes": dict(one.changes),
            }
            for one in asked.wanted
        ],
        "purposes": list(asked.purposes),
        "collections": {
            name: [entry.name for entry in one.fields] for name, one in opened.collections.items()
        },
    }


def question(
    request: Request,
    opened: OpenedLink,
    *,
    typed: Mapping[str, str] | None = None,
    fault: pages.FormFault | None = None,
) -> HTMLResponse:
    """The page of a question, with what stood in its form before and what is wrong with it."""
    installation = request.app.state.installation
    page = pages.question(
        opened,
        words(request),
        controller=installation.controller.name,
        megabytes=installation.settings.inquiries.answer_megabytes,
        typed=typed,
        fault=fault,
    )
    return HTMLResponse(pages.render(page), 422 if fault else 200)


def message(
    request: Request,
    status: int,
    word: str,
    text: str = "",
    *,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A heading and a sentence by the keys of their words."""
    said = words(request)["message"]
    return _plain(request, status, said[word], said[text or f"{word}_text"], headers=headers)


def refusal(request: Request, status: int, wrong: BadInput, *, machines: bool) -> Response:
    """Why it was not taken: the field, the problem, the mend."""
    if machines:
        told = {"field": wrong.field, "problem": wrong.problem, "mend": wrong.mend}
        return JSONResponse({"error": told}, status)
    return _plain(request, status, words(request)["message"]["problem"], str(wrong).strip())


def _plain(
    request: Request,
    status: int,
    heading: str,
    text: str,
    *,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    controller = request.app.state.installation.controller.name
    page = pages.AnswerPage(w=words(request), controller=controller, heading=heading, text=text)
    return HTMLResponse(pages.render(page), status, headers)
