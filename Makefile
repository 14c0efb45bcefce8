# Every target sets up what it needs first. `make` alone lists them.

PYTHON ?= python3
export PYTHON
BIN := .venv/bin
ARGS ?=
UV ?= $(shell command -v uv || echo $(BIN)/uv)
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help up demo test check bench chaos soak lock clean browser

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

up: .venv/.runtime ## run Headwater on your data (ARGS="--data DIR")
	@exec $(BIN)/headwater up $(ARGS)

demo: .venv/.runtime ## run it on a synthetic organisation
	@exec $(BIN)/headwater up --demo $(ARGS)

# One more than there are cores: a third of the unit tests' time is waiting for a thread or a socket.
WAITING = $(shell $(BIN)/python -c "import os; print(os.cpu_count() + 1)")

# A file of tests that start something has a worker for itself, the longest first (LONGEST in
# tests/conftest.py) and the shortest last. Hundreds of processes start here: bytecode is worth
# keeping. And threads that share a small matrix wait for each other, spinning: two thirds of the
# time of what is estimated from figures.
test: export PYTHONDONTWRITEBYTECODE =
test: export OPENBLAS_NUM_THREADS = 1
test: .venv/.dev check browser ## everything that proves it works (ARGS="-k name")
ifeq ($(strip $(ARGS)),)
	$(BIN)/python -m pytest -m "not integration and not e2e" -n $(WAITING) --dist worksteal \
		--ignore tests/e2e $(addprefix --ignore ,$(DOCS_TESTS))
	$(BIN)/python -m pytest -m "integration or e2e" -n logical --dist loadfile --no-loadscope-reorder \
		--durations 80 --durations-min 5 --maxfail 12
else
	$(BIN)/python -m pytest $(ARGS)
endif

check: .venv/.dev ## format, lint, types, import rules, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(DOCS_TESTS),$(BIN)/python -m pytest -q -m "not integration" $(DOCS_TESTS))

DOCS_TESTS := $(wildcard tests/test_docs*.py) tests/dashboards/test_grafana.py

bench: .venv/.dev ## measure; writes bench.json
	$(BIN)/python -m tests.benchmarks $(ARGS)

chaos: .venv/.dev ## kill every part at random moments, then compare with the oracle
	HEADWATER_TESTS=whole $(BIN)/python -m pytest -q -m e2e -k chaos tests/e2e $(ARGS)

soak: .venv/.dev browser ## the tests of the real parts, each for as long as it takes
	HEADWATER_TESTS=whole $(BIN)/python -m pytest -m "integration or e2e" -n logical \
		--dist loadfile --no-loadscope-reorder --timeout 3600 $(ARGS)

browser:
	@scripts/browser

.venv/.runtime: requirements.lock pyproject.toml
	@scripts/setup requirements.lock
	@touch $@

.venv/.dev: requirements.lock requirements-dev.lock pyproject.toml
	@scripts/setup requirements.lock requirements-dev.lock
	@touch .venv/.runtime $@

lock: ## write the lock files anew from pyproject.toml and jgo.toml
	@command -v $(UV) >/dev/null || $(BIN)/python -m pip install -q uv
	$(COMPILE) $(ARGS) pyproject.toml -o requirements.lock
	$(COMPILE) $(ARGS) --group dev -c requirements.lock -o requirements-dev.lock
	@folder=$$(mktemp -d) && cd headwater/embedded && \
	$(abspath $(BIN))/jgo --class-path-only --resolver python --cache-dir $$folder sync && \
	sed '/^generated/d' $$folder/jgo.lock.toml > jgo.lock.toml && rm -r $$folder

clean: ## remove what was built; data folders stay
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
