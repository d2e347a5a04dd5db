# Each target does its own set-up: a Python environment in .venv from the lock file, by uv.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
# Matrices here are small: more threads of BLAS only get in each other's way.
export OPENBLAS_NUM_THREADS ?= 1
CASE := examples/dahbour-2021.json
CHECKS := format lint types imports unit knowledge

.PHONY: help run assess test site postgresql browser audit check bench evidence docs population lock prove mutants clean $(CHECKS)

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Postlude needs Python 3.11 or newer; this is $$($(PYTHON) --version). Say: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

run: $(READY)  ## the clinic's site with a synthetic clinic, on this machine
	@$(BIN)/postlude serve --demo --home demo-clinic

assess: $(READY)  ## assess a real, published case
	@$(BIN)/postlude assess $(CASE)

test: $(READY) browser  ## everything: checks, proofs, slips in conditions, all tests; those of the site on both databases
	@$(MAKE) --no-print-directory format lint types imports
	@$(BIN)/postlude check --prove --mutants --accepted docs/mutants.toml
	@$(MAKE) --no-print-directory postgresql
	@$(BIN)/python -m pytest -n auto
	@$(BIN)/python -m tests.audited

site: $(READY) browser  ## the tests of the site, on SQLite and on PostgreSQL
	@$(MAKE) --no-print-directory postgresql
	@$(BIN)/python -m pytest -n auto tests/site

postgresql: $(READY) browser  ## the tests of the site, on a PostgreSQL of their own
	@$(BIN)/python -m tests.postgresql $(BIN)/python -m pytest -n auto tests/site

audit: $(READY)  ## known weaknesses of what is in the lock file; fails where nobody answers
	@$(BIN)/python -m tests.audited --needed

browser: $(READY)  # Chromium and a font, for tests that look at pages; installed where there is none
	@$(BIN)/python -m tests.browser

check: $(READY)  ## the ordinary loop, under a minute: all checks run, failures are counted
	@failed=0; for target in $(CHECKS); do \
	  $(MAKE) --no-print-directory $$target || failed=$$((failed + 1)); done; \
	if [ $$failed -gt 0 ]; then echo "$$failed of $(words $(CHECKS)) checks failed" >&2; exit 1; fi

format: $(READY)
	@$(BIN)/ruff format --quiet --check . || { echo "run: $(BIN)/ruff format" >&2; exit 1; }

lint: $(READY)
	@$(BIN)/ruff check --quiet .

types: $(READY)
	@$(BIN)/mypy --no-error-summary

imports: $(READY)
	@$(BIN)/lint-imports --no-logo > .venv/imports.txt || { cat .venv/imports.txt; exit 1; }

unit: $(READY)
	@$(BIN)/python -m pytest --quiet -m "not slow" -n auto tests/unit tests/spec tests/repo

knowledge: $(READY)
	@$(BIN)/postlude check

prove: $(READY)  ## prove what must hold for every person
	@$(BIN)/postlude check --prove

mutants: $(READY)  ## say which slips in the conditions would go unnoticed
	@$(BIN)/postlude check --mutants --accepted docs/mutants.toml

bench: $(READY)  ## measure, side by side in one run
	@for measured in assess expect pool prove score study intake web; do $(BIN)/python bench/$$measured.py || exit 1; done

evidence: $(READY)  ## fit the shipped evidence anew, after a change of the evidence or of the model
	@$(BIN)/python -m postlude.evidence.ship

docs: $(READY)  ## write docs/language.md, docs/tables.md and the tables of docs/evidence.md anew
	@$(BIN)/python -m tests.spec.render

population: $(READY)  ## count anew what stable people are told, after a change of rules, questions or shares (ten minutes)
	@$(BIN)/python -m tests.spec.render_population

lock: $(READY)  ## resolve the dependencies anew
	@$(BIN)/uv pip compile --quiet pyproject.toml --extra clinic --extra prove --extra spark --group dev --universal --generate-hashes \
	  --no-annotate --upgrade --output-file requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis
