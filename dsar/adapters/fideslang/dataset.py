"""Reads a Fideslang dataset, in YAML, as the map of a source.

The format is that of https://ethyca.github.io/fideslang/resources/dataset/. It is read strictly:
what is not part of it, or cannot be done here, is refused with its line. Data flows along
references: `from` another field to this one, or from this one `to` another. A row is masked, not
deleted, unless its collection says otherwise; columns whose categories are all `system` are kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from dsar.adapters.dictionary import Column, Erase
from dsar.adapters.fideslang.yaml_lines import YamlLines
from dsar.sdk.settings import Words

_LABELS = (
    "name description data_categories data_uses data_purposes data_subjects data_qualifier "
    "fides_meta fidesops_meta"
)
_ROOT = "dataset system"
_DATASET = (
    f"{_LABELS} fides_key organization_fides_key tags meta collections retention joint_controller "
    "third_country_transfers"
)
_COLLECTION = _FIELD = f"{_LABELS} fields"
_COLLECTION_META = "after erase_after skip_processing masking_strategy_override partitioning redact"
_FIELD_META = (
    "references identity primary_key data_type length return_all_elements read_only "
    "custom_request_field masking_strategy_override redact"
)
_REFERENCE = "dataset field direction"
_STRATEGY = "strategy configuration"

#: Fideslang's identities that have another name here.
_KINDS = {"phone_number": "phone"}
#: The standard thing a field of this category holds; the first that fits counts.
_TERMS = {
    "user.contact.email": "email",
    "user.contact.phone_number": "phone",
    "user.contact.address.street": "street",
    "user.contact.address.city": "city",
    "user.contact.address.postal_code": "postcode",
    "user.contact.address.country": "country",
    "user.name.first": "given_name",
    "user.name.last": "family_name",
    "user.name": "full_name",
}
_MASKS = {"null_rewrite": "null", "hash": "hash", "hmac": "hash", "preserve": "keep"}


@dataclass(slots=True)
class DescribedCollection:
    """What a dataset says of one collection; references of other collections add to it."""

    title: Words
    meaning: Words
    erase: Erase
    key: list[str] = field(default_factory=list)
    """The columns that tell its rows apart."""
    identify: dict[str, list[str]] = field(default_factory=dict)
    """Kind of identifier = the columns that hold it."""
    from_: dict[str, list[str]] = field(default_factory=dict)
    """Column = the places, `collection.column`, it refers to."""
    gives: dict[str, str] = field(default_factory=dict)
    """Kind of identifier = the column that holds a further one of the same person."""
    columns: dict[str, Column] = field(default_factory=dict)
    references: list[tuple[str, Any]] = field(default_factory=list)
    """Column and node of each reference, as they stand in the file."""
    followed: bool = False
    """Rows of another collection refer to its rows."""


def read(path: Path, key: str | None = None) -> dict[str, DescribedCollection]:
    """The collections of the dataset `key`, or of the only one in the file.

    Raises BadInput naming the file, the line and the mend.
    """
    lines = YamlLines.of(path)
    root = lines.table(lines.root, _ROOT)
    if "dataset" not in root:
        raise lines.fault(lines.root, "names no dataset.", "Begin it with dataset:.")
    datasets = {}
    for node in lines.items(root["dataset"]):
        entries = lines.table(node, _DATASET)
        name = lines.text(lines.member(node, entries, "fides_key"))
        datasets[name] = (node, entries)
    chosen = key or next(iter(datasets), "")
    if chosen not in datasets or (key is None and len(datasets) > 1):
        choice = ", ".join(datasets)
        mend = f"Set dataset_key to one of {choice}."
        raise lines.fault(root["dataset"], f"holds the datasets {choice}.", mend)
    return _Dataset(lines, chosen, *datasets[chosen]).collections()


class _Dataset:
    """One dataset of a file on its way to its collections."""

    def __init__(self, lines: YamlLines, key: str, node: Any, entries: Mapping[str, Any]) -> None:
        self.lines = lines
        self.key = key
        self.node = node
        self.entries = entries
        self.described: dict[str, DescribedCollection] = {}

    def collections(self) -> dict[str, DescribedCollection]:
        listed = self.lines.member(self.node, self.entries, "collections")
        for node in self.lines.items(listed):
            self._collection(node)
        for name, told in self.described.items():
            for column, reference in told.references:
                self._reference(name, column, reference)
        reached = self._reached()
        return {name: one for name, one in self.described.items() if name in reached}

    def _collection(self, node: Any) -> None:
        lines = self.lines
        entries = lines.table(node, _COLLECTION)
        meta = self._meta(entries, _COLLECTION_META)
        if lines.flag(meta.get("skip_processing")):
            return
        name = lines.text(lines.member(node, entries, "name"))
        if name in self.described:
            raise lines.fault(node, f"collection {name} stands here twice.", "Leave one out.")
        erase = self._erase(meta.get("masking_strategy_override"))
        told = DescribedCollection(_words(name), self._meaning(entries), erase)
        self.described[name] = told
        inherited = self._categories(entries) or self._categories(self.entries)
        for one in lines.items(lines.member(node, entries, "fields")):
            self._field(told, one, inherited)

    def _field(self, told: DescribedCollection, node: Any, inherited: list[str]) -> None:
        lines = self.lines
        entries = lines.table(node, _FIELD)
        name = lines.text(lines.member(node, entries, "name"))
        if name in told.columns:
            raise lines.fault(node, f"field {name} stands here twice.", "Leave one out.")
        meta = self._meta(entries, _FIELD_META)
        categories = self._categories(entries) or inherited
        if "fields" in entries:  # a document in one column: its parts are read, to refuse faults
            for one in lines.items(entries["fields"]):
                self._field(DescribedCollection({}, {}, Erase.MASK), one, categories)
        told.columns[name] = Column(
            label=_words(name),
            meaning=self._meaning(entries),
            category=categories[0] if categories else "",
            term=_term(categories),
            mask=self._mask(meta, categories),
        )
        if lines.flag(meta.get("primary_key")):
            told.key.append(name)
        if "identity" in meta:
            kind = lines.text(meta["identity"])
            told.identify.setdefault(_KINDS.get(kind, kind), []).append(name)
        if "references" in meta:
            told.references += [(name, one) for one in lines.items(meta["references"])]

    def _reference(self, name: str, column: str, node: Any) -> None:
        """Within the dataset a reference is a `from`; across datasets, an identifier given on."""
        lines = self.lines
        entries = lines.table(node, _REFERENCE)
        dataset, target = (lines.text(lines.member(node, entries, n)) for n in ("dataset", "field"))
        direction = lines.text(entries["direction"]) if "direction" in entries else "from"
        if direction not in {"from", "to"}:
            raise lines.fault(node, "has no such direction.", "Write from or to.")
        if dataset != self.key:
            told = self.described[name]
            if direction == "from":
                told.identify.setdefault(_kind(f"{dataset}.{target}"), []).append(column)
            else:
                told.gives[_kind(f"{self.key}.{name}.{column}")] = column
            return
        other, _, other_column = target.partition(".")
        if other not in self.described or other_column not in self.described[other].columns:
            mend = "Write it as collection.field of this dataset."
            raise lines.fault(node, f"refers to {target}, which is not here.", mend)
        child, parent = (name, other) if direction == "from" else (other, name)
        pair = (column, target) if direction == "from" else (other_column, f"{name}.{column}")
        self.described[child].from_.setdefault(pair[0], []).append(pair[1])
        self.described[parent].followed |= direction == "from"

    def _reached(self) -> set[str]:
        """The collections to search: not those that only say what a person's rows refer to.

        A collection without any category of `user` that others merely point `to`, such as a
        catalogue of products, speaks of things.
        """
        pointed_to = {
            name
            for name, told in self.described.items()
            if told.from_ and not (told.identify or told.followed or self._refers(name))
        }
        personal = {
            name
            for name, told in self.described.items()
            if any(column.category.startswith("user") for column in told.columns.values())
        }
        return set(self.described) - (pointed_to - personal)

    def _refers(self, name: str) -> bool:
        """Whether the collection itself refers to one that leads to it."""
        return any(
            column in self.described[name].from_
            for column, _node in self.described[name].references
        )

    def _meta(self, entries: Mapping[str, Any], known: str) -> dict[str, Any]:
        node = entries.get("fides_meta", entries.get("fidesops_meta"))
        return {} if node is None else self.lines.table(node, known)

    def _categories(self, entries: Mapping[str, Any]) -> list[str]:
        node = entries.get("data_categories")
        return [] if node is None else [self.lines.text(one) for one in self.lines.items(node)]

    def _meaning(self, entries: Mapping[str, Any]) -> Words:
        node = entries.get("description")
        return {} if node is None else {"en": self.lines.text(node)}

    def _erase(self, node: Any) -> Erase:
        if node is None:
            return Erase.MASK
        strategy = self.lines.text(
            self.lines.member(node, self.lines.table(node, _STRATEGY), "strategy")
        )
        if strategy != "delete":
            raise self.lines.fault(node, f"{strategy} is for fields.", "Write delete.")
        return Erase.DELETE

    def _mask(self, meta: Mapping[str, Any], categories: list[str]) -> str | None:
        if self.lines.flag(meta.get("read_only")):
            return "keep"
        node = meta.get("masking_strategy_override")
        if node is None:
            kept = categories and all(one.startswith("system") for one in categories)
            return "keep" if kept else None
        entries = self.lines.table(node, _STRATEGY)
        strategy = self.lines.text(self.lines.member(node, entries, "strategy"))
        if strategy == "string_rewrite":
            configuration = self.lines.member(node, entries, "configuration")
            given = self.lines.table(configuration, "rewrite_value")
            return self.lines.text(self.lines.member(configuration, given, "rewrite_value"))
        if strategy not in _MASKS:
            choice = ", ".join([*_MASKS, "string_rewrite"])
            raise self.lines.fault(node, f"cannot mask by {strategy}.", f"Choose from {choice}.")
        return _MASKS[strategy]


def _kind(place: str) -> str:
    """A field of a dataset as a kind of identifier: small letters, digits and -, at most 40."""
    whole = re.sub(r"[^a-z0-9_]", "-", place.lower())
    return whole if len(whole) <= 40 else f"{whole[:31]}-{sha256(place.encode()).hexdigest()[:8]}"


def _words(name: str) -> Words:
    """A name of the database as a person would say it."""
    return {"en": name.replace("_", " ").strip().capitalize() or name}


def _term(categories: list[str]) -> str | None:
    return next(
        (
            term
            for prefix, term in _TERMS.items()
            if any(one == prefix or one.startswith(f"{prefix}.") for one in categories)
        ),
        None,
    )
