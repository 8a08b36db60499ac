"""The policy decides for each record: erase, or keep until … because …; portable or not."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsar.domain.calendar.period import Period
from dsar.domain.policy import (
    Activity,
    Basis,
    Origin,
    Policy,
    Retention,
    Verdict,
    decide_erasure,
    portable,
    stopped_by_objection,
    stopped_by_withdrawal,
)
from dsar.domain.reasons import Reason
from dsar.domain.records import Record

TODAY = date(2026, 3, 2)
INVOICE = Record("invoices", "1", {"number": "7", "issued_on": "2020-05-17", "note": "call back"})
BECAUSE = {"en": "Tax law."}


def activity(name: str, **changes: Any) -> Activity:
    plain = Activity(
        name, {"en": name}, {"en": "For it."}, Basis.CONTRACT, Retention({"en": "As long as used."})
    )
    return replace(plain, **changes)


def duty(period: str | None, *, since: str | None = "issued_on", **more: Any) -> Retention:
    length = Period.parse(period) if period else None
    return Retention(BECAUSE, length, since if length else None, law="tax", **more)


def policy(**places: tuple[Activity, tuple[str, ...]]) -> Policy:
    return Policy(
        "1",
        {name: replace(one, id=name) for name, (one, _) in places.items()},
        {name: data for name, (_, data) in places.items()},
    )


def kept(retention: Retention, *places: str) -> Policy:
    return policy(books=(activity("books", retention=retention), places or ("shop.invoices",)))


def test_what_no_law_keeps_is_erased() -> None:
    used = policy(account=(activity("account"), ("shop.invoices",)))
    assert decide_erasure(used, "shop", INVOICE, today=TODAY).verdict is Verdict.ERASE


def test_a_retention_without_a_law_does_not_stand_against_an_erasure() -> None:
    own = Retention(BECAUSE, Period.parse("10 years"), "issued_on")
    assert decide_erasure(kept(own), "shop", INVOICE, today=TODAY).verdict is Verdict.ERASE


def test_what_a_law_keeps_is_kept_until_a_day_because_of_it() -> None:
    decision = decide_erasure(kept(duty("10 years")), "shop", INVOICE, today=TODAY)
    assert decision.verdict is Verdict.KEEP
    assert (decision.ground, decision.because) == (
        "tax",
        Reason("retention", {"words": BECAUSE}),
    )
    assert decision.until == date(2030, 5, 17)


def test_whole_years_count_from_the_end_of_the_year() -> None:
    books = kept(duty("10 years", whole_years=True))
    assert decide_erasure(books, "shop", INVOICE, today=TODAY).until == date(2030, 12, 31)


def test_a_duty_ends_with_its_last_day() -> None:
    books = kept(duty("10 years"))
    last = date(2030, 5, 17)
    assert decide_erasure(books, "shop", INVOICE, today=last).verdict is Verdict.KEEP
    day_after = last + timedelta(days=1)
    assert decide_erasure(books, "shop", INVOICE, today=day_after).verdict is Verdict.ERASE


def test_a_duty_without_a_length_has_no_end() -> None:
    decision = decide_erasure(kept(duty(None)), "shop", INVOICE, today=TODAY)
    assert (decision.verdict, decision.until) == (Verdict.KEEP, None)


@pytest.mark.parametrize("start", [None, "", "soon", 20200517, "2020-13-01", ["2020-05-17"]])
def test_without_a_start_date_a_person_decides(start: object) -> None:
    record = replace(INVOICE, data={**INVOICE.data, "issued_on": start})
    decision = decide_erasure(kept(duty("10 years")), "shop", record, today=TODAY)
    assert decision.verdict is Verdict.UNDECIDED
    assert decision.because == Reason("no_start")


def test_the_field_that_starts_the_period_may_be_missing_altogether() -> None:
    record = Record("invoices", "1", {"number": "7"})
    decision = decide_erasure(kept(duty("10 years")), "shop", record, today=TODAY)
    assert decision.verdict is Verdict.UNDECIDED


def test_the_day_that_means_no_end_in_a_source_is_no_failure() -> None:
    record = replace(INVOICE, data={"issued_on": "9999-12-31"})
    assert decide_erasure(kept(duty("7 years")), "shop", record, today=TODAY).until == date.max


def test_data_that_no_activity_names_goes_to_a_person() -> None:
    other = policy(account=(activity("account"), ("shop.customers",)))
    decision = decide_erasure(other, "shop", INVOICE, today=TODAY)
    assert (decision.verdict, decision.ground) == (Verdict.UNDECIDED, "no_activity")


def test_the_longest_duty_wins() -> None:
    both = policy(
        books=(activity("books", retention=duty("6 years")), ("shop.invoices",)),
        tax=(activity("tax", retention=duty("10 years")), ("shop.invoices",)),
        use=(activity("use"), ("shop.invoices",)),
    )
    assert decide_erasure(both, "shop", INVOICE, today=TODAY).until == date(2030, 5, 17)


def test_a_duty_without_end_is_longer_than_any_other() -> None:
    both = policy(
        books=(activity("books", retention=duty("6 years")), ("shop.invoices",)),
        always=(activity("always", retention=duty(None)), ("shop.invoices",)),
    )
    decision = decide_erasure(both, "shop", INVOICE, today=TODAY)
    assert (decision.verdict, decision.until) == (Verdict.KEEP, None)


def test_a_duty_nobody_can_date_outweighs_one_that_is_dated() -> None:
    both = policy(
        books=(activity("books", retention=duty("6 years")), ("shop.invoices",)),
        vague=(activity("vague", retention=duty("9 years", since="paid_on")), ("shop.invoices",)),
    )
    assert decide_erasure(both, "shop", INVOICE, today=TODAY).verdict is Verdict.UNDECIDED


def test_a_field_of_another_activity_is_erased_from_a_record_that_is_kept() -> None:
    books = policy(
        books=(activity("books", retention=duty("10 years")), ("shop.invoices",)),
        care=(activity("care"), ("shop.invoices.note",)),
    )
    decision = decide_erasure(books, "shop", INVOICE, today=TODAY)
    assert (decision.verdict, decision.fields) == (Verdict.ERASE_FIELDS, ("note",))
    assert decision.until == date(2030, 5, 17)


def test_a_field_under_a_duty_stays_when_the_rest_of_its_record_goes() -> None:
    use = policy(
        use=(activity("use"), ("shop.invoices",)),
        books=(activity("books", retention=duty("10 years")), ("shop.invoices.number",)),
    )
    decision = decide_erasure(use, "shop", INVOICE, today=TODAY)
    assert decision.verdict is Verdict.ERASE_FIELDS
    assert decision.fields == ("issued_on", "note")
    assert decision.ground == "tax"


def test_a_record_whose_every_field_is_under_a_duty_is_kept_whole() -> None:
    """To erase no field must never read as: erase the record."""
    fields = tuple(f"shop.invoices.{name}" for name in INVOICE.data)
    decision = decide_erasure(kept(duty("10 years"), *fields), "shop", INVOICE, today=TODAY)
    assert (decision.verdict, decision.fields) == (Verdict.KEEP, ())


def test_a_hold_keeps_everything_whatever_the_policy_says() -> None:
    for some in (kept(duty("1 day")), policy()):
        decision = decide_erasure(some, "shop", INVOICE, today=TODAY, held=True)
        assert (decision.verdict, decision.ground) == (Verdict.KEEP, "legal_claims")


_PLACES = ["shop.invoices", *(f"shop.invoices.{name}" for name in INVOICE.data)]
_some_duty = st.one_of(
    st.none(), st.sampled_from(["1 day", "6 years", "10 years", "9999 years"]), st.just("")
)


@given(
    st.lists(
        st.tuples(_some_duty, st.lists(st.sampled_from(_PLACES), min_size=1, unique=True)),
        min_size=1,
        max_size=4,
    )
)
def test_no_field_that_some_duty_covers_is_ever_erased(
    rows: list[tuple[str | None, list[str]]],
) -> None:
    """`None` is an activity no law obliges to, "" a duty without an end."""
    used = policy(
        **{
            f"a{n}": (
                activity("a", retention=Retention(BECAUSE) if text is None else duty(text or None)),
                tuple(places),
            )
            for n, (text, places) in enumerate(rows)
        }
    )
    decision = decide_erasure(used, "shop", INVOICE, today=TODAY)
    assert decision.verdict is not Verdict.UNDECIDED
    erased = {
        Verdict.ERASE: tuple(INVOICE.data),
        Verdict.ERASE_FIELDS: decision.fields,
        Verdict.KEEP: (),
    }[decision.verdict]
    assert decision.verdict is not Verdict.ERASE_FIELDS or decision.fields
    for name in INVOICE.data:
        duties = [
            one.retention
            for one in used.of_field("shop", "invoices", name)
            if one.retention.law
            and (one.retention.period is None or one.retention.until(INVOICE.data) >= TODAY)  # type: ignore[operator]
        ]
        assert not (duties and name in erased), name


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("basis", Basis)
def test_portable_is_what_the_person_gave_on_consent_or_contract(
    origin: Origin, basis: Basis
) -> None:
    used = policy(use=(activity("use", origin=origin, basis=basis), ("shop.invoices",)))
    given_ = origin in {Origin.PROVIDED, Origin.OBSERVED}
    agreed = basis in {Basis.CONSENT, Basis.CONTRACT}
    assert portable(used, "shop", "invoices", "number") is (given_ and agreed)


def test_a_field_with_an_activity_of_its_own_follows_that_one() -> None:
    used = policy(
        use=(activity("use"), ("shop.invoices",)),
        score=(activity("score", origin=Origin.DERIVED), ("shop.invoices.note",)),
    )
    assert portable(used, "shop", "invoices", "number")
    assert not portable(used, "shop", "invoices", "note")
    assert not portable(used, "shop", "orders", "number")


def test_marketing_stops_on_any_basis_the_rest_only_where_the_law_lets_object() -> None:
    for basis in Basis:
        assert stopped_by_objection(activity("m", basis=basis, marketing=True))
    stops = {basis for basis in Basis if stopped_by_objection(activity("x", basis=basis))}
    assert stops == {Basis.LEGITIMATE_INTERESTS, Basis.PUBLIC_TASK}


def test_only_consent_ends_with_its_withdrawal() -> None:
    assert {b for b in Basis if stopped_by_withdrawal(activity("x", basis=b))} == {Basis.CONSENT}
