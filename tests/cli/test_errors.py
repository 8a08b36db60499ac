"""Whatever is wrong, one line names the field and the mend, and nobody sees a stack trace."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.company import EMAIL
from tests.services.inquiries.conftest import CABINET, POLICY, add

MAIL = ("--identifier", f"email={EMAIL}")
ACCESS = ("request", "new", "--right", "access")

USAGE: dict[str, tuple[tuple[str, ...], str]] = {
    "an unknown right": (("request", "new", "--right", "oblivion", *MAIL), "right: 'oblivion'"),
    "an unknown law": ((*ACCESS, *MAIL, "--regime", "atlantis"), "regime: There is no regime"),
    "no kind": ((*ACCESS, "--identifier", "lotta"), "identifier: is not KIND=VALUE"),
    "an empty kind": ((*ACCESS, "--identifier", "=lotta"), "identifier: is not KIND=VALUE"),
    "an empty value": ((*ACCESS, "--identifier", "email="), "identifier email: is empty"),
    "no address": ((*ACCESS, "--identifier", "email=lotta"), "identifier email: is not an e-mail"),
    "no date": ((*ACCESS, *MAIL, "--received", "yesterday"), "received: is not a date and time"),
    "no time zone": ((*ACCESS, *MAIL, "--received", "2026-01-31"), "received: has no time zone"),
    "the future": (
        (*ACCESS, *MAIL, "--received", "2126-01-31T10:00:00+01:00"), "received: lies in the future",
    ),
    "an unknown purpose": (
        ("request", "new", "--right", "objection", *MAIL, "--purpose", "fun"), "purpose: fun is no",
    ),
    "no correction": (("request", "new", "--right", "rectification", *MAIL), "correct: is missing"),
    "half a correction": (
        ("request", "new", "--right", "rectification", *MAIL, "--correct", "Lind"), "correct: is",
    ),
    "a name that is none": (
        (*ACCESS, *MAIL, "--identity-confirmed-by", "x" * 81, "--reason", "r"), "by: is not a name",
    ),
    "an unknown event": (("ticket", "act", "R-A-1", "explode"), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", USAGE)
def test_bad_input_names_its_field_and_keeps_nothing(dsar: Cli, case: str) -> None:
    words, sentence = USAGE[case]
    said = dsar(*words)
    assert said.code in {1, 2}
    assert said.out == ""
    assert sentence in said.refusal
    assert dsar("ticket", "list", "--json").json == []


def test_an_unknown_event_lists_those_there_are(dsar: Cli) -> None:
    ref = dsar(*ACCESS, *MAIL, "--json").json["tickets"][0]["ref"]
    said = dsar("ticket", "act", ref, "explode")
    assert said.code == 2
    assert "event: 'explode' is no event." in said.refusal
    assert "approve" in said.refusal


@pytest.mark.parametrize(
    "words",
    [
        ("request", "show", "R-NONE"),
        ("ticket", "show", "R-NONE-1"),
        ("ticket", "letters", "R-NONE-1"),
        ("ticket", "act", "R-NONE-1", "approve"),
        ("bundle", "build", "R-NONE-1"),
        ("hold", "lift", "none"),
        ("source", "check", "none"),
        ("source", "find", "none", *MAIL),
    ],
    ids=" ".join,
)
def test_what_does_not_exist_is_said_in_one_line(dsar: Cli, words: tuple[str, ...]) -> None:
    said = dsar(*words)
    assert said.code == 1
    assert said.refusal.endswith(".") or "shows all" in said.refusal
    as_json = dsar(*words, "--json")
    assert as_json.code == 1
    assert as_json.json["error"]["message"]


def test_a_source_that_answers_later_is_not_searched_here(dsar: Cli) -> None:
    """Under a configuration with a public address, as such sources need."""
    add(dsar.one, CABINET, POLICY)
    said = dsar("source", "find", "cabinet", *MAIL)
    assert said.code == 1
    assert "It is asked by a ticket only: file a request" in said.refusal
    dsar.one.installation.store.close()


@pytest.mark.parametrize(
    "words",
    [(), ("explode",), ("request", "new"), ("ticket", "list", "--loud"), ("ticket", "show")],
    ids=str,
)
def test_wrong_usage_exits_with_two(dsar: Cli, words: tuple[str, ...]) -> None:
    assert dsar(*words).code == 2


def test_a_failure_is_json_where_json_was_asked_for(dsar: Cli) -> None:
    said = dsar(*ACCESS, "--identifier", "email=lotta", "--json")
    assert said.code == 2
    assert said.json["error"]["field"] == "identifier email"
    assert said.err == ""


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def appended(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / name).write_text((folder / name).read_text() + text)

    return change


CONFIG: dict[str, tuple[Callable[[Path], object], str]] = {
    "no dsar.toml": (lambda f: (f / "dsar.toml").unlink(), "dsar.toml: is not there"),
    "no TOML": (lambda f: (f / "dsar.toml").write_text("[con"), "dsar.toml: is not TOML"),
    "bytes": (lambda f: (f / "dsar.toml").write_bytes(b"\xff\xfe\x00"), "dsar.toml: cannot be"),
    "no controller": (lambda f: (f / "dsar.toml").write_text(""), "controller: is missing"),
    "an unknown setting": (
        lambda f: (f / "dsar.toml").write_text("spped = 1\n" + (f / "dsar.toml").read_text()),
        "spped: is not a setting",
    ),
    "a country that is none": (replaced("dsar.toml", '"SE"', '"XQ"'), "country"),
    "a country in words": (replaced("dsar.toml", '"SE"', '"Sweden"'), "controller.country"),
    "a time zone that is none": (
        replaced("dsar.toml", "Europe/Stockholm", "Mars/Olympus"), "controller.timezone",
    ),
    "a time zone that is a path": (
        replaced("dsar.toml", "Europe/Stockholm", "../../etc/passwd"), "controller.timezone",
    ),
    "a law that is none": (
        lambda f: (f / "dsar.toml").write_text('regime = "x"\n' + (f / "dsar.toml").read_text()),
        "regime: There is no regime 'x'",
    ),
    "a database that is none": (
        replaced("dsar.toml", "sqlite:///", "oracle://"), "database_url: ",
    ),
    "a database in a file": (
        replaced("dsar.toml", "/dsar.sqlite", "/dsar.toml"), "database_url: ",
    ),
    "no sources.toml": (lambda f: (f / "sources.toml").unlink(), "sources.toml: is not there"),
    "empty sources": (lambda f: (f / "sources.toml").write_text(""), "sources.toml: names no"),
    "no adapter": (
        appended("sources.toml", "[x]\ntitle = 'X'\n"), "sources.x.adapter: is missing",
    ),
    "an unknown adapter": (
        appended("sources.toml", "[x]\nadapter = 'telepathy'\n"), "sources.x.adapter: there is no",
    ),
    "a title too long": (
        replaced("sources.toml", '"Web shop"', f'"{"x" * 201}"'), "sources.shop: has a name or",
    ),
    "an adapter that is no text": (
        appended("sources.toml", "[x]\nadapter = 5\n"), "sources.x.adapter: is no text",
    ),
    "an adapter that cannot be loaded": (
        appended("sources.toml", "[x]\nadapter = 'no.such:Thing'\n"), "sources.x.adapter: no.such",
    ),
    "a source name that is none": (
        appended("sources.toml", "['Big Shop']\nadapter = 'sql'\n"), "sources.Big Shop: is no name",
    ),
    "concurrency that is no number": (
        replaced("sources.toml", 'adapter = "sql"', 'adapter = "sql"\nconcurrency = true'),
        "sources.shop.concurrency",
    ),
    "a setting of a source that is none": (
        replaced("sources.toml", 'adapter = "sql"', 'adapter = "sql"\ncolour = 1'),
        "sources.shop.colour: is not a setting",
    ),
    "no policy.toml": (lambda f: (f / "policy.toml").unlink(), "policy.toml: is not there"),
    "a policy without a basis": (replaced("policy.toml", 'basis = "contract"', ""), "basis"),
    "a policy on an unknown source": (
        replaced("policy.toml", "shop.customers", "shpo.customers"), "No source is called 'shpo'",
    ),
    "a period that is none": (replaced("policy.toml", "10 years", "ten years"), "period"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONFIG)
def test_a_corrupt_configuration_is_one_line_and_loses_no_request(dsar: Cli, case: str) -> None:
    breaks, words = CONFIG[case]
    ref = dsar(*ACCESS, *MAIL, "--json").json["ref"]
    files = ("dsar.toml", "sources.toml", "policy.toml")
    good = {name: (dsar.folder / name).read_text() for name in files}
    breaks(dsar.folder)
    said = dsar("request", "show", ref)
    assert said.code in {1, 2}
    assert words in said.refusal
    assert "Something failed inside" not in said.refusal
    for name, text in good.items():
        (dsar.folder / name).write_text(text)
    assert dsar("request", "show", ref).code == 0


def test_an_error_nobody_foresaw_is_one_line_too(
    dsar: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(EMAIL)

    monkeypatch.setattr("dsar.cli.requests.ticket.queue", broken)
    said = dsar("ticket", "list")
    assert said.code == 1
    assert "Something failed inside dsar (RuntimeError)" in said.refusal
    assert EMAIL not in said.refusal
    assert "error" in json.loads(dsar("ticket", "list", "--json").out)
