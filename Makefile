# make run        everything on this machine, against simulators (ONCE=1: one run, then stop)
# make test       all gates and all tests
# make bench      what the program costs beside what a user would use instead (BENCH=name for one)
# make soak       the kill tests on the whole demo school and folder (long)
# make conformance  Microsoft's own client against the Graph simulator

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BROWSER := $(VENV)/.browser

.PHONY: run test lint soak bench conformance clean

run: $(INSTALLED) $(BROWSER)
	$(BIN)/scheduling-pipeline run $(if $(ONCE),--once)

test: $(INSTALLED) $(BROWSER) lint
	$(BIN)/pytest -n 3 --dist loadgroup

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/dagster definitions validate -w workspace.yaml

soak: $(INSTALLED) $(BROWSER)
	$(BIN)/pytest -m soak

bench: $(INSTALLED) $(BROWSER)
	$(BIN)/python -m benchmarks $(BENCH)

conformance: $(INSTALLED)
	$(BIN)/python scripts/conformance.py

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

# Playwright's own browser where it can be had, else Debian's.
$(BROWSER): $(INSTALLED)
	./scripts/install_browser.sh $(BIN)/playwright
	touch $@

clean:
	rm -rf $(VENV) var benchmarks/out
