from django.contrib import admin

from access.admin import LookOnly
from outbox.models import Attachment, Delivery, Message, Webhook


@admin.register(Message)
class MessageAdmin(LookOnly):
    """Messages."""

    list_display = ["created_at", "kind", "subject", "requested_by"]
    list_select_related = ["requested_by"]
    list_filter = ["kind"]
    search_fields = ["subject", "key"]
    autocomplete_fields = ["requested_by"]


@admin.register(Delivery)
class DeliveryAdmin(LookOnly):
    """Deliveries."""

    list_display = ["message", "channel", "address", "state", "reason", "ended_at"]
    list_select_related = ["message"]
    list_filter = ["state", "channel"]
    search_fields = ["address", "message__subject"]
    autocomplete_fields = ["message", "webhook"]


@admin.register(Attachment)
class AttachmentAdmin(LookOnly):
    """Files of messages."""

    list_display = ["name", "message", "content_type"]
    list_select_related = ["message"]
    search_fields = ["name"]
    autocomplete_fields = ["message"]
    exclude = ["content"]


@admin.register(Webhook)
class WebhookAdmin(LookOnly):
    """Webhooks; they are added and changed on their own page, which judges the address."""

    list_display = ["name", "origin", "is_active", "created_at"]
    list_filter = ["is_active"]
    search_fields = ["name", "origin"]
