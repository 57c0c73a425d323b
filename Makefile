# `make` prints the targets and variables. Every target sets up what it needs.
#
# Options, their defaults and what they mean stand in common/options.py; common/make.py hands what a user has set on to
# the command, through the environment: no shell and no make reads a value again, whatever it holds. The next line keeps
# make from expanding what the command line gives; no recipe may name a variable that a user sets.
$(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(eval override export $(name) := $$(value $(name)))))

override PY := "$${VENV:-.venv}"/bin/python
override RUN := $(PY) -I -S t2c/common/begin.py
override SETUPS := $(addprefix setup-,sim regress formal cost flows check t2c test)
# Rooms that mypy checks without PyTorch.
override TORCH_FREE := $(addprefix t2c/,__init__.py api.py common contract core_model golden importing layouts mapping pipelines rom_folder tb) formal mutation
# An environment that several clones share knows none of them, or another.
export PYTHONPATH := $(CURDIR)$(if $(value PYTHONPATH),:$(value PYTHONPATH))

# Files of which `make test` leaves tests to `make faults`.
override FAULTS = $(shell grep -rlE --include='test_*.py' 'import crossed|^@pytest.mark.(campaign|sample)|marks=.*mark.campaign' tests)

# A file has a worker to itself, and those that take longest come first (tests/conftest.py), not those of most tests.
override BY_FILE := --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup $(SETUPS) sim regress regress-merge roms tune flow export model check check-types check-rtl test faults oracle fuzz lint bench-golden bench-sim bench-door bench-regress bench-t2c bench-softmax bench-layernorm bench-vit bench-cost bench-elements results flows coverage formal mutate cost gates bitstream clean

help: ## print this help
	@echo "targets:"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@cat tools/make_help.txt

# They return at once where nothing has to be installed.
$(SETUPS):
	@tools/setup.sh $(@:setup-%=%)

setup: setup-sim ## set up what make sim needs (no PyTorch); setup-t2c: PyTorch, no simulator; setup-test: everything

setup-t2c: ## set up what t2c train, quantize and export need (PyTorch, no simulator)

sim: setup-sim ## run a package, or one layer of it, on the RTL against golden: LAYER MODEL SIM ROWS COLS ...
	@$(RUN) $@

regress: setup-regress ## run every layer and network of every example, and random ones: SEED RANDOM_LAYERS WORKERS ...
	@$(RUN) $@

regress-merge: setup-regress ## one JUnit report of those of all parts, SHARD=1/N to N/N: REPORTS
	@$(RUN) $@

roms: setup-sim ## write memory images, stimulus and expected words of a package: MODEL OUT ROWS ACT_DEPTH ...
	@$(RUN) $@

tune: setup-sim ## split a budget of memory, choose images a run and the array's shape for the fewest cycles: MODEL ROWS ACT_DEPTH ... or BUDGET
	@$(RUN) $@

flow: setup-flows ## run a design flow, from training to a verified core; goes on where it was: FLOW WORKERS SCHEDULER
	@$(RUN) $@

export: setup-t2c ## write a package as ONNX, PyTorch and text files, each read back and equal: MODEL OUT
	@$(RUN) $@

model: setup-t2c ## train or seed the example models and write their packages: MODELS
	@$(RUN) $@

check: setup-check ## lint, and the tests that are quick: under two minutes once it is set up, without PyTorch
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(MAKE) --no-print-directory -j2 check-types check-rtl
	@$(RUN) $@ $(BY_FILE) -m "not slow and not campaign" --quick

check-types:
	$(PY) -m mypy --follow-imports=silent $(TORCH_FREE)

check-rtl:
	$(PY) -m t2c.tb.rtl_lint --quick

test: setup-test ## run the tests, of long lists a sample; about 25 minutes with set-up
	@$(RUN) $@ $(BY_FILE) -m "not campaign"

faults: setup-test ## run every case of which make test takes a sample, and the tests that take longest; each planted fault must be caught
	@$(RUN) $@ $(BY_FILE) $(FAULTS)

oracle: setup-test ## golden against onnxruntime, torch, QNNPACK, decimal, bitstring ...: ONLY CASES SEED
	@$(RUN) $@

fuzz: setup-test ## damaged packages, descriptions, tables, images: each is refused in a line or whole: CASES SEED WORKERS
	@$(RUN) $@

coverage: setup-sim ## bins, lines and toggles that the benches and the core reach; fails on one not hit: WORKERS
	@$(RUN) $@

formal: setup-formal ## prove the units for all inputs, and refute every proof's negative controls: ONLY WORKERS
	@$(RUN) $@

mutate: setup-check ## mutants of a unit, of the core, of golden, or all: UNIT MUTANTS SEED ONLY WORKERS WRITE
	@$(RUN) $@

cost: setup-cost ## what a unit or the core costs in silicon: UNIT ROWS COLS MODEL FAMILY PNR DEVICE SEEDS ...
	@$(RUN) $@

gates: setup-cost ## the netlist of a unit, or of the core for a network, under the bench of its source: UNIT FAMILY SIM ...
	@$(RUN) $@

bitstream: setup-cost ## the core for a network, placed and routed, with scripts to take away: MODEL ROWS COLS DEVICE OUT
	@$(RUN) $@

lint: setup-test ## ruff, mypy on all rooms, Icarus -Wall, Verilator --lint-only -Wall, Yosys
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m t2c.tb.rtl_lint

bench-golden: setup-test ## golden's speed beside float32 BLAS and onnxruntime
	@$(RUN) $@

bench-sim: setup-test ## simulation speed beside plain C++, MAC utilisation of every layer
	@$(RUN) $@

bench-door: setup-sim ## what the harness of an accelerator costs beside a plain C++ main
	@$(RUN) $@

bench-regress: setup-regress ## what a second worker gains in make regress
	@$(RUN) $@

bench-t2c: setup-test ## seconds from a float ResNet-18 to a checked package, and images per second
	@$(RUN) $@

bench-softmax: setup-test ## error of the operations by table against float64, beside its bound
	@$(RUN) $@

bench-layernorm: setup-test ## error of LayerNorm in integers against float64, beside its bound and published arithmetic
	@$(RUN) $@

bench-vit: setup-test ## speed of golden's ViT-7 beside float torch, by kind of node
	@$(RUN) $@

bench-cost: setup-cost ## the tables of docs/cost.md: units and cores in ecp5 and xc7 (an hour; goes on where it was)
	@$(RUN) $@

bench-elements: setup-cost ## the table of docs/elements.md: arrays of other elements in xc7 and ecp5 (half an hour; goes on where it was)
	@$(RUN) $@

results: setup-test ## make the tables and plots of docs/results.md, three seeds a row (an hour or two; goes on where it was)
	$(PY) -m benchmarks.results

flows: setup-test ## run the flows of docs/flows.md and write its tables and plots (two hours; goes on where it was)
	$(PY) -m benchmarks.flows

clean: ## remove all simulation output; the virtual environment stays
	rm -rf sim_build
