"""Whether an answer comes from whom it should, where the link alone is not enough."""

from collections.abc import Mapping
from typing import cast

from dsar.sdk import can
from dsar.sdk.desk import Authentic
from dsar.services.inquiries.answers import OpenedLink
from dsar.services.runtime.installation import Installation, reading


def wants_proof(installation: Installation, opened: OpenedLink) -> bool:
    """Whether the source's adapter checks who answers."""
    return can(installation.sources[opened.source].adapter, "authentic")


def prove(
    installation: Installation, opened: OpenedLink, headers: Mapping[str, str], body: bytes
) -> None:
    """Raises Untrusted unless the adapter is content with who sent this, or asks for no proof."""
    if not wants_proof(installation, opened):
        return
    with reading(installation) as session:
        now = session.now().timestamp()
    with installation.sources[opened.source].open() as adapter:
        told = {name.lower(): value for name, value in headers.items()}
        cast("Authentic", adapter).authentic(opened.inquiry, told, body, now)
