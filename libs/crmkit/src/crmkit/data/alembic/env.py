"""The one alembic environment of all services; `crmkit.data.migrations` hands it a locked connection."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=None,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
