"""Credentials reach the one host, tokens are fetched once and anew when refused, secrets stay in."""

from collections.abc import Mapping

import pytest

from dsar.adapters.http.auth import Auth, AuthKind
from dsar.adapters.rest import Rest
from dsar.sdk import Later, NeedsHuman, Subject
from tests.adapters.http.servers import Answer, Asked
from tests.adapters.rest.apis import Crm, Desk, give
from tests.adapters.rest.declared import SECRETS, Table, opened, table

ANN = Subject.of([("email", "ann.lee@example.com")])


def count(source: Rest) -> int:
    try:
        return sum(len(page.records) for page in source.find(ANN))
    finally:
        source.close()


def test_one_token_serves_a_whole_search_and_the_next_adapter(desk: Desk) -> None:
    source = opened(table("rest_desk", desk))
    assert count(source) == 9
    assert count(Rest(source.settings)) == 9
    assert len(desk.grants) == 1
    assert desk.grants[0].body == b"grant_type=client_credentials&scope=read+write"


def test_a_refused_token_is_fetched_anew_once(desk: Desk) -> None:
    source = opened(table("rest_desk", desk))
    assert count(source) == 9
    desk.tokens.clear()  # as a restart of the system does
    assert count(Rest(source.settings)) == 9
    assert len(desk.grants) == 2


def test_a_token_that_is_refused_for_ever_needs_a_human(desk: Desk) -> None:
    desk.fault = lambda asked: None if "oauth" in asked.path else Answer(401)
    with pytest.raises(NeedsHuman, match="credentials"):
        count(opened(table("rest_desk", desk)))
    assert len(desk.grants) == 2


def test_a_token_that_has_run_out_is_fetched_anew(desk: Desk) -> None:
    def fault(asked: Asked) -> Answer | None:
        if "oauth" not in asked.path:
            return None
        desk.grants.append(asked)
        desk.tokens.add("t")
        return give({"access_token": "t", "expires_in": 0})

    desk.fault = fault
    source = opened(table("rest_desk", desk))
    source.settings.credentials.headers()
    source.settings.credentials._until = 0.0
    source.settings.credentials.headers()
    source.close()
    assert len(desk.grants) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (give({"error": "invalid_client"}, 400), NeedsHuman),
        (give({"error": "invalid_client"}, 401), NeedsHuman),
        (give({"access_token": "a\nb"}), NeedsHuman),
        (give(["t"]), NeedsHuman),
        (give({}), NeedsHuman),
        (Answer(503), Later),
    ],
)
def test_a_token_server_that_gives_none_has_its_name(
    desk: Desk, answer: Answer, kind: type[Exception]
) -> None:
    desk.fault = lambda asked: answer if "oauth" in asked.path else None
    with pytest.raises(kind) as caught:
        count(opened(table("rest_desk", desk)))
    assert not any(secret in str(caught.value) for secret in SECRETS.values())


def test_the_secret_may_go_into_the_body(desk: Desk) -> None:
    desk.fault = lambda asked: give({"access_token": "t"}) if "oauth" in asked.path else None
    desk.tokens.add("t")
    declared = table("rest_desk", desk)
    declared["auth"]["in_body"] = True
    assert count(opened(declared)) == 9
    sent = next(asked for asked in desk.server.asked if "oauth" in asked.path)
    assert b"client_secret=desk%2Fsecret" in sent.body
    assert "authorization" not in sent.headers


def test_a_header_of_ones_own_proves_us(crm: Crm) -> None:
    declared: Table = table("rest_crm", crm)
    declared["auth"] = {"kind": "header", "name": "X-Api-Key", "value": "key-7"}
    declared["headers"] = {"X-Tenant": "acme"}
    crm.knows = lambda asked: asked.headers.get("x-api-key") == "key-7"  # type: ignore[method-assign]
    assert count(opened(declared)) == 8
    assert all(asked.headers["x-tenant"] == "acme" for asked in crm.server.asked)


def test_wrong_credentials_need_a_human(crm: Crm) -> None:
    declared = table("rest_crm", crm)
    declared["auth"]["token"] = "wrong"
    with pytest.raises(NeedsHuman, match="Renew"):
        count(opened(declared))


@pytest.mark.parametrize(
    "given",
    [
        {"kind": AuthKind.BEARER, "token": "topsecret"},
        {"kind": AuthKind.BASIC, "user": "u", "password": "topsecret"},
        {"kind": AuthKind.HEADER, "name": "X", "value": "topsecret"},
        {"kind": AuthKind.OAUTH2, "client_id": "c", "client_secret": "topsecret"},
    ],
)
def test_no_secret_is_shown_when_settings_are(given: Mapping[str, str], crm: Crm) -> None:
    source = opened({**table("rest_crm", crm), "auth": {k: str(v) for k, v in given.items()}})
    assert "topsecret" not in repr(Auth(**given))
    assert "topsecret" not in repr(source.settings)
    assert "topsecret" not in repr(source.settings.credentials)
    source.close()
