"""Whether this process can answer: what the container's health check asks."""

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col
from starlette.requests import Request
from starlette.responses import JSONResponse

from dsar.services.runtime.installation import Installation, reading
from dsar.store.tables import Ticket

log = structlog.get_logger("dsar.web")


def answers(installation: Installation) -> bool:
    """Whether the database is there and has our tables."""
    try:
        with reading(installation) as session:
            session.execute(select(col(Ticket.id)).limit(1))
    except SQLAlchemyError as error:
        log.warning("web.no_database", error=type(error).__name__)
        return False
    return True


def health(request: Request) -> JSONResponse:
    """200 while the database answers, else 503; says nothing about what is in it."""
    well = answers(request.app.state.installation)
    words, status = ("answers", 200) if well else ("does not answer", 503)
    return JSONResponse({"database": words}, status)
