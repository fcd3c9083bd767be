# `make chat` runs the main job and `make test` the tests, each from a bare machine.
PYTHON ?= python3.11
ARCHIVE ?= .archives/examples
PORT ?= 7860
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup chat test lint bench clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/'

setup: .venv/installed ## Make .venv and install Dateline and its development tools

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

chat: setup ## Build the example archive and open the chat on it
	$(BIN)/dateline rebuild examples/articles --archive $(ARCHIVE)
	$(BIN)/dateline chat --archive $(ARCHIVE) --port $(PORT) --questions examples/questions.jsonl

# Each process computes on one core: threads of both would only wait for one another.
test: setup ## Run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

lint: setup ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## Measure quality and speed on ../shared, the peer beside us
	$(BIN)/python -m benchmarks.cleaning ../shared/cleaning
	$(BIN)/python -m benchmarks.newsqa ../shared/newsqa

clean: ## Remove what was built; the archives in .archives too
	rm -rf .venv .archives .peers build dist *.egg-info
