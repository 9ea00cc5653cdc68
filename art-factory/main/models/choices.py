"""The words of the domain: states, categories, modalities."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Modality(models.TextChoices):
    """What goes in and what comes out."""

    TEXT_TO_IMAGE = "text-to-image", _("text to image")
    IMAGE_TO_IMAGE = "image-to-image", _("image to image")
    INPAINT = "inpaint", _("inpaint")
    UPSCALE = "upscale", _("upscale")
    TEXT_TO_VIDEO = "text-to-video", _("text to video")
    IMAGE_TO_VIDEO = "image-to-video", _("image to video")
    TEXT_TO_AUDIO = "text-to-audio", _("text to audio")


class GeneratorKind(models.TextChoices):
    """Who made it: a procedure is never passed off as AI."""

    AI = "ai", _("AI")
    PROCEDURAL = "procedural", _("procedural")
    IMPORT = "import", _("imported")


class ItemStatus(models.TextChoices):
    """Where an order item stands. `JOB_WORDS` says what that is in the house's six words."""

    PENDING = "pending", _("waiting")
    HELD = "held", _("held")
    CLAIMED = "claimed", _("claimed")
    SUBMITTING = "submitting", _("being sent")
    SUBMITTED = "submitted", _("at the provider")
    DOWNLOADING = "downloading", _("being fetched")
    CANCELLING = "cancelling", _("being cancelled")
    COMPLETED = "completed", _("completed")
    FAILED = "failed", _("failed")
    EXHAUSTED = "exhausted", _("given up")
    BLOCKED = "blocked", _("blocked by the provider's content rules")
    CANCELLED = "cancelled", _("cancelled")
    UNKNOWN = "unknown", _("unknown: may have been charged")


JOB_WORDS: Final[dict[str, str]] = {
    "pending": "queued",
    "held": "queued",
    "claimed": "running",
    "submitting": "running",
    "submitted": "running",
    "downloading": "running",
    "cancelling": "running",
    "completed": "done",
    "failed": "failed",
    "exhausted": "failed",
    "blocked": "failed",
    "cancelled": "stopped",
    "unknown": "lost",
}
QUEUED: Final = (ItemStatus.PENDING, ItemStatus.HELD)
RUNNING: Final = (
    ItemStatus.CLAIMED,
    ItemStatus.SUBMITTING,
    ItemStatus.SUBMITTED,
    ItemStatus.DOWNLOADING,
    ItemStatus.CANCELLING,
)
AT_PROVIDER: Final = (
    ItemStatus.SUBMITTING,
    ItemStatus.SUBMITTED,
    ItemStatus.DOWNLOADING,
    ItemStatus.CANCELLING,
)
OPEN: Final = QUEUED + RUNNING
RETRYABLE: Final = (ItemStatus.FAILED, ItemStatus.EXHAUSTED, ItemStatus.BLOCKED, ItemStatus.CANCELLED)


class OrderStatus(models.TextChoices):
    """Where an order stands; derived from its items in `services.orders.derive` and nowhere else."""

    PENDING = "pending", _("pending")
    PROCESSING = "processing", _("processing")
    HELD = "held", _("held")
    CANCELLING = "cancelling", _("being cancelled")
    COMPLETED = "completed", _("completed")
    PARTIAL = "partially_completed", _("partially completed")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


ORDER_WORDS: Final[dict[str, str]] = {
    "pending": "queued",
    "held": "queued",
    "processing": "running",
    "cancelling": "running",
    "completed": "done",
    "partially_completed": "done",
    "failed": "failed",
    "cancelled": "stopped",
}


class ProductType(models.TextChoices):
    """What a product is."""

    IMAGE = "image", _("image")
    VIDEO = "video", _("video")
    AUDIO = "audio", _("audio")
    OTHER = "other", _("other")


class SpendState(models.TextChoices):
    """A reservation is made before a paid call and ends in one of the other three."""

    RESERVED = "reserved", _("reserved")
    SETTLED = "settled", _("settled")
    RELEASED = "released", _("released")
    UNKNOWN = "unknown", _("unknown")


class Circuit(models.TextChoices):
    """Whether a provider is asked: not while its circuit is open; half open lets one call try."""

    CLOSED = "closed", _("closed")
    OPEN = "open", _("open")
    HALF_OPEN = "half_open", _("half open")


class Relation(models.TextChoices):
    """How a product came from another one."""

    VARIATION = "variation", _("variation")
    UPSCALE = "upscale", _("upscale")
    EDIT = "edit", _("edit")
    INPUT = "input", _("input image")
