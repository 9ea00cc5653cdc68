"""The words that stand in columns: states and kinds, the same in rows, answers and pages."""

from __future__ import annotations

from enum import StrEnum


class UserRole(StrEnum):
    """What a person may do: everything, work, or only look."""

    ADMIN = "admin"
    USER = "user"
    READONLY = "readonly"


class JobState(StrEnum):
    """The house's job words."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


class ItemStatus(StrEnum):
    """Where a pair is in its life (`domains/inventory` has the allowed steps)."""

    PREORDER = "preorder"
    PRESALE = "presale"
    INCOMING = "incoming"
    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    LISTED = "listed"
    LISTED_STOCKX = "listed_stockx"
    LISTED_ALIAS = "listed_alias"
    SOLD = "sold"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    RETURNED = "returned"
    CANCELED = "canceled"
    LOST = "lost"
    ERROR = "error"


class DetailedStatus(StrEnum):
    """The warehouse's view of an item."""

    INCOMING = "incoming"
    AVAILABLE = "available"
    CONSIGNED = "consigned"
    NEED_SHIPPING = "need_shipping"
    PACKED = "packed"
    OUTGOING = "outgoing"
    SALE_COMPLETED = "sale_completed"
    CANCELLED = "cancelled"


class Condition(StrEnum):
    """How worn; the pricing engine's words."""

    NEW = "new"
    DEADSTOCK = "deadstock"
    LIKE_NEW = "like_new"
    EXCELLENT = "excellent"
    VERY_GOOD = "very_good"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class BoxCondition(StrEnum):
    """The shoe box."""

    GOOD = "good"
    DAMAGED = "damaged"
    REPLACEMENT = "replacement"
    MISSING = "missing"


class TaxScheme(StrEnum):
    """How VAT is counted on an item: regular, margin (25a UStG), small business (19 UStG), private."""

    STANDARD = "standard"
    MARGIN = "margin"
    SMALL_BUSINESS = "small_business"
    PRIVATE = "private"


class OrderStatus(StrEnum):
    """The canonical life of an order; each platform's words map to these."""

    CREATED = "created"
    CONFIRMED = "confirmed"
    TO_SHIP = "to_ship"
    SHIPPED = "shipped"
    RECEIVED = "received"
    AUTHENTICATING = "authenticating"
    AUTHENTICATED = "authenticated"
    PAYOUT_PENDING = "payout_pending"
    PAID = "paid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED_AUTHENTICATION = "failed_authentication"
    RETURNED = "returned"


class MatchState(StrEnum):
    """Whether a sale knows which pair it sold."""

    MATCHED = "matched"
    SUGGESTED = "suggested"
    UNMATCHED = "unmatched"
    IGNORED = "ignored"


class ListingStatus(StrEnum):
    """A listing as its marketplace sees it."""

    DRAFT = "draft"
    PENDING = "pending"
    ACTIVE = "active"
    INACTIVE = "inactive"
    MATCHED = "matched"
    SOLD = "sold"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    FAILED = "failed"


class OperationKind(StrEnum):
    """What is asked of a marketplace about a listing."""

    CREATE = "create"
    UPDATE = "update"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    DELETE = "delete"


class AtEnd(StrEnum):
    """What becomes of a listing whose days are over."""

    TAKE_DOWN = "take_down"
    RENEW = "renew"


class ImportStatus(StrEnum):
    """The documented verdict of an import; `state` beside it has the house's job words."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RETRYING = "retrying"


class RowVerdict(StrEnum):
    """What an import thinks of a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    ERROR = "error"
    APPLIED = "applied"


class FeeKind(StrEnum):
    """A line of a payout."""

    TRANSACTION = "transaction"
    PAYMENT = "payment"
    SHIPPING = "shipping"
    CASH_OUT = "cash_out"
    PENALTY = "penalty"
    ADJUSTMENT = "adjustment"
    VAT = "vat"


class FeeSource(StrEnum):
    """How a fee is known; a payout's line beats a report's column beats the schedule."""

    PAYOUT = "payout"
    REPORT = "report"
    SCHEDULE = "schedule"
    MANUAL = "manual"


class PriceSourceType(StrEnum):
    """Who says a price."""

    STOCKX = "stockx"
    AWIN = "awin"
    EBAY = "ebay"
    GOAT = "goat"
    KLEKT = "klekt"
    RESTOCKS = "restocks"
    STOCKXAPI = "stockxapi"
    MANUAL = "manual"


class PriceType(StrEnum):
    """What kind of price."""

    RESALE = "resale"
    RETAIL = "retail"
    AUCTION = "auction"
    WHOLESALE = "wholesale"


class DecisionKind(StrEnum):
    """What to do with an item now."""

    SELL_NOW = "sell_now"
    LIST_AT = "list_at"
    HOLD = "hold"


class ReturnKind(StrEnum):
    """Why a sale came back."""

    CUSTOMER = "customer"
    FAILED_AUTHENTICATION = "failed_authentication"
    UNDELIVERED = "undelivered"
    LOST = "lost"


class ConsignorKind(StrEnum):
    """Who leaves goods with the shop; it decides on VAT (`shared/rules/consignment.py`)."""

    PRIVATE = "private"
    SMALL_BUSINESS = "small_business"
    BUSINESS = "business"


class Bearer(StrEnum):
    """Who bears a cost of selling a consigned pair: the shop, its owner, or both (it is taken off before the split)."""

    SHOP = "shop"
    CONSIGNOR = "consignor"
    BOTH = "both"


class StatementLineKind(StrEnum):
    """What a line of a consignor's statement is."""

    SALE = "sale"
    RETURN = "return"
    CORRECTION = "correction"
    ADJUSTMENT = "adjustment"
    PAYOUT = "payout"
    PURCHASE = "purchase"
