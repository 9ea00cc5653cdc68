"""The task's form: arguments by the command's parser, and a schedule that can be kept."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from eztaskmanager import arguments as syntax
from eztaskmanager.forms.arguments import ArgumentForm, check_argv, parser_of
from eztaskmanager.models import AppCommand, Task
from eztaskmanager.schedule.plan import PlanError
from eztaskmanager.services.scheduler import plan_of

if TYPE_CHECKING:
    Base = forms.ModelForm[Task]
else:
    Base = forms.ModelForm

MARKER = "arg_form"
"""The name of the hidden field that says whose arguments' fields a page shows."""


def load_parser(command: AppCommand) -> argparse.ArgumentParser | None:
    """Return a command's parser; None when the command cannot be loaded."""
    try:
        return parser_of(command.get_command_class(), command.name)
    except Exception:  # noqa: BLE001 - then there is no form
        return None


def argument_form(task: Task, data: Any = None) -> ArgumentForm | None:
    """Return the form for a task's command, filled from the task or from what was posted."""
    if not task.command_id:
        return None
    parser = load_parser(task.command)
    if parser is None:
        return None
    if data is not None and data.get(MARKER) == str(task.command_id):
        return ArgumentForm(parser, data=data)
    return ArgumentForm(parser, argv=task.command_line)


class TaskForm(Base):
    """Everything a person sets. `argument_form` is the part made by the parser.

    Text in `arguments` that was edited wins over the fields; else the fields' list is
    stored, and the text shows it.
    """

    seen_version = forms.IntegerField(
        label=gettext_lazy("version"), required=False, widget=forms.HiddenInput
    )

    class Meta:
        model = Task
        fields = "__all__"
        widgets = {
            "arguments": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
            "note": forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
            "time_zone": forms.TextInput(attrs={"placeholder": "Europe/Rome"}),
            "cron": forms.TextInput(attrs={"placeholder": "30 2 * * mon-fri"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.argument_form: ArgumentForm | None = None
        if self.instance.pk:
            self.fields["seen_version"].initial = self.instance.version
            self._offer_own_command()
        if self.is_bound:
            return
        chosen = self.initial.get("command")
        if chosen and not self.instance.command_id and str(chosen).isdigit():
            self.instance.command_id = int(chosen)
            if not AppCommand.objects.filter(pk=int(chosen)).exists():
                self.instance.command_id = None  # type: ignore[assignment]  # unset again
        self.argument_form = argument_form(self.instance)

    def _offer_own_command(self) -> None:
        """Let a task keep its command after that was deactivated."""
        field: Any = self.fields.get("command")
        if field is not None:
            own = AppCommand.objects.filter(pk=self.instance.command_id)
            field.queryset = field.queryset | own
            field.limit_choices_to = {}

    def clean(self) -> dict[str, Any]:
        """Check the version, the schedule and the arguments."""
        cleaned = super().clean() or {}
        self._check_version(cleaned)
        return cleaned

    def _check_version(self, cleaned: dict[str, Any]) -> None:
        seen = cleaned.get("seen_version")
        if self.instance.pk and seen is not None and seen != self.instance.version:
            raise forms.ValidationError(
                _(
                    "Somebody else has changed this task meanwhile. Open it again,"
                    " and make your changes there."
                )
            )

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the command to the field, which also takes a deactivated one it has."""
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]  # Django's hook
        return excluded | {"command"}

    def _post_clean(self) -> None:
        """After the instance has its values: the rules that need all of them."""
        super()._post_clean()  # type: ignore[misc]  # Django's hook
        if self.errors:
            return
        self._check_schedule()
        self._check_arguments()

    def _check_schedule(self) -> None:
        task = self.instance
        if bool(task.repetition_period) != bool(task.repetition_rate):
            missing = (
                "repetition_rate" if task.repetition_period else "repetition_period"
            )
            if missing in self.fields:
                self.add_error(missing, _("A period and a rate above 0 go together."))
            return
        try:
            plan_of(task)
        except PlanError as error:
            self.add_error(None, str(error))

    def _check_arguments(self) -> None:
        task = self.instance
        parser = load_parser(task.command)
        if parser is None:
            task.argv = None
            return
        typed = "arguments" in self.changed_data
        if not typed and self.data.get(MARKER) == str(task.command_id):
            self.argument_form = ArgumentForm(parser, data=self.data)
            if not self.argument_form.is_valid():
                self.add_error(None, _("The arguments need another look."))
                return
            task.argv = self.argument_form.argv()
            task.arguments = syntax.as_text(task.argv)
            return
        if typed or "command" in self.changed_data:
            task.argv = None
            complaint = check_argv(parser, task.command_line)
            if complaint:
                self.add_error("arguments", complaint)
        self.argument_form = ArgumentForm(parser, argv=task.command_line)

    def save(self, commit: bool = True) -> Task:
        """Count the version up."""
        self.instance.version += 1
        return super().save(commit)
