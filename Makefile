# Two commands do everything: `make demo` and `make test`. Both set themselves up from Python 3.11+, pip and make.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
# A display of its own for the window tests where there is one to be had.
DISPLAYED = $(if $(shell command -v xvfb-run),QT_QPA_PLATFORM=xcb xvfb-run -a -s "-screen 0 1920x1080x24",QT_QPA_PLATFORM=offscreen)

.PHONY: demo test lint types imports suite clean

demo: $(VENV)/ready-for-demo
	@$(BIN)/inspector demo $(ARGS)

test: $(VENV)/ready-for-test lint types imports suite

lint: $(VENV)/ready-for-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready-for-test
	$(BIN)/mypy

imports: $(VENV)/ready-for-test
	$(BIN)/lint-imports

suite: $(VENV)/ready-for-test
	$(DISPLAYED) $(BIN)/python -m pytest $(ARGS)

$(VENV)/ready-for-demo: pyproject.toml
	@$(MAKE) --no-print-directory environment EXTRAS= SYSTEM=
	@touch $@

$(VENV)/ready-for-test: pyproject.toml
	@$(MAKE) --no-print-directory environment EXTRAS=[test] SYSTEM=--tests
	@touch $@ $(VENV)/ready-for-demo

.PHONY: environment
environment:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or run make PYTHON=/path/to/python3"; exit 2; }
	@$(PYTHON) inspector/system_libraries.py --install $(SYSTEM)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
		echo "The virtual environment could not be made; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 2; }
	@echo "Installing into $(VENV): a few minutes the first time (PyTorch is large) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.$(EXTRAS)'

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
