"""What Alembic runs around the steps in `cati.store.versions`; the connection and its transaction are ours."""

from __future__ import annotations

from alembic import context

from cati.store.schema import metadata

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"], target_metadata=metadata, on_version_apply=attributes.get("stepped")
)
context.run_migrations()
