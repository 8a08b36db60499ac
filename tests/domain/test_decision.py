"""What comes of each record: handed over, acted on, kept with a reason, doubted, or nothing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dsar.domain.calendar.period import Period
from dsar.domain.decision import (
    NOT_PORTABLE,
    NOTHING,
    Case,
    Ruling,
    RulingVerdict,
    decide_record,
    means_the_same,
    stopped,
)
from dsar.domain.decision.withheld import withheld_files
from dsar.domain.policy import Activity, Basis, Origin, Policy, Retention
from dsar.domain.reasons import Reason
from dsar.domain.records import Attachment, Collection, Field, Match, Record
from dsar.domain.rights import Right

TODAY = date(2026, 3, 2)
ANA = Record(
    "people", "1", {"email": "ana@example.org", "city": "Ulm", "note": "", "score": 7}, subject="1"
)
PEOPLE = Collection(
    "people",
    {"en": "People"},
    (
        Field("email", {"en": "E-mail"}, term="email"),
        Field("city", {"en": "Town", "de": "Ort"}, term="city"),
        Field("note", {"en": "Note"}, about_others=True),
        Field("score", {"en": "Score"}),
    ),
)
LAW = Retention({"en": "Tax law."}, Period.parse("10 years"), "since", law="tax")


def activity(name: str, **changes: Any) -> Activity:
    plain = Activity(
        name, {"en": name}, {"en": "For it."}, Basis.CONTRACT, Retention({"en": "As long as used."})
    )
    return replace(plain, **changes)


USE = activity("use")
NEWS = activity("news", basis=Basis.CONSENT, marketing=True)
SCORE = activity(
    "score", basis=Basis.LEGITIMATE_INTERESTS, origin=Origin.DERIVED, automated={"en": "A score."}
)


def case(right: Right, *rules: Ruling, policy: Policy | None = None, **changes: Any) -> Case:
    used = policy or uses(USE=("crm.people",))
    known = {"crm": {"people": PEOPLE}}
    return Case(right, used, TODAY, known, rules=rules, **changes)


def uses(**places: tuple[str, ...]) -> Policy:
    every = {"USE": USE, "NEWS": NEWS, "SCORE": SCORE}
    return Policy("1", {every[n].id: every[n] for n in places}, {
        every[name].id: data for name, data in places.items()
    })  # fmt: skip


def rule(verdict: str, **more: str) -> Ruling:
    return Ruling("crm", "people", RulingVerdict(verdict), **more)


def test_a_copy_hands_over_the_whole_record() -> None:
    assert decide_record(case(Right.ACCESS), "crm", ANA).record == ANA


@pytest.mark.parametrize("right", Right)
def test_a_weak_match_goes_nowhere_before_somebody_looked(right: Right) -> None:
    weak = replace(ANA, match=Match.NAME_ONLY)
    sifted = decide_record(case(right), "crm", weak)
    assert (sifted.record, sifted.item) == (None, None)
    assert [doubt.code for doubt in sifted.doubts] == ["weak_match"]
    assert all(doubt.blocks for doubt in sifted.doubts)


@pytest.mark.parametrize("right", [Right.ERASURE, Right.RECTIFICATION, Right.RESTRICTION])
def test_what_others_depend_on_is_changed_only_when_somebody_said_so(right: Right) -> None:
    asked = case(right, corrections={"city": "Bonn"})
    alone = decide_record(asked, "crm", ANA)
    shared = replace(ANA, shared=True)
    sifted = decide_record(asked, "crm", shared)
    assert alone.item is not None
    assert (sifted.item, [doubt.code for doubt in sifted.doubts]) == (None, ["shared"])
    ruled = replace(asked, rules=(rule("erase" if right is Right.ERASURE else "release"),))
    assert decide_record(ruled, "crm", shared).item is not None


def test_what_others_depend_on_is_handed_over_like_any_other() -> None:
    shared = replace(ANA, shared=True)
    assert decide_record(case(Right.ACCESS), "crm", shared).record == shared


def test_a_weak_match_that_was_released_is_treated_like_any_other() -> None:
    weak = replace(ANA, match=Match.NAME_ONLY)
    assert decide_record(case(Right.ACCESS, rule("release")), "crm", weak).record == weak


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("verdict", ["withhold", "keep"])
@pytest.mark.parametrize("key", ["", "1"])
def test_what_staff_withholds_neither_leaves_nor_changes(
    right: Right, verdict: str, key: str
) -> None:
    sifted = decide_record(case(right, rule(verdict, key=key, ground="g")), "crm", ANA)
    assert (sifted.record, sifted.item, sifted.doubts) == (None, None, ())
    assert [(why.name, why.because) for why in sifted.kept] == [
        ("g", Reason("ruled", {"ground": "g"}))
    ]


def test_a_ruling_on_another_record_or_source_changes_nothing() -> None:
    others = (
        rule("withhold", key="2"),
        Ruling("erp", "people", RulingVerdict.WITHHOLD),
        Ruling("crm", "pets", RulingVerdict.WITHHOLD),
    )
    assert decide_record(case(Right.ACCESS, *others), "crm", ANA) == decide_record(
        case(Right.ACCESS), "crm", ANA
    )


def test_the_latest_ruling_wins() -> None:
    rules = (rule("withhold"), rule("release"))
    assert decide_record(case(Right.ACCESS, *rules), "crm", ANA).record == ANA


@pytest.mark.parametrize("verdict", ["withhold", "keep"])
def test_a_field_that_is_withheld_is_not_in_the_copy(verdict: str) -> None:
    sifted = decide_record(case(Right.ACCESS, rule(verdict, field="city", ground="g")), "crm", ANA)
    assert sifted.record is not None
    assert "city" not in sifted.record.data
    field = {"en": "Town", "de": "Ort"}
    assert [(why.name, why.because) for why in sifted.kept] == [
        ("g", Reason("ruled_field", {"ground": "g", "field": field}))
    ]


WITH_FILES = replace(ANA, attachments=(Attachment("a", "cv.pdf"), Attachment("b", "party.jpg")))
ON_B = Ruling("crm", "people", RulingVerdict.WITHHOLD, key="1", file="b", ground="others")


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_a_file_that_is_withheld_is_not_in_the_copy_and_its_record_is(right: Right) -> None:
    sifted = decide_record(case(right, ON_B), "crm", WITH_FILES)
    assert sifted.record is not None
    assert [one.reference for one in sifted.record.attachments] == ["a"]
    assert sifted.record.data == ANA.data
    assert [(why.name, why.because, why.part) for why in sifted.kept] == [
        ("others", Reason("ruled", {"ground": "others"}), "file")
    ]


@pytest.mark.parametrize(
    "rule",
    [replace(ON_B, key="2"), replace(ON_B, file="c"), replace(ON_B, verdict="release")],
)
def test_a_ruling_on_another_file_withholds_nothing(rule: Ruling) -> None:
    sifted = decide_record(case(Right.ACCESS, rule), "crm", WITH_FILES)
    assert sifted.record == WITH_FILES
    assert sifted.kept == ()


def test_a_ruling_on_a_file_settles_no_doubt_about_its_record() -> None:
    weak = replace(WITH_FILES, match=Match.NAME_ONLY)
    released = replace(ON_B, verdict="release")
    assert decide_record(case(Right.ACCESS, released), "crm", weak).doubts


def test_files_are_secret_by_themselves_or_with_their_record_unless_released() -> None:
    whole = Ruling("crm", "people", RulingVerdict.WITHHOLD, ground="others")
    freed = replace(ON_B, verdict="release")

    def secret(*rules: Ruling) -> list[tuple[str, bool]]:
        found = withheld_files(case(Right.ACCESS, *rules), "crm", WITH_FILES)
        return [(one.reference, alone) for one, alone in found]

    assert secret() == []
    assert secret(ON_B) == [("b", True)]
    assert secret(whole) == [("a", False), ("b", False)]
    assert secret(whole, ON_B) == [("a", False), ("b", True)]
    assert secret(whole, freed) == [("a", False)]


def test_a_field_nobody_explained_waits_for_a_ruling_and_is_never_dropped() -> None:
    odd = replace(ANA, data={**ANA.data, "odd": 1})
    sifted = decide_record(case(Right.ACCESS), "crm", odd)
    assert [(d.code, d.field, d.blocks) for d in sifted.doubts] == [
        ("unexplained_field", "odd", True)
    ]
    assert sifted.record == odd
    ruled = decide_record(case(Right.ACCESS, rule("release", field="odd")), "crm", odd)
    assert (ruled.doubts, ruled.record) == ((), odd)


def test_a_collection_without_a_dictionary_is_unexplained_altogether() -> None:
    sifted = decide_record(replace(case(Right.ACCESS), dictionaries={}), "crm", ANA)
    assert {doubt.field for doubt in sifted.doubts} == set(ANA.data)


def test_what_may_speak_of_others_is_pointed_out_where_something_stands_in_it() -> None:
    written = replace(ANA, data={**ANA.data, "note": "Bob called."})
    assert decide_record(case(Right.ACCESS), "crm", ANA).doubts == ()
    (doubt,) = decide_record(case(Right.ACCESS), "crm", written).doubts
    assert (doubt.code, doubt.field, doubt.blocks) == ("about_others", "note", False)


def test_a_portable_copy_holds_what_was_given_on_consent_or_contract() -> None:
    used = uses(USE=("crm.people",), SCORE=("crm.people.score",))
    sifted = decide_record(case(Right.PORTABILITY, policy=used), "crm", ANA)
    assert sifted.record is not None
    assert set(sifted.record.data) == {"email", "city", "note"}


def test_a_record_without_anything_portable_is_not_a_gap_but_named() -> None:
    used = uses(SCORE=("crm.people",))
    sifted = decide_record(case(Right.PORTABILITY, policy=used), "crm", ANA)
    assert (sifted.record, sifted.kept) == (None, (NOT_PORTABLE,))


def test_a_review_of_automated_decisions_looks_at_what_they_used() -> None:
    used = uses(USE=("crm.people",), SCORE=("crm.people.score",))
    review = Right.AUTOMATED_DECISION_REVIEW
    assert decide_record(case(review, policy=used), "crm", ANA).record == ANA
    assert decide_record(case(review), "crm", ANA) == NOTHING


def kept_policy() -> Policy:
    books = activity("books", retention=LAW)
    return Policy("1", {"books": books}, {"books": ("crm.people",)})


KEPT = replace(ANA, data={"since": "2024-01-01", "city": "Ulm"})


def test_an_erasure_follows_the_policy() -> None:
    item = decide_record(case(Right.ERASURE), "crm", ANA).item
    assert item is not None
    assert (item.key, item.fields) == ("1", ())
    sifted = decide_record(case(Right.ERASURE, policy=kept_policy()), "crm", KEPT)
    assert sifted.item is None
    assert [(r.name, r.because, r.until) for r in sifted.kept] == [
        ("tax", Reason("retention", {"words": {"en": "Tax law."}}), date(2034, 1, 1))
    ]


def test_what_the_policy_cannot_decide_waits_for_a_person() -> None:
    undated = replace(KEPT, data={"city": "Ulm"})
    sifted = decide_record(case(Right.ERASURE, policy=kept_policy()), "crm", undated)
    assert (sifted.item, [(d.code, d.why) for d in sifted.doubts]) == (
        None,
        [("undecided", Reason("no_start"))],
    )
    ruled = decide_record(case(Right.ERASURE, rule("erase"), policy=kept_policy()), "crm", undated)
    assert ruled.item is not None


@pytest.mark.parametrize(
    "rules", [(), (rule("erase"),), (rule("erase", key="1"),), (rule("erase", field="city"),)]
)
def test_nothing_is_erased_under_a_legal_hold_whatever_staff_ruled(
    rules: tuple[Ruling, ...],
) -> None:
    sifted = decide_record(case(Right.ERASURE, *rules, held=True), "crm", ANA)
    assert sifted.item is None
    assert [why.name for why in sifted.kept] == ["legal_claims"]


def test_a_field_staff_keeps_stays_when_its_record_is_erased() -> None:
    sifted = decide_record(case(Right.ERASURE, rule("keep", field="city", ground="g")), "crm", ANA)
    assert sifted.item is not None
    assert sifted.item.fields == ("email", "note", "score")
    assert [why.name for why in sifted.kept] == ["g"]


def test_a_record_of_which_staff_keeps_every_field_is_not_touched() -> None:
    rules = tuple(rule("keep", field=name, ground="g") for name in ANA.data)
    assert decide_record(case(Right.ERASURE, *rules), "crm", ANA).item is None


def test_a_field_staff_erases_goes_though_its_record_is_kept() -> None:
    ruled = case(Right.ERASURE, rule("erase", field="city"), policy=kept_policy())
    sifted = decide_record(ruled, "crm", KEPT)
    assert sifted.item is not None
    assert sifted.item.fields == ("city",)
    assert [why.name for why in sifted.kept] == ["tax"]


@pytest.mark.parametrize("asked", ["city", "crm.people.city"])
def test_a_correction_reaches_a_field_by_its_term_or_its_path(asked: str) -> None:
    item = decide_record(case(Right.RECTIFICATION, corrections={asked: "Bonn"}), "crm", ANA).item
    assert item is not None
    assert dict(item.changes) == {"city": "Bonn"}


def test_the_exact_path_wins_over_the_term() -> None:
    corrections = {"city": "Bonn", "crm.people.city": "Köln"}
    item = decide_record(case(Right.RECTIFICATION, corrections=corrections), "crm", ANA).item
    assert item is not None
    assert dict(item.changes) == {"city": "Köln"}


def test_what_is_right_already_or_not_there_is_not_written() -> None:
    for corrections in ({"city": "Ulm"}, {"phone": "+49301"}, {"crm.people.score": "7"}):
        assert (
            decide_record(case(Right.RECTIFICATION, corrections=corrections), "crm", ANA) == NOTHING
        )


def test_a_correction_of_a_field_that_staff_keeps_is_not_written_and_says_why() -> None:
    ruled = rule("keep", field="city", ground="accuracy_disputed")
    sifted = decide_record(
        case(Right.RECTIFICATION, ruled, corrections={"city": "Bonn"}), "crm", ANA
    )
    assert sifted.item is None
    assert [why.name for why in sifted.kept] == ["accuracy_disputed"]


def test_a_restriction_reaches_every_record() -> None:
    assert decide_record(case(Right.RESTRICTION), "crm", ANA).item is not None


def test_an_objection_stops_marketing_and_legitimate_interests() -> None:
    used = uses(USE=("crm.people",), NEWS=("crm.people.email",), SCORE=("crm.people.score",))
    general = case(Right.OBJECTION, policy=used)
    assert [one.id for one in stopped(general, "crm", "people")] == ["news", "score"]
    news = replace(general, purposes=("news",))
    assert [one.id for one in stopped(news, "crm", "people")] == ["news"]
    assert decide_record(news, "crm", ANA).item is not None
    assert decide_record(replace(general, purposes=("use",)), "crm", ANA) == NOTHING


def test_a_withdrawal_stops_only_what_rests_on_consent() -> None:
    used = uses(USE=("crm.people",), NEWS=("crm.people.email",), SCORE=("crm.people.score",))
    withdrawal = case(Right.CONSENT_WITHDRAWAL, policy=used)
    assert [one.id for one in stopped(withdrawal, "crm", "people")] == ["news"]


@pytest.mark.parametrize(
    ("held", "asked", "equal"),
    [
        ("Ulm", "Ulm", True),
        ("Ulm", "ulm", False),
        ("01234", "1234", False),
        (42, "42", True),
        (42, "042", True),
        (42, "43", False),
        (12.5, "12.50", True),
        (12.5, "much", False),
        (True, "true", True),
        (False, "true", False),
        (None, "", False),
        ("", "", True),
    ],
)
def test_a_value_is_what_was_asked_for_when_it_says_the_same(
    held: object, asked: str, equal: bool
) -> None:
    assert means_the_same(held, asked) is equal


def test_a_ruling_gives_one_of_four_verdicts() -> None:
    assert set(RulingVerdict) == {"withhold", "release", "keep", "erase"}


@pytest.mark.parametrize("right", Right)
def test_the_same_case_gives_the_same_result_twice(right: Right) -> None:
    used = case(right, corrections={"city": "Bonn"})
    assert decide_record(used, "crm", ANA) == decide_record(used, "crm", ANA)
