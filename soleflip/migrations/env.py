"""Alembic's environment: our metadata, our schemas, the settings' database."""

from alembic import context
from sqlalchemy import create_engine, text

from shared.config.settings import get_settings
from shared.database.base import SCHEMAS
from shared.database.models import Base
from shared.security.fields import EncryptedText

VERSIONS = {"version_table": "alembic_version", "version_table_schema": "public"}


def include_name(name, type_, parent_names):
    """Look at our schemas only."""
    return name in SCHEMAS if type_ == "schema" else True


def include_object(thing, _name, type_, _reflected, _compare_to):
    """Leave out the foreign keys that triggers keep (migration 0012)."""
    return not (type_ == "foreign_key_constraint" and any(each.info.get("kept") for each in thing.elements))


def render_item(kind, item, _context):
    """Write an encrypted column as the text it is in the database, so that migrations need no model."""
    return "sa.Text()" if kind == "type" and isinstance(item, EncryptedText) else False


OPTIONS = {
    "render_item": render_item,
    "target_metadata": Base.metadata,
    "include_schemas": True,
    "include_name": include_name,
    "include_object": include_object,
    "compare_type": True,
    "compare_server_default": True,
}


def run_online():
    """Apply migrations over a connection of their own."""
    url = context.config.attributes.get("url") or get_settings().sqlalchemy_url
    engine = create_engine(url)
    with engine.connect() as connection:
        for schema in SCHEMAS:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        connection.commit()
        context.configure(connection=connection, **VERSIONS, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    context.configure(url=get_settings().sqlalchemy_url, literal_binds=True, **VERSIONS, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()
