"""Since when a task is put off without having got any further: an alarm after a while."""

import sqlalchemy as sa
from alembic import op

from dsar.store.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("task", sa.Column("stalled_since", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("task", "stalled_since")
