"""A keyed hash of what was asked under an idempotency key: another request under it is refused.

Requests filed before have none; the key alone still gives them again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("asked_mark", sa.String(69), nullable=True))


def downgrade() -> None:
    op.drop_column("request", "asked_mark")
