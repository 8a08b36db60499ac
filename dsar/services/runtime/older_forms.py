"""Brings what an older dsar kept to today's form, at the first start under the new code.

A migration has no key; what needs one is done here. Each step works in batches, each its own
transaction under the lock of the one row that says how far this came: killed anywhere, it goes on
there, and of two processes that start at once each finds what the other left.
"""

from collections.abc import Callable

import structlog
from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, select

from dsar.services.runtime.installation import Installation, Unit, transaction
from dsar.services.runtime.journal_chain import link_missing
from dsar.services.runtime.seals import MARK, key_mark
from dsar.store.tables import Hold, Request

log = structlog.get_logger("dsar.tasks")

_BATCH = 500

#: Does one batch; True while there may be more.
Step = Callable[[Unit], bool]


def bring_up(installation: Installation, step: Step) -> int:
    """Does one step to its end; how many batches it took."""
    batches = 1
    while _batch(installation, step):
        batches += 1
    return batches


def _batch(installation: Installation, step: Step) -> bool:
    with transaction(installation) as session:
        return step(session)


def _idempotency_keys(session: Unit) -> bool:
    """They stood in clear, and integrators like to make them of an e-mail address."""
    vault = session.installation.vault
    clear = select(Request).where(
        col(Request.idempotency_key).is_not(None), ~col(Request.idempotency_key).startswith(MARK)
    )
    found = session.exec(clear.limit(_BATCH)).all()
    for row in found:
        row.idempotency_key = key_mark(vault, row.idempotency_key or "")
        session.add(row)
    return len(found) == _BATCH


def _holds(session: Unit) -> bool:
    """Why a person's data is kept stood in clear."""
    for row in session.exec(select(Hold)):
        flag_modified(row, "reason")  # sealed by the column's type as it is written
        session.add(row)
    return False


def _histories(session: Unit) -> bool:
    """They were proof against slips alone; from here on the chain says what they were."""
    return link_missing(session, session.installation.vault.journal, older=True)


#: In the order in which they came to be; `master_key.form` counts those that are done.
STEPS: tuple[Step, ...] = (_idempotency_keys, _holds, _histories)
