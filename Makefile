# Two commands on a fresh machine with Python 3.11 or later, make and venv: `make verify` and `make test`.
PYTHON ?= python3
JOBS ?= 2
# Relative on purpose: the checkout may lie in a folder with spaces in its name.
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help verify test lint format types laws ci campaign bench mutants clean

help:
	@echo "make verify    check every formula of the notes, and every parameter of a network; write report/index.html"
	@echo "make test      the fast tests;  make campaign  the long ones"
	@echo "make bench     time the hand-written step against PyTorch's: the table of docs/SPEED.md"
	@echo "               (the exhaustive check against its peers: .venv/bin/python -m benchmarks.exhaustive)"
	@echo "make mutants   would the tests notice a changed operator in manual/? (docs/MUTANTS.md)"
	@echo "make lint      ruff;  make types  mypy;  make laws  import laws;  make ci  all four"
	@echo "make clean     remove the environment and what was built"

# A change of the dependencies is installed before anything runs, and a half-built environment is mended.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "handgrad needs Python 3.11 or later, and $(PYTHON) is missing or older: install it, or name it with 'make PYTHON=/path/to/python3.11'." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "$(PYTHON) cannot make virtual environments: install its venv module (Debian: apt-get install python3-venv)." >&2; exit 2; }
	@echo "setting up .venv (a minute or more the first time)"
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

verify: .venv/installed
	@$(BIN)/handgrad verify --exhaustive --out report

# What was compiled is kept, whatever the shell says: the tests start many processes, and each would compile it again.
# A worker takes tests that stand together, which share what they compute, and at its end half of what the other has left.
test: .venv/installed
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

lint: .venv/installed
	@$(BIN)/ruff check .

format: .venv/installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: .venv/installed
	@$(BIN)/mypy

laws: .venv/installed
	@$(BIN)/lint-imports

ci: test lint types laws

campaign: .venv/installed
	@HYPOTHESIS_PROFILE=campaign $(BIN)/python -m pytest -n $(JOBS) -m campaign

bench: .venv/installed
	@$(BIN)/python -m benchmarks.training

mutants: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	@$(BIN)/python -m benchmarks.mutants manual --quick --tests tests/test_manual.py tests/test_manual_twins.py tests/test_manual_laws.py tests/test_catalogue.py manual

clean:
	rm -rf .venv .mutants build dist report training *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
