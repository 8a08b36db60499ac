"""webhook keeps the contract every adapter promises; each message goes to a real HTTP server."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.adapters.webhook import Webhook, WebhookSettings
from dsar.sdk import Adapter, registry
from dsar.sdk.trial_desk import TrialDesk
from tests.adapters.http.servers import Answer, Server
from tests.adapters.later import KINDS, LaterContract, Shelf
from tests.adapters.test_readme import SOURCES

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def webhook(url: str) -> Webhook:
    return Webhook(
        WebhookSettings(
            url=url,
            plain_http=("127.0.0.1",),
            allow_private=True,
            secrets=(SECRET,),
            identify=("email",),
            collections=KINDS,
            page=1,
        )
    )


class TestWebhook(LaterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with Server(lambda _asked: Answer(202)) as server:
            source = webhook(f"{server.url}/hook")
            source.desk = TrialDesk(Shelf())
            yield source
            source.close()


def test_the_source_of_the_readme_works_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_SECRET", SECRET)
    [table] = tomllib.loads(SOURCES["webhook"]).values()
    kind = registry.adapter(table["adapter"])
    source = kind(registry.settings_from(kind, table, at="sources.loyalty", folder=tmp_path))
    assert source.check() == []
    source.close()
