"""Reasons of holds are sealed, and may so be longer; the first start seals those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":  # which holds a text to no length
        op.alter_column("hold", "reason", type_=sa.Text(), existing_nullable=False)


def downgrade() -> None:
    """The column stays as it is: what is sealed does not fit into the older one."""
