# One verb for each need; `make` alone lists them.
#
#   PYTHON=/path/to/python   the Python that .venv is made with (default: the first one that is new enough)
#   WORKERS=4                test files run at once by `test` (default: 2)
#   ARGS='-k judge -x'       further arguments of `serve`, `test`, `bench`, `soak` and `steadiness`

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: bench check clean format help install install-dev lint lock serve soak steadiness test

WORKERS := 2
BIN := .venv/bin
PYTHONS := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
UV := $(shell command -v uv 2>/dev/null)
CC_FOUND := $(shell command -v cc 2>/dev/null)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_PROJECT_ENVIRONMENT := .venv

ifneq ($(UV),)
NEEDED := sys
MAKE_VENV = $(UV) venv --quiet --clear --python "$$python" .venv
SYNC := $(UV) sync --quiet --locked --inexact --extra production $(if $(CC_FOUND),,--extra zig)
INSTALL := $(SYNC)
INSTALL_DEV := $(SYNC) --group dev
else
NEEDED := sys, ensurepip
MAKE_VENV = "$$python" -m venv --clear .venv
PIP := $(BIN)/python -m pip
ZIG := $(if $(CC_FOUND),, && $(PIP) install --quiet --editable '.[zig]')
INSTALL := $(PIP) install --quiet --requirement requirements.txt && $(PIP) install --quiet --no-deps --editable . && $(PIP) check$(ZIG)
INSTALL_DEV := $(PIP) install --quiet --requirement requirements-dev.txt
endif

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

install: .venv/.installed ## .venv with the program in .venv/bin/assay
install-dev: .venv/.installed-dev ## the same, with what tests and linters need

serve: install ## the program with demo data, until Ctrl-C
	$(BIN)/assay serve --demo $(ARGS)

test: install-dev ## every test
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: install-dev ## style, types, architecture, unused code, documented ports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/interrogate --quiet application/ports

check: lint ## all is well: lint, then test
	$(MAKE) test

format: install-dev ## mend style where a tool can
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

bench: install-dev ## speed: tests/benchmarks, not part of `test`
	$(BIN)/pytest tests/benchmarks --capture=no --timeout=0 $(ARGS)

soak: install-dev ## every test with its full counts: long
	ASSAY_TEST_SOAK=on $(BIN)/pytest --timeout=0 $(ARGS)

steadiness: install-dev ## verdicts under load and leaks, with full counts: half an hour
	ASSAY_TEST_SOAK=on $(BIN)/pytest tests/steadiness --capture=no --timeout=0 $(ARGS)

lock: ## after a change of dependencies: uv.lock and what pip reads (needs uv)
	uv lock
	uv export --quiet --locked --no-emit-project --extra production --output-file requirements.txt
	uv export --quiet --locked --no-emit-project --only-group dev --output-file requirements-dev.txt

clean: ## remove .venv and caches, never ./var
	rm -rf .venv build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .schemathesis
	find . -name node_modules -prune -o -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@for python in $(PYTHONS); do \
	  if "$$python" -c 'import $(NEEDED); sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making .venv with $$("$$python" --version)"; \
	    $(MAKE_VENV); exit; \
	  fi; \
	done; \
	echo 'Assay needs Python 3.11 or newer$(if $(UV),, with its venv module). Tried: $(PYTHONS). Name another: make PYTHON=/path/to/python' >&2; \
	exit 1

.venv/.installed: .venv/bin/python pyproject.toml requirements.txt uv.lock
	@echo 'Installing the program'
	@$(INSTALL)
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt
	@echo 'Installing the tools'
	@$(INSTALL_DEV)
	@touch $@
