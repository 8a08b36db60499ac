"""Nothing a processor answers counts unless it is signed for its domain by a trusted certificate."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from dsar.adapters.opendsr import OpenDsr
from dsar.sdk import Batch, Done, Item, NeedsHuman, Subject
from tests.adapters.http.servers import Answer, Asked, Authority, Server
from tests.adapters.opendsr.conftest import Opened
from tests.adapters.opendsr.processors import DOMAIN, KEY, ReferenceProcessor
from tests.adapters.opendsr.test_contract import ANN

PERSON = Subject.of([("email", "ann@example.com")])
BATCH = Batch("held", [Item(f"email:sha256:{ANN}")], "k1")

Spoil = Callable[[ReferenceProcessor], None]


def untrusted(source: OpenDsr, words: str) -> None:
    for ask in (lambda: list(source.find(PERSON)), lambda: source.erase(BATCH)):
        with pytest.raises(NeedsHuman, match=words) as caught:
            ask()
        assert ANN not in str(caught.value)
        assert "ann@" not in str(caught.value)


def _other_key(processor: ReferenceProcessor) -> None:
    processor.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _set(name: str, value: Any) -> Spoil:
    return lambda processor: setattr(processor, name, value)


def _changed_after(processor: ReferenceProcessor) -> None:
    signed = processor.signed

    def changed(said: dict[str, Any], status: int = 200) -> Answer:
        answer = signed(said, status)
        answer.body = answer.body.replace(b"dsar", b"DSAR")
        return answer

    processor.signed = changed  # type: ignore[method-assign]


def _unsigned(processor: ReferenceProcessor) -> None:
    signed = processor.signed

    def without(said: dict[str, Any], status: int = 200) -> Answer:
        answer = signed(said, status)
        answer.headers = {"X-OpenDSR-Processor-Domain": DOMAIN}
        return answer

    processor.signed = without  # type: ignore[method-assign]


def _another_request(processor: ReferenceProcessor) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    processor.spoil = lambda body: {**body, "subject_request_id": other}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_other_key, "not signed by its certificate"),
        (_changed_after, "not signed by its certificate"),
        (_unsigned, "not signed by its certificate|no signature"),
        (_set("domain", "opendsr.evil.example"), "another domain"),
        (_set("headers", "X-Other"), "another domain, or none"),
        (_another_request, "another request"),
    ],
)
def test_an_answer_that_is_not_the_processors_is_not_used(
    processor: ReferenceProcessor, opened: Opened, spoil: Spoil, words: str
) -> None:
    spoil(processor)
    untrusted(opened(), words)


@pytest.mark.parametrize("headers", ["X-OpenGDPR", "X-OpenCompliance"])
def test_the_headers_of_former_names_are_honoured(
    processor: ReferenceProcessor, opened: Opened, headers: str
) -> None:
    processor.headers = headers
    assert [one.done for one in opened().erase(BATCH)] == [Done.ERASED]


def test_ecdsa_is_verified_too(processor: ReferenceProcessor, opened: Opened) -> None:
    processor.key = ec.generate_private_key(ec.SECP256R1())
    processor.certificate = processor.authority.issue(DOMAIN, key=processor.key)
    assert [one.done for one in opened().erase(BATCH)] == [Done.ERASED]


def test_a_signature_of_no_known_form_is_refused(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    signed = processor.signed

    def strange(said: dict[str, Any], status: int = 200) -> Answer:
        answer = signed(said, status)
        answer.headers["X-OpenDSR-Signature"] = "not base64!"
        return answer

    processor.signed = strange  # type: ignore[method-assign]
    untrusted(opened(), "no signature that can be read")


def _self_signed(processor: ReferenceProcessor) -> None:
    stranger = Authority(processor.authority.folder / "..")
    processor.certificate = stranger.issue(DOMAIN, key=KEY)


def _of(*names: str, days: int = 30) -> Spoil:
    def spoil(processor: ReferenceProcessor) -> None:
        processor.certificate = processor.authority.issue(*names, key=KEY, days=days)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [_of("opendsr.evil.example"), _of("ads.example"), _of(DOMAIN, days=-1), _self_signed],
    ids=["another domain", "the parent domain", "run out", "another authority"],
)
def test_a_certificate_that_is_not_the_domains_is_refused(
    processor: ReferenceProcessor, opened: Opened, spoil: Spoil
) -> None:
    own = processor.authority.file.read_bytes()
    spoil(processor)
    processor.authority.file.write_bytes(own)
    untrusted(opened(), f"certificate of {DOMAIN}")
    assert "certificate" in str(opened().check()[0])


def test_the_authorities_of_this_machine_do_not_know_a_strange_certificate(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    source = opened()
    object.__setattr__(source.settings, "signing_ca_file", None)
    untrusted(source, f"certificate of {DOMAIN}")


def test_what_is_no_certificate_is_refused(processor: ReferenceProcessor, opened: Opened) -> None:
    processor.fault = lambda asked: Answer(body=b"x") if "cert" in asked.path else None
    untrusted(opened(), "is none")


def test_an_authority_that_is_none_is_named(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    untrusted(opened(signing_ca_file=str(tmp_path / "empty.pem")), "signing_ca_file")


# --- where it may be sent -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    [
        "http://169.254.169.254/cert",
        "https://evil.example/cert",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
def test_a_certificate_elsewhere_is_not_fetched(
    processor: ReferenceProcessor, opened: Opened, place: str
) -> None:
    processor.certificate_url = place
    untrusted(opened(), "certificate")


def test_results_elsewhere_are_fetched_only_where_that_is_declared(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.people = {("email", ANN): [{"a": 1}]}
    with Server(lambda _: Answer(body=b'[{"b": 2}]')) as elsewhere:
        processor.results_place = elsewhere.url.replace("127.0.0.1", "localhost")
        with pytest.raises(NeedsHuman, match="results_hosts"):
            list(opened().find(PERSON))
        assert elsewhere.asked == []
        hosts = {"results_hosts": ["localhost"], "plain_http": ["127.0.0.1", "localhost"]}
        [page] = opened(**hosts).find(PERSON)
    assert page.records[0].data["results"] == [{"b": 2}]
    assert "authorization" not in elsewhere.asked[0].headers


def test_a_declared_host_is_still_checked_when_it_is_connected_to(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.people = {("email", ANN): [{"a": 1}]}
    processor.results_place = "https://169.254.169.254"
    with pytest.raises(NeedsHuman, match="link-local"):
        list(opened(results_hosts=["169.254.169.254"]).find(PERSON))


# --- discovery ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(404), "answers 404 to discovery"),
        (Answer(body=b"[]"), "no object"),
        (Answer(body=b"{}"), "does not say in discovery"),
        (Answer(401), "credentials"),
    ],
)
def test_a_discovery_that_says_nothing_is_named(
    processor: ReferenceProcessor, opened: Opened, answer: Answer, words: str
) -> None:
    def fault(asked: Asked) -> Answer | None:
        return answer if "discovery" in asked.path else None

    processor.fault = fault
    untrusted(opened(), words)
    assert words in str(opened().check()[0])


def test_an_identity_the_processor_does_not_take_is_named(
    processor: ReferenceProcessor, opened: Opened
) -> None:
    processor.identities = [("email", "raw"), ("controller_customer_id", "raw")]
    assert "identities.email" in str(opened().check()[0])
    with pytest.raises(NeedsHuman, match="does not take identities of type email"):
        list(opened().find(PERSON))


def test_a_strange_status_is_named(processor: ReferenceProcessor, opened: Opened) -> None:
    processor.spoil = lambda body: {**body, "request_status": "done"}
    untrusted(opened(), "status OpenDSR does not know")


def test_basic_credentials_are_sent(processor: ReferenceProcessor, opened: Opened) -> None:
    opened().erase(BATCH)
    proof = base64.b64encode(b"dsar:secret").decode()
    assert {asked.headers["authorization"] for asked in processor.server.asked} == {
        f"Basic {proof}"
    }
