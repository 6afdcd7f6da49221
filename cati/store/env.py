"""What Alembic runs around the steps in `cati.store.versions`; the connection and its transaction are ours."""

from __future__ import annotations

from alembic import context

from cati.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
