"""How a product was made, for its copies: what is written into a file that is taken along."""

from __future__ import annotations

from main.metadata import Making, Recovered, embed
from main.models import Product

LARGEST = 60_000_000
"""Larger files, in bytes, are taken along as they are: to write into one it has to be in memory."""
HOLDING = ("image/png", "image/jpeg", "image/webp", "image/avif", "image/gif", "audio/wav", "video/mp4")
"""What a making can be written into. WebM, MP3, FLAC and Ogg are taken along as they are."""
_OF_THE_CALL = ("prompt", "negative_prompt", "seed", "batch", "init_image", "mask")


def making_of(product: Product) -> Making:
    """Return how a product was made; call it with `order_item` loaded.

    Input images and the number of pictures belong to the call: neither makes this one picture again somewhere else.
    """
    given = product.order_item.generation_parameters if product.order_item else product.parameters
    return Making(
        prompt=product.prompt,
        negative_prompt=product.negative_prompt,
        parameters={name: value for name, value in given.items() if name not in _OF_THE_CALL},
        seed=product.seed,
        width=product.width,
        height=product.height,
        machine=product.machine_name,
        provider=product.provider_name,
        kind=product.generator_kind,
    )


def again_of(product: Product) -> Recovered:
    """Return what orders a picture like this one again; without its seed, so that it is another."""
    making = making_of(product)
    return Recovered("", making.prompt, making.negative_prompt, dict(making.parameters), making.machine)


def can_hold(product: Product) -> bool:
    """Say whether a copy of this product can carry its making. What was imported keeps what it came with."""
    return product.media_type in HOLDING and product.file_size <= LARGEST and product.generator_kind != "import"


def with_making(product: Product, data: bytes) -> bytes:
    """Return a product's bytes with its making inside; the original stays as it is."""
    return embed(data, making_of(product)) if can_hold(product) else data
