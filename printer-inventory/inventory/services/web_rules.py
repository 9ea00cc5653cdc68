"""A printer's web rules: kept, changed, given on as templates. What a rule may be is decided in `inventory.web_parser`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.models import Change, Printer, WebParsingRule, WebParsingTemplate
from inventory.services import events
from inventory.web_parser import rules
from inventory.web_parser.errors import RuleError


class RuleConflictError(Exception):
    """Somebody else has changed the rule since it was opened."""


def rule_of(row: WebParsingRule) -> rules.Rule:
    """Return a stored rule as the parser takes it; it was checked when it was stored."""
    return rules.Rule(
        field=row.field_name,
        scheme="https" if row.protocol == "https" else "http",
        path=row.url_path,
        xpath=row.xpath,
        regex=row.regex_pattern,
        replacement=row.regex_replacement,
        formula=row.calculation_formula,
        steps=rules.steps_of(row.actions_chain),
        browser=row.needs_browser,
    )


def rows_of(printer: Printer) -> list[WebParsingRule]:
    """Return a printer's stored rules in their order."""
    return list(WebParsingRule.objects.filter(printer=printer).order_by("position", "id"))


def rules_of(printer: Printer) -> list[rules.Rule]:
    """Return a printer's rules in their order."""
    return [rule_of(row) for row in rows_of(printer)]


def save_rule(
    printer: Printer, rule: rules.Rule, user_id: int | None, *, pk: int | None = None, version: int | None = None
) -> WebParsingRule:
    """Add a rule, or change the printer's rule `pk`; the whole set is checked first.

    Raises `RuleError` for what does not fit, LookupError for a rule of another printer, RuleConflictError when `version` is not
    the stored one.
    """
    try:
        with transaction.atomic():
            rows = _locked(printer)
            row = next((one for one in rows if one.pk == pk), None)
            if pk is not None and row is None:
                raise LookupError(pk)
            if row is not None and version is not None and row.version != version:
                raise RuleConflictError
            others = [one for one in rows if one is not row]
            rules.check_all([*map(rule_of, others), rule])
            before = {row.field_name: _words(rule_of(row))} if row is not None else {}
            row = row or WebParsingRule(printer=printer, position=max((one.position for one in rows), default=-1) + 1)
            _fill(row, rule)
            row.version += pk is not None
            row.save()
            _note(printer, before, {rule.field: _words(rule)}, user_id)
            return row
    except IntegrityError:
        raise RuleError(f"Two rules fill {rule.field}; keep one.") from None


def delete_rule(printer: Printer, pk: int, user_id: int | None) -> dict[str, Any]:
    """Delete one of the printer's rules; return it as JSON, so that it can be put back.

    Raises LookupError for a rule of another printer, RuleError while a formula needs what it reads.
    """
    with transaction.atomic():
        rows = _locked(printer)
        row = next((one for one in rows if one.pk == pk), None)
        if row is None:
            raise LookupError(pk)
        rules.check_all([rule_of(one) for one in rows if one is not row])
        gone = rules.to_config(rule_of(row))
        row.delete()
        _note(printer, {row.field_name: _words(rule_of(row))}, {}, user_id)
        return gone


def replace_rules(
    printer: Printer, wanted: Sequence[rules.Rule], user_id: int | None, *, overwrite: bool, comment: str = ""
) -> dict[str, Any]:
    """Give a printer these rules, all at once or not at all; return what it had before, as `rules.export` writes it.

    Without `overwrite` a field that has a rule keeps it. Raises `RuleError` when the result does not go together.
    """
    with transaction.atomic():
        rows = _locked(printer)
        had = [rule_of(row) for row in rows]
        taken = {name for rule in had for name in rule.filled}
        result = list(wanted) if overwrite else [*had, *(rule for rule in wanted if not taken & set(rule.filled))]
        rules.check_all(result)
        WebParsingRule.objects.filter(printer=printer).delete()
        WebParsingRule.objects.bulk_create(
            _fill(WebParsingRule(printer=printer, position=place), rule) for place, rule in enumerate(result)
        )
        old, new = ({rule.field: _words(rule) for rule in some} for some in (had, result))
        _note(printer, old, new, user_id, comment)
        return rules.export(had)


def visible_templates(user_id: int | None, *, everything: bool = False) -> Any:
    """Return the templates a user may see: public ones and their own; all with `everything`."""
    rows = WebParsingTemplate.objects.select_related("device_model__manufacturer", "created_by")
    return rows if everything else rows.filter(Q(is_public=True) | Q(created_by=user_id))


def save_template(
    printer: Printer, name: str, user_id: int | None, *, description: str = "", public: bool = False
) -> WebParsingTemplate:
    """Keep a printer's rules as a template of its device model; the user's own of the same name is replaced.

    Raises `RuleError` without a model, a name or rules.
    """
    name = name.replace("\x00", "").strip()[:200]
    taught = rules_of(printer)
    if printer.device_model_id is None:
        raise RuleError(_("The printer has no device model yet; choose one on its edit page, or poll it once."))
    if not name:
        raise RuleError(_("Give the template a name."))
    if not taught:
        raise RuleError(_("There is no rule to keep yet."))
    template, _made = WebParsingTemplate.objects.update_or_create(
        device_model_id=printer.device_model_id,
        created_by_id=user_id,
        name=name,
        defaults={
            "rules_config": rules.export(taught),
            "is_public": public,
            "description": description.replace("\x00", "").strip()[:2000],
        },
    )
    return template


def apply_template(
    template: WebParsingTemplate, printers: Sequence[Printer], user_id: int | None, *, overwrite: bool
) -> dict[int, dict[str, Any]]:
    """Give the template's rules to printers of its device model; return what each had before.

    All or none: `RuleError` when one is of another model or its rules do not go together.
    """
    wanted = rules.load(template.rules_config)
    before: dict[int, dict[str, Any]] = {}
    with transaction.atomic():
        for printer in sorted(printers, key=lambda one: one.pk):
            if printer.device_model_id != template.device_model_id:
                text = _("%(printer)s is no %(model)s; a template fits its own device model only.")
                raise RuleError(text % {"printer": printer, "model": template.device_model})
            comment = _("Template “%(name)s”") % {"name": template.name}
            before[printer.pk] = replace_rules(printer, wanted, user_id, overwrite=overwrite, comment=comment)
        WebParsingTemplate.objects.filter(pk=template.pk).update(usage_count=F("usage_count") + len(before))
    return before


def _locked(printer: Printer) -> list[WebParsingRule]:
    """Return the printer's rules while nobody else changes them."""
    Printer.objects.select_for_update(of=("self",)).get(pk=printer.pk)
    return rows_of(printer)


def _fill(row: WebParsingRule, rule: rules.Rule) -> WebParsingRule:
    row.field_name, row.protocol, row.url_path = rule.field, rule.scheme, rule.path
    row.xpath, row.regex_pattern, row.regex_replacement = rule.xpath, rule.regex, rule.replacement
    row.calculation_formula, row.needs_browser = rule.formula, rule.browser
    row.actions_chain = [rules.step_config(step) for step in rule.steps]
    return row


def _words(rule: rules.Rule) -> str:
    """Return a rule in one line, as the timeline shows it."""
    if rule.formula:
        return f"= {rule.formula}"[:200]
    return " ".join(part for part in (rule.path, rule.xpath, rule.regex) if part)[:200]


def _note(printer: Printer, old: dict[str, str], new: dict[str, str], user_id: int | None, comment: str = "") -> None:
    """Put into the printer's timeline what is different."""
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    if changed:
        events.record(
            printer,
            Change.EDIT,
            timezone.now(),
            old={f"web.{name}": old[name] for name in changed if name in old},
            new={f"web.{name}": new[name] for name in changed if name in new},
            user_id=user_id,
            comment=comment,
        )
