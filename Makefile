# Two commands matter: `make demo` and `make test`. Both set up .venv from the hash-pinned lock first.
PYTHON ?= python3
BIN := .venv/bin
NAME ?= all

.PHONY: demo test check setup axe bench parity golden schedules suppression-campaign lock format clean

setup: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "churnlab needs Python >= 3.11; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/churnlab run configs/complete_journey.yaml

test: setup
	$(BIN)/python -m pytest -n 2

# The accessibility checker for the tests of pages (tests/web); needs npm.
axe: build/axe/node_modules/axe-core/axe.min.js

build/axe/node_modules/axe-core/axe.min.js: Makefile
	npm install --prefix build/axe --ignore-scripts --no-audit --no-fund --loglevel=error axe-core@4.14.1
	touch $@

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell src tests docs README.md CONTRIBUTING.md CHANGELOG.md pipelines configs

bench: setup
	$(BIN)/python -m benchmarks.run $(NAME)

# Spark against this machine, on drawn worlds and Complete Journey: needs Java 17 and churnlab[spark].
parity: setup
	CHURNLAB_PARITY=1 $(BIN)/python -m pytest tests/parity

# Deliveries killed at 500 schedules drawn by lot, where `make test` tries 50; Postgres with a fifth of them;
# a backtest killed at each origin, where `make test` tries one.
schedules: setup
	CHURNLAB_SCHEDULES=500 $(BIN)/python -m pytest -n 2 tests/lists/test_delivery_killed.py tests/lists/test_database.py \
	  tests/workflow/test_backtesting.py::test_a_killed_backtest_goes_on_and_gives_the_same

# 10,000 drawn schedules of consents, objections and deliveries: nobody who said no stands in a list.
suppression-campaign: setup
	CHURNLAB_SCHEDULES=10000 $(BIN)/python -m pytest tests/checks/test_suppression_schedules.py

# The statements kept for engines that the tests do not run.
golden: setup
	$(BIN)/python tests/golden_sql.py

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The lock names versions and hashes, never the place they came from; needs uv.
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --extra dev --extra examples --extra postgres --extra storage \
	  --generate-hashes --no-annotate --no-header --quiet -o requirements.lock

clean:
	rm -rf .venv build out mlflow.db mlartifacts
