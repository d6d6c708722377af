# make demo: install into .venv, with the extras that README's commands need, and run the main job; make test:
# the same, then the tests; make slow: calibration that takes minutes; make lowest: the tests with the lowest
# versions that pyproject.toml allows, on the oldest Python here; make dist: the sdist, the wheel made from it, and
# the sdist's tests with that wheel and the newest versions, on the newest Python here; make nocompiler:
# the search's tests on what is installed without a C compiler; make sanitize: the kernel's tests with the
# kernel under AddressSanitizer and UBSan; make docs: the documentation as a site; make explore: the page in the
# browser; make browser: its tests in Debian's Chromium, which is installed when it is missing; make atlas: three
# real models and their controls side by side, in ./atlas, atlas.html and atlas.png.
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

# What the kernel is built from; `make demo` and `make test` build it again when one changes.
KERNEL := setup.py $(wildcard src/kernel/*.[ch])
KERNEL_TESTS = $(addprefix tests/geometry/test_,kernel.py search.py search_each.py coherence.py)
SANITIZED := $(VENV)/sanitized/tokensphere/geometry/_kernel.so
# With libstdc++, which must be there when its sanitizer starts.
ASAN := $(wildcard $(foreach library,libasan.so libstdc++.so,$(shell gcc -print-file-name=$(library) 2>/dev/null)))

.PHONY: demo docs explore test slow browser check lowest dist nocompiler sanitize lint types smoke bench models atlas clean

demo: $(VENV)/.installed
	$(BIN)/tokensphere random

explore: $(VENV)/.installed
	$(BIN)/tokensphere explore

# Into ./site; a warning (a page, an anchor or a name that there is not) is an error.
docs: $(VENV)/.installed-docs
	$(BIN)/python scripts/site/commands.py > docs/reference/commands.md
	$(BIN)/zensical build --clean --strict

test: demo $(VENV)/.installed-dev
	$(BIN)/$(PYTEST)

slow: $(VENV)/.installed-dev
	$(BIN)/$(PYTEST) -m "slow and not browser"

browser: $(VENV)/.installed-browser
	command -v $${CHROMIUM:-chromium} > /dev/null || { apt-get update && apt-get install -y chromium; } > /dev/null \
	    || { echo "there is no chromium, and it cannot be installed: install it, or name one in CHROMIUM"; exit 1; }
	$(BIN)/python -m pytest -m browser -n 2 --dist loadfile

check: lint types docs test slow browser smoke lowest dist nocompiler sanitize

# The lowest that have a wheel for that Python: NumPy 2.0 for 3.12, but 2.1 for 3.13.
lowest: $(VENV)/.installed-dev
	$(UV) venv --quiet --clear --python $(OLDEST) .venv-lowest
	$(UV) pip install --quiet --python .venv-lowest --resolution lowest-direct \
	    --only-binary :all: --no-binary tokensphere --editable '.[test,gensim]'
	.venv-lowest/bin/$(PYTEST)

dist: $(VENV)/.installed-dev
	rm -rf build dist
	$(UV) build --quiet --out-dir dist
	$(BIN)/twine check --strict dist/*
	$(UV) venv --quiet --clear --python $(NEWEST) .venv-empty
	$(UV) pip install --quiet --python .venv-empty dist/*.whl
	cd dist && TOKENSPHERE_CACHE=$(CURDIR)/.venv-empty/cache ../.venv-empty/bin/tokensphere random --name > /dev/null
	$(UV) venv --quiet --clear --python $(NEWEST) .venv-newest
	$(UV) pip install --quiet --python .venv-newest "$$(echo dist/*.whl)[test]"
	mkdir build && tar -xzf dist/*.tar.gz -C build --strip-components 1
	rm -r build/src  # what is tested is the wheel
	cd build && ../.venv-newest/bin/$(PYTEST) tests --pyargs tokensphere

nocompiler: $(VENV)/.installed-dev
	$(UV) venv --quiet --clear --python $(BIN)/python .venv-nocompiler
	CC=/no/compiler $(UV) build --quiet --wheel --out-dir .venv-nocompiler/dist
	$(UV) pip install --quiet --python .venv-nocompiler "$$(echo .venv-nocompiler/dist/*-none-any.whl)[test]"
	.venv-nocompiler/bin/tokensphere info --system
	.venv-nocompiler/bin/tokensphere random --json > /dev/null
	.venv-nocompiler/bin/$(PYTEST) tests/geometry tests/cli/test_commands.py

sanitize: $(VENV)/.installed-dev
ifeq ($(words $(ASAN)),2)
	rm -rf $(VENV)/sanitized
	CC=gcc CFLAGS="-g -Werror=implicit -fno-omit-frame-pointer -DEMULATED -fsanitize=address,undefined -fno-sanitize-recover=all" \
	    LDFLAGS="-fsanitize=address,undefined" \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)/sanitized .
	@test -e $(SANITIZED) || { echo "the kernel does not compile: see pip install -v --no-deps ."; exit 1; }
	LD_PRELOAD="$(ASAN)" ASAN_OPTIONS=detect_leaks=0 TOKENSPHERE_KERNEL_LIBRARY=$(CURDIR)/$(SANITIZED) \
	    $(BIN)/$(PYTEST) -k "not no_memory and not numpy]" $(KERNEL_TESTS)  # ASan itself needs much
else
	@echo "make sanitize is skipped: there is no gcc with libasan here"
endif

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

smoke: demo
	$(BIN)/tokensphere nearest " Paris" --json > /dev/null
	$(BIN)/tokensphere pair " female" " alt"
	$(BIN)/tokensphere info

bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks

models: $(VENV)/.installed
	$(BIN)/python scripts/fetch_models.py .models

# Three real models and their controls, some ten minutes of two processors; stopped, it goes on from there.
atlas: models
	$(BIN)/tokensphere atlas examples/atlas.txt -n 2000 --block 1000 --out atlas
	$(BIN)/tokensphere atlas report atlas --page atlas.html --plot atlas.png

$(VENV)/.installed: pyproject.toml $(KERNEL)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[explore,hub,parquet,plot]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

$(VENV)/.installed-browser: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[browser]'
	touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:
	rm -rf atlas atlas.html atlas.png $(VENV) .venv-empty .venv-lowest .venv-newest .venv-nocompiler site docs/reference/commands.md src/tokensphere/geometry/_kernel.* build dist .mypy_cache .ruff_cache .pytest_cache
