"""Whoever has a link reads one source's part and answers it once; anybody else learns nothing."""

import base64

import pytest
from starlette.testclient import TestClient

from dsar.domain.lifecycle import Event
from dsar.services.inquiries.desk import TicketDesk
from dsar.services.runtime.installation import transaction
from dsar.store.tables import Request
from dsar.web.answers import routes
from dsar.web.app import create
from tests.company import EMAIL
from tests.services.inquiries.conftest import PUBLIC, contract, records, ticket_id
from tests.web.answers.conftest import Asked, visitor

FOUND = {"outcome": "records", "contracts.1.signed": "2020-01-05", "contracts.1.name": "Lotta"}
NOTHING = {"outcome": "nothing"}
FORM = {"files": ("", b"")}  # a browser sends the empty file input along


def test_the_page_shows_what_is_needed_and_nothing_else_of_the_ticket(asked: Asked) -> None:
    page = asked.client.get(asked.path)
    assert page.status_code == 200
    for needed in ("Filing cabinet", "Facilities", EMAIL, "16 Mar 2026", "grey cabinet"):
        assert needed in page.text
    for other in (asked.ref, "access", "shop", "Lindqvist", "<script"):
        assert other not in page.text


def test_it_speaks_the_visitors_language(asked: Asked) -> None:
    page = asked.client.get(asked.path, headers={"Accept-Language": "de-AT,en;q=0.5"})
    assert 'lang="de"' in page.text
    assert "im grauen Schrank" in page.text
    assert "Verträge" in page.text
    assert "16.03.2026" in page.text


def test_an_answer_with_a_record_and_a_file_takes_the_ticket_on(asked: Asked) -> None:
    files = {"files": ("Vertrag ä.pdf", b"%PDF" * 500_000, "application/pdf")}
    sent = asked.client.post(asked.path, data={**FOUND, "note": "Scan"}, files=files)
    assert (sent.status_code, "Thank you" in sent.text) == (201, True)
    one = asked.company
    one.work()
    assert one.line(asked.ref, "cabinet")["found"] == 2
    desk = TicketDesk(one.installation, ticket_id(one, asked.ref), "cabinet")
    [(_, given)] = desk.answered("find")
    paper, file = given.records
    assert (paper.collection, dict(paper.data)) == (
        "contracts", {"signed": "2020-01-05", "name": "Lotta"},
    )  # fmt: skip
    assert dict(file.data) == {"name": "Vertrag ä.pdf", "note": "Scan"}
    assert b"".join(desk.read(file.attachments[0])) == b"%PDF" * 500_000
    assert file.attachments[0].media_type == "application/pdf"


def test_once_answered_the_link_tells_nothing_of_the_person_any_more(asked: Asked) -> None:
    assert asked.client.post(asked.path, data=NOTHING, files=FORM).status_code == 201
    again = asked.client.get(asked.path)
    assert (again.status_code, EMAIL in again.text) == (200, False)
    assert asked.client.post(asked.path, data=FOUND, files=FORM).status_code == 409
    asked.company.work()
    assert asked.company.line(asked.ref, "cabinet")["outcome"] == "nothing_held"


MISTAKES = [
    # form                                                what is said
    ({},                                                  "Choose one of the answers."),
    ({"outcome": "records"},                              "Fill an entry in, or add a file."),
    ({**FOUND, "outcome": "nothing"},                     "and something is filled in"),
    ({"outcome": "cannot", "reason": " "},                "Say why it cannot be done."),
    ({"outcome": "cannot", "reason": "x" * 301},          "reason: is longer than 300 characters."),
    ({"outcome": "receipts"},                             "Choose one of the answers."),
]  # fmt: skip


@pytest.mark.parametrize(("form", "said"), MISTAKES)
def test_a_mistake_is_named_and_nothing_typed_is_lost(
    asked: Asked, form: dict[str, str], said: str
) -> None:
    page = asked.client.post(asked.path, data={**form, "note": "kept"}, files=FORM)
    assert page.status_code == 422
    assert said in page.text
    assert "<title>Error: " in page.text
    assert 'value="kept"' in page.text
    assert asked.row.answered_at is None


def test_more_lines_keep_what_was_typed(asked: Asked) -> None:
    page = asked.client.post(asked.path, data={**FOUND, "more": "1"}, files=FORM)
    assert page.status_code == 200
    assert 'id="contracts.7.signed"' in page.text
    assert 'value="2020-01-05"' in page.text
    assert asked.row.answered_at is None


def test_a_refusal_reaches_staff_with_its_reason(asked: Asked) -> None:
    form = {"outcome": "cannot", "reason": "The key is lost."}
    assert asked.client.post(asked.path, data=form, files=FORM).status_code == 201
    asked.company.work()
    assert asked.company.state(asked.ref) == "source_failed"


# -- who may come in ------------------------------------------------------------------------------


def test_what_is_no_link_gets_one_answer_whatever_it_was(asked: Asked) -> None:
    forgotten = asked.path
    paths = ["/answer/", "/answer/x", f"/answer/{'A' * 43}", f"{asked.path}/", f"{asked.path}x",
             "/answer/%2e%2e/tickets/" + asked.ref]  # fmt: skip

    with transaction(asked.company.installation) as session:
        session.get_one(Request, asked.company.rows(Request)[0].id).data_key = None
    answers = [asked.client.get(path) for path in [*paths, forgotten]]
    answers += [asked.client.post(path, data=NOTHING, files=FORM) for path in [*paths, forgotten]]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_every_other_page_stays_closed_to_the_world(asked: Asked) -> None:
    for path in ("/", f"/tickets/{asked.ref}", "/metrics", "/static/console.css", "/answer"):
        assert asked.client.get(path).status_code == 403
        assert asked.client.post(path).status_code == 405


@pytest.mark.parametrize("path", ["", "x"])
def test_the_headers_let_nothing_run_and_the_form_go_nowhere_else(asked: Asked, path: str) -> None:
    headers = asked.client.get(asked.path + path).headers
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_on_another_site_cannot_answer(asked: Asked, headers: dict[str, str]) -> None:
    sent = asked.client.post(asked.path, data=NOTHING, files=FORM, headers=headers)
    assert sent.status_code == 403
    assert asked.row.answered_at is None


def test_a_form_of_our_own_can(asked: Asked) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "https://privacy.small.example"}
    sent = asked.client.post(asked.path, data=NOTHING, files=FORM, headers=headers)
    assert sent.status_code == 201


def test_whoever_comes_too_often_waits(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "VISITS", 3)
    client = visitor(asked.company)
    codes = [client.get("/answer/guess").status_code for _ in range(4)]
    assert codes == [404, 404, 404, 429]
    assert client.get(asked.path).status_code == 429


def test_after_the_end_the_page_says_so(asked: Asked) -> None:
    asked.company.act(asked.ref, Event.WITHDRAW)
    page = asked.client.get(asked.path)
    assert (page.status_code, EMAIL in page.text) == (410, False)
    assert asked.client.post(asked.path, data=NOTHING, files=FORM).status_code == 410


def test_staff_finds_the_link_on_the_tickets_page(asked: Asked) -> None:
    here = TestClient(
        create(asked.company.installation), base_url="http://127.0.0.1", client=("127.0.0.1", 1)
    )
    page = here.get(f"/tickets/{asked.ref}").text
    assert f'href="{PUBLIC}{asked.path}"' in page
    assert "pass this link on to Facilities" in page
    asked.client.post(asked.path, data=NOTHING, files=FORM)
    assert asked.path not in here.get(f"/tickets/{asked.ref}").text


# -- machines -------------------------------------------------------------------------------------

JSON = {"Accept": "application/json"}


def test_the_question_as_json(asked: Asked) -> None:
    told = asked.client.get(asked.path, headers=JSON).json()
    assert told["identifiers"] == [{"kind": "email", "value": EMAIL}]
    assert told["collections"] == {"contracts": ["signed", "name"], "files": ["name", "note"]}
    assert (told["verb"], told["answer_by"]) == ("find", "2026-03-16")


def test_an_answer_as_json_with_a_file_inside(asked: Asked) -> None:
    scan = {"name": "a.txt", "content": base64.b64encode(b"hello").decode()}
    given = records({**contract(), "attachments": [scan]})
    assert asked.client.post(asked.path, json=given).status_code == 201
    assert asked.client.post(asked.path, json=given).status_code == 200
    other = asked.client.post(asked.path, json={"outcome": "nothing"})
    assert (other.status_code, other.json()["error"]["field"]) == (409, "answer")


def test_what_cannot_be_read_is_told_without_repeating_it(asked: Asked) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b"", b"{secret", b'{"a": NaN}', b'"\\ud800"', b"[" * 5000):
        answer = asked.client.post(asked.path, content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert "secret" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "a/b"])
def test_other_kinds_of_body_are_not_read(asked: Asked, kind: str) -> None:
    headers = {"Content-Type": kind}
    assert asked.client.post(asked.path, content=b"x", headers=headers).status_code == 415


def test_too_much_is_refused_before_it_is_all_read(asked: Asked) -> None:
    installation = asked.company.installation
    small = installation.settings.inquiries.model_copy(update={"answer_megabytes": 1})
    installation.settings = installation.settings.model_copy(update={"inquiries": small})
    huge = {"files": ("a", b"x" * 1_100_000)}
    page = asked.client.post(asked.path, data=FOUND, files=huge)
    assert (page.status_code, "larger than 1 MB" in page.text) == (422, True)
    huge = {"files": ("a", b"x" * 1_600_000)}
    assert asked.client.post(asked.path, data=FOUND, files=huge).status_code in {413, 422}
    headers = {"Content-Type": "application/json"}
    answer = asked.client.post(asked.path, content=b" " * 1_600_000, headers=headers)
    assert answer.status_code == 413
    assert asked.row.answered_at is None
