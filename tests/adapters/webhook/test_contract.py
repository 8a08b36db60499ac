"""webhook keeps the contract every adapter promises; each message goes to a real HTTP server."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.adapters.webhook import Webhook, WebhookSettings
from dsar.sdk import Adapter, Done, registry
from dsar.sdk.contract import AdapterContract, World
from dsar.sdk.trial_desk import TrialDesk
from dsar.sdk.trying import act_on_all, run_all
from tests.adapters.http.servers import Answer, Server
from tests.adapters.later import KINDS, WORLD, Shelf
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


class TestWebhook(AdapterContract):
    @pytest.fixture
    def adapter(self) -> Iterator[Adapter]:
        with Server(lambda _asked: Answer(202)) as server:
            source = webhook(f"{server.url}/hook")
            source.desk = TrialDesk(Shelf())
            yield source
            source.close()

    @pytest.fixture
    def world(self) -> World:
        return WORLD

    def test_a_record_that_is_not_there_is_never_called_erased(
        self, adapter: Adapter, world: World
    ) -> None:
        """The same batch is the same question; another task's is put anew."""
        act_on_all(adapter, "erase", world.person)
        assert isinstance(adapter.desk, TrialDesk)
        adapter.desk = adapter.desk.anew()
        again = run_all(adapter, "erase", [(n, tuple(own)) for n, own in world.keys.items()])
        assert {one.done for one in again} == {Done.MISSING}


def test_the_source_of_the_readme_works_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_SECRET", SECRET)
    [table] = tomllib.loads(SOURCES["webhook"]).values()
    kind = registry.adapter(table["adapter"])
    source = kind(registry.settings_from(kind, table, at="sources.loyalty", folder=tmp_path))
    assert source.check() == []
    source.close()
