"""What stands before every page: who may come in, and what each answer tells the browser.

There is no sign-in yet, so the pages answer only to this very machine, and they change nothing.
Plain ASGI: nothing of an answer is held back or copied on its way.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dsar.services.inquiries.links import PATH

HEALTH = "/healthz"
STATIC = "/static/"
#: Open to whoever has a link, from anywhere; see `dsar.web.answers`.
ANSWER = PATH
SAFE_METHODS = frozenset({"GET", "HEAD"})

#: A proxy makes strangers look like this machine; until there is a sign-in, it is let nowhere.
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")

#: Nothing is loaded but our own style sheet and pictures; no script, no form, no frame.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

#: The pages for answers have a form that goes to themselves; apart from that they are as bare.
ANSWER_POLICY = POLICY.replace("form-action 'none'", "form-action 'self'")

_ELSEWHERE = "There is no sign-in yet, so these pages answer only on the machine they run on."
_PROXIED = "There is no sign-in yet, so these pages answer no proxy. Open them directly."
_OTHER_NAME = "These pages answer only under a loopback name. Open http://127.0.0.1 or localhost."
_READ_ONLY = "These pages change nothing yet. Act with the dsar command."


class Guard:
    """Lets reading requests from this machine through.

    The health check answers to anybody, the pages for answers to whoever has a link.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = refused(scope)
        await (refusal or self.app)(scope, receive, send)


def refused(scope: Scope) -> PlainTextResponse | None:
    """The answer to a request that may not come in, or None."""
    answer = scope["path"].startswith(ANSWER)
    methods = SAFE_METHODS | {"POST"} if answer else SAFE_METHODS
    if scope["method"] not in methods:
        allowed = {"Allow": ", ".join(sorted(methods))}
        return PlainTextResponse(_READ_ONLY, status_code=405, headers=allowed)
    if answer or scope["path"] == HEALTH:
        return None
    headers, client = Headers(scope=scope), scope.get("client")
    reasons = (
        (client is None or not is_loopback(client[0]), _ELSEWHERE),
        (any(name in headers for name in FORWARDED), _PROXIED),
        (not is_loopback(host_name(headers.get("host", ""))), _OTHER_NAME),
    )
    reason = next((words for holds, words in reasons if holds), None)
    return PlainTextResponse(reason, status_code=403) if reason else None


def host_name(host: str) -> str:
    """The name in a Host header, without its port and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if ":" in host else host


def is_loopback(name: str) -> bool:
    """Whether a name or address always means this machine.

    Any other name may be made to point here by whoever owns it (DNS rebinding).
    """
    if name.lower() == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


class SafeHeaders:
    """Gives every answer the headers of HEADERS; only the static files may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        keep = "no-cache" if scope["path"].startswith(STATIC) else "no-store"

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith(ANSWER):
                    headers["Content-Security-Policy"] = ANSWER_POLICY
                headers["Cache-Control"] = keep
            await send(message)

        await self.app(scope, receive, with_headers)
