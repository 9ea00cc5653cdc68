"""Providers and the machines they run: a model is data, its parameters come from `seed/machines/*.toml`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from main.models.base import Stamped
from main.models.choices import Circuit, GeneratorKind, Modality


class Provider(Stamped):
    """Who makes the products: configuration, limits, and whether it may be asked now.

    `key_sealed` is the key, encrypted (`services.keys`); `tokens` and `refilled_at` are its token bucket.
    """

    name = models.SlugField(_("name"), max_length=50, unique=True)
    title = models.CharField(_("title"), max_length=100)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    is_paid = models.BooleanField(_("costs money"), default=True)
    key_sealed = models.BinaryField(_("key, encrypted"), null=True, blank=True, editable=False)
    key_hint = models.CharField(_("end of the key"), max_length=8, blank=True, default="")
    concurrency = models.PositiveSmallIntegerField(_("calls at once"), default=2)
    rate_per_minute = models.PositiveIntegerField(_("calls a minute"), default=60)
    tokens = models.FloatField(_("calls left"), default=1.0, editable=False)
    refilled_at = models.DateTimeField(_("counted at"), null=True, blank=True, editable=False)
    circuit = models.CharField(_("circuit"), max_length=10, choices=Circuit.choices, default=Circuit.CLOSED)
    circuit_until = models.DateTimeField(_("not asked before"), null=True, blank=True)
    circuit_reason = models.CharField(_("why"), max_length=300, blank=True, default="")
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0)
    last_ok_at = models.DateTimeField(_("last good answer"), null=True, blank=True)

    objects: ClassVar[models.Manager[Provider]] = models.Manager()

    class Meta:
        verbose_name = _("provider")
        verbose_name_plural = _("providers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title


class FactoryMachine(Stamped):
    """One model of one provider. `specification` is what `factories.machine.Machine.from_data` reads.

    `name` is the provider's endpoint id, or `owner/model:version`. What `is_added` came from a file of yours (`sync_models`), not
    from `seed/`.
    """

    name = models.CharField(_("name"), max_length=150, unique=True)
    display_name = models.CharField(_("display name"), max_length=150)
    description = models.TextField(_("description"), blank=True, default="")
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, related_name="machines", verbose_name=_("provider")
    )
    family = models.CharField(_("family"), max_length=50, db_index=True)
    modality = models.CharField(_("modality"), max_length=20, choices=Modality.choices)
    generator_kind = models.CharField(
        _("made by"), max_length=12, choices=GeneratorKind.choices, default=GeneratorKind.AI
    )
    specification: models.JSONField[Any] = models.JSONField(_("specification"), default=dict)
    is_active = models.BooleanField(_("offered"), default=True)
    is_added = models.BooleanField(_("added here"), default=False, editable=False)
    is_favorite = models.BooleanField(_("favourite"), default=False)
    max_concurrent = models.PositiveSmallIntegerField(_("calls at once"), default=2)
    estimated_seconds = models.PositiveIntegerField(_("usual seconds"), default=20)

    objects: ClassVar[models.Manager[FactoryMachine]] = models.Manager()

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        ordering = ["-is_favorite", "provider__name", "display_name"]

    def __str__(self) -> str:
        return self.display_name
