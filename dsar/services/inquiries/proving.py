"""Whether an answer comes from whom it should, where the link alone is not enough."""

from collections.abc import Mapping
from typing import cast

from dsar.sdk import can
from dsar.sdk.desk import Authentic
from dsar.services.house import House, look
from dsar.services.inquiries.answering import Opened


def wants_proof(house: House, opened: Opened) -> bool:
    """Whether the source's adapter checks who answers."""
    return can(house.sources[opened.source].adapter, "authentic")


def prove(house: House, opened: Opened, headers: Mapping[str, str], body: bytes) -> None:
    """Raises Untrusted unless the adapter is content with who sent this, or asks for no proof."""
    if not wants_proof(house, opened):
        return
    with look(house) as session:
        now = house.store.now(session).timestamp()
    with house.sources[opened.source].open() as adapter:
        told = {name.lower(): value for name, value in headers.items()}
        cast("Authentic", adapter).authentic(opened.inquiry, told, body, now)
