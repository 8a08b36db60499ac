"""What a dictionary calls a secret, or withholds on a ground, leaves with no copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsar.domain.errors import BadInput
from dsar.domain.rights import Right
from dsar.sdk import Subject
from dsar.services.views.source_check import check_all, find_in
from tests.company import EMAIL, Company, company
from tests.stories.bundles import checked, everything

HASH = "$2y$10$abcdefghijklmnopqrstuv"
SCORE = 'score = { label = "Credit score" }'


@pytest.fixture
def one(tmp_path: Path, copied_url: str) -> Iterator[Company]:
    """The company; its shop keeps password hashes beside the names."""
    with company(tmp_path, copied_url, review="") as made:
        made.shop("ALTER TABLE customers ADD COLUMN user_pass VARCHAR(80)")
        made.shop(f"UPDATE customers SET user_pass = '{HASH}' WHERE id = 1")
        yield made


def declare(one: Company, said: str) -> None:
    """The column of hashes stands in the dictionary, with these words."""
    path = one.folder / "sources.toml"
    text = path.read_text()
    assert SCORE in text
    path.write_text(text.replace(SCORE, f'{SCORE}\nuser_pass = {{ label = "Password"{said} }}'))
    one.reopen()


def answered(one: Company) -> str:
    ref = one.ask(Right.ACCESS)
    one.work(render=True)
    return ref


@pytest.mark.parametrize(
    ("said", "ground", "because"),
    [
        (", secret = true", "never_disclosed", "A secret that guards access: it is described and"),
        (', withhold = "rights_of_others"', "rights_of_others", "GDPR Art. 15(4), 20(4): rights"),
    ],
)
def test_what_is_withheld_is_in_no_bundle_and_listed_with_its_ground(
    one: Company, said: str, ground: str, because: str
) -> None:
    declare(one, said)
    ref = answered(one)
    assert one.state(ref) == "partly_fulfilled"
    [kept] = one.line(ref, "shop")["kept"]
    assert (kept["collection"], kept["count"], kept["ground"]) == ("customers", 1, ground)
    assert kept["because"].startswith(because)
    assert kept["because"].endswith("(only: Password)")
    told = everything(checked(one.bundle(ref)))
    assert HASH not in told
    assert "user_pass" not in told


def test_a_secret_that_stands_elsewhere_too_stops_the_bundle(one: Company) -> None:
    declare(one, ", secret = true")
    one.shop(f"UPDATE customers SET street = 'Pass: {HASH}' WHERE id = 1")
    ref = answered(one)
    assert one.state(ref) == "assembly_failed"


def test_what_looks_like_a_secret_waits_until_the_dictionary_says(one: Company) -> None:
    declare(one, "")
    [problem] = check_all(one.installation, "shop")["shop"]
    assert "of customers user_pass may hold secrets" in problem
    assert "secret = true" in problem
    ref = answered(one)
    assert [doubt["code"] for doubt in one.view(ref)["doubts"]] == ["secret_field"]
    assert one.state(ref) == "in_review"


def test_a_field_that_is_said_to_be_no_secret_is_handed_over(one: Company) -> None:
    declare(one, ", secret = false")
    assert check_all(one.installation, "shop")["shop"] == []
    ref = answered(one)
    assert one.state(ref) == "fulfilled"
    assert HASH in everything(checked(one.bundle(ref)))


def test_staff_sees_what_is_withheld_by_its_ground_only(one: Company) -> None:
    declare(one, ", secret = true")
    found = find_in(one.installation, "shop", Subject.of([("email", EMAIL)]))
    assert found[0]["data"]["user_pass"] == "withheld: never_disclosed"
    assert found[0]["data"]["street"] == "Storgatan 5"


def test_no_ruling_releases_what_is_never_handed_over(tmp_path: Path, copied_url: str) -> None:
    with company(tmp_path, copied_url) as made:
        made.shop("ALTER TABLE customers ADD COLUMN user_pass VARCHAR(80)")
        declare(made, ", secret = true")
        ref = made.ask(Right.ACCESS)
        made.work()
        with pytest.raises(BadInput, match="never handed over"):
            made.rule(ref, "shop.customers.user_pass=release")


def test_a_german_report_names_the_ground_and_the_field_in_german(one: Company) -> None:
    declare(one, "")
    path = one.folder / "sources.toml"
    german = 'score = { label = { en = "Credit score", de = "Bonität" }, withhold = "{}" }'
    text = path.read_text().replace(
        '{ label = "Password" }', '{ label = "Password", secret = true }'
    )
    path.write_text(text.replace(SCORE, german.replace("{}", "rights_of_others")))
    one.reopen()
    ref = one.ask(Right.ACCESS, language="de")
    one.work(render=True)
    told = everything(checked(one.bundle(ref)))
    assert "Rechte und Freiheiten anderer Personen (nur: Bonität)" in told
    assert "(nur: Password)" in told
    assert "(only:" not in told
    assert "rights and freedoms" not in told
