# Needs make and a Python, 3.12 or newer. Everything else goes into .venv.

SHELL = /bin/sh
PYTHON = .venv/bin/python
PYTEST = $(PYTHON) -m pytest
VARYING = .venv/bin/varying

.DEFAULT_GOAL = help
.PHONY: help venv demo test slow check fmt golden pages bench faults clean

help:
	@echo 'make demo    fit examples/ratings and print the table'
	@echo 'make test    run the tests'
	@echo 'make slow    run the slow tests: those that sample at length'
	@echo 'make check   lint, formatting, types, layers'
	@echo 'make fmt     format the code'
	@echo 'make golden  accept what the golden files would be now'
	@echo 'make pages   fit the examples, make the tables and pictures in docs/examples'
	@echo 'make bench   time Varying beside Bambi and brms: hours; see benchmarks/README.md'
	@echo 'make faults  damage files, kill fits, fill disks: the table in docs/trust.md'
	@echo 'make clean   remove what was made, except .venv'

venv:
	@sh .ci/venv

demo: venv
	@$(VARYING) check examples/ratings/ratings.model
	@$(VARYING) fit examples/ratings/ratings.model --seed 2 --out ratings.fit

# Bytecode is kept whatever the environment says: several hundred processes are started.
ENVIRONMENT = MPLBACKEND=Agg PYTHONDONTWRITEBYTECODE=

# A process a core, of about a gigabyte each; TESTS=... has other options, such as "-n 1 -x".
# In a new copy each of them would compile the same packages to bytecode.
test: venv
	@$(PYTHON) -m compileall -q -j 0 grammar compiler runtime
	@$(ENVIRONMENT) $(PYTEST) -m 'not slow' -n auto --maxprocesses 8 --dist worksteal $(TESTS)

slow: venv
	@$(ENVIRONMENT) $(PYTEST) -m slow

check: venv
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

fmt: venv
	$(PYTHON) -m ruff check --fix-only .
	$(PYTHON) -m ruff format .

golden: venv
	@$(ENVIRONMENT) VARYING_ACCEPT=1 $(PYTEST) -m 'not slow' --snapshot-update

pages: venv
	$(PYTHON) docs/examples/make.py

bench: venv
	@$(PYTHON) benchmarks/startup.py
	@$(PYTHON) benchmarks/run.py $(BENCH)

faults: venv
	$(PYTHON) -m tests.safety.faults --write $(FAULTS)

clean:
	rm -rf build dist src/*.egg-info *.fit .coverage
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -path ./.venv -prune -o -name __pycache__ -prune -exec rm -rf {} +
