"""The routes for answers: read the question, answer it; a page for people, JSON for machines.

They are open to whoever has a link, from anywhere. Whatever is no link of ours gets one and the
same answer, whether it never was one or belongs to somebody forgotten.
"""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

import templates
from dsar.services.inquiries import answers, proof
from dsar.services.inquiries.answers import OpenedLink
from dsar.services.inquiries.links import PATH
from dsar.services.runtime.installation import Installation
from dsar.web.answers import replies
from dsar.web.answers.body import take
from dsar.web.answers.rate import Rate

#: Visits of one address a minute; a person needs a handful, a machine one or two an inquiry.
VISITS = 240


def routes() -> list[Route]:
    """The routes, with their own count of visits."""
    rate = Rate(VISITS)

    async def visit(request: Request) -> Response:
        if not rate.admits(request.client.host if request.client else ""):
            return replies.message(request, 429, "often", headers={"Retry-After": "60"})
        installation = request.app.state.installation
        secret = request.path_params["rest"]
        opened = await run_in_threadpool(answers.open_link, installation, secret)
        if opened is None:
            return replies.message(request, 404, "none")
        if request.method == "POST":
            return await take(request, installation, opened)
        return _shown(request, installation, opened)

    return [
        Route(f"{PATH}style.css", style),
        Route(PATH + "{rest:path}", visit, methods=["GET", "POST"]),
    ]


def style(_request: Request) -> FileResponse:
    """The style sheet of these pages."""
    return FileResponse(templates.FOLDER / "answers" / "style.css", media_type="text/css")


def _shown(request: Request, installation: Installation, opened: OpenedLink) -> Response:
    people = "text/html" in request.headers.get("accept", "")
    if not people or proof.wants_proof(installation, opened):
        return JSONResponse(replies.document(opened), 410 if opened.over else 200)
    if opened.over:
        return replies.message(request, 410, "over")
    if opened.answered:
        return replies.message(request, 200, "was_answered")
    return replies.question(request, opened)
