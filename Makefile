# make demo: install into .venv and run the main job; make test: the same, then the tests;
# make slow: calibration that takes minutes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test slow check lint types smoke bench models clean

demo: $(VENV)/.installed
	$(BIN)/tokensphere random

test: demo $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist worksteal -m slow

check: lint types test slow smoke

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

smoke: demo
	$(BIN)/tokensphere near " Paris" --json > /dev/null
	$(BIN)/tokensphere pair " female" " alt"
	$(BIN)/tokensphere info

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks

models: $(VENV)/.installed
	$(BIN)/python scripts/fetch_models.py .models

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
