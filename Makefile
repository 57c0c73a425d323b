# `make` prints the targets and variables below. Every target sets up what it needs.
MODEL ?= digits_w8a8## package directory, or the name of an example
MODELS ?=## make model: digits_w8a8,digits_w4a4,digits_apot,digits_sp2,resnet20,mobilenet_v1,resnet18; empty for all
LAYER ?= list## layer name, all for the whole network, or list
UNIT ?=## run the bench of a unit instead: mulquant, systolic_array, mac_pe, lut_softmax, lut_pointwise, core_registers, layer_engine
DUT ?=## with UNIT: description of your own module, docs/bring_your_own_rtl.md
TABLE ?=## with UNIT=lut_softmax or lut_pointwise: a file of hexadecimal entries, or rising, exp, random, gelu, sigmoid, silu, tanh
SIM ?= icarus## icarus or verilator
ROWS ?= 8## rows of the systolic array, 2..256
COLS ?= 8## columns of the systolic array, a divisor of ROWS
ACC_W ?= 32## accumulator width of the hardware, bits
ACT_DEPTH ?= 131072## activation memory, words of ROWS channels
WGT_DEPTH ?= 1048576## weight memory, rows of COLS weights
PAR_DEPTH ?= 2048## parameter memory, words of COLS lanes
ACC_DEPTH ?= 1024## accumulators, output pixels of a block
IMAGES ?= 4## test images to run
FIRST_IMAGE ?= 0## test image to begin with
SEED ?= 1## seed of the run
STALL ?= none## back-pressure: none, p10, p50, p90, bursts, blocked; or input,output
WAVES ?= 0## 1 writes an FST waveform, FIRST:LAST one of those cycles
OUT ?= sim_build/$@## where make roms and make export write
RANDOM_LAYERS ?= 24## random layers of make regress, seeds SEED, SEED + 1, ...
RANDOM_NETWORKS ?= 12## random networks of make regress
ARRAYS ?= 8x8,16x16## arrays of make regress: layers on the first, whole networks on every one
ONLY ?= *## make regress, oracle, formal, mutate: only jobs or checks whose name matches this pattern
MUTANTS ?= 60## mutants of make mutate
WRITE ?= 0## make mutate: 1 writes the tables of docs/mutation
CASES ?= 1000000## output values of each random check of make oracle
WORKERS ?= 2## worker processes of make regress, coverage, formal, mutate
SCHEDULER ?=## make regress on your own Dask cluster: tcp://host:port
FRESH ?= 0## make regress: 1 runs again what has passed
TEST_WORKERS ?= 2## worker processes of make check and make test
PYTHON ?= python3## interpreter that makes the virtual environment
VENV ?= .venv## virtual environment; one outside the clone gets the dependencies only, so that clones can share it

PY := $(VENV)/bin/python
SETUPS := $(addprefix setup-,sim regress formal check t2c test)
# Rooms that mypy checks without PyTorch.
TORCH_FREE := $(addprefix t2c/,common contract golden mapping)
# An environment that several clones share knows none of them, or another.
export PYTHONPATH := $(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))

.DEFAULT_GOAL := help
.PHONY: help setup $(SETUPS) sim regress roms export model check test faults oracle lint bench-golden bench-sim bench-regress bench-t2c bench-softmax results coverage formal mutate clean

help: ## print this help
	@echo "targets:"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@echo "variables (NAME=value on the command line; default in brackets):"
	@sed -n 's/^\([A-Z_]*\) ?= *\(.*\)## \(.*\)/  \1\t\3 [\2]/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

# They return at once where nothing has to be installed.
$(SETUPS):
	@PYTHON='$(PYTHON)' VENV='$(VENV)' tools/setup.sh $(@:setup-%=%)

setup: setup-sim ## set up what make sim needs (no PyTorch); setup-t2c: PyTorch, no simulator; setup-test: everything

setup-t2c: ## set up what t2c train, quantize and export need (PyTorch, no simulator)

sim: setup-sim ## run a package, or one layer of it, on the RTL against golden: LAYER MODEL SIM ROWS COLS ...
	@$(PY) -m t2c.tb --model '$(MODEL)' --layer '$(LAYER)' --unit '$(UNIT)' --dut '$(DUT)' --table '$(TABLE)' --sim '$(SIM)' --rows '$(ROWS)' --cols '$(COLS)' \
		--acc-w '$(ACC_W)' --act-depth '$(ACT_DEPTH)' --wgt-depth '$(WGT_DEPTH)' --par-depth '$(PAR_DEPTH)' \
		--acc-depth '$(ACC_DEPTH)' --images '$(IMAGES)' --first-image '$(FIRST_IMAGE)' --seed '$(SEED)' \
		--stall '$(STALL)' --waves '$(WAVES)'

regress: setup-regress ## run every layer and network of every example, and random ones: SEED RANDOM_LAYERS WORKERS ...
	@$(PY) -m t2c.tb.regress --seed '$(SEED)' --random-layers '$(RANDOM_LAYERS)' --random-networks '$(RANDOM_NETWORKS)' \
		--arrays '$(ARRAYS)' --only '$(ONLY)' --workers '$(WORKERS)' --scheduler '$(SCHEDULER)' --fresh '$(FRESH)'

roms: setup-sim ## write the ROM images of a package: MODEL OUT ROWS COLS
	@$(PY) -m t2c.mapping --model '$(MODEL)' --out '$(OUT)' --rows '$(ROWS)' --cols '$(COLS)'

export: setup-t2c ## write a package as ONNX, PyTorch and text files, each read back and equal: MODEL OUT
	@$(PY) -m t2c export '$(MODEL)' --out '$(OUT)'

model: setup-t2c ## train or seed the example models and write their packages: MODELS
	$(PY) -m t2c.make_model --out examples --models '$(MODELS)'

check: setup-check ## lint, and the tests that are quick: under two minutes once it is set up, without PyTorch
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(TORCH_FREE)
	$(PY) -m t2c.tb.rtl_lint
	$(PY) -m pytest -n $(TEST_WORKERS) --dist loadfile -m "not slow and not campaign" --without-torch

test: setup-test ## run every test
	$(PY) -m pytest -n $(TEST_WORKERS) --dist loadfile -m "not campaign"

faults: setup-test ## plant every fault of the lists, of which make test takes a sample; each must be caught
	$(PY) -m pytest -n $(TEST_WORKERS) tests/tb/test_faults.py tests/tb/test_faults_registers.py \
		tests/tb/test_faults_lut.py tests/tb/test_unit_tables.py tests/tb/test_power_up.py \
		tests/tb/test_byo.py tests/tb/test_byo_engine.py

oracle: setup-test ## golden against onnxruntime, torch, QNNPACK, decimal, bitstring ...: ONLY CASES SEED
	@$(PY) -m oracle --only '$(ONLY)' --cases '$(CASES)' --seed '$(SEED)'

coverage: setup-sim ## bins, lines and toggles that the benches and the core reach; fails on one not hit: WORKERS
	@$(PY) -m t2c.tb.coverage --workers '$(WORKERS)'

formal: setup-formal ## prove the units for all inputs, and refute every proof's twin: ONLY WORKERS
	@$(PY) -m formal --only '$(ONLY)' --workers '$(WORKERS)'

mutate: setup-formal ## run the bench of mulquant, mac_pe or lut_softmax on mutants: UNIT MUTANTS SEED ONLY WORKERS WRITE
	@$(PY) -m mutation --unit '$(UNIT)' --mutants '$(MUTANTS)' --seed '$(SEED)' --only '$(ONLY)' --workers '$(WORKERS)' \
		--write '$(WRITE)'

lint: setup-test ## ruff, mypy on all rooms, Icarus -Wall, Verilator --lint-only -Wall, Yosys
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m t2c.tb.rtl_lint

bench-golden: setup-test ## golden's speed beside float32 BLAS and onnxruntime
	$(PY) -m benchmarks.bench_golden

bench-sim: setup-test ## simulation speed beside plain C++, MAC utilisation of every layer
	$(PY) -m benchmarks.bench_sim

bench-regress: setup-regress ## what a second worker gains in make regress
	$(PY) -m benchmarks.bench_regress

bench-t2c: setup-test ## seconds from a float ResNet-18 to a checked package, and images per second
	$(PY) -m benchmarks.bench_t2c

bench-softmax: setup-test ## error of the operations by table against float64, beside its bound
	$(PY) -m benchmarks.bench_softmax

results: setup-test ## make every row of docs/results.md: all methods and widths, float to integer (half an hour)
	$(PY) -m benchmarks.results

clean: ## remove all simulation output; the virtual environment stays
	rm -rf sim_build
