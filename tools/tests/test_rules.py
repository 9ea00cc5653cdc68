"""Each house rule refuses what it is there for, and lets pass what it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from housecheck.rules import check_rules
from housecheck.sizes import check_sizes
from housecheck.templates import check_templates

from .conftest import Put

BAD = [
    ("shop/a.py", "try:\n    x = 1\nexcept:\n    pass\n", "3: bare `except:`"),
    ("tools/a.py", "import datetime\nx = datetime.datetime.now()\n", "2: `datetime.now()` without a zone"),
    ("shop/a.py", "from datetime import datetime\nx = datetime.utcnow()\n", "2: `datetime.utcnow`"),
    ("shop/a.py", "import subprocess\nsubprocess.run('ls', shell=True)\n", "2: a command through a shell"),
    ("shop/a.py", "import subprocess\nsubprocess.run('ls', shell=chosen)\n", "2: a command through a shell"),
    ("shop/a.py", "print('x')\n", "1: `print()` in a system"),
    ("shop/a.py", "import re\nre.search(rule.pattern, text)\n", "2: `re` with a pattern that is not written here"),
    ("shop/a.py", "import re\nre.compile(f'^{name}$')\n", "2: `re` with a pattern"),
    ("shop/a.py", "from x import mark_safe\nx = mark_safe(text)\n", "2: `mark_safe` without a comment"),
    ("shop/a.py", "x = 1  # noqa\n", "1: `noqa` needs its code"),
    ("packages/p/src/p/a.py", "x = 1  # noqa: E501\n", "1: `noqa` needs its code"),
    ("shop/app/services/a.py", "from django.http import HttpRequest\n", "1: a service knows no HTTP"),
    ("shop/app/tasks.py", "import django.shortcuts\n", "1: a service knows no HTTP"),
]

GOOD = [
    ("shop/a.py", "try:\n    x = 1\nexcept ValueError:\n    pass\n"),
    ("shop/a.py", "import datetime\nx = datetime.datetime.now(datetime.UTC)\ny = datetime.datetime.now(tz=zone)\n"),
    ("shop/a.py", "import subprocess\nsubprocess.run(['ls'], shell=False)\n"),
    ("shop/app/management/commands/a.py", "print('x')\n"),
    ("tools/a.py", "print('x')\nimport re\nre.search(given, text)\n"),
    ("shop/app/tests/test_a.py", "print('x')\nfrom django.http import HttpRequest\n"),
    ("shop/a.py", "import re\nWORD = 'a'\nre.compile(WORD + r'\\d')\nre.search(f'{re.escape(x)}$', y)\n"),
    ("shop/a.py", "import re\n# our own pattern: from profiles/, checked by its tests\nre.compile(row.pattern)\n"),
    ("shop/a.py", "# built from our own constants\nx = mark_safe(text)\n"),
    ("shop/a.py", "x = 1  # noqa: E501 - a table reads better in one line\n"),
    ("shop/a.py", "x = 'write # noqa beside it'\n"),
    ("shop/app/views/a.py", "from django.http import HttpRequest\n"),
    ("shop/app/migrations/0001.py", "print('x')\n"),
]


@pytest.mark.parametrize(("name", "source", "problem"), BAD)
def test_a_bad_line_is_refused(name: str, source: str, problem: str, house: Path, put: Put) -> None:
    put(name, source)
    problems = check_rules(house).problems
    assert len(problems) == 1
    assert f"{name}:{problem}" in problems[0]


@pytest.mark.parametrize(("name", "source"), GOOD)
def test_a_good_line_passes(name: str, source: str, house: Path, put: Put) -> None:
    put(name, source)
    assert check_rules(house).problems == []


def function(lines: int) -> str:
    return "def long():\n" + "    x = 1\n" * (lines - 1)


def test_sizes_are_refused_one_over_the_limit(house: Path, put: Put) -> None:
    put("shop/a.py", function(61))
    put("shop/b.py", "x = 1\n" * 501)
    put("shop/static/c.js", "x\n" * 501)
    assert check_sizes(house).problems == [
        "shop/a.py:1: long has 61 lines; 60 is the limit",
        "shop/b.py:1: 501 lines; split it, 500 is the limit",
        "shop/static/c.js:1: 501 lines; split it, 500 is the limit",
    ]


def test_sizes_at_the_limit_pass_and_are_counted(house: Path, put: Put) -> None:
    put("shop/a.py", function(60))
    put("shop/b.py", "x = 1\n" * 500)
    put("shop/migrations/0001.py", "x = 1\n" * 900)
    put("shop/static/vendor/lib.js", "x\n" * 900)
    outcome = check_sizes(house)
    assert outcome.problems == []
    assert outcome.notes == ["1 files over 300 lines, 1 functions over 30"]


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ("<p>\n<script>go()</script>", "2: inline <script>"),
        ('<script type="module">go()</script>', "1: inline <script>"),
        ("<style>p {}</style>", "1: inline <style>"),
        ("<p\n style='color: red'>", "1: `style=` attribute"),
        ('<p {% if x %}style="width: {{ n }}%"{% endif %}>', "1: `style=` attribute"),
        ('<a onclick="go()">', "1: `onclick=` handler"),
        ('<a hx-on:click="go()">', "1: `hx-on:click=` handler"),
        ('<a href=" javascript:go()">', "1: `href` runs a script"),
        ("{{ text|safe }}", "1: output without escaping"),
        ("{{ text | upper | safe }}", "1: output without escaping"),
        ("\n\n{% autoescape off %}", "3: output without escaping"),
    ],
)
def test_a_bad_template_is_refused(markup: str, problem: str, house: Path, put: Put) -> None:
    put("shop/templates/a.html", markup)
    problems = check_templates(house).problems
    assert len(problems) == 1
    assert f"shop/templates/a.html:{problem}" in problems[0]


@pytest.mark.parametrize(
    "markup",
    [
        '<script src="{% static "a.js" %}" defer></script>',
        '<script type="application/json" id="data">{"a": 1}</script>',
        "{{ data|json_script:'data' }}",
        '<p :style="{width: n}" x-on:click="go" @click="go">',
        "<!-- <script>old()</script> -->{# {{ x|safe }} #}{% comment %}<p style=''>{% endcomment %}",
        "<p>style=loose and onclick=text</p>{{ x|safe_name }}",
    ],
)
def test_a_good_template_passes(markup: str, house: Path, put: Put) -> None:
    put("shop/templates/a.html", markup)
    assert check_templates(house).problems == []
