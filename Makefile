# make demo: the main job from a sealed list to the erasure record.   make test: lint and all tests.
# Both make a fresh machine ready first (packaging/prepare.py). PYTHON is the system's Python 3.11 or newer.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: demo run test lint bench faults conformance pins clean

demo:
	@$(PYTHON) packaging/prepare.py run
	@$(BIN)/cati demo $(DEMO)

run:
	@$(PYTHON) packaging/prepare.py run
	@$(BIN)/cati

lint:
	@$(PYTHON) packaging/prepare.py test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -n 3 --tb=short -m "not bench"

bench:
	@$(PYTHON) packaging/prepare.py test
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.benchmarks

# The call centre under faults, the long form: half an hour. FAULTS="--clients 10 --seed 7 …" (--help says which).
faults:
	@$(PYTHON) packaging/prepare.py test
	$(BIN)/python -m tests.faults $(FAULTS)

# Forms, expressions and interviews of other engines, where they lie beside the tree (or in CONFORMANCE=folder).
conformance:
	@$(PYTHON) packaging/prepare.py test
	$(BIN)/python -m tests.conformance $(CONFORMANCE)

# Renew the pins: versions and hashes only, no address of any registry.
pins:
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile -q pyproject.toml --group pyproject.toml:build --generate-hashes --universal --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url -o packaging/requirements.txt
	$(BIN)/uv pip compile -q pyproject.toml --group dev --generate-hashes --universal --python-version 3.11 \
	  --no-header --no-annotate --no-emit-index-url -o packaging/requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build dist demo
