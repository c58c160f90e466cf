# Everything starts here: `make build`, `make test`. Each target does its own set-up from
# nothing but Python 3.11 or later and make, and does again only what changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core
DEV := $(VENV)/.dev
SIMULATION := $(shell find python/migrantpanel/simulation -type f -not -path '*/__pycache__/*')

.PHONY: help build simulate docs test test-all lint format bench readme columns lock bundle clean
.DEFAULT_GOAL := help

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-12s %s\n", $$1, $$2}'

build: simulate ## Simulated extracts, landing, dbt build with its tests, and the site.
	$(BIN)/migrantpanel build
	$(BIN)/migrantpanel docs
	@echo "warehouse: warehouse/migrant_panel.duckdb (simulated: proves code, never findings)"
	@echo "site:      site/index.html"
	@echo "Three queries to try, and their answers:"
	@$(BIN)/migrantpanel queries

simulate: extracts-truth/parameters.json ## Simulated extracts, when absent or when the simulation changed.

extracts-truth/parameters.json: $(CORE) $(SIMULATION)
	$(BIN)/migrantpanel simulate --out extracts

docs: $(CORE) ## The documentation site of the published warehouse.
	$(BIN)/migrantpanel docs

test: $(DEV) ## Every test that needs no Java, Chromium or R.
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not java and not chromium and not r and not slow"

test-all: $(DEV) ## Every test; the summary names the tools that were absent.
	$(BIN)/python -m pytest

lint: $(DEV) ## ruff, sqlfluff and yamllint.
	$(BIN)/ruff check python models tests benchmarks
	$(BIN)/ruff format --check python models tests benchmarks
	$(BIN)/sqlfluff lint --disable-progress-bar models tests
	$(BIN)/yamllint --strict models seeds profiles python dbt_project.yml .pre-commit-config.yaml

format: $(DEV) ## Let the tools format Python and SQL.
	$(BIN)/ruff check --fix python models tests benchmarks
	$(BIN)/ruff format python models tests benchmarks
	$(BIN)/sqlfluff fix --disable-progress-bar models tests

bench: $(CORE) ## Seconds, rows per second and peak memory of each stage.
	$(BIN)/python benchmarks/build.py

readme: build ## Put the answers of the default build's queries into the README.
	$(BIN)/python tests/python/readme.py

columns: $(CORE) ## Copy the columns of mart_person_year to the marts that carry the same ones.
	$(BIN)/python tests/python/panel_columns.py
	$(BIN)/python tests/python/panel_docs.py

lock: $(DEV) ## Pin every package with its hashes, from requirements/*.in.
	$(BIN)/pip install uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-header requirements/core.in -o requirements/core.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-strip-extras --no-header requirements/dev.in -c requirements/core.lock \
	  -o requirements/dev.lock

bundle: $(CORE) ## Everything to install the core on Windows without a network.
	$(BIN)/migrantpanel bundle

clean: ## Remove what was built; keep the virtual environment.
	rm -rf extracts extracts-truth landing warehouse site target logs bundle secret.key

$(BIN)/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed: make PYTHON=python3.11 ...')"
	$(PYTHON) -m venv $(VENV)

$(CORE): requirements/core.lock pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/core.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.lock $(CORE)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@touch $@
