"""Orders and the calls they are made of. The four stages of parameters: base (typed), generation (one combination), actual
(exactly what was sent) and returned (what the provider says it used)."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from main.models.base import Stamped
from main.models.choices import AT_PROVIDER, JOB_WORDS, ORDER_WORDS, ItemStatus, OrderStatus
from main.models.machines import FactoryMachine
from main.models.projects import OrderTemplate, Project


class Order(Stamped):
    """What somebody asked for: base parameters, and the machine that makes it.

    `status` is derived from the items (`services.orders.derive`); the counts are its evidence.
    """

    title = models.CharField(_("title"), max_length=200, blank=True, default="")
    machine = models.ForeignKey(FactoryMachine, on_delete=models.PROTECT, related_name="orders")
    project = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders")
    template = models.ForeignKey(OrderTemplate, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders")
    source = models.ForeignKey(
        "main.Product", on_delete=models.SET_NULL, null=True, blank=True, related_name="varied_by",
        verbose_name=_("variation of"),
    )  # fmt: skip
    prompt = models.TextField(_("prompt"), blank=True, default="")
    negative_prompt = models.TextField(_("negative prompt"), blank=True, default="")
    base_parameters: models.JSONField[Any] = models.JSONField(_("parameters"), default=dict)
    expansion_seed = models.BigIntegerField(_("seed of the expansion"), default=0)
    expand = models.BooleanField(_("brackets expand"), default=True)
    generation_count = models.PositiveSmallIntegerField(_("times"), default=1)
    max_items = models.PositiveIntegerField(_("at most so many calls"), default=100)
    status = models.CharField(_("status"), max_length=20, choices=OrderStatus.choices, default=OrderStatus.PENDING)
    item_count = models.PositiveIntegerField(_("calls"), default=0, editable=False)
    done_count = models.PositiveIntegerField(_("completed"), default=0, editable=False)
    failed_count = models.PositiveIntegerField(_("failed"), default=0, editable=False)
    product_count = models.PositiveIntegerField(_("products"), default=0, editable=False)
    spend_cap = models.DecimalField(_("may cost at most"), max_digits=12, decimal_places=6, null=True, blank=True)
    estimated_cost = models.DecimalField(_("estimated cost"), max_digits=12, decimal_places=6, default=0)
    currency = models.CharField(_("currency"), max_length=8, default="USD")
    warnings: models.JSONField[Any] = models.JSONField(_("warnings"), default=list)
    idempotency_key = models.CharField(_("idempotency key"), max_length=128, null=True, blank=True, unique=True)
    requested_by = models.CharField(_("asked by"), max_length=60, default="page")
    completed_at = models.DateTimeField(_("completed"), null=True, blank=True)

    objects: ClassVar[models.Manager[Order]] = models.Manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "-id"], name="order_status"),
            models.Index(fields=["project", "-id"], name="order_project"),
        ]

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the order's page."""
        return reverse("main:order_detail", args=[self.pk])

    @property
    def state(self) -> str:
        """Return the status in the house's job words."""
        return ORDER_WORDS[self.status]

    @property
    def ended_count(self) -> int:
        """Return how many calls need nothing more."""
        return self.done_count + self.failed_count


class OrderItem(Stamped):
    """One call of a provider, which makes one product or more.

    A worker that holds it wrote `fence` (a new one for every claim) and `leased_until`; only that fence may store.
    `attempt` counts POSTs (and names them in the ledger), `tries_from` those before a retry by hand; `reference` is the
    provider's request id, stored before anything waits for it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    machine = models.ForeignKey(FactoryMachine, on_delete=models.PROTECT, related_name="items")
    provider_name = models.CharField(_("provider"), max_length=50)
    sequence = models.PositiveIntegerField(_("number"), default=0)
    prompt = models.TextField(_("prompt"), blank=True, default="")
    negative_prompt = models.TextField(_("negative prompt"), blank=True, default="")
    choices: models.JSONField[Any] = models.JSONField(_("chosen options"), default=dict)
    generation_parameters: models.JSONField[Any] = models.JSONField(_("generation parameters"), default=dict)
    actual_parameters: models.JSONField[Any] = models.JSONField(_("actual parameters"), default=dict)
    return_parameters: models.JSONField[Any] = models.JSONField(_("returned parameters"), default=dict)
    status = models.CharField(_("status"), max_length=12, choices=ItemStatus.choices, default=ItemStatus.PENDING)
    quantity = models.PositiveSmallIntegerField(_("products wanted"), default=1)
    estimated_cost = models.DecimalField(_("estimated cost"), max_digits=12, decimal_places=6, default=0)
    progress = models.FloatField(_("progress"), default=0)
    progress_text = models.CharField(_("what happens"), max_length=200, blank=True, default="")
    fence = models.UUIDField(_("fence"), null=True, blank=True, editable=False)
    worker = models.CharField(_("worker"), max_length=80, blank=True, default="")
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    next_poll_at = models.DateTimeField(_("asked again at"), null=True, blank=True)
    polls = models.PositiveIntegerField(_("times asked"), default=0)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    tries_from = models.PositiveSmallIntegerField(_("attempts before the last retry by hand"), default=0)
    idempotency_key = models.UUIDField(_("idempotency key"), default=uuid.uuid4, editable=False)
    reference: models.JSONField[Any] = models.JSONField(_("at the provider"), null=True, blank=True)
    outcome: models.JSONField[Any] = models.JSONField(_("result before it is stored"), null=True, blank=True)
    cancel_requested = models.BooleanField(_("to be cancelled"), default=False)
    error_category = models.CharField(_("kind of error"), max_length=20, blank=True, default="")
    error_message = models.TextField(_("error"), blank=True, default="")
    reason = models.CharField(_("reason"), max_length=300, blank=True, default="")
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    completed_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects: ClassVar[models.Manager[OrderItem]] = models.Manager()

    class Meta:
        verbose_name = _("order item")
        verbose_name_plural = _("order items")
        ordering = ["order_id", "sequence"]
        constraints = [models.UniqueConstraint(fields=["order", "sequence"], name="item_once")]
        indexes = [
            models.Index(fields=["id"], name="item_pending", condition=models.Q(status=ItemStatus.PENDING)),
            models.Index(fields=["next_poll_at"], name="item_at_provider", condition=models.Q(status__in=AT_PROVIDER)),
            models.Index(fields=["order", "status"], name="item_order_status"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.sequence}"

    @property
    def state(self) -> str:
        """Return the status in the house's job words."""
        return JOB_WORDS[self.status]
