"""The makers' files: what is wrong in one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory.profiles.catalog import FOLDER, ProfileError, catalog, read_profile, sources


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("manufacturer = 'A'\nmodel = [{ oid = '1.3.6.1.x', source = 'GA' }]", "object identifier"),
        ("manufacturer = 'A'\nmodel = [{ oid = '1.3.6.1.4.1.9', source = 'hearsay' }]", "hearsay"),
        ("manufacturer = 'A'\ncounters = [{ name = 'total', oid = '1.3.6.1.4.1.9', source = 'hearsay' }]", "hearsay"),
        (
            "manufacturer = 'A'\ncounters = [{ name = 'total', oid = '1.3.6.1.4.1.9', how = 'magic', source = 'GA' }]",
            "magic",
        ),
        ("manufacturer = 'A'\nmodels = '('", "subpattern"),
        ("brands = []", "manufacturer"),
        ("manufacturer = ", "Invalid value"),
    ],
)
def test_a_wrong_file_is_named_with_its_fault(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(text)
    with pytest.raises(ProfileError, match=f"acme.toml.*{complaint}"):
        read_profile(path)


def test_no_enterprise_number_belongs_to_two_makers() -> None:
    numbers = [number for profile in catalog().profiles for number in profile.enterprises]
    assert len(numbers) == len(set(numbers))


def test_every_source_is_cited_somewhere() -> None:
    text = "".join(path.read_text() for path in FOLDER.glob("*.toml"))
    for name in sources():
        assert f'source = "{name}"' in text, name
