"""`t2c flow`: a directed graph of tasks from a yaml, from training to a verified core; what `make flow` does."""

from __future__ import annotations

import argparse
from pathlib import Path

NAME = "flow"
HELP = "run a design flow: a graph of tasks that train, prune, quantise, search, compile and verify"


def configure(parser: argparse.ArgumentParser) -> None:
    """The yaml, and where it runs."""
    from t2c.common.options import add_options

    parser.add_argument("flow", metavar="FLOW.yaml", help="the flow (docs/flows_language.md)")
    add_options(parser, NAME, without=("flow",))


def execute(options: argparse.Namespace) -> int:
    """Return 0 once the flow has ended, 1 if something was compared in it and differs."""
    from t2c.common.errors import SettingError
    from t2c.flows.command import report, run_file

    if not options.flow:
        raise SettingError("{flow} is missing: the yaml of a flow")
    finished, result = run_file(Path(options.flow), options.out, options.workers, options.scheduler)
    return report(finished, result)
