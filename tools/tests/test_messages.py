"""Translations: what is found, kept, compiled and refused, on a small house."""

from __future__ import annotations

import gettext
import io
from pathlib import Path

import pytest

from translation import catalogs, judging, sources, untranslatable

from .conftest import Put

DOMAIN = sources.Domain("shop", "shop", "shop")


@pytest.fixture(autouse=True)
def only_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge the small house alone."""
    monkeypatch.setattr(judging, "DOMAINS", (DOMAIN,))


def fill(house: Path, **given: str | tuple[str, ...]) -> None:
    """Write the catalog with these translations and compile it."""
    catalog = catalogs.update(house, DOMAIN, "ru")
    for message in catalog:
        key = message.id[0] if isinstance(message.id, tuple) else message.id
        message.string = given.get(str(key), "")
    DOMAIN.catalog(house, "ru").write_bytes(catalogs.as_po(catalog))
    catalogs.compile_catalog(house, DOMAIN, "ru")


def test_texts_are_found_where_they_stand(house: Path, put: Put) -> None:
    put("shop/a.py", "from x import gettext as _, pgettext\n_('One')\npgettext('verb', 'Open')\n")
    rows = "{% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"
    put("shop/templates/a.html", "<p>\n  {% translate 'Two' %}{{ x|default:_('Three') }}\n" + rows)
    put("shop/jinja2/a.html", "{{ _('Four') }}")
    put(
        "shop/models/a.py",
        "class Car:\n    last_seen = models.DateField()\n    name = models.CharField(help_text='Five')\n",
    )
    put("shop/tests/test_a.py", "_('never')\n")
    found = {message.id: message.context for message in sources.template_of(house, DOMAIN) if message.id}
    plain = ("One", "Two", "Three", ("%(n)s row", "%(n)s rows"), "Four", "last seen", "name", "Five")
    assert found == {**dict.fromkeys(plain), "Open": "verb"}


def test_an_update_keeps_translations_and_drops_what_is_gone(house: Path, put: Put) -> None:
    put("shop/a.py", "_('Open')\n_('Close')\n")
    fill(house, Open="Открыть", Close="Закрыть")
    put("shop/a.py", "_('Open')\n_('Other')\n")
    catalog = catalogs.update(house, DOMAIN, "ru")
    assert {message.id: message.string for message in catalog if message.id} == {"Open": "Открыть", "Other": None}
    assert [line for line in judging.missing(house) if "'Other'" in line]


def test_what_is_compiled_speaks_with_russian_plurals(house: Path, put: Put) -> None:
    put("shop/a.py", "ngettext('%(n)s page', '%(n)s pages', n)\n")
    forms = ("%(n)s страница", "%(n)s страницы", "%(n)s страниц")
    fill(house, **{"%(n)s page": forms})
    spoken = gettext.GNUTranslations(io.BytesIO(DOMAIN.catalog(house, "ru", ".mo").read_bytes()))
    said = [spoken.ngettext("%(n)s page", "%(n)s pages", n) for n in (1, 21, 3, 5, 11, 112)]
    assert said == [forms[0], forms[0], forms[1], forms[2], forms[2], forms[2]]
    assert not [*judging.problems(house), *judging.missing(house)]


@pytest.mark.parametrize("wrong", ["Нашлось", "Нашлось %(count)s", "Нашлось %(n)s <b>"])
def test_a_lost_placeholder_is_refused(house: Path, put: Put, wrong: str) -> None:
    put("shop/a.py", "_('Found %(n)s')\n")
    fill(house, **{"Found %(n)s": wrong})
    assert "Found %(n)s" in "".join(judging.problems(house))


def test_an_old_compiled_file_is_refused(house: Path, put: Put) -> None:
    put("shop/a.py", "_('Open')\n")
    fill(house, Open="Открыть")
    assert not list(judging.problems(house))
    path = DOMAIN.catalog(house, "ru")
    path.write_text(path.read_text().replace("Открыть", "Отворить"))
    assert "is not what the .po says" in "".join(judging.problems(house))


def test_text_in_templates_that_nobody_can_translate(house: Path, put: Put) -> None:
    put(
        "shop/templates/a.html",
        """{% block body_class %}{% if big %}page-list{% endif %}{% endblock %}<p title="Big one">Hello {{ name }}</p>
        <kbd>Ctrl</kbd>{# Not shown #}{% icon "copy" "Copy it" %}{% translate "Fine" %}{{ x|default:_("Fine too") }}
        <b>CSV</b>{% include "x.html" with a="no" %}""",
    )
    found = [text for _path, _line, text in untranslatable.texts_in(house, "shop")]
    assert found == ["Copy it", "Big one", "Hello"]


def test_a_jinja2_domain_has_its_own_marks_language_and_strictness(
    house: Path, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = sources.Domain("shop", "shop", "shop", ("de",), "messages", jinja=True, complete=True)
    monkeypatch.setattr(judging, "DOMAINS", (shop,))
    put(
        "shop/templates/a.html",
        '<p title="Spoken">{{ _("Two") }}</p>{% trans n %}{{ n }} row{% pluralize %}{{ n }} rows{% endtrans %}',
    )
    put("shop/database/words.py", "class Status(StrEnum):\n    IN_STOCK = 'in_stock'\n")
    found = [message.id for message in sources.template_of(house, shop) if message.id]
    assert found == ["in stock", "Two", ("%(n)s row", "%(n)s rows")]
    [unmarked] = judging.hard_coded(house)
    assert "'Spoken' cannot be translated" in unmarked
    assert len(list(judging.missing(house, complete=True))) == 3
    assert not list(judging.missing(house, complete=False))
    catalogs.update(house, shop, "de")
    assert "German of shop" in shop.catalog(house, "de").read_text(encoding="utf-8")
