"""What is well by itself and makes no sense together is refused by its name, before anything starts."""

import os
from pathlib import Path

import pytest

from dsar.config import contradictions, settings
from dsar.config.settings import Settings
from dsar.domain.errors import BadInput

WELL = """
database_url = "sqlite:///var/dsar.sqlite"
[controller]
name = "Harbour"
email = "privacy@harbour.example"
country = "SE"
authority = { name = "IMY", url = "https://imy.example" }
"""


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "dsar.toml"
    file.write_text(text)
    return settings.load(file)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("reminder_days = 60\nlapse_days = 3\n", "reminder_days"),
        ("reminder_days = 30\n", "reminder_days"),
        ('redis_url = "redis://localhost"\n', "redis_url"),
    ],
)
def test_settings_that_contradict_each_other_are_named(
    tmp_path: Path, more: str, field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        contradictions.refuse(loaded(tmp_path, more + WELL), {})
    assert refused.value.field == field


def test_settings_that_agree_are_taken(tmp_path: Path) -> None:
    contradictions.refuse(loaded(tmp_path, "reminder_days = 2\nlapse_days = 3\n" + WELL), {})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DSAR_DATABSE_URL", "DSAR_DATABASE_URL"),
        ("DSAR_REDISURL", "DSAR_REDIS_URL"),
        ("DSAR_CONFG", "DSAR_CONFIG"),
        ("DSAR_NAME_SPACE", "DSAR_NAMESPACE"),
    ],
)
def test_a_variable_with_a_slip_in_it_is_named_with_the_one_that_was_meant(
    tmp_path: Path, name: str, meant: str
) -> None:
    with pytest.raises(BadInput, match=f"{name}: is no setting. Write {meant}"):
        contradictions.refuse(loaded(tmp_path, WELL), {name: "x"})


@pytest.mark.parametrize(
    "name", ["DSAR_DATABASE_URL", "DSAR_CONTROLLER__NAME", "DSAR_SHOP_TOKEN", "PATH", "DSAR_DEBUG"]
)
def test_settings_and_secrets_of_ones_own_are_left_alone(tmp_path: Path, name: str) -> None:
    contradictions.refuse(loaded(tmp_path, WELL), {**os.environ, name: "x"})


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("privacy@harbour.example", "not an address", "controller.email: is no e-mail address"),
        ("privacy@harbour.example", "a@b, c@d", "controller.email: is no e-mail address"),
        ("https://imy.example", "imy.example", "controller.authority.url: is no address"),
        ('"SE"', '"Sweden"', "controller.country: is no country"),
    ],
)
def test_an_address_that_is_none_is_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    with pytest.raises(BadInput, match=field):
        loaded(tmp_path, WELL.replace(old, new))
