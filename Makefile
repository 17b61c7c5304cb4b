# Everything a person or CI runs here.  `make demo` and `make test` set up what they need: a
# virtual environment in .venv from the lock files, every package checked by its hash.
#
#   make demo     the whole tour on the emulator
#   make test     all tests, network closed but for loopback, with the coverage limits
#   make faults   every request of an apply x every fault (make test takes a sample)
#   make fuzz     100,000 YAML documents, 10,000 answers of the APIs, 2,000 projects, 10,000 plans
#   make lint     style, types, import layers
#   make format   let ruff rewrite the style
#   make sweep    the long runs that `make test` leaves out: 20,000 cases for every property test
#   make bench    the measurements of bench/
#   make schemas  write schemas/ again from the manifest models
#   make lock-check  set up from the lock while the registry offers newer releases
#   make lock     resolve the dependencies again (make lock UPGRADE=--upgrade for newer versions)

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
# For `make test ARGS="-k plan -x"`; the limits below then say little and may fail.
ARGS ?=
# Percent of lines and branches.
COVERAGE ?= 95
CORE_COVERAGE ?= 100
UPGRADE ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The lock names every package that is installed.  pip must not resolve it again: in hash mode it
# would look for the newest release of an extra (coverage[toml]) and refuse it for its hash.
LOCKED := $(PIP) install --no-deps --require-hashes
# A stamp is newer than what was installed from; it lies in the environment and dies with it.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

.PHONY: demo faults fuzz test sweep lock-check lint format bench schemas lock
.DEFAULT_GOAL := test

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is older than 3.11: name a newer one, as in make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot make virtual environments (Debian: apt-get install python3-venv)" >&2; exit 1; }

# The last line of both: the checkout itself, built by the locked tools and linked, not copied.
$(RUN): requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "setting up $(VENV) to run"
	@$(LOCKED) -r requirements.txt -r requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(PIP) check
	@touch $@

$(DEV): requirements-dev.txt requirements.txt requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "setting up $(VENV) to develop"
	@$(LOCKED) -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(PIP) check
	@touch $(RUN) $@

demo: $(RUN)
	$(BIN)/reconciler demo

test: $(DEV)
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report= $(ARGS)
	$(BIN)/python -m coverage report --fail-under=$(COVERAGE)
	$(BIN)/python -m coverage report --include='reconciler/core/*' --fail-under=$(CORE_COVERAGE)

faults: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) tests/faults --every 1 -s $(ARGS)

fuzz: $(DEV)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/fuzz \
		--documents 100000 --answers 10000 --projects 2000 --plans 10000 -s $(ARGS)

sweep: $(DEV)
	HYPOTHESIS_PROFILE=sweep $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "sweep or hypothesis" $(ARGS)

# Sets up both environments while the registry offers a newer release of every package.
lock-check: $(BIN)/python
	rm -rf build/lock-check
	$(BIN)/python .ci/newer_registry.py build/lock-check/registry requirements*.txt
	PIP_FIND_LINKS="$(CURDIR)/build/lock-check/registry $$PIP_FIND_LINKS" $(MAKE) --no-print-directory \
		VENV=build/lock-check/run build/lock-check/run/.installed-run
	PIP_FIND_LINKS="$(CURDIR)/build/lock-check/registry $$PIP_FIND_LINKS" $(MAKE) --no-print-directory \
		VENV=build/lock-check/dev build/lock-check/dev/.installed-dev
	rm -rf build/lock-check

lint: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(DEV)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(DEV)
	$(BIN)/python -m bench

schemas: $(RUN)
	$(BIN)/reconciler schema

# The resolver lives apart from what it resolves.  Existing pins stay unless UPGRADE says else;
# universal: one file for every Python and system that we support.
RESOLVER := build/resolver
COMPILE := $(RESOLVER)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command "make lock" $(UPGRADE)

$(RESOLVER)/bin/uv:
	@$(PYTHON) -m venv $(RESOLVER)
	@$(RESOLVER)/bin/python -m pip --disable-pip-version-check --quiet install uv==0.13.9

lock: $(RESOLVER)/bin/uv
	$(COMPILE) pyproject.toml --group dev --group build -o requirements-dev.txt
	$(COMPILE) pyproject.toml -c requirements-dev.txt -o requirements.txt
	$(COMPILE) --group build -c requirements-dev.txt -o requirements-build.txt
