# Folkmoot's commands. Each sets up what it needs first.
.DEFAULT_GOAL := help
.PHONY: help setup demo up test check bench contracts rpc lock format clean
PYTHON := .venv/bin/python
SET_UP := .venv/set-up
# Tests start Python hundreds of times; without its caches each start compiles the product again.
unexport PYTHONDONTWRITEBYTECODE

help: ## print these lines
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(SET_UP) ## make .venv from requirements.lock (nothing to do while lock and pyproject.toml are unchanged)

$(SET_UP): requirements.lock pyproject.toml
	@infra/set-up
	@touch $(SET_UP)

demo: $(SET_UP) ## play a real quarter of Cannock Chase through the platform and write its reports to build/demo
	@.venv/bin/folkmoot demo

up: $(SET_UP) ## serve the platform on this machine until Ctrl-C
	@.venv/bin/folkmoot up

# One worker more than there are cores, because many tests wait for a server; at most 8, because each starts its own.
WORKERS := $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 8 ? cores + 1 : 8)))

test: $(SET_UP) ## the whole suite, on a real PostgreSQL and a real NATS (ARGS="-k quorum" for a part of it)
	$(PYTHON) -m pytest -n $(WORKERS) $(ARGS)

check: $(SET_UP) ## style, types, the laws of the architecture, and whether generated files are up to date
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy --strict shared services bench
	.venv/bin/lint-imports --no-logo
	$(PYTHON) -m services.command_line.contracts check
	$(PYTHON) -m shared.contracts.publish check
	infra/generate-rpc --check

bench: $(SET_UP) ## measure, and print ratios
	$(PYTHON) -m bench

contracts: $(SET_UP) ## write JSON Schema, AsyncAPI, docs/events.md, docs/settings.md and docs/rules.md from the declarations
	$(PYTHON) -m services.command_line.contracts write
	$(PYTHON) -m shared.contracts.publish write

rpc: $(SET_UP) ## generate the gRPC code from the .proto files
	infra/generate-rpc

UV := $(or $(shell command -v uv),.venv/bin/uv)
LOCK := $(UV) pip compile -q --universal --generate-hashes --python-version 3.12 \
	--no-emit-index-url --no-emit-find-links --no-header pyproject.toml

lock: $(SET_UP) ## resolve pyproject.toml again into both locks: for development, and for the image
	@command -v $(UV) >/dev/null || $(PYTHON) -m pip -qq install uv
	$(LOCK) --extra embedded --extra dev -o requirements.lock
	$(LOCK) -c requirements.lock -o requirements-run.lock

format: $(SET_UP) ## put code and imports into shape
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

clean: ## remove .venv, build and caches; recorded data stays in .folkmoot
	rm -rf .venv build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
