"""Print the layers of a regression over FOLDER, and how often coverage meets channel_gain in its package `gained`."""

from __future__ import annotations

import sys
from pathlib import Path

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import load_package
from t2c.mapping.compiler import ALL, compile_program
from t2c.tb.coverage.core_classes import cover_run
from t2c.tb.regress.jobs import RegressionPlan, list_jobs

folder = Path(sys.argv[1])
plan = RegressionPlan(examples=folder, packages=folder, seed=1, layers=0, networks=0, arrays=[(4, 4)])
print(*sorted({job.layer for job in list_jobs(plan).jobs if not job.is_build}))
package = load_package(folder / "gained")
program = compile_program(package.graph, ALL, Hardware(rows=4, cols=4))
found = cover_run(program, package.graph.run(package.samples), "none")
print(found.groups["operation"]["channel_gain"].hits)
