"""What the models know by themselves."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from main.models import (
    JOB_WORDS,
    ORDER_WORDS,
    Collection,
    FactoryMachine,
    ItemStatus,
    Lineage,
    Order,
    OrderStatus,
    Product,
    Project,
)
from main.services.seeding import load_seed_data


class ModelTestCase(TestCase):
    """The seed's own example of a test class."""

    def setUp(self) -> None:
        """Have machines."""
        load_seed_data()
        self.machine = FactoryMachine.objects.get(name="builtin/still")

    def product(self, **facts: object) -> Product:
        """Return a product."""
        return Product.objects.create(
            file="x", media_type="image/png", product_type="image", generator_kind="ai", **facts
        )

    def test_every_status_has_a_word_of_the_house(self) -> None:
        """Six words, in items as in orders."""
        words = {"queued", "running", "done", "failed", "stopped", "lost"}
        assert set(JOB_WORDS) == set(ItemStatus.values)
        assert set(ORDER_WORDS) == set(OrderStatus.values)
        assert set(JOB_WORDS.values()) | set(ORDER_WORDS.values()) == words
        assert Order(machine=self.machine, status="held").state == "queued"

    def test_names_and_addresses(self) -> None:
        """A row shows as what people call it, else by its number."""
        product, order = self.product(), Order.objects.create(machine=self.machine)
        assert (str(product), str(order)) == (f"#{product.pk}", f"#{order.pk}")
        assert product.get_absolute_url() == f"/products/{product.pk}/"
        assert order.get_absolute_url() == f"/orders/{order.pk}/"
        assert str(Project(name="Harbour")) == "Harbour"

    def test_the_trash_is_left_out_only_when_asked(self) -> None:
        """`alive` and `trashed` share all rows between them."""
        kept, gone = self.product(), self.product(deleted_at=timezone.now())
        assert list(Product.objects.alive()) == [kept]
        assert list(Product.objects.trashed()) == [gone]

    def test_a_product_is_not_its_own_parent(self) -> None:
        """The database says so."""
        product = self.product()
        with pytest.raises(IntegrityError), transaction.atomic():
            Lineage.objects.create(parent=product, child=product, relation="edit")

    def test_a_collection_with_a_search_is_smart(self) -> None:
        """It holds what the search finds."""
        assert Collection(name="a", query="cat").is_smart
        assert not Collection(name="a").is_smart
