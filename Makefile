# make demo: install into .venv and run the main job; make test: the same, then the tests;
# make slow: calibration that takes minutes; make lowest: the tests with the lowest versions that
# pyproject.toml allows, on the oldest Python here; make dist: the sdist, the wheel made from it, and
# the sdist's tests with that wheel and the newest versions, on the newest Python here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
PYTEST := python -m pytest -n auto --dist worksteal

# Newest first; pyenv's need not be on the path.
PYTHONS = PATH="$$PATH:$$(echo ~/.pyenv/versions/*/bin | tr ' ' :)" $(UV) python list --only-installed '>=3.11'
PATHS = $(PYTHONS) 2>/dev/null | awk '/^cpython-[0-9.]+-/ {print $$2}'
NEWEST ?= $(shell $(PATHS) | head -n 1)
OLDEST ?= $(shell $(PATHS) | tail -n 1)

.PHONY: demo test slow check lowest dist lint types smoke bench models clean

demo: $(VENV)/.installed
	$(BIN)/tokensphere random

test: demo $(VENV)/.installed-dev
	$(BIN)/$(PYTEST)

slow: $(VENV)/.installed-dev
	$(BIN)/$(PYTEST) -m slow

check: lint types test slow smoke lowest dist

# The lowest that have a wheel for that Python: NumPy 2.0 for 3.12, but 2.1 for 3.13.
lowest: $(VENV)/.installed-dev
	$(UV) venv --quiet --clear --python $(OLDEST) .venv-lowest
	$(UV) pip install --quiet --python .venv-lowest --resolution lowest-direct \
	    --only-binary :all: --no-binary tokensphere --editable '.[test,gensim]'
	.venv-lowest/bin/$(PYTEST)

dist: $(VENV)/.installed-dev
	rm -rf build dist
	$(UV) build --quiet --out-dir dist
	$(UV) venv --quiet --clear --python $(NEWEST) .venv-newest
	$(UV) pip install --quiet --python .venv-newest "$$(echo dist/*.whl)[test]"
	mkdir build && tar -xzf dist/*.tar.gz -C build --strip-components 1
	rm -r build/src  # what is tested is the wheel
	cd build && ../.venv-newest/bin/$(PYTEST) tests --pyargs tokensphere

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
	rm -rf $(VENV) .venv-lowest .venv-newest build dist .mypy_cache .ruff_cache .pytest_cache
