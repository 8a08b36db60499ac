"""A test server asked through the transport, and the ways it may fail."""

from collections.abc import Callable
from typing import Any

import pytest

from dsar.adapters.http import Client, HttpSettings
from dsar.sdk import Later, NeedsHuman
from tests.adapters.http.servers import Answer, Asked, Server

SECRET = "ann@example.com"


def settings(url: str, **given: Any) -> HttpSettings:
    """Of a test server: a host of this machine, wanted by name."""
    usual: dict[str, Any] = {"allow_private": True, "plain_http": ("127.0.0.1",)}
    return HttpSettings(url=url, **{**usual, **given})


def ask(url: str, path: str = f"/people/{SECRET}", method: str = "GET", **given: Any) -> Any:
    client = Client(settings(url, **given))
    try:
        return client.request(method, path, query=[("email", SECRET)])
    finally:
        client.close()


def fails(
    kind: type[Later | NeedsHuman], words: str, answer: Callable[[Asked], Answer], **given: Any
) -> Any:
    """The request fails by that name and those words, and without the identifier."""
    with Server(answer) as server, pytest.raises(kind, match=words) as caught:
        ask(server.url, **given)
    shown = f"{caught.value!s} {caught.value!r}"
    assert SECRET not in shown
    assert "people" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value
