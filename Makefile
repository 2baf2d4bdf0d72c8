# Everything a person or CI runs. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
KEEP ?= 0
export FLWR_TELEMETRY_ENABLED := 0
export FLWR_DISABLE_UPDATE_CHECK := 1
export FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION := 1
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test lint format protos protos-check bench system lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(STAMP) ## Make .venv in the project root with everything in it

# torch first: a plain resolve would otherwise choose a build with several GB of GPU libraries.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[federated,postgres,dev]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps taxcalc==6.8.0
	touch $@

demo: setup ## Bring up a coordinator and nine nodes and run the main job (KEEP=1 leaves them up)
	$(BIN)/python -m deploy.local.demo $(if $(filter 1,$(KEEP)),--keep,) $(DEMO_ARGS)

test: setup ## Run all the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal $(TEST_ARGS)

lint: setup ## Check style, types, layers and that the stubs are current
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory protos-check

format: setup ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

protos: setup ## Generate the stubs from protos/redpact/v1/*.proto
	$(BIN)/python -m tools.protos

protos-check: setup ## Fail when the committed stubs are not what the .proto files give
	$(BIN)/python -m tools.protos --check

bench: setup ## Measure and print, in one run, ours beside the bare peers
	$(BIN)/python -m tests.benchmarks $(BENCH_ARGS)

system: ## Install the Debian packages that some tests need (PostgreSQL)
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql strace

lock: setup ## Write constraints.txt from the environment that passed the tests
	$(BIN)/python -m tools.lock

clean: ## Remove the environment and everything the demo made
	rm -rf $(VENV) demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
