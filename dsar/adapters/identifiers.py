"""What a system holds, in the form a person's identifiers are compared in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dsar.adapters.dotted import texts
from dsar.sdk import PHONE_REGIONS, normal_form
from dsar.sdk.settings import BadInput


def exact(kind: str, text: str, folded: Sequence[str], region: str = "") -> str:
    """An identifier, stored or wanted, in the form both are compared in; `folded` without case."""
    form = normal_form(kind, text, region)
    return form.lower() if kind in folded else form


def wanted(
    kind: str, values: Iterable[str], folded: Sequence[str], region: str = ""
) -> frozenset[str]:
    """A person's identifiers of one kind as `exact` has them; what is blank is nobody's."""
    return frozenset(exact(kind, value, folded, region) for value in values if value.strip())


def refuse_unknown_region(at: str, region: str) -> None:
    """Raises BadInput for a country whose numbers are not known: they would never be found."""
    if region and region not in PHONE_REGIONS:
        mend = f"Known are: {', '.join(sorted(PHONE_REGIONS))}."
        raise BadInput(f"{at}.region", "is no country whose telephone numbers are known.", mend)


def further(
    gives: Mapping[str, str], data: Mapping[str, Any], region: str = ""
) -> Iterator[tuple[str, str]]:
    """The further identifiers a record brings: each kind with what stands at its path."""
    for kind, path in gives.items():
        for text in texts(data, path):
            if text.strip():
                yield kind, normal_form(kind, text, region)
