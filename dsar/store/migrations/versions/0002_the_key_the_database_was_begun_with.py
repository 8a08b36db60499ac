"""The key the database was begun with: its root secret, wrapped under that key."""

import sqlalchemy as sa
from alembic import op

from dsar.store.types import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_key",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    """Only while no key was written down: older code would no longer recognise its holds."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM master_key")).scalar():
        message = "this database was begun with its key; restore a backup of the older one"
        raise RuntimeError(message)
    op.drop_table("master_key")
