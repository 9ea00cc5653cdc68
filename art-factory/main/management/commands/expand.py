"""`manage.py expand "a [red,blue] cat"`: what a prompt stands for."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from main.expansion import Expansion, ExpansionError, translate
from main.models import Lookup


class Command(BaseCommand):
    """Expands a prompt without ordering anything."""

    help = "Show the prompts that one prompt stands for, or only how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the prompt and how to show it."""
        parser.add_argument("prompt")
        parser.add_argument("--negative", default="", help="the negative prompt")
        parser.add_argument("--lookups", default="", help='more lookups, as JSON: {"color": ["red", "blue"]}')
        parser.add_argument("--seed", type=int, default=0, help="what chance follows from")
        parser.add_argument("--limit", type=int, default=100, help="show at most so many")
        parser.add_argument(
            "--dialect", choices=["own", "dynamic"], default="own", help="dynamic reads {a|b} and __name__"
        )
        parser.add_argument("--count", action="store_true", help="only say how many")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Expand and print; exit code 1 when the prompt cannot be expanded."""
        lookups = dict(Lookup.objects.values_list("name", "values"))
        try:
            lookups |= json.loads(options["lookups"] or "{}")
            prompts = [options["prompt"], options["negative"]]
            notes: list[str] = []
            if options["dialect"] == "dynamic":
                read = [translate(text, lookups) for text in prompts]
                prompts = [one.prompt for one in read]
                notes = [warning for one in read for warning in one.warnings]
            expansion = Expansion(*prompts, lookups=lookups, seed=options["seed"])
            plan = expansion.plan(per_batch=options["limit"], limit=options["limit"])
            plan.warnings[:0] = notes
        except (ExpansionError, ValueError, TypeError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            items = [
                {"prompt": item.prompt, "negative_prompt": item.negative_prompt, "parameters": dict(item.parameters)}
                for item in plan.items
            ]
            found = {"total": plan.total, "at_least": plan.at_least, "warnings": plan.warnings, "items": items}
            self.stdout.write(json.dumps({**found, "items": [] if options["count"] else items}))
            return
        for warning in plan.warnings:
            self.stderr.write(warning)
        lines = [str(plan.total)] if options["count"] else [item.prompt for item in plan.items]
        self.stdout.write("\n".join(lines))
