"""The variables of `make help`, out of common/options.py: `python -m tools.make_help > tools/make_help.txt`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mutation.__main__ import option_facts as mutation_facts
from t2c.common.options import OPTIONS, ROOM, Option
from t2c.cost.__main__ import option_facts as cost_facts
from t2c.cost.gates.__main__ import option_facts as gates_facts
from t2c.example_models import NAMES
from t2c.rom_folder.__main__ import option_facts as rom_facts

INDENT = 18
PLAIN = ("sim", "setup")
"""Commands that need not be named."""
HEAD = "variables (NAME=value on the command line; of make sim where no other target is named; default in brackets):"


def text() -> str:
    """The whole table, an option a line."""
    facts = {**mutation_facts(), **rom_facts(), **cost_facts(), **gates_facts(), "models": ",".join(NAMES)}
    return "\n".join([HEAD, *_lines(facts), ""])


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    for option in OPTIONS:
        if option.variable:
            targets = "" if option.commands in PLAIN else ", ".join(option.commands.split())
            words = f"{targets}: {option.meaning.format_map(facts)} [{default(option, facts)}]".removeprefix(": ")
            yield f"  {option.variable_name} ".ljust(INDENT) + words


def default(option: Option, facts: Mapping[str, Any]) -> str:
    """What holds where nothing is set, as make has it."""
    if option.make_default:
        return option.make_default.format(command="TARGET")
    return str(facts[option.name] if option.default is ROOM else option.default)


if __name__ == "__main__":
    print(text(), end="")
