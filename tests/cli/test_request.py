"""`dsar request`: filing, confirming, waiting and showing, for people and for programs."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from dsar.cli.requests.wait import FAILED
from dsar.domain.lifecycle import State
from tests.cli.conftest import Cli, Said
from tests.company import EMAIL

NEW = ("request", "new", "--right", "access", "--identifier", f"email={EMAIL}")


def test_a_request_is_filed_and_shown_as_json(dsar: Cli) -> None:
    said = dsar(*NEW, "--right", "erasure", "--channel", "mail", "--json")
    assert (said.code, said.err) == (0, "")
    view = said.json
    assert {"ref", "regime", "channel", "received_at", "tickets"} <= set(view)
    assert [t["right"] for t in view["tickets"]] == ["access", "erasure"]
    assert {t["state"] for t in view["tickets"]} == {"received"}
    for ticket in view["tickets"]:
        assert {"ref", "due_on", "owner", "next", "coverage", "journal", "bundles"} <= set(ticket)
    again = dsar("request", "show", view["ref"].lower(), "--json")
    assert again.json == view


def test_people_read_a_table(dsar: Cli) -> None:
    said = dsar(*NEW)
    first, head, row = said.out.splitlines()
    assert first.startswith("Request R-")
    assert head.split() == ["TICKET", "RIGHT", "STATE", "DUE", "NEXT"]
    assert "access" in row
    assert "confirm who asks" in row


def test_staff_is_told_at_once_that_nobody_here_speaks_the_persons_language(dsar: Cli) -> None:
    """No request is refused for its language; it is answered in one that is spoken."""
    told = "Asked in French, answered in English: there are no words in French."
    said = dsar(*NEW, "--language", "fr")
    assert (said.code, said.out.splitlines()[1]) == (0, told)
    ref = said.out.split()[1]
    assert told in dsar("request", "show", ref).out
    assert dsar("request", "show", ref, "--json").json["language"] == {
        "asked": "fr", "answered": "en", "note": told,
    }  # fmt: skip
    assert told in dsar("ticket", "show", f"{ref}-1").out


def test_the_whole_life_of_a_request_runs_from_one_command(dsar: Cli) -> None:
    said = dsar(
        *NEW, "--identity-confirmed-by", "ana", "--reason", "called back", "--wait", "--json",
    )  # fmt: skip
    assert said.code == 0
    (ticket,) = said.json["tickets"]
    assert ticket["state"] == "fulfilled"
    (bundle,) = ticket["bundles"]
    assert bundle["state"] == "ready"
    path = str(dsar.folder / bundle["file"])
    assert dsar("bundle", "export", ticket["ref"], "--out", path).code == 0
    checked = dsar("bundle", "verify", path, "--json")
    assert (checked.code, checked.json["whole"]) == (0, True)
    sealed = dsar("bundle", "verify", bundle["kept_at"], "--json")
    assert (sealed.code, sealed.json["whole"]) == (1, False)
    assert "dsar bundle export" in sealed.json["findings"][0]


def test_waiting_ends_where_a_person_must_act(dsar: Cli) -> None:
    words = list(NEW)
    words[words.index("access")] = "erasure"
    said = dsar(
        *words, "--identity-confirmed-by", "ana", "--reason", "called back", "--wait", "--json",
    )  # fmt: skip
    assert said.code == 0
    assert said.json["tickets"][0]["state"] == "in_review"


def test_what_has_no_doubts_is_approved_in_somebodys_name(dsar: Cli) -> None:
    words = list(NEW)
    words[words.index("access")] = "rectification"
    said = dsar(
        *words, "--correct", "family_name=Lind", "--identity-confirmed-by", "ana",
        "--reason", "called back", "--wait", "--approved-by", "ben", "--json",
    )  # fmt: skip
    (ticket,) = said.json["tickets"]
    assert ticket["state"] == "fulfilled"
    approved = [e for e in ticket["journal"] if e["event"] == "approve"]
    assert [e["actor"] for e in approved] == ["staff:ben"]
    assert dsar.one.shop("SELECT family_name FROM customers WHERE id = 1") == "Lind"


def test_the_same_key_gives_the_first_request_again_and_confirms_nobody_twice(dsar: Cli) -> None:
    words = (*NEW, "--key", "mail-1", "--identity-confirmed-by", "ana", "--reason", "r", "--json")
    first, again = dsar(*words), dsar(*words)
    assert (first.code, again.code) == (0, 0)
    assert first.json["ref"] == again.json["ref"]


def test_confirming_is_a_command_of_its_own(dsar: Cli) -> None:
    ref = dsar(*NEW, "--json").json["ref"]
    said = dsar("request", "confirm", ref, "--by", "ana", "--reason", "called back", "--json")
    assert said.json["tickets"][0]["state"] == "collecting"
    again = dsar("request", "confirm", ref, "--by", "ana", "--reason", "called back")
    assert again.code == 1
    assert "not possible while" in again.refusal


def test_a_confirmation_without_a_reason_files_nothing(dsar: Cli) -> None:
    said = dsar(*NEW, "--identity-confirmed-by", "ana")
    assert said.code == 2
    assert said.refusal.startswith("dsar: reason: is missing.")
    assert dsar("ticket", "list", "--json").json == []


def test_when_it_arrived_counts(dsar: Cli) -> None:
    early = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    said = dsar(*NEW, "--received", early, "--json")
    late = dsar(*NEW, "--json")
    due = [answer.json["tickets"][0]["due_on"] for answer in (said, late)]
    assert due[0] < due[1]


def test_a_failing_source_leaves_the_answer_readable_by_programs(dsar: Cli) -> None:
    """What is logged on the way does not stand between a program and its JSON."""
    dsar.one.shop("DROP TABLE invoices")
    said = dsar(
        *NEW, "--identity-confirmed-by", "ana", "--reason", "called back", "--wait", "--json",
    )  # fmt: skip
    assert said.code == 1
    (ticket,) = said.json["tickets"]
    assert ticket["state"] == "source_failed"
    assert "invoices" in ticket["next"]
    assert EMAIL not in said.err
    assert f"dsar: {ticket['ref']} stands at source_failed: shop: " in said.err


def test_whose_an_identifier_is_can_be_seen_and_settled(dsar: Cli) -> None:
    """The person named another customer number than the shop knows them by."""
    said = dsar(
        *NEW, "--identifier", "customer_number=K-9", "--identity-confirmed-by", "ana",
        "--reason", "called back", "--wait", "--json",
    )  # fmt: skip
    ref, ticket = said.json["ref"], said.json["tickets"][0]
    assert ticket["state"] == "source_failed"
    assert f"dsar request identifier {ref}" in ticket["next"]
    assert dsar("request", "identifier", ref, "--json").json == [
        ["customer_number", "K-4711", "shop"]
    ]
    words = ("request", "identifier", ref, "customer_number=K-4711")
    assert "Add --theirs or --not-theirs" in dsar(*words).refusal
    settled = dsar(*words, "--theirs", "--by", "ana", "--reason", "on the invoice")
    assert (settled.code, settled.out.strip()) == (0, "None.")
    dsar("ticket", "act", ticket["ref"], "retry", "--by", "ana", "--wait")
    shop = dsar.one.line(ticket["ref"], "shop")
    assert (shop["outcome"], shop["found"]) == ("supplied", 3)


# --- what waiting ends with -----------------------------------------------------------------------


def asked(dsar: Cli, right: str, *more: str) -> Said:
    words = ("request", "new", "--right", right, "--identifier", f"email={EMAIL}", *more)
    return dsar(*words, "--identity-confirmed-by", "ana", "--reason", "called back", "--wait")


def test_every_state_that_is_a_failure_ends_waiting_with_one() -> None:
    assert set(FAILED) == {state for state in State if state.endswith("_failed")}


def test_a_source_that_fails_is_said_with_what_to_do(dsar: Cli) -> None:
    dsar.one.shop("DROP TABLE invoices")
    said = asked(dsar, "access")
    ref = said.out.splitlines()[2].split()[0]
    assert (said.code, said.out.count("source_failed")) == (1, 1)
    assert said.refusal.startswith(f"dsar: {ref} stands at source_failed: shop: ")
    assert said.refusal.endswith(
        f"When that is mended: dsar ticket act {ref} retry --wait "
        "(or accept_gap --reason WHY instead of retry, to go on with a named gap)."
    )
    again = dsar("ticket", "act", ref, "retry", "--wait")
    assert (again.code, again.refusal) == (1, said.refusal)
    given_up = dsar("ticket", "act", ref, "accept_gap", "--reason", "It is lost.", "--wait")
    assert given_up.code == 0


def test_a_bundle_that_cannot_be_built_is_said_with_what_to_do(dsar: Cli) -> None:
    policy = dsar.folder / "policy.toml"
    policy.write_text(policy.read_text().replace('"shop.invoices"', '"shop.customers.street"'))
    said = asked(dsar, "access")
    assert said.code == 1
    assert "stands at assembly_failed: " in said.refusal
    assert "shop.invoices: no processing activity says why" in said.refusal
    assert said.refusal.endswith(" retry --wait.")


def test_an_action_that_fails_is_said_with_what_to_do(dsar: Cli) -> None:
    dsar.one.shop(
        "CREATE TRIGGER fixed BEFORE UPDATE OF family_name ON customers "
        "BEGIN SELECT RAISE(ABORT, 'fixed'); END"
    )
    said = asked(dsar, "rectification", "--correct", "family_name=Lind", "--approved-by", "ben")
    assert said.code == 1
    assert "stands at action_failed: shop: " in said.refusal
    assert "accept_gap" in said.refusal


def test_what_needs_a_look_by_rule_is_no_failure(dsar: Cli) -> None:
    dsar.one.shop("DELETE FROM invoices")
    said = asked(dsar, "erasure")
    assert (said.code, said.err) == (0, "")
    assert "in_review" in said.out


def test_what_is_still_on_its_way_when_the_time_is_over_ends_with_one(dsar: Cli) -> None:
    with closing(sqlite3.connect(dsar.folder / "shop.sqlite", isolation_level=None)) as busy:
        busy.execute("BEGIN EXCLUSIVE")
        said = asked(dsar, "access", "--seconds", "0.5")
    ref = said.out.splitlines()[2].split()[0]
    assert said.code == 1
    assert said.refusal.startswith(f"dsar: {ref} is still at ")
    assert f"see dsar ticket show {ref}" in said.refusal


def test_nothing_is_said_of_a_failure_nobody_waited_for(dsar: Cli) -> None:
    dsar.one.shop("DROP TABLE invoices")
    ref = asked(dsar, "access").out.split()[1]
    assert dsar("request", "show", ref).code == 0


def test_a_request_no_source_can_be_asked_for_is_filed_and_said_with_what_to_do(
    dsar: Cli,
) -> None:
    new = ("request", "new", "--right", "access", "--identifier", f"mail={EMAIL}")
    filed = dsar(*new)
    assert filed.code == 0
    for said in (filed, dsar("ticket", "list")):
        assert "No source searches by mail." in said.out
        assert "Web shop: customer_number, email; Mailing list: email." in said.out
    waited = dsar(
        *new, "--identity-confirmed-by", "ana", "--reason", "called back", "--wait", "--json"
    )
    (ticket,) = waited.json["tickets"]
    assert (waited.code, ticket["state"]) == (1, "nobody_found")
    assert ticket["hindrance"]["code"] == "nothing_asked"
    command = f"dsar ticket supplement {ticket['ref']} --identifier KIND=VALUE"
    assert command in waited.refusal
    supplied = ("supplement", ticket["ref"], "--identifier", f"email={EMAIL}", "--by", "ana")
    assert dsar("ticket", *supplied).code == 2  # how it is known that it is theirs
    refused = dsar("ticket", *supplied, "--source", "shop", "--reason", "on the phone")
    assert refused.code == 2
    done = dsar("ticket", *supplied, "--reason", "on the phone", "--wait", "--json")
    assert (done.code, done.json["state"], done.json["hindrance"]) == (0, "fulfilled", None)


def test_nobody_found_waits_for_a_word_of_staff_and_is_then_told_so(dsar: Cli) -> None:
    said = dsar(
        "request", "new", "--right", "access", "--identifier", "email=niemand@mail.example",
        "--identity-confirmed-by", "ana", "--reason", "called back", "--approved-by", "ana",
        "--wait", "--json",
    )  # fmt: skip
    (ticket,) = said.json["tickets"]
    assert (said.code, ticket["state"]) == (0, "nobody_found")
    assert ticket["hindrance"]["code"] == "nobody_found"
    act = ("ticket", "act", ticket["ref"])
    assert "confirm that nothing is held" in dsar("ticket", "list").out
    assert dsar(*act, "confirm_nothing", "--by", "ana").code != 0  # says on what it rests
    told = dsar(*act, "confirm_nothing", "--by", "ana", "--reason", "no customer", "--wait")
    assert (told.code, "state nothing_held" in told.out) == (0, True)
    (row,) = dsar("report", "--json").json
    assert (row["nothing_held"], row["fulfilled"]) == (1, 0)
