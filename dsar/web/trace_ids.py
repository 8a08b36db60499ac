"""Gives every web request an id: its answer, its log lines and the tasks it begins carry it."""

import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dsar.services.upkeep.logs import follow_request

log = structlog.get_logger("dsar.web")

HEADER = "X-Request-Id"


class TraceIds:
    """Writes one line for each request that names a ticket, and the id into every answer.

    Other requests leave no line: nothing is logged of who looked at what page. Plain ASGI.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.monotonic()
        trace = follow_request(Headers(scope=scope).get(HEADER, ""), scope["path"])

        async def with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = trace
                if "ticket" in structlog.contextvars.get_contextvars():
                    seconds = round(time.monotonic() - started, 3)
                    log.info("web.request", status=message["status"], seconds=seconds)
            await send(message)

        await self.app(scope, receive, with_id)
