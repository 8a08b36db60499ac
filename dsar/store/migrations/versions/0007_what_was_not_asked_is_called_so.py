"""A source that was not asked for want of an identifier has an outcome of its own.

It was called "not in scope" and said to have been searched; where no source was asked, the ticket
could be fulfilled. Tickets that have not ended are held by the new outcome. The way back has a
ticket that waits because nobody was found wait in review, and calls it fulfilled that nothing is
held.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OUTCOME, _REASON = sa.column("outcome", sa.String()), sa.column("reason", sa.Text())
_SEARCHED, _STATE = (
    sa.column("searched_at", sa.DateTime(timezone=True)),
    sa.column("state", sa.String()),
)
_COVERAGE = sa.table("coverage", _OUTCOME, _REASON, _SEARCHED)
_TICKET = sa.table("ticket", _STATE)
#: Where the older code has a ticket stand.
_STATES_BEFORE = {
    "nobody_found": "in_review",
    "awaiting_identifiers": "in_review",
    "nothing_held": "fulfilled",
}
#: The reason as it is, and as the first release wrote it.
_WITHOUT = sa.or_(
    _REASON.like('{"code":"no_identifier"%'), _REASON.like("No % of this person is known.")
)


def upgrade() -> None:
    unasked = sa.update(_COVERAGE).where(_OUTCOME == "not_in_scope", _WITHOUT)
    op.get_bind().execute(unasked.values(outcome="not_asked", searched_at=None))


def downgrade() -> None:
    unasked = sa.update(_COVERAGE).where(_OUTCOME == "not_asked")
    op.get_bind().execute(unasked.values(outcome="not_in_scope"))
    before = sa.case(_STATES_BEFORE, value=_STATE)
    newer = sa.update(_TICKET).where(_STATE.in_(_STATES_BEFORE))
    op.get_bind().execute(newer.values(state=before))
