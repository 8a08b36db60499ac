"""`dsar ticket`: the queue, one ticket, its letters, and acting on it."""

import pytest

from tests.cli.conftest import Cli
from tests.company import EMAIL


def asked(dsar: Cli, right: str, *more: str, code: int = 0) -> str:
    """A confirmed ticket as far as it goes without staff."""
    said = dsar(
        "request", "new", "--right", right, "--identifier", f"email={EMAIL}",
        "--identity-confirmed-by", "ana", "--reason", "called back", "--wait", "--json", *more,
    )  # fmt: skip
    assert said.code == code
    return str(said.json["tickets"][0]["ref"])


def test_the_queue_is_sorted_by_due_date_and_the_ended_are_apart(dsar: Cli) -> None:
    for received in ("2026-01-10T10:00:00+01:00", "2026-01-05T10:00:00+01:00"):
        dsar(
            "request", "new", "--right", "access", "--identifier", f"email={EMAIL}",
            "--received", received,
        )  # fmt: skip
    rows = dsar("ticket", "list", "--json").json
    assert [row["due_on"] for row in rows] == sorted(row["due_on"] for row in rows)
    assert {"ref", "right", "state", "owner", "next", "due_on", "overdue"} <= set(rows[0])
    dsar("ticket", "act", rows[0]["ref"], "withdraw")
    assert [row["ref"] for row in dsar("ticket", "list", "--json").json] == [rows[1]["ref"]]
    ended = dsar("ticket", "list", "--ended", "--json").json
    assert [(row["ref"], row["state"]) for row in ended] == [(rows[0]["ref"], "withdrawn")]


def test_one_ticket_is_shown_with_its_coverage(dsar: Cli) -> None:
    ref = asked(dsar, "erasure")
    said = dsar("ticket", "show", ref)
    assert said.code == 0
    assert "state in_review" in said.out
    assert "Web shop" in said.out
    assert dsar("ticket", "show", ref, "--json").json["ref"] == ref


def test_staff_acts_by_the_words_of_the_table(dsar: Cli) -> None:
    ref = asked(dsar, "erasure")
    ruled = dsar(
        "ticket", "act", ref, "revise", "--by", "ben", "--reason", "claim", "--wait",
        "--rule", "shop.customers.street=keep:erasure_legal_claims", "--json",
    )  # fmt: skip
    assert (ruled.code, ruled.json["state"]) == (0, "in_review")
    done = dsar("ticket", "act", ref, "approve", "--by", "ben", "--wait", "--json")
    assert (done.code, done.json["state"]) == (0, "partly_fulfilled")
    assert dsar.one.shop("SELECT street FROM customers WHERE id = 1") == "Storgatan 5"


def test_a_new_decision_needs_its_words_and_reasons(dsar: Cli) -> None:
    ref = asked(dsar, "automated_decision_review")
    for more in ((), ("--decision", "granted")):
        said = dsar("ticket", "act", ref, "decide", "--by", "ben", *more)
        assert said.code in {1, 2}
        assert said.refusal
    said = dsar(
        "ticket", "act", ref, "decide", "--by", "ben", "--decision", "granted",
        "--reason", "paid in time", "--json",
    )  # fmt: skip
    assert said.json["state"] == "assembling"


def test_a_refused_event_says_what_is_possible_and_exits_with_one(dsar: Cli) -> None:
    ref = asked(dsar, "erasure")
    said = dsar("ticket", "act", ref, "deliver")
    assert said.code == 1
    assert f"deliver is not possible while {ref} is in_review. Possible now:" in said.refusal
    as_json = dsar("ticket", "act", ref, "deliver", "--json")
    assert as_json.code == 1
    assert "Possible now" in as_json.json["error"]["message"]


def test_letters_are_shown_as_they_were_written(dsar: Cli) -> None:
    ref = asked(dsar, "erasure")
    said = dsar("ticket", "letters", ref, "--json")
    assert [letter["kind"] for letter in said.json] == ["received", "accepted"]
    assert all(ref in letter["subject"] for letter in said.json)
    assert "Good day" in dsar("ticket", "letters", ref).out


@pytest.mark.parametrize("event", ["sources_answered", "lapse", "bundle_built"])
def test_what_belongs_to_the_engine_is_refused(dsar: Cli, event: str) -> None:
    ref = asked(dsar, "erasure")
    assert dsar("ticket", "act", ref, event).code == 1


def test_a_bundle_comes_out_again_byte_for_byte(dsar: Cli) -> None:
    ref = asked(dsar, "consent_withdrawal")
    said = dsar("bundle", "build", ref, "--out", str(dsar.folder / "again.zip"), "--json")
    assert (said.code, said.json["same"]) == (0, True)


def test_the_journal_is_verified_and_a_change_is_named(dsar: Cli) -> None:
    ref = asked(dsar, "erasure")
    whole = dsar("journal", "verify", "--json")
    assert whole.code == 0
    assert whole.json["faults"] == []
    with dsar.one.installation.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE journal SET actor = 'staff:eve' WHERE seq = 2")
    bad = dsar("journal", "verify", "--json")
    assert bad.code == 1
    assert [(f["ticket"], f["entry"]) for f in bad.json["faults"]] == [(ref, 2)]


def test_the_journal_is_compared_with_a_checkpoint_that_left_the_machine(dsar: Cli) -> None:
    asked(dsar, "erasure")
    written = dsar("journal", "checkpoint", "--json").json
    assert written["number"] > 0
    path = dsar.folder / "journal-checkpoints.jsonl"
    assert dsar("journal", "verify", "--anchor", str(path), "--json").json["faults"] == []
    with dsar.one.installation.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM journal_link")
        connection.exec_driver_sql("DELETE FROM journal_chain")
    bad = dsar("journal", "verify", "--anchor", str(path))
    assert bad.code == 1
    assert f"link {written['number']} is gone" in bad.out
    absent = dsar("journal", "verify", "--anchor", str(dsar.folder / "none"), "--json")
    assert (absent.code, absent.json["error"]["field"]) == (2, "anchor")


def test_a_hold_is_placed_listed_and_lifted(dsar: Cli) -> None:
    placed = dsar(
        "hold", "place", "--identifier", f"email={EMAIL}", "--reason", "A claim.", "--by", "ben",
        "--json",
    ).json["id"]  # fmt: skip
    assert [row["id"] for row in dsar("hold", "list", "--json").json] == [placed]
    assert dsar("hold", "lift", placed).code == 0
    assert dsar("hold", "list", "--json").json == []
    assert dsar("hold", "lift", placed).code == 1


def test_a_source_that_was_given_up_can_be_asked_again(dsar: Cli) -> None:
    """The list was away; what it holds is handed over afterwards, and nothing else again."""
    away = (dsar.folder / "mailing").rename(dsar.folder / "away")
    ref = asked(dsar, "access", code=1)
    dsar("ticket", "act", ref, "accept_gap", "--reason", "the disk is being mended", "--wait")
    assert dsar.one.state(ref) == "partly_fulfilled"
    away.rename(dsar.folder / "mailing")
    assert "reason: is missing" in dsar("ticket", "supplement", ref).refusal
    late = dsar("ticket", "supplement", ref, "--reason", "it is back", "--wait", "--json").json
    assert [(row["source"], row["found"]) for row in late["coverage"]] == [("mailing", 1)]
    assert late["state"] == "fulfilled"
    assert late["ref"] != ref


def test_lifting_a_hold_names_the_tickets_that_go_on(dsar: Cli) -> None:
    placed = dsar(
        "hold", "place", "--identifier", f"email={EMAIL}", "--reason", "A claim.", "--by", "ben",
        "--json",
    ).json["id"]  # fmt: skip
    ref = asked(dsar, "erasure")
    dsar("ticket", "act", ref, "approve", "--wait")
    assert dsar.one.state(ref) == "partly_fulfilled"
    told = dsar("hold", "lift", placed, "--by", "ben", "--json").json
    assert told == {"id": placed, "resumed": [f"{ref.removesuffix('-1')}-2"], "decided_anew": []}


def test_a_restriction_is_announced_and_then_lifted(dsar: Cli) -> None:
    ref = asked(dsar, "restriction")
    assert dsar.one.state(ref) == "fulfilled"
    assert "told before it is lifted" in dsar("ticket", "lift", ref, "--told").refusal
    assert "reason: is missing" in dsar("ticket", "lift", ref).refusal
    shown = dsar("ticket", "lift", ref, "--reason", "It was checked.", "--by", "ben")
    assert "The person is told first" in shown.out
    assert "It was checked." in dsar("ticket", "letters", ref).out
    assert dsar("ticket", "lift", ref, "--told", "--by", "ben").code == 0
    dsar.one.work()
    assert dsar.one.shop("SELECT count(*) FROM customers WHERE restricted = 1") == 0
    assert "No source" in dsar("ticket", "lift", ref, "--retry").refusal
    assert (
        "waits for nobody"
        in dsar("ticket", "lift", ref, "--by-hand", "shop", "--reason", "x").refusal
    )
