"""One keyed chain over the history of all tickets; what is there is linked at the next start.

A migration has no key, so it makes the room alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal_link",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ticket_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.UniqueConstraint("ticket_id", "seq"),
    )
    op.create_table(
        "journal_chain",
        sa.Column("name", sa.String(20), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("looked_to", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint_at", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    op.drop_table("journal_chain")
    op.drop_table("journal_link")
