# make run    set everything up and serve the app         make test   set up and pass all tests
# make check  lint, types, import contracts, fast tests   make soak   the long tests
# make bench  the benchmarks                              make clean  remove the environment
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
export HF_HUB_DISABLE_TELEMETRY := 1

.PHONY: run check test soak bench lint clean

run: $(VENV)/.run
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

$(VENV)/.run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=/path/to/python3.") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: lint
	$(BIN)/python -m pytest -n 2 -m "not browser and not crash and not files and not soak" --doctest-modules tests nl2sql

test: check
	@bash tests/browser_setup.sh
	$(BIN)/python -m pytest -n 2 -m "files and not soak" tests
	$(BIN)/python -m pytest -m "(browser or crash) and not soak" tests

soak: $(VENV)/.dev
	$(BIN)/python -m pytest -m soak tests

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV)
