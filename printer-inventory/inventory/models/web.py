"""How printers without SNMP are read: rules per printer, and templates of rules per device model."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from access.reach import within
from inventory.models.printer import Printer


class WebParsingRule(models.Model):
    """Where one field of one printer stands on its web pages, or how it is calculated from other fields by their names.

    `actions_chain` is the JSON list of steps that `inventory.web_parser.rules` checks; `version` counts edits.
    """

    printer = models.ForeignKey(
        Printer, on_delete=models.CASCADE, related_name="web_parsing_rules", verbose_name=_("printer"), db_index=False
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    field_name = models.CharField(_("field"), max_length=50)
    protocol = models.CharField(
        _("protocol"), max_length=5, choices=[("http", "http"), ("https", "https")], default="http"
    )
    url_path = models.CharField(_("path"), max_length=500, default="/")
    xpath = models.CharField(_("XPath"), max_length=500, blank=True, default="")
    regex_pattern = models.CharField(_("pattern"), max_length=500, blank=True, default="")
    regex_replacement = models.CharField(_("replacement"), max_length=500, blank=True, default="")
    calculation_formula = models.CharField(_("formula"), max_length=500, blank=True, default="")
    actions_chain = models.JSONField(_("steps"), default=list, blank=True)
    needs_browser = models.BooleanField(_("page builds itself"), default=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    objects: ClassVar[models.Manager["WebParsingRule"]] = within("printer__organization")

    class Meta:
        verbose_name = _("web parsing rule")
        verbose_name_plural = _("web parsing rules")
        ordering = ["printer", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["printer", "field_name"], name="web_rule_one_per_field")]

    def __str__(self) -> str:
        return f"{self.printer_id}: {self.field_name}"

    @property
    def is_calculated(self) -> bool:
        """Whether the field follows from others."""
        return bool(self.calculation_formula)


class WebParsingTemplate(models.Model):
    """Rules to be given to every printer of a device model; `rules_config` is what `inventory.web_parser.rules.export` writes."""

    name = models.CharField(_("name"), max_length=200)
    device_model = models.ForeignKey(
        "contracts.DeviceModel",
        on_delete=models.CASCADE,
        related_name="parsing_templates",
        verbose_name=_("device model"),
    )
    description = models.TextField(_("description"), blank=True, default="")
    rules_config = models.JSONField(_("rules"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("made by"),
        related_name="+",
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    is_public = models.BooleanField(_("for everybody"), default=False)
    usage_count = models.PositiveIntegerField(_("applied"), default=0)

    class Meta:
        verbose_name = _("web parsing template")
        verbose_name_plural = _("web parsing templates")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["device_model", "is_public"], name="web_template_model")]
        constraints = [
            models.UniqueConstraint(fields=["device_model", "created_by", "name"], name="web_template_one_name"),
        ]

    def __str__(self) -> str:
        return self.name
