"""Products: one store for all providers, and where each came from."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from main.models.base import Stamped, Trashable, TrashableManager
from main.models.choices import GeneratorKind, ProductType, Relation
from main.models.orders import OrderItem
from main.models.projects import Project, Tag


class Product(Trashable):
    """A generated or imported file. `file` is its path below MEDIA_ROOT, with the extension its bytes ask for.

    `sha256` are the original bytes; `dhash` is a perceptual hash of pictures (signed 64 bits) for near duplicates.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order_item = models.ForeignKey(OrderItem, on_delete=models.SET_NULL, null=True, blank=True, related_name="products")
    output_index = models.PositiveSmallIntegerField(_("which of the call's"), default=0)
    project = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="products")
    title = models.CharField(_("title"), max_length=200, blank=True, default="")
    file = models.CharField(_("file"), max_length=300)
    file_size = models.PositiveBigIntegerField(_("bytes"), default=0)
    media_type = models.CharField(_("media type"), max_length=60)
    product_type = models.CharField(_("type"), max_length=6, choices=ProductType.choices)
    generator_kind = models.CharField(_("made by"), max_length=12, choices=GeneratorKind.choices)
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    duration = models.FloatField(_("seconds"), null=True, blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    dhash = models.BigIntegerField(null=True, blank=True)
    prompt = models.TextField(_("prompt"), blank=True, default="")
    negative_prompt = models.TextField(_("negative prompt"), blank=True, default="")
    parameters: models.JSONField[Any] = models.JSONField(_("parameters"), default=dict)
    seed = models.BigIntegerField(_("seed"), null=True, blank=True)
    provider_name = models.CharField(_("provider"), max_length=50, blank=True, default="")
    machine_name = models.CharField(_("machine"), max_length=150, blank=True, default="")
    family = models.CharField(_("family"), max_length=50, blank=True, default="")
    is_favorite = models.BooleanField(_("favourite"), default=False)
    is_flagged = models.BooleanField(_("flagged by the provider"), default=False)
    rating = models.PositiveSmallIntegerField(_("rating"), default=0)
    notes = models.TextField(_("notes"), blank=True, default="")
    tags = models.ManyToManyField(Tag, blank=True, related_name="products", verbose_name=_("tags"))
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    objects = TrashableManager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order_item", "output_index"],
                name="product_once",
                condition=models.Q(order_item__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["-id"], name="product_alive", condition=models.Q(deleted_at__isnull=True)),
            models.Index(fields=["project", "-id"], name="product_project"),
            models.Index(fields=["deleted_at"], name="product_trash", condition=models.Q(deleted_at__isnull=False)),
            models.Index(fields=["rating", "-id"], name="product_rating"),
            models.Index(fields=["machine_name", "-id"], name="product_machine"),
        ]

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the product's page."""
        return reverse("main:product", args=[self.pk])


class Lineage(Stamped):
    """An edge from a product to what was made of it."""

    parent = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="children_edges")
    child = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="parent_edges")
    relation = models.CharField(_("how"), max_length=10, choices=Relation.choices)

    objects: ClassVar[models.Manager[Lineage]] = models.Manager()

    class Meta:
        verbose_name = _("lineage")
        verbose_name_plural = _("lineage")
        constraints = [
            models.UniqueConstraint(fields=["parent", "child", "relation"], name="lineage_once"),
            models.CheckConstraint(condition=~models.Q(parent=models.F("child")), name="lineage_no_self"),
        ]

    def __str__(self) -> str:
        return f"{self.parent_id} > {self.child_id}"


class NearPair(Stamped):
    """Two pictures that look alike, and what a person decided about them.

    `first_id` is the smaller; `distance` counts the bits in which their hashes differ. `undo` holds what the decision changed.
    """

    class Decision(models.TextChoices):
        """What became of the pair."""

        OPEN = "open", _("to be looked at")
        BOTH = "both", _("both are kept")
        FIRST = "first", _("the older is kept")
        SECOND = "second", _("the newer is kept")

    first = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pairs_as_first")
    second = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="pairs_as_second")
    distance = models.PositiveSmallIntegerField(_("bits that differ"))
    decision = models.CharField(_("decision"), max_length=6, choices=Decision.choices, default=Decision.OPEN)
    undo: models.JSONField[Any] = models.JSONField(_("what it changed"), default=dict)

    objects: ClassVar[models.Manager[NearPair]] = models.Manager()

    class Meta:
        verbose_name = _("near pair")
        verbose_name_plural = _("near pairs")
        ordering = ["distance", "id"]
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="pair_once")]
        indexes = [models.Index(fields=["decision", "distance", "id"], name="pair_queue")]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class ItemInput(Stamped):
    """A product that goes into a call as an input image."""

    item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="inputs")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="used_by")
    relation = models.CharField(_("how"), max_length=10, choices=Relation.choices, default=Relation.INPUT)
    parameter = models.CharField(_("parameter"), max_length=60, default="init_image")

    objects: ClassVar[models.Manager[ItemInput]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "parameter"], name="item_input_once")]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.parameter}"
