"""A policy is read strictly: whatever is wrong is refused with its line, field and mend."""

import hashlib
from pathlib import Path

import pytest

from dsar.config import policy_file
from dsar.domain.calendar.period import Period
from dsar.domain.errors import BadInput
from dsar.domain.policy import Basis, Origin, Recipient

GOOD = """\
[activities.invoicing]
title = "Invoices"
purpose = { en = "To bill you.", de = "Um Ihnen Rechnungen zu stellen." }
basis = "legal_obligation"
categories = ["Name", { en = "Amount", de = "Betrag" }]
data = ["shop.invoices", "shop.customers.full_name"]

[activities.invoicing.retention]
period = "7 years"
since = "issued_on"
whole_years = true
law = "commercial law"
because = "The books must be kept."

[[activities.invoicing.recipients]]
name = "Hollmann Steuerberatung"
role = "tax adviser"
country = "DE"

[activities.newsletter]
title = "Newsletter"
purpose = "To send what you subscribed to."
basis = "consent"
origin = "observed"
origin_note = "From your clicks."
automated = "Nobody decides alone."
interest = "None."
marketing = true
retention = { because = "Until you withdraw." }
data = ["mailing.subscribers"]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_everything_written_is_read(tmp_path: Path) -> None:
    policy = policy_file.load(written(tmp_path, GOOD), known=["shop", "mailing"])
    invoicing, newsletter = policy.activities["invoicing"], policy.activities["newsletter"]
    assert invoicing.title == {"en": "Invoices"}
    assert invoicing.purpose["de"] == "Um Ihnen Rechnungen zu stellen."
    assert invoicing.basis is Basis.LEGAL_OBLIGATION
    assert invoicing.origin is Origin.PROVIDED
    assert invoicing.categories == ({"en": "Name"}, {"en": "Amount", "de": "Betrag"})
    assert invoicing.retention.period == Period(7, "year")
    assert (invoicing.retention.since, invoicing.retention.whole_years) == ("issued_on", True)
    assert invoicing.retention.law == "commercial law"
    assert invoicing.recipients == (
        Recipient("Hollmann Steuerberatung", {"en": "tax adviser"}, "DE"),
    )
    assert not invoicing.marketing
    assert newsletter.marketing
    assert newsletter.origin is Origin.OBSERVED
    assert newsletter.origin_note == {"en": "From your clicks."}
    assert newsletter.automated == {"en": "Nobody decides alone."}
    assert newsletter.interest == {"en": "None."}
    assert newsletter.retention.period is None
    assert newsletter.retention.law is None
    assert policy.data["invoicing"] == ("shop.invoices", "shop.customers.full_name")
    assert [a.id for a in policy.of_field("shop", "customers", "full_name")] == ["invoicing"]


def test_the_version_is_the_hash_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert policy_file.load(path).version == hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    other = written(tmp_path, GOOD + "# reviewed\n")
    assert policy_file.load(other).version == hashlib.sha256(other.read_bytes()).hexdigest()[:12]


def test_without_known_sources_any_source_may_be_named(tmp_path: Path) -> None:
    assert policy_file.load(written(tmp_path, GOOD)).activities


WRONG = [
    # what is written, what replaces it, its line, the field, and a part of what is said
    ('basis = "consent"', 'basis = "whim"', 23, "activities.newsletter.basis", "legitimate_interests"),
    ('origin = "observed"', 'origin = "dreamt"', 24, "activities.newsletter.origin", "third_party"),
    ('title = "Newsletter"', 'titel = "Newsletter"', 21, "activities.newsletter.titel", "Known here are: automated"),
    ('title = "Newsletter"\n', "", 20, "activities.newsletter.title", "missing"),
    ('title = "Newsletter"', 'title = " "', 21, "activities.newsletter.title", "no text"),
    ('title = "Newsletter"', "title = 7", 21, "activities.newsletter.title", "no text"),
    ('title = "Newsletter"', "title = {}", 21, "activities.newsletter.title", "no text"),
    ('title = "Newsletter"', 'title = { English = "x" }', 21, "activities.newsletter.title", "no language"),
    ('purpose = "To send what you subscribed to."\n', "", 20, "activities.newsletter.purpose", "missing"),
    ("marketing = true", 'marketing = "yes"', 28, "activities.newsletter.marketing", "true or false"),
    ('retention = { because = "Until you withdraw." }\n', "", 20, "activities.newsletter.retention", "missing"),
    ('{ because = "Until you withdraw." }', "{}", 29, "activities.newsletter.retention.because", "missing"),
    ('{ because = "Until you withdraw." }', '"for ever"', 29, "activities.newsletter.retention", "no table"),
    ('because = "The books must be kept."', 'beause = "x"', 13, "activities.invoicing.retention.beause", "because"),
    ('because = "The books must be kept."\n', "", 8, "activities.invoicing.retention.because", "missing"),
    ('period = "7 years"', 'period = "7 winters"', 9, "activities.invoicing.retention.period", "12 months"),
    ('period = "7 years"', "period = 7", 9, "activities.invoicing.retention.period", "no text"),
    ('period = "7 years"\n', "", 8, "activities.invoicing.retention.period", "Say how long"),
    ('since = "issued_on"\n', "", 8, "activities.invoicing.retention.since", "Name the field"),
    ("whole_years = true", "whole_years = 1", 11, "activities.invoicing.retention.whole_years", "true or false"),
    ('data = ["mailing.subscribers"]\n', "", 20, "activities.newsletter.data", "missing"),
    ('data = ["mailing.subscribers"]', "data = []", 30, "activities.newsletter.data", "names no data"),
    ('data = ["mailing.subscribers"]', 'data = "mailing.subscribers"', 30, "activities.newsletter.data", "List places"),
    ('"mailing.subscribers"', '"mailing"', 30, "activities.newsletter.data", "source.collection.field"),
    ('"mailing.subscribers"', '"a.b.c.d"', 30, "activities.newsletter.data", "source.collection.field"),
    ('"mailing.subscribers"', "3", 30, "activities.newsletter.data", "no place"),
    ('"mailing.subscribers"', '"shop.x", "shop.x"', 30, "activities.newsletter.data", "twice"),
    ('"mailing.subscribers"', '"mailings.x"', 30, "activities.newsletter.data", "mailing, shop"),
    ('country = "DE"', 'country = "Germany"', 18, "activities.invoicing.recipients[0].country", "two capital letters"),
    ('name = "Hollmann Steuerberatung"\n', "", 15, "activities.invoicing.recipients[0].name", "missing"),
    ('role = "tax adviser"', 'rôle = "tax adviser"', None, None, "not TOML"),
    ('role = "tax adviser"', 'job = "tax adviser"', 17, "activities.invoicing.recipients[0].job", "role"),
    ('categories = ["Name", { en = "Amount", de = "Betrag" }]', 'categories = "Name"', 5, "activities.invoicing.categories", "no list"),
    ("[activities.newsletter]", '[activities."News letter"]', None, "activities.News letter", "a letter first"),
    ("[activities.newsletter]", "[activity.newsletter]", None, "activity", "Known here are: activities"),
]  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case[0]} → {case[1]}")
def test_what_is_wrong_is_refused_with_its_line_and_the_mend(
    case: tuple[str, str, int | None, str | None, str], tmp_path: Path
) -> None:
    good, bad, line, field, says = case
    assert GOOD.count(good) == 1
    path = written(tmp_path, GOOD.replace(good, bad))
    with pytest.raises(BadInput) as caught:
        policy_file.load(path, known=["shop", "mailing"])
    assert says in str(caught.value)
    if field is not None:
        place, _, named = caught.value.field.partition(" ")
        assert named == field
        assert line is None or place == f"policy.toml:{line}"


@pytest.mark.parametrize("text", ["", "[activities]\n"])
def test_a_policy_without_an_activity_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="activities"):
        policy_file.load(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"policy\.toml: is not there"):
        policy_file.load(tmp_path / "policy.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="UTF-8"):
        policy_file.load(path)


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="line 2"):
        policy_file.load(written(tmp_path, "[activities.a]\ntitle = \n"))
