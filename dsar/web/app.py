"""The pages as one ASGI application. Handlers are synchronous, a thread each."""

from dataclasses import dataclass
from http import HTTPStatus
from traceback import extract_tb
from typing import ClassVar

import structlog
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

import templates
from dsar.domain.errors import NotFound
from dsar.services.bundles.keep import NotDeliverable
from dsar.services.runtime.installation import Installation
from dsar.store.files.places import CannotStore, StoreAway
from dsar.web import health, metrics, security, trace_ids
from dsar.web.answers import routes as answers
from dsar.web.console import bundle, queue, sources, ticket
from dsar.web.pages import PageFrame, render

log = structlog.get_logger("dsar.web")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage(PageFrame):
    """Something went wrong: what it is and what to do."""

    template: ClassVar[str] = "message.html"

    heading: str
    text: str


def create(installation: Installation) -> Starlette:
    """The application: pages, bundles, health check, static files."""
    app = Starlette(
        routes=[
            Route("/", queue.queue, name="queue"),
            Route("/sources", sources.sources, name="sources"),
            Route("/tickets/{ref}", ticket.ticket, name="ticket"),
            Route("/tickets/{ref}/bundles/{number:int}", bundle.bundle, name="bundle"),
            *answers.routes(),
            Route(security.HEALTH, health.health),
            Route(metrics.METRICS, metrics.metrics),
            Mount(security.STATIC.rstrip("/"), StaticFiles(directory=templates.FOLDER / "static")),
        ],
        middleware=[
            Middleware(trace_ids.TraceIds),
            Middleware(security.SafeHeaders),
            Middleware(security.Guard),
        ],
        exception_handlers={
            NotFound: _not_found,
            NotDeliverable: _not_deliverable,
            CannotStore: _no_store,
            StoreAway: _no_store,
            HTTPException: _http,
            OperationalError: _no_database,
            Exception: _broken,
        },
    )
    app.state.installation = installation
    return app


def _message(request: Request, status: HTTPStatus, heading: str, text: str) -> HTMLResponse:
    controller = request.app.state.installation.controller
    page = MessagePage(
        title=heading,
        controller=controller.name,
        timezone=controller.timezone,
        heading=heading,
        text=text,
    )
    return HTMLResponse(render(page), status)


def _not_found(request: Request, missing: Exception) -> HTMLResponse:
    return _message(request, HTTPStatus.NOT_FOUND, "There is nothing here", str(missing))


def _not_deliverable(request: Request, refused: Exception) -> HTMLResponse:
    return _message(request, HTTPStatus.GONE, "This bundle is not handed out", str(refused))


def _no_store(request: Request, error: Exception) -> HTMLResponse:
    log.warning("web.no_store", error=type(error).__name__)
    text = "The store of bundles does not answer as it should. An operator finds why: dsar doctor."
    answer = _message(request, HTTPStatus.SERVICE_UNAVAILABLE, "The store of bundles is away", text)
    answer.headers["Retry-After"] = "60"
    return answer


def _http(request: Request, error: Exception) -> HTMLResponse:
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    if status is HTTPStatus.NOT_FOUND:
        text = "This address leads to no page. The queue shows every ticket."
        return _message(request, status, "There is nothing here", text)
    return _message(request, status, status.phrase, "Go back to the queue and try again.")


def _no_database(request: Request, error: Exception) -> HTMLResponse:
    log.warning("web.no_database", error=type(error).__name__)
    text = "Nothing is lost. Start the database again and load this page once more."
    answer = _message(request, HTTPStatus.SERVICE_UNAVAILABLE, "The database is away", text)
    answer.headers["Retry-After"] = "10"
    return answer


def _broken(request: Request, error: Exception) -> HTMLResponse:
    """Starlette raises the error again after this answer, so that the server can log it."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    log.error("web.failed", error=type(error).__name__, where=places[-5:])
    text = "No ticket was changed. An operator finds the cause in the log."
    return _message(request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed inside", text)
