# The two commands of a newcomer are `make demo` and `make test`; both set up what they need inside this clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Modules that are compiled again at every start would double the time of each verb.
unexport PYTHONDONTWRITEBYTECODE
# Threads that spin while they wait take a busy machine's cores from the ones that work.
export OMP_WAIT_POLICY := passive

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-stop cards tools test torch quick lint format lock clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(INSTALLED) ## create .venv from the locked requirements

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Trunkline needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "installing the locked requirements into $(VENV) (1.2 GB, a minute or two the first time)"
	@if command -v uv >/dev/null; then \
	  uv venv --quiet --allow-existing --python $(PYTHON) $(VENV) && \
	  uv pip install --python $(BIN)/python --require-hashes --compile-bytecode --requirement requirements/dev.txt && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable . ; \
	else \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --disable-pip-version-check --progress-bar off --require-hashes --requirement requirements/dev.txt && \
	  $(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation --editable . ; \
	fi
	@touch $@

demo: setup ## generate a project and walk the whole loop on real data; ends with demo/report.html
	@$(BIN)/python demo/walk.py

demo-stop: ## stop the service that the demo left running
	@if [ -x $(BIN)/python ]; then $(BIN)/python demo/walk.py --stop; fi

tools: ## build act and actionlint into .tools/, where there is a Go toolchain
	@.ci/tools

test: setup tools lint ## lint, types, layers, and every test
# One process more than there are cores: many tests wait for a service, a server or a run.
	@$(BIN)/python -m pytest -n $$(($$(nproc 2>/dev/null || sysctl -n hw.ncpu) + 1)) --dist loadfile --no-loadscope-reorder

torch: ## the tests of PyTorch, in an environment of its own of five gigabytes (needs uv)
	@uv venv --quiet --allow-existing --python $(PYTHON) .tools/torch
	@uv pip install --python .tools/torch/bin/python --require-hashes --requirement requirements/torch.txt
	@uv pip install --quiet --python .tools/torch/bin/python --no-deps --no-build-isolation --editable .
	@.tools/torch/bin/python -m pytest tests/pytorch

quick: setup ## the tests that import what this branch changed
	@$(BIN)/python tests/quick.py

lint: setup ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup ## rewrite the code in the house's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

cards: ## take the reference project's card over from the last demo
	@cp demo/work/arrests/model_cards/v0001/*.md demo/work/arrests/model_cards/v0001/*.svg model_cards/arrests/

clean: ## remove everything that was made, the environment included
	-@$(MAKE) --no-print-directory demo-stop
	@rm -rf $(VENV) .tools demo/work demo/report.html .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

TEMPLATE := template/{{cookiecutter.__slug}}
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-strip-extras

lock: ## write every lock again after a requirement changed (needs uv; UPGRADE=--upgrade for newer versions)
	@$(COMPILE) $(UPGRADE) --no-emit-package trunkline requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) requirements/libraries.in -c requirements/dev.txt -o requirements/libraries.txt
	@$(COMPILE) requirements/torch.in -c requirements/dev.txt -o requirements/torch.txt
	@$(COMPILE) $(UPGRADE) requirements/uv.in -o requirements/uv.txt
	@cd "$(TEMPLATE)/requirements" && root=../../.. && compile="$(COMPILE) -c $$root/requirements/dev.txt" && \
	  $$compile $$root/pyproject.toml --extra serve serve.in -o serve.txt && \
	  $$compile $$root/pyproject.toml --extra train --extra monitor train.in -o train.txt && \
	  $$compile $$root/pyproject.toml --extra python train.in -o python.txt && \
	  $$compile $$root/pyproject.toml --extra train --extra monitor --extra serve --extra github --extra sign dev.in -o dev.txt && \
	  $$compile $$root/pyproject.toml --extra github --extra sign -o forge.txt && \
	  $$compile build.in -o build.txt && \
	  $(COMPILE) $(UPGRADE) deepchecks.in -o deepchecks.txt && \
	  $(COMPILE) $(UPGRADE) uv.in -o uv.txt
	@$(BIN)/trunkline schema > "$(TEMPLATE)/trunkline.schema.json"
