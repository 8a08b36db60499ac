"""Each law is complete, its worked examples come out, and a slip in a file is refused by line."""

import re
import tomllib
from datetime import date

import pytest

from dsar.domain import lifecycle
from dsar.domain.calendar import PeriodUnit, Roll, Term
from dsar.domain.errors import BadInput
from dsar.domain.regimes import (
    CLOCK_RIGHTS,
    GROUNDS,
    Certainty,
    NoticeMember,
    PeriodBasis,
    QuestionEffect,
    Regime,
)
from dsar.domain.regimes.file import parse
from dsar.domain.regimes.strict_toml import line_of
from dsar.domain.rights import Right
from dsar.services.law.due import dates_of, mismatches
from dsar.services.law.regimes import _FOLDER, known, load

LAWS = [
    "eu_gdpr",
    "uk_gdpr",
    "us_ca_ccpa",
    "us_va",
    "us_co",
    "us_ct",
    "us_tx",
    "us_or",
    "us_ia",
    "us_ut",
    "us_fl",
    "us_mt",
    "us_de",
    "us_nh",
    "us_nj",
    "us_tn",
    "us_in",
    "us_ky",
    "us_ne",
    "us_md",
    "us_mn",
    "us_ri",
    "br_lgpd",
    "ca_pipeda",
    "ca_qc_law25",
    "ch_fadp",
    "za_paia",
    "sg_pdpa",
    "jp_appi",
    "kr_pipa",
    "in_dpdp",
    "au_app12_agency",
    "nz_privacy",
    "cn_pipl",
]
STATES = [law for law in LAWS if re.fullmatch(r"us_[a-z]{2}", law)]
EXAMPLES = [(law, number) for law in LAWS for number in range(len(load(law).examples))]


def text_of(law: str) -> str:
    return (_FOLDER / f"{law}.toml").read_text(encoding="utf-8")


# --- the laws that ship -------------------------------------------------------------------------


def test_every_law_we_promise_ships_and_no_other() -> None:
    assert set(known()) == set(LAWS)


@pytest.mark.parametrize(
    ("law", "number"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else str(value)
)
def test_a_worked_example_comes_out_as_written(law: str, number: int) -> None:
    regime = load(law)
    example = regime.examples[number]
    found = dates_of(example.given).as_json()
    wanted = {name: None if value == "" else value for name, value in example.expect.items()}
    assert {name: found[name] for name in wanted} == wanted, example.title


@pytest.mark.parametrize("law", LAWS)
def test_every_law_has_an_example_a_rule_for_each_right_and_a_citation_for_each_ground(
    law: str,
) -> None:
    regime = load(law)
    assert regime.examples
    assert set(regime.rights()) >= {right.value for right in Right}
    for ground in (*GROUNDS, *lifecycle.grounds()):
        assert len(regime.citation(ground)) > 5
    assert NoticeMember.REASONS in regime.refusal.must_contain
    assert regime.complaint.body
    assert regime.fee.source


@pytest.mark.parametrize("law", LAWS)
def test_a_law_without_extension_has_no_ground_for_one(law: str) -> None:
    regime = load(law)
    can_extend = any(rule.extension for rule in regime.rules)
    assert bool(regime.extension_grounds) is can_extend or regime.id == "in_dpdp"


@pytest.mark.parametrize("law", LAWS)
def test_a_period_for_a_right_the_law_does_not_name_is_marked_as_practice(law: str) -> None:
    for rule in load(law).rules:
        if rule.id == "other":
            assert rule.basis is PeriodBasis.PRACTICE
            assert rule.note


def reply(law: str, right: str = "access") -> Term | None:
    rule = load(law).rule_on(right, date(2026, 11, 1))
    assert rule is not None
    return rule.reply


@pytest.mark.parametrize("law", STATES)
def test_american_states_reply_in_45_days_and_iowa_in_90(law: str) -> None:
    assert reply(law) == Term(90 if law == "us_ia" else 45, PeriodUnit.DAYS)


@pytest.mark.parametrize("law", STATES)
def test_american_states_extend_by_45_days_and_florida_by_15(law: str) -> None:
    rule = load(law).rule_on("access", date(2026, 11, 1))
    assert rule is not None
    assert rule.extension is not None
    assert rule.extension.at_most == Term(15 if law == "us_fl" else 45, PeriodUnit.DAYS)
    assert (rule.roll, rule.roll_latest) == (Roll.NONE, Roll.WORKING_DAY)


@pytest.mark.parametrize("law", STATES)
def test_american_appeals_take_60_days_and_in_four_states_45(law: str) -> None:
    rule = load(law).rule_on("access", date(2026, 11, 1))
    assert rule is not None
    if law == "us_ut":
        assert rule.appeal is None
        return
    assert rule.appeal is not None
    four = ("us_co", "us_or", "us_nj", "us_mn")
    assert rule.appeal.reply == Term(45 if law in four else 60, PeriodUnit.DAYS)
    more = Term(60, PeriodUnit.DAYS) if law in ("us_co", "us_mn") else None
    assert rule.appeal.extension == more


@pytest.mark.parametrize(
    ("law", "number", "unit"),
    [
        ("br_lgpd", 15, "days"),
        ("ca_pipeda", 30, "days"),
        ("ca_qc_law25", 30, "days"),
        ("ch_fadp", 30, "days"),
        ("za_paia", 30, "days"),
        ("sg_pdpa", 30, "days"),
        ("kr_pipa", 10, "days"),
        ("au_app12_agency", 30, "days"),
        ("nz_privacy", 20, "working_days"),
        ("cn_pipl", 15, "working_days"),
        ("eu_gdpr", 1, "months"),
        ("uk_gdpr", 1, "months"),
        ("us_ca_ccpa", 45, "days"),
    ],
)
def test_the_period_of_each_law(law: str, number: int, unit: str) -> None:
    assert reply(law) == Term(number, PeriodUnit(unit))


def test_japan_names_no_number_and_china_is_marked_as_uncertain() -> None:
    assert reply("jp_appi") is None
    assert load("cn_pipl").certainty is Certainty.LOW


def test_what_only_some_laws_know_is_refused_by_the_others() -> None:
    for right, laws in (("complaint", {"uk_gdpr"}), ("grievance", {"in_dpdp"})):
        assert {law for law in LAWS if right in load(law).rights()} == laws
    assert {law for law in LAWS if "opt_out" in load(law).rights()} == {*STATES, "us_ca_ccpa"}
    with pytest.raises(BadInput) as refused:
        load("eu_gdpr").rule_on("grievance", date(2026, 1, 1))
    assert refused.value.field == "right"
    assert "access" in refused.value.mend


def test_a_ground_nobody_knows_is_refused() -> None:
    assert load("eu_gdpr").citation("complexity_and_number").startswith("GDPR Art. 12(3)")
    assert load("eu_gdpr").citation("erasure_legal_claims") == "GDPR Art. 17(3)(e): legal claims"
    with pytest.raises(BadInput, match="no ground 'whim'"):
        load("eu_gdpr").citation("whim")


def test_an_unknown_law_is_refused_with_the_list_of_known_ones() -> None:
    for name in ("xx", "../eu_gdpr", "EU_GDPR"):
        with pytest.raises(BadInput) as refused:
            load(name)
        assert refused.value.field == "regime"
        assert "eu_gdpr" in refused.value.mend


def keys_in(value: object) -> set[str]:
    """Every key of our vocabulary in a parsed file; free keys and examples' dates left out."""
    if isinstance(value, list):
        return set().union(*map(keys_in, value))
    if not isinstance(value, dict):
        return set()
    free = ("grounds", "act_at_once", "extension_grounds", "events", "expect")
    inner = [keys_in(item) for key, item in value.items() if key not in free]
    return set(value).union(*inner)


def test_the_guide_to_the_files_names_every_key_and_every_choice() -> None:
    guide = (_FOLDER / "README.md").read_text(encoding="utf-8")
    used = set().union(*(keys_in(tomllib.loads(text_of(law))) for law in LAWS))
    choices = [*Certainty, *PeriodBasis, *QuestionEffect, *NoticeMember, *Roll, *PeriodUnit]
    for word in (*used, *choices):
        assert re.search(rf"\b{word}\b", guide), word


# --- files with a slip --------------------------------------------------------------------------


def first_difference(one: str, other: str) -> tuple[int, str]:
    """The number and text of the first line of `other` that `one` does not have there."""
    lines = zip(one.splitlines(), other.splitlines(), strict=False)
    return next((number, right) for number, (left, right) in enumerate(lines, 1) if left != right)


SLIPS = [
    # law        what stands there                    what is put                      blamed
    ("eu_gdpr", "certainty =", "certanty =", "certainty"),
    ("eu_gdpr", "version = ", 'colour = "red"\nversion = ', "colour"),
    ("eu_gdpr", "reply = { months = 1 }", "reply = { months = 1, weeks = 4 }", "rules[0].reply.weeks"),
    ("eu_gdpr", "reply = { months = 1 }", "reply = { weeks = 4 }", "rules[0].reply"),
    ("eu_gdpr", "reply = { months = 1 }", "reply = { months = 0 }", "rules[0].reply.months"),
    ("eu_gdpr", "reply = { months = 1 }", "reply = { months = true }", "rules[0].reply.months"),
    ("eu_gdpr", 'roll = "working_day"', 'rol = "working_day"', "rules[0].rol"),
    ("eu_gdpr", 'roll = "working_day"', 'roll = "workday"', "rules[0].roll"),
    ("eu_gdpr", 'effect = "stops_clock"', 'effect = "stops"', "rules[0].questions[0].effect"),
    ("eu_gdpr", 'only_for = ["access"]', 'only_for = ["acess"]', "rules[0].questions[1].only_for"),
    ("eu_gdpr", "extension = { at_most", "extension = { atmost", "rules[0].extension.atmost"),
    ("eu_gdpr", "lapsed = ", "laps = ", "grounds.lapsed"),
    ("eu_gdpr", "lapsed = ", 'whim = "none"\nlapsed = ', "grounds.whim"),
    ("eu_gdpr", 'must_contain = ["reasons"', 'must_contain = ["reason"', "refusal.must_contain"),
    ("eu_gdpr", "[complaint]\nbody", "[complaint]\nbdy", "complaint.body"),
    ("eu_gdpr", "since = 2018-05-25", 'since = "2018-05-25"', "rules[0].since"),
    ("eu_gdpr", 'id = "eu_gdpr"', 'id = "gdpr"', "id"),
    ("eu_gdpr", '"objection", "portability"', '"portability"', "rules"),
    ("eu_gdpr", '"objection", "portability"', '"access", "portability"', "rules[0].rights"),
    ("eu_gdpr", "\nconsent_withdrawal = ", "\nconsent = ", "act_at_once.consent"),
    ("eu_gdpr", 'title = "5 March ends', 'titel = "5 March ends', "examples[0].title"),
    ("eu_gdpr", 'right = "rectification"', 'rigth = "rectification"', "examples[6].rigth"),
    ("eu_gdpr", "expect = {", "expected = {", "examples[0].expect"),
    ("uk_gdpr", "until = 2026-02-04\n", "", "rules[1].since"),
    ("uk_gdpr", "until = 2026-02-04", "until = 2026-02-05", "rules[1].since"),
    ("nz_privacy", 'last = "01-15"', 'last = "01-32"', "rules[0].closed[0].last"),
    ("nz_privacy", 'last = "01-15"', 'last = "15 January"', "rules[0].closed[0].last"),
    ("nz_privacy", "regional_holidays = false", 'regional_holidays = "no"', "regional_holidays"),
    ("us_co", "extension = { days = 60 }", "extension = { day = 60 }", "rules[0].appeal.extension"),
    ("jp_appi", 'note = "Without delay', 'roll = "none"\n#', "rules[0].reply"),
]  # fmt: skip


@pytest.mark.parametrize(("law", "old", "new", "blamed"), SLIPS)
def test_a_slip_is_refused_with_its_place_and_a_mend(
    law: str, old: str, new: str, blamed: str
) -> None:
    good = text_of(law)
    assert old in good
    bad = good.replace(old, new, 1)
    with pytest.raises(BadInput) as refused:
        parse(bad, f"{law}.toml")
    place, _, key = refused.value.field.partition(" ")
    assert key == blamed
    assert refused.value.problem
    assert refused.value.mend
    name, line = place.split(":")
    assert name == f"{law}.toml"
    changed, text = first_difference(good, bad)
    if re.search(rf"\b{re.escape(blamed.rsplit('.', 1)[-1])}\s*=", text):
        assert int(line) == changed


def test_most_slips_are_checked_to_the_line() -> None:
    texts = [(text_of(law), old, new, blamed) for law, old, new, blamed in SLIPS]
    pairs = [
        (first_difference(good, good.replace(old, new, 1))[1], blamed.rsplit(".", 1)[-1])
        for good, old, new, blamed in texts
    ]
    assert sum(f"{key} =" in line for line, key in pairs) >= 20


def test_text_that_is_no_toml_is_refused_with_the_place_the_reader_gives() -> None:
    with pytest.raises(BadInput, match="line 2") as refused:
        parse("a = 1\nb = = 2", "x.toml")
    assert refused.value.field == "x.toml"


def test_the_line_is_found_under_the_right_table_of_a_list() -> None:
    lines = (
        "top = 1",  # 1
        "[[rules]]",
        "name = 1",
        "[[rules.parts]]",
        "size = 1",  # 5
        "[[rules]]",
        "name = 2",
        "[[rules.parts]]",
        "size = 2",
        "[[rules.parts]]",  # 10
        "size = 3",
        "[end]",
        "name = { size = 4 }",
    )
    places = {
        ("top",): 1,
        ("rules", 0, "name"): 3,
        ("rules", 0, "parts", 0, "size"): 5,
        ("rules", 1, "name"): 7,
        ("rules", 1, "parts", 0, "size"): 9,
        ("rules", 1, "parts", 1, "size"): 11,
        ("rules", 1, "missing"): 6,
        ("end", "name", "size"): 13,
        ("end", "missing"): 12,
        ("missing",): 1,
    }
    assert {path: line_of(lines, path) for path in places} == places
    assert line_of((), ("missing",)) == 1


def test_an_example_that_fails_is_told_with_what_came_out() -> None:
    text = text_of("eu_gdpr").replace('due = "2026-09-30"', 'due = "2026-10-01"')
    wrong = mismatches(parse(text, "eu_gdpr.toml"))
    assert [(item.name, item.expected, item.found) for item in wrong] == [
        ("due", "2026-10-01", "2026-09-30")
    ]


def test_an_example_that_names_no_date_or_cannot_be_worked_is_told_too() -> None:
    text = text_of("br_lgpd").replace('ack_by = ""', 'acked = "x"', 1)
    assert [item.name for item in mismatches(parse(text, "br_lgpd.toml"))] == ["acked"]
    text = text_of("br_lgpd").replace('country = "BR"\ntimezone', 'country = "ZZ"\ntimezone', 1)
    assert [item.name for item in mismatches(parse(text, "br_lgpd.toml"))] == ["country"]


def test_the_vocabulary_of_clocks_is_the_eight_rights_and_three_more() -> None:
    assert (*(right.value for right in Right), "opt_out", "complaint", "grievance") == CLOCK_RIGHTS


def test_rules_come_oldest_first_and_the_older_ends_before_the_newer(regime: Regime) -> None:
    versions = regime.rules_for("access")
    assert [rule.since for rule in versions] == sorted(rule.since for rule in versions)
    assert versions[0].in_force_on(date(2026, 2, 4))
    assert not versions[0].in_force_on(date(2026, 2, 5))
    assert not versions[1].in_force_on(date(2026, 2, 4))


@pytest.fixture
def regime() -> Regime:
    return load("uk_gdpr")
