# `make` prints the targets and variables below. Every target sets up what it needs.
MODEL ?= digits_w8a8## package directory, or the name of an example
LAYER ?= list## layer name, or list
UNIT ?=## run the bench of a unit instead: mulquant or systolic_array
SIM ?= icarus## icarus or verilator
ROWS ?= 8## rows of the systolic array, 2..256
COLS ?= 8## columns of the systolic array, 1..256
ACC_W ?= 32## accumulator width of the hardware, bits
IMAGES ?= 4## test images to run
SEED ?= 1## seed of the run
STALL ?= none## back-pressure: none, p10, p50, p90, bursts, blocked; or input,output
WAVES ?= 0## 1 writes an FST waveform
OUT ?= sim_build/roms## where make roms writes
PYTHON ?= python3## interpreter that makes the virtual environment

VENV := .venv
PY := $(VENV)/bin/python
SETUP := pyproject.toml constraints.txt requirements/verilator.txt tools/setup.sh
VERILOG := $(addprefix rtl/,$(shell cat rtl/filelist.f))

.DEFAULT_GOAL := help
.PHONY: help setup sim roms model test lint bench-golden bench-sim clean

help: ## print this help
	@echo "targets:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18
	@echo "variables (NAME=value on the command line; default in brackets):"
	@sed -n 's/^\([A-Z_]*\) ?= *\(.*\)## \(.*\)/  \1\t\3 [\2]/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

$(VENV)/sim.stamp: $(SETUP)
	@PYTHON=$(PYTHON) VENV=$(VENV) tools/setup.sh sim
	@touch $@

$(VENV)/test.stamp: $(SETUP)
	@PYTHON=$(PYTHON) VENV=$(VENV) tools/setup.sh test
	@touch $(VENV)/sim.stamp $@

setup: $(VENV)/sim.stamp ## set up what make sim needs (no PyTorch)

sim: $(VENV)/sim.stamp ## run one layer of a package on the RTL against golden: LAYER MODEL SIM ROWS COLS ...
	@$(PY) -m tb --model '$(MODEL)' --layer '$(LAYER)' --unit '$(UNIT)' --sim '$(SIM)' --rows '$(ROWS)' --cols '$(COLS)' \
		--acc-w '$(ACC_W)' --images '$(IMAGES)' --seed '$(SEED)' --stall '$(STALL)' --waves '$(WAVES)'

roms: $(VENV)/sim.stamp ## write the ROM images of a package: MODEL OUT ROWS COLS
	@$(PY) -m mapping --model '$(MODEL)' --out '$(OUT)' --rows '$(ROWS)' --cols '$(COLS)'

model: $(VENV)/test.stamp ## train the digits CNN and write examples/digits_w8a8 and examples/digits_w4a4
	$(PY) -m t2c.make_model --out examples

test: $(VENV)/test.stamp ## run every test
	$(PY) -m pytest

lint: $(VENV)/test.stamp ## ruff, mypy, Icarus -Wall, Verilator --lint-only -Wall, Yosys
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PY) -m tb.lint

bench-golden: $(VENV)/test.stamp ## golden's speed beside float32 BLAS and onnxruntime
	$(PY) -m benchmarks.bench_golden

bench-sim: $(VENV)/test.stamp ## simulation speed beside plain C++, MAC utilisation of every layer
	$(PY) -m benchmarks.bench_sim

clean: ## remove all simulation output; the virtual environment stays
	rm -rf sim_build
