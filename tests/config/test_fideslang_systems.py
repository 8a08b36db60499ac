"""Fideslang system manifests become the policy's activities; what they leave out is refused."""

from pathlib import Path

import pytest

from dsar.config import policy_file
from dsar.domain.errors import BadInput
from dsar.domain.policy import Basis, Recipient

SYSTEMS = """\
system:
  - fides_key: web_shop
    name: Web shop
    description: The shop on our web site.
    system_type: Application
    privacy_declarations:
      - name: Orders
        data_categories:
          - user.contact
        data_use: essential.service
        data_subjects:
          - customer
        legal_basis_for_processing: Contract
        retention_period: 730
        data_shared_with_third_parties: true
        third_parties: Parcel Post, Card Bank
        dataset_references:
          - shop_db
      - data_categories:
          - user.contact.email
        data_use: marketing.advertising
        legal_basis_for_processing: Consent
        retention_period: until you withdraw
        dataset_references:
          - shop_db
"""
DATASET = """\
dataset:
  - fides_key: shop_db
    collections:
      - name: customers
        fields:
          - name: id
            data_categories: [user.unique_id]
            fides_meta: {primary_key: true}
          - name: email
            data_categories: [user.contact.email]
            fides_meta: {identity: email}
          - name: phone
            data_categories: [user.contact.phone_number]
"""
POLICY = """\
[systems]
file = "systems.yml"
[systems.datasets.shop_db]
source = "shop"
file = "dataset.yml"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "systems.yml").write_text(SYSTEMS)
    (tmp_path / "dataset.yml").write_text(DATASET)
    (tmp_path / "policy.toml").write_text(POLICY)
    return tmp_path


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))


def test_each_privacy_declaration_is_an_activity_of_the_fields_with_its_categories(
    folder: Path,
) -> None:
    policy = policy_file.load(folder / "policy.toml", known=["shop"])
    orders = policy.activities["web_shop_orders"]
    assert orders.basis is Basis.CONTRACT
    assert orders.title == {"en": "Orders"}
    assert orders.purpose["en"].endswith("The shop on our web site.")
    assert orders.retention.because == {"en": "Kept for 730 days."}
    assert orders.recipients == (
        Recipient("Parcel Post", {"en": "third party"}),
        Recipient("Card Bank", {"en": "third party"}),
    )
    advertising = policy.activities["web_shop_marketing_advertising"]
    assert advertising.marketing
    assert dict(policy.data) == {
        "web_shop_orders": ("shop.customers.email", "shop.customers.phone"),
        "web_shop_marketing_advertising": ("shop.customers.email",),
    }


def test_an_activity_of_the_same_name_in_the_policy_takes_its_place(folder: Path) -> None:
    with (folder / "policy.toml").open("a") as policy:
        policy.write(
            '[activities.web_shop_orders]\ntitle = "Ours"\npurpose = "Ours."\nbasis = "consent"\n'
            'data = ["shop.customers"]\nretention = { because = "Ours." }\n'
        )
    loaded = policy_file.load(folder / "policy.toml", known=["shop"])
    assert loaded.activities["web_shop_orders"].title == {"en": "Ours"}
    assert loaded.data["web_shop_orders"] == ("shop.customers",)


def test_a_change_of_any_of_the_files_is_another_version(folder: Path) -> None:
    before = policy_file.load(folder / "policy.toml").version
    change(folder, "systems.yml", "730", "731")
    between = policy_file.load(folder / "policy.toml").version
    change(folder, "dataset.yml", "user.contact.phone_number", "user.contact")
    assert len({before, between, policy_file.load(folder / "policy.toml").version}) == 3


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("systems.yml", "        retention_period: 730\n", "", r"line 7.*retention_period is miss"),
        ("systems.yml", "Contract", "Because", r"line 7.*Because is no legal basis"),
        ("systems.yml", "        legal_basis_for_processing: Contract\n", "", r"line 7.*legal_bas"),
        ("systems.yml", "data_use: essential", "data_usse: essential", r"line 10.*not known here"),
        ("systems.yml", "          - shop_db", "          - other", r"line 18.*datasets\.other"),
        ("systems.yml", "- user.contact\n", "- user.biometric\n", r"line 7.*no field"),
        ("policy.toml", 'source = "shop"', 'source = "shoop"', r"policy.toml:4.*No source"),
        ("policy.toml", "systems.yml", "none.yml", r"none.yml.*cannot be read"),
        ("policy.toml", 'file = "dataset.yml"', 'fil = "dataset.yml"', r"policy.toml:\d.*missing"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    change(folder, file, old, new)
    with pytest.raises(BadInput, match=said):
        policy_file.load(folder / "policy.toml", known=["shop"])


def test_two_declarations_of_the_same_use_need_names(folder: Path) -> None:
    change(folder, "systems.yml", "data_use: essential.service", "data_use: marketing.advertising")
    change(folder, "systems.yml", "      - name: Orders\n        data_cat", "      - data_cat")
    with pytest.raises(BadInput, match="declares the same use twice"):
        policy_file.load(folder / "policy.toml")
