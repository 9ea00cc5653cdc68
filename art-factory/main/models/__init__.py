"""The domain: who makes, what is asked, what comes out, how it is kept, what it costs, what happened."""

from main.models.choices import (
    AT_PROVIDER,
    JOB_WORDS,
    OPEN,
    ORDER_WORDS,
    QUEUED,
    RETRYABLE,
    RUNNING,
    Circuit,
    GeneratorKind,
    ItemStatus,
    Modality,
    OrderStatus,
    ProductType,
    Relation,
    SpendState,
)
from main.models.machines import FactoryMachine, Provider
from main.models.orders import Order, OrderItem
from main.models.products import ItemInput, Lineage, NearPair, Product
from main.models.projects import Collection, CollectionEntry, Lookup, OrderTemplate, Project, Tag
from main.models.records import Budget, Event, Lease, SpendEntry
from main.models.words import ProductWords

__all__ = [
    "AT_PROVIDER",
    "JOB_WORDS",
    "OPEN",
    "ORDER_WORDS",
    "QUEUED",
    "RETRYABLE",
    "RUNNING",
    "Budget",
    "Circuit",
    "Collection",
    "CollectionEntry",
    "Event",
    "FactoryMachine",
    "GeneratorKind",
    "ItemInput",
    "ItemStatus",
    "Lease",
    "Lineage",
    "Lookup",
    "Modality",
    "NearPair",
    "Order",
    "OrderItem",
    "OrderStatus",
    "OrderTemplate",
    "Product",
    "ProductType",
    "ProductWords",
    "Project",
    "Provider",
    "Relation",
    "SpendEntry",
    "SpendState",
    "Tag",
]
