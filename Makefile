# Everything a person or CI runs. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
KEEP ?= 0
# The system's Python may be older than 3.11: then say which to use, e.g. make setup PYTHON=python3.12
# Off the shelf, Linux gets torch with several GB of GPU libraries. For the CPU build (200 MB):
#   make setup TORCH_INDEX=<address of PyTorch's CPU wheel index>
TORCH_INDEX ?=
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
export FLWR_TELEMETRY_ENABLED := 0
export FLWR_DISABLE_UPDATE_CHECK := 1
export FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test lint format fault flower fuzz soak protos protos-check words words-check assets docs auditor bench bench-learning system lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv in the project root with everything in it

# torch goes first, alone, so that TORCH_INDEX serves it and nothing else. taxcalc is only a table of real data for the
# demo: its libraries are not needed. A build left half-way leaves no stamp, so the next make takes it up again.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "RedPACT needs Python 3.11 or newer: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
	  { echo "this Python cannot make environments: install python3-venv"; exit 1; }
	@echo "Installing into $(VENV) (a few minutes the first time)"
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX),) torch==2.13.0
	@$(PIP) -e '.[federated,postgres,pdf,e-signature,dev]'
	@$(PIP) --no-deps taxcalc==6.8.0
	@touch $@

demo: setup ## Bring up a coordinator and nine nodes and run the main job (KEEP=1 leaves them up)
	$(BIN)/python -m deploy.local.demo $(if $(filter 1,$(KEEP)),--keep,) $(DEMO_ARGS)

# The tests wait for the disk at each durable write: in memory they finish sooner. Where there is not
# enough memory, or TMPDIR says otherwise, their temporary files are where they always are.
TEST_TMPDIR = $(or $(TMPDIR),$(shell test -w /dev/shm && test "$$(df -Pk /dev/shm | awk 'NR==2 {print $$4}')" -gt 4000000 && echo /dev/shm),/tmp)

test: setup ## Run all the tests
	TMPDIR=$(TEST_TMPDIR) $(BIN)/python -m pytest -n 2 --dist worksteal $(TEST_ARGS)

lint: setup ## Check style, types, layers, and that stubs and translations are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory protos-check
	$(MAKE) --no-print-directory words-check

format: setup ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fault: setup ## Make every system call of an append fail, one at a time, and audit after each (strace; minutes)
	REDPACT_EVERY_FAULT=1 $(BIN)/python -m pytest -s -p no:xdist tests/e2e/test_faults.py

fuzz: setup ## Try a million mutated proofs (FUZZ_ARGS="--proofs N --seed N")
	$(BIN)/python -m tests.fuzz.proofs $(FUZZ_ARGS)

hostile: setup ## Let a lying coordinator try a thousand courses of a campaign against real nodes (REDPACT_HOSTILE_EXAMPLES=N)
	REDPACT_HOSTILE_EXAMPLES=$${REDPACT_HOSTILE_EXAMPLES:-1000} $(BIN)/python -m pytest -s -p no:xdist \
	  tests/integration/training/test_hostile_coordinator.py

flower: setup ## Run a campaign on Flower's own SuperLink and SuperNodes, with TLS (minutes)
	REDPACT_FLOWER_ENGINE=1 $(BIN)/python -m pytest -s -p no:xdist tests/e2e/test_flower_engine.py

soak: setup ## Kill processes over bad lines for 30 minutes and lose nothing (SOAK_ARGS="--minutes N --seed N --keep")
	GRPC_VERBOSITY=NONE $(BIN)/python -m tests.soak $(SOAK_ARGS)

protos: setup ## Generate the stubs from protos/redpact/v1/*.proto
	$(BIN)/python -m tools.protos

protos-check: setup ## Fail when the committed stubs are not what the .proto files give
	$(BIN)/python -m tools.protos --check

words: setup ## Extract every message, bring the English catalogue up to date and compile it (WORDS_ARGS="--prune")
	$(BIN)/python -m tools.words $(WORDS_ARGS)

words-check: setup ## Fail when a message lacks its English, or the catalogue is not what the code says
	$(BIN)/python -m tools.words --check

assets: setup ## Fetch the style sheets and scripts of pages again, by npm pack, and compare their hashes
	$(BIN)/python -m tools.vendor_assets

docs: setup ## Write the reference pages that the code dictates
	$(BIN)/python -m tools.reference

auditor: setup ## Build the auditor alone, for people who only verify: dist/redpact_audit-*.whl
	$(BIN)/python -m tools.auditor

bench: setup ## Measure and print, in one run, ours beside the bare peers
	$(BIN)/python -m tests.benchmarks $(BENCH_ARGS)

bench-learning: setup ## Measure how good the private models are, beside peers (BENCH_ARGS="--quick --seeds N --only nine")
	$(BIN)/python -m tests.benchmarks.learning $(BENCH_ARGS)

system: ## Install the Debian packages that some tests need (PostgreSQL, strace, Chromium) and Pango for PDF
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql strace chromium libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

lock: setup ## Write constraints.txt from the environment that passed the tests
	$(BIN)/python -m tools.lock

clean: ## Remove the environment and everything the demo made
	rm -rf $(VENV) demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
