"""First migrations, which only make tables."""

from __future__ import annotations

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class FirstTables(migrations.Migration):
    """A migration that renders its models once.

    Django renders every related model anew after each operation, which made two thirds of the time that an empty database takes.
    That is needed where an operation changes a table; here each makes one that stays as it was made.
    """

    initial = True

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        """Make all tables from the models as they are at the end; SQL that is only shown takes Django's way."""
        if collect_sql:
            return super().apply(project_state, schema_editor, collect_sql)
        made = project_state.clone()
        made.__dict__.pop("apps", None)  # what was rendered: else each operation renders again
        for operation in self.operations:
            operation.state_forwards(self.app_label, made)
        for operation in self.operations:
            operation.database_forwards(self.app_label, schema_editor, made, made)
        return made
