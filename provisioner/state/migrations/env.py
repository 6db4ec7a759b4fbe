"""Run by alembic. The connection, with its transaction begun, is handed over by `provisioner.state.migrate`."""

from alembic import context

from provisioner.state.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite can roll a CREATE TABLE back; alembic assumes it can't, because of how the driver begins by default.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
