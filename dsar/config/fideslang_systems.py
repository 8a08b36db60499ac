"""Reading Fideslang system manifests, in YAML, as processing activities of the policy.

The format is that of https://ethyca.github.io/fideslang/resources/system/. Each privacy
declaration becomes one activity; the datasets it refers to say which fields it uses, by their
categories. What a report must say and a manifest leaves out (the lawful basis, how long data is
kept) is refused with its line.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsar.adapters.fideslang.dataset import DescribedCollection
from dsar.adapters.fideslang.dataset import read as read_dataset
from dsar.adapters.fideslang.yaml_lines import YamlLines
from dsar.domain.policy import Activity, Basis, Origin, Recipient, Retention
from dsar.domain.records import Text

_ROOT = "system dataset"
_SYSTEM = (
    "fides_key organization_fides_key tags name description meta fidesctl_meta system_type egress "
    "ingress privacy_declarations administrating_department vendor_id dataset_references "
    "processes_personal_data exempt_from_privacy_regulations reason_for_exemption uses_profiling "
    "legal_basis_for_profiling does_international_transfers legal_basis_for_transfers "
    "requires_data_protection_assessments dpa_location dpa_progress privacy_policy legal_name "
    "legal_address responsibility dpo joint_controller_info data_security_practices "
    "data_responsibility_title third_country_transfers joint_controller"
)
_DECLARATION = (
    "name data_categories data_use data_qualifier data_subjects dataset_references egress ingress "
    "features flexible_legal_basis_for_processing legal_basis_for_processing "
    "impact_assessment_location retention_period processes_special_category_data "
    "special_category_legal_basis data_shared_with_third_parties third_parties shared_categories "
    "cookies"
)

_BASES: Mapping[str, Basis] = {
    "Consent": Basis.CONSENT,
    "Contract": Basis.CONTRACT,
    "Legal obligations": Basis.LEGAL_OBLIGATION,
    "Legitimate interests": Basis.LEGITIMATE_INTERESTS,
    "Public interest": Basis.PUBLIC_TASK,
    "Vital interests": Basis.VITAL_INTERESTS,
}

#: What the first word of a data use means to a person.
_PURPOSES: Mapping[str, str] = {
    "analytics": "To understand how our services are used and to improve them.",
    "collect": "To collect data about you.",
    "employment": "To run an employment, or an application for one.",
    "essential": "To provide the service you asked for, safely and reliably.",
    "finance": "To handle payments and keep the books.",
    "functional": "To provide functions you use.",
    "marketing": "To tell you and others about what we offer.",
    "operations": "To run our business.",
    "personalize": "To fit what you see to you.",
    "sales": "To sell what we offer.",
    "third_party_sharing": "To share data with others who use it for purposes of their own.",
    "train_ai_system": "To train systems that learn from data.",
}


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset the manifests refer to: the source that holds it, and its description."""

    source: str
    collections: Mapping[str, DescribedCollection]

    @classmethod
    def of(cls, source: str, path: Path, key: str) -> "Dataset":
        """The dataset `key` in a file. Raises BadInput naming the file and the line."""
        return cls(source, read_dataset(path, key))

    def places(self, categories: Iterable[str]) -> list[str]:
        """The fields that hold data of these categories, or of a part of them."""
        wanted = tuple(categories)
        return [
            f"{self.source}.{name}.{column}"
            for name, told in self.collections.items()
            for column, entry in told.columns.items()
            if any(entry.category == one or entry.category.startswith(f"{one}.") for one in wanted)
        ]


def read(
    path: Path, datasets: Mapping[str, Dataset]
) -> dict[str, tuple[Activity, tuple[str, ...]]]:
    """The activities of every system in the file, by name, each with the places of its data."""
    lines = YamlLines.of(path)
    root = lines.table(lines.root, _ROOT)
    found: dict[str, tuple[Activity, tuple[str, ...]]] = {}
    for node in lines.items(lines.member(lines.root, root, "system")):
        entries = lines.table(node, _SYSTEM)
        key = lines.text(lines.member(node, entries, "fides_key"))
        declarations = lines.member(node, entries, "privacy_declarations")
        for one in lines.items(declarations):
            declaration = _Declaration(lines, one, lines.table(one, _DECLARATION), key, entries)
            activity = declaration.activity()
            if activity.id in found:
                raise lines.fault(one, "declares the same use twice.", "Give each a name.")
            found[activity.id] = (activity, declaration.places(datasets))
    return found


@dataclass(frozen=True, slots=True)
class _Declaration:
    """One privacy declaration on its way to an activity."""

    lines: YamlLines
    node: Any
    entries: Mapping[str, Any]
    system: str
    around: Mapping[str, Any]

    def activity(self) -> Activity:
        use = self._text("data_use")
        name = self._text("name", otherwise=use)
        return Activity(
            id=_slug(f"{self.system}_{name}"),
            title=_words(name),
            purpose=self._purpose(use),
            basis=self._basis(),
            retention=Retention(because=_words(self._kept())),
            categories=tuple(_words(_spoken(one)) for one in self._texts("data_categories")),
            recipients=self._recipients(),
            origin=Origin.PROVIDED,
            marketing=use.partition(".")[0] == "marketing",
        )

    def places(self, datasets: Mapping[str, Dataset]) -> tuple[str, ...]:
        """The fields it uses, out of the datasets that it or its system refers to."""
        node = self.entries.get("dataset_references", self.around.get("dataset_references"))
        if node is None:
            raise self._fault("dataset_references is missing.", "Name the datasets it uses.")
        categories = self._texts("data_categories")
        found: list[str] = []
        for one in self.lines.items(node):
            name = self.lines.text(one)
            if name not in datasets:
                mend = f"Add [systems.datasets.{name}] with its source and file to the policy."
                raise self.lines.fault(one, f"dataset {name} is not known.", mend)
            found += datasets[name].places(categories)
        if not found:
            mend = "Correct the categories here or in the dataset."
            raise self._fault("no field of its datasets holds data of its categories.", mend)
        return tuple(dict.fromkeys(found))

    def _purpose(self, use: str) -> Text:
        if "description" in self.around:
            said = f" {self.lines.text(self.around['description']).strip()}"
        else:
            said = ""
        known = _PURPOSES.get(use.partition(".")[0], f"{_spoken(use)}.")
        return _words(f"{known}{said}")

    def _basis(self) -> Basis:
        basis = self._text("legal_basis_for_processing")
        if basis not in _BASES:
            raise self._fault(f"{basis} is no legal basis.", f"Write one of {', '.join(_BASES)}.")
        return _BASES[basis]

    def _kept(self) -> str:
        kept = self._text("retention_period")
        return f"Kept for {kept} days." if kept.isdecimal() else f"Kept: {kept}."

    def _recipients(self) -> tuple[Recipient, ...]:
        if not self.lines.flag(self.entries.get("data_shared_with_third_parties")):
            return ()
        names = self._text("third_parties").split(",")
        return tuple(Recipient(name.strip(), _words("third party")) for name in names)

    def _text(self, key: str, *, otherwise: str | None = None) -> str:
        if key not in self.entries and otherwise is not None:
            return otherwise
        return self.lines.text(self.lines.member(self.node, self.entries, key)).strip()

    def _texts(self, key: str) -> list[str]:
        listed = self.lines.items(self.lines.member(self.node, self.entries, key))
        return [self.lines.text(one) for one in listed]

    def _fault(self, problem: str, mend: str) -> Exception:
        return self.lines.fault(self.node, problem, mend)


def _slug(name: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return slug if slug[:1].isalpha() else f"activity_{slug}"


def _spoken(name: str) -> str:
    """A key of a taxonomy as a person would say it: the last word or two, without dots."""
    parts = name.removeprefix("user.").split(".")
    return " ".join(parts).replace("_", " ").capitalize()


def _words(text: str) -> Text:
    return {"en": text}
