"""Messages and their deliveries."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from inventory.models import JobState
from inventory.models.choices import OPEN_STATES
from outbox.models.webhooks import Webhook


class Channel(models.TextChoices):
    """How something goes out."""

    MAIL = "mail", _("e-mail")
    WEBHOOK = "webhook", _("webhook")


class Message(models.Model):
    """One thing to say. Its `key` says what it is about, so that asking for it twice is asking once. `data` goes to webhooks."""

    key = models.CharField(_("key"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("as HTML"), blank=True, default="")
    data = models.JSONField(_("for programs"), default=dict, blank=True)
    reply_to = models.EmailField(_("answers to"), blank=True, default="")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.subject


class Attachment(models.Model):
    """A file of a message, stored once for all who get it."""

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="attachments", verbose_name=_("message")
    )
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("type"), max_length=100, default="application/octet-stream")
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """A message on its way to one address: a row before anything is sent, one final state with a reason.

    `handed_at` is written just before the message itself is handed to the mail server. A worker that dies before it is taken
    over; one that dies after it leaves the delivery *lost*: it may have gone out, so only a person sends it again. A webhook is
    told its delivery's number and may be told twice.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("message"))
    channel = models.CharField(_("by"), max_length=8, choices=Channel.choices)
    address = models.CharField(_("to"), max_length=254, blank=True, default="")
    webhook = models.ForeignKey(
        Webhook, on_delete=models.SET_NULL, null=True, blank=True, related_name="deliveries", verbose_name=_("webhook")
    )
    state = models.CharField(_("state"), max_length=8, choices=JobState.choices, default=JobState.QUEUED)
    reason = models.CharField(_("reason"), max_length=500, blank=True, default="")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    not_before = models.DateTimeField(_("not before"), default=timezone.now)
    lease_until = models.DateTimeField(_("leased until"), null=True, blank=True)
    handed_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects: ClassVar[models.Manager["Delivery"]] = models.Manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["not_before"], condition=Q(state__in=OPEN_STATES), name="delivery_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["message", "channel", "address"], name="delivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.state}"
