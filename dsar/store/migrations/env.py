"""Run by Alembic: migrates over the engine it is handed."""

from alembic import context
from sqlmodel import SQLModel

from dsar.store import tables, upkeep_tables  # noqa: F401 - fills the metadata

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
