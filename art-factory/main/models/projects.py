"""How people keep order: projects, collections, tags, templates, lookups."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from main.models.base import Stamped, Trashable, TrashableManager


class Project(Trashable):
    """A piece of work with its orders and products; the counts are kept by `services.counting`."""

    class Status(models.TextChoices):
        """Whether new orders may join."""

        ACTIVE = "active", _("active")
        ARCHIVED = "archived", _("archived")
        COMPLETED = "completed", _("completed")

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    product_count = models.PositiveIntegerField(_("products"), default=0, editable=False)
    order_count = models.PositiveIntegerField(_("orders"), default=0, editable=False)
    featured_products = models.ManyToManyField(
        "main.Product", blank=True, related_name="featured_in", verbose_name=_("featured products")
    )

    objects = TrashableManager()

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["-updated_at", "-id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the project's page."""
        return reverse("main:project", args=[self.pk])


class Tag(Stamped):
    """A word across projects and collections."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    color = models.CharField(_("colour"), max_length=7, blank=True, default="")

    objects: ClassVar[models.Manager[Tag]] = models.Manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Collection(Trashable):
    """Products put together by hand, in an order; with a `query` it is smart and holds what the query finds."""

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    query = models.CharField(_("search"), max_length=500, blank=True, default="")
    cover = models.ForeignKey(
        "main.Product", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("cover")
    )
    products: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "main.Product", through="main.CollectionEntry", related_name="collections", verbose_name=_("products")
    )

    objects = TrashableManager()

    class Meta:
        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the collection's page."""
        return reverse("main:collection", args=[self.pk])

    @property
    def is_smart(self) -> bool:
        """Say whether it holds what a search finds."""
        return bool(self.query)


class CollectionEntry(Stamped):
    """A product's place in a collection."""

    collection = models.ForeignKey(Collection, on_delete=models.CASCADE, related_name="entries")
    product = models.ForeignKey("main.Product", on_delete=models.CASCADE, related_name="collection_entries")
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["collection", "product"], name="collection_entry_once")]

    def __str__(self) -> str:
        return f"{self.collection_id}:{self.position}"


class Lookup(Stamped):
    """A named list of values for the prompt language: `[color]` takes each value of `color`."""

    name = models.SlugField(_("name"), max_length=60, unique=True)
    values: models.JSONField[Any] = models.JSONField(_("values"), default=list)
    category = models.CharField(_("category"), max_length=60, blank=True, default="")

    objects: ClassVar[models.Manager[Lookup]] = models.Manager()

    class Meta:
        verbose_name = _("lookup")
        verbose_name_plural = _("lookups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class OrderTemplate(Trashable):
    """A complete set of parameters to order from again, with or without a project."""

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True, default="")
    machine = models.ForeignKey(
        "main.FactoryMachine", on_delete=models.PROTECT, related_name="templates", verbose_name=_("machine")
    )
    project = models.ForeignKey(
        Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="templates", verbose_name=_("project")
    )
    parameters: models.JSONField[Any] = models.JSONField(_("parameters"), default=dict)
    is_favorite = models.BooleanField(_("favourite"), default=False)
    used = models.PositiveIntegerField(_("times used"), default=0, editable=False)

    objects = TrashableManager()

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ["-is_favorite", "name", "id"]

    def __str__(self) -> str:
        return self.name
