"""How Alembic runs a migration: in the transaction that `store.Store.upgrade` has begun."""

from alembic import context

from laqta.studio.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
context.run_migrations()
