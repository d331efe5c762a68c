# Seamless: everything a fresh machine needs is Python 3.11+ and make.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test stack test-long test-faults lint unit fmt drawings dashboards pictures bench rebuild-bench exercise pilots scale fines midnight simulation mutants lock clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 20

setup: .venv/engines ## Make .venv and fetch the engines (Temporal, Kafka, a Java runtime)

.venv/installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/engines: .venv/installed deploy/local/jars.lock.json
	$(BIN)/python -m deploy.local.jars
	@touch $@

demo: setup ## Run the main job: construction permits across six agencies, on a stack of its own
	$(BIN)/seamless demo

test: lint unit stack ## All checks: style, types, direction of imports, then the tests, fast ones first

# Tests on servers wait more than they work: several processes at the same time, each with a stack.
SERVERS := --dist loadfile --no-loadscope-reorder --durations 10

stack: setup ## The tests on real servers, except the long ones
	$(BIN)/pytest tests --ignore tests/unit --ignore tests/replay --ignore tests/releases -m "not full_size and not long" -n 3 $(SERVERS)

test-long: setup ## The long tests: processes killed, servers away or restored, from a wheel
	$(BIN)/pytest tests -m "long and not full_size" -n 2 $(SERVERS)

test-faults: setup ## Break the real stack on purpose, by two seeds (docs/faults.md; about twenty minutes)
	$(BIN)/python -m tests.nemeses --seed 1 --seed 2

lint: setup ## Style, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup ## The fast tests only
	$(BIN)/pytest tests/unit tests/replay tests/releases -m "not long and not full_size" -n auto --dist worksteal --durations 15

fmt: setup ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

drawings: setup ## Draw the procedures again (docs/drawings)
	$(BIN)/python -m tests.drawings

dashboards: setup ## Generate the dashboards (deploy/grafana/json)
	$(BIN)/python -m deploy.grafana

pictures: setup ## Take the pictures of docs/ in a town of four minutes (Debian: prometheus, chromium-headless-shell)
	$(BIN)/python -m tests.watching

bench: setup ## Compare the platform with a bare Temporal program (at most 5 minutes)
	$(BIN)/python -m bench

rebuild-bench: setup ## Compare what is promised of rebuilding a procedure with real logs (four minutes)
	$(BIN)/python -m bench.rebuild

exercise: setup ## Plant ten troubles in a running town and mend them (seven minutes; needs Debian's prometheus)
	$(BIN)/pytest tests/exercise -m ""

pilots: setup ## Run two pilots of 200 cases on real servers: one is adopted, one is given up (a quarter of an hour)
	$(BIN)/pytest tests/pilots -m full_size -s

scale: setup ## Give one case 10,000 events, and 900 of 60 kB (ten minutes)
	$(BIN)/pytest tests/fault/test_flood.py -m full_size

fines: setup ## Replay the whole log of traffic fines and compare it with a count of its rows (a quarter of an hour)
	$(BIN)/pytest tests/commands/test_replay.py -m full_size -s

midnight: setup ## Let 5,000 limits end at the same midnight (half an hour)
	$(BIN)/pytest tests/fault/test_midnight.py -m full_size -s

simulation: setup ## Run 5,000 seeds of the simulation (docs/simulation.md)
	$(BIN)/python -m tests.simulation --seeds 5000

mutants: setup ## Put each fixed defect back, one at a time, and see what finds it
	$(BIN)/python -m tests.simulation.mutants

lock: ## Renew the lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml --group dev -o requirements-dev.lock
	$(BIN)/python -m deploy.local.jars --renew

clean: ## Remove what was made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build *.egg-info
