# Each target sets up what it needs first; see `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup serve site test bench capture list run lab lint format lock clean

BIN := .venv/bin
PORT ?= 8000
export NO_MKDOCS_2_WARNING := 1

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the site needs; says what
	@.ci/setup

serve: setup ## build the site, show it on http://localhost:8000 (PORT=…) and follow every edit
	$(BIN)/mkdocs serve --dev-addr localhost:$(PORT)

site: setup ## build the site afresh into site/: every snippet runs now, a warning is an error
	@mkdir -p .cache; flock -n .cache/site.lock true || echo "another 'make site' is at work here; this one waits for it"
	@flock .cache/site.lock $(MAKE) --no-print-directory site/index.html

site/index.html: FORCE # the site that is there stays until the new one is whole
	@rm -rf .cache/site
	LIVE_MODE=$${LIVE_MODE:-fresh} $(BIN)/mkdocs build --strict --site-dir .cache/site
	@$(BIN)/python -m live.exchange .cache/site site && rm -rf .cache/site && echo "the site is in site/"
FORCE:

test: ## everything that can be checked, from style to pages in a browser
	@.ci/setup --tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest

bench: setup ## how long builds take, as ratios to a bare build; writes bench.json
	$(BIN)/python tests/bench.py

capture: setup ## run what has no valid capture, without building the site
	@$(BIN)/python -m live capture

list: setup ## list the snippets
	@$(BIN)/python -m live list

run: setup ## run one snippet and print what a page would show: make run NAME=memory/shared_page_is_split
	@$(BIN)/python -m live run $(if $(HOST),--host $(HOST)) $(NAME)

lab: setup ## open a shell in a throw-away machine in which all may be broken: make lab ARGS="--kernel newer --memory 1G"
	@$(BIN)/python -m live lab $(ARGS)

lint: setup ## style of all Python files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup ## mend the style of all Python files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup ## choose the newest allowed Python packages and write requirements.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url --no-annotate \
		--no-header --group site --group snippets --group check --group test --output-file requirements.lock pyproject.toml

clean: ## remove everything that was built, captured or installed here
	rm -rf .venv .cache site bench.json
