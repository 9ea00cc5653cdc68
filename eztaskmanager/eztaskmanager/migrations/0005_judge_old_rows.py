"""Give what the original left behind a state, and keep its tasks running side by side."""

from django.db import migrations

REASON = "Open when the package was exchanged; how it ended is unknown."


def judge(apps, schema_editor):
    reports = apps.get_model("eztaskmanager", "LaunchReport").objects.using(
        schema_editor.connection.alias
    )
    reports.filter(invocation_result="failed").update(state="failed")
    reports.filter(invocation_result="").update(state="lost", reason=REASON)
    tasks = apps.get_model("eztaskmanager", "Task").objects.using(
        schema_editor.connection.alias
    )
    tasks.update(overlap="allow")
    tasks.filter(status="started", scheduled_job_id__isnull=False).update(
        status="scheduled"
    )
    tasks.filter(status="started").update(status="idle")


class Migration(migrations.Migration):
    dependencies = [("eztaskmanager", "0004_runs_schedules_rules")]

    operations = [migrations.RunPython(judge, migrations.RunPython.noop, elidable=True)]
