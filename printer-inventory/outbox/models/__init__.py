"""What is to be sent, to whom, and how far it has come."""

from outbox.models.messages import Attachment, Channel, Delivery, Message
from outbox.models.webhooks import Webhook

__all__ = ["Attachment", "Channel", "Delivery", "Message", "Webhook"]
