"""Credentials as headers; OAuth 2 tokens are fetched when needed and shared until they run out."""

import base64
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote, urlencode

from dsar.adapters.http.client import Client, Credentials
from dsar.adapters.http.http_settings import HttpSettings
from dsar.sdk import NeedsHuman, Problem

#: A token is fetched anew this many seconds before it runs out.
EARLY = 30.0
#: How long a token is used where its server does not say (RFC 6749 5.1 only recommends it).
USUAL_LIFE = 300.0


class AuthKind(StrEnum):
    """How we prove who we are."""

    HEADER = "header"
    BASIC = "basic"
    BEARER = "bearer"
    OAUTH2 = "oauth2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Credentials, secrets by reference."""

    kind: AuthKind
    """How: a header of its own, basic authentication, a bearer token, or OAuth 2 by client
    credentials (RFC 6749 4.4)."""
    name: str = ""
    """For `"header"`: the header's name."""
    value: str = field(default="", repr=False)
    """For `"header"`: what it says."""
    user: str = ""
    """For `"basic"`: who signs in."""
    password: str = field(default="", repr=False)
    """For `"basic"`: the password."""
    token: str = field(default="", repr=False)
    """For `"bearer"`: the token."""
    token_url: str = ""
    """For `"oauth2"`: where tokens are fetched; one serves until it runs out or is refused."""
    client_id: str = ""
    """For `"oauth2"`: the name we are registered under."""
    client_secret: str = field(default="", repr=False)
    """For `"oauth2"`: the secret that goes with it."""
    scope: str = ""
    """For `"oauth2"`: what the token is to be good for, if the system wants it named."""
    in_body: bool = False
    """For `"oauth2"`: the secret goes into the body of the token's request, not into its header."""


@dataclass(frozen=True, slots=True)
class FixedHeader:
    """The same header each time."""

    name: str
    value: str

    def headers(self) -> Mapping[str, str]:
        return {self.name: self.value}

    def renew(self) -> bool:
        return False

    def __repr__(self) -> str:
        return f"Fixed({self.name})"


class ClientCredentials:
    """An access token by the client credentials grant (RFC 6749 4.4)."""

    def __init__(self, settings: HttpSettings, auth: Auth) -> None:
        self._auth = auth
        self._settings = settings.elsewhere(auth.token_url)
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if not self._token or time.monotonic() >= self._until:
                self._fetch()
            return {"authorization": f"Bearer {self._token}"}

    def renew(self) -> bool:
        with self._lock:
            self._token = ""
        return True

    def _fetch(self) -> None:
        client = Client(self._settings)
        try:
            reply = client.request(
                "POST", self._settings.url, headers=self._proof(), content=self._grant()
            )
        finally:
            client.close()
        answer = reply.json() if reply.ok else None
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise NeedsHuman(
                f"{self._settings.host} gives no access token ({reply.status}). Correct client_id, "
                "client_secret and scope.",
                code="refused",
            )
        life = reply.json().get("expires_in")
        seconds = float(life) if isinstance(life, int | float) else USUAL_LIFE
        self._token = token
        self._until = time.monotonic() + max(seconds - EARLY, 1.0)

    def _proof(self) -> dict[str, str]:
        form = {"content-type": "application/x-www-form-urlencoded"}
        if self._auth.in_body:
            return form
        # RFC 6749 2.3.1: each half is form-encoded before they are joined
        user, password = quote(self._auth.client_id, ""), quote(self._auth.client_secret, "")
        return {**form, "authorization": _basic(user, password)}

    def _grant(self) -> bytes:
        pairs = [("grant_type", "client_credentials")]
        if self._auth.scope:
            pairs.append(("scope", self._auth.scope))
        if self._auth.in_body:
            pairs += [
                ("client_id", self._auth.client_id),
                ("client_secret", self._auth.client_secret),
            ]
        return urlencode(pairs).encode()


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


_KINDS: Mapping[AuthKind, Callable[[HttpSettings, Auth], Credentials]] = {
    AuthKind.HEADER: lambda _, auth: FixedHeader(auth.name.lower(), auth.value),
    AuthKind.BASIC: lambda _, auth: FixedHeader("authorization", _basic(auth.user, auth.password)),
    AuthKind.BEARER: lambda _, auth: FixedHeader("authorization", f"Bearer {auth.token}"),
    AuthKind.OAUTH2: ClientCredentials,
}

#: What each kind cannot do without.
NEEDS: Mapping[AuthKind, tuple[str, ...]] = {
    AuthKind.HEADER: ("name", "value"),
    AuthKind.BASIC: ("user", "password"),
    AuthKind.BEARER: ("token",),
    AuthKind.OAUTH2: ("token_url", "client_id", "client_secret"),
}


def credentials(settings: HttpSettings, auth: Auth | None) -> Credentials | None:
    """What proves us to the system of these settings; None where it asks for nothing."""
    return _KINDS[auth.kind](settings, auth) if auth else None


def faults(settings: HttpSettings, auth: Auth | None) -> Iterator[Problem]:
    """What these credentials lack."""
    if auth is None:
        return
    for name in NEEDS[auth.kind]:
        if not getattr(auth, name):
            yield Problem(f"auth.{name}", f"is missing for kind {auth.kind}.", "Add it.")
    if auth.kind is AuthKind.OAUTH2:
        for one in settings.elsewhere(auth.token_url).problems():
            yield Problem("auth.token_url", one.problem, one.mend)
