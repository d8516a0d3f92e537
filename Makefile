# Each target sets up what it needs first; see `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup new serve check fix run report list lab capture merge render summary site test bench lock clean

BIN := .venv/bin
PORT ?= 8000
# To be given on the command line: some of these are variables of shells and systems, too.
$(foreach variable,topic name host NAME HOST ARGS BASE BEFORE BUNDLE FROM,$(eval $(variable) :=))
export NO_MKDOCS_2_WARNING := 1

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what the site needs; says what
	@.ci/setup

new: ## make a snippet, a page and a test that pass, to be changed: make new topic=oom name=protected_process_lives
	@test -n '$(topic)' -a -n '$(name)' || { echo 'say both: make new topic=oom name=protected_process_lives' >&2; exit 2; }
	@.ci/setup --check
	@$(BIN)/python -m live new '$(topic)' '$(name)' $(if $(host),--host '$(host)')

serve: setup ## build the site, show it on http://localhost:8000 (PORT=…) and follow every edit
	$(BIN)/mkdocs serve --dev-addr localhost:$(PORT)

check: ## what a pull request runs first, in seconds; ends with the snippets that you changed: make check ARGS="pages run"
	@.ci/setup --check
	@$(BIN)/python -m live check $(ARGS)

fix: ## mend what 'make check' finds and can be mended without you; says what
	@.ci/setup --check
	@$(BIN)/python -m live fix

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
	$(BIN)/python -m live check style spelling markdown pages snippets types
	$(BIN)/python -m pytest

bench: setup ## how long builds take, as ratios to a bare build; writes bench.json
	$(BIN)/python tests/bench.py

capture: setup ## run what has no valid capture, without building the site
	@$(BIN)/python -m live capture

# Of the folders in FROM, those that hold a bundle, each after its name: a machine that gave none stops nothing.
FOLDERS = $(patsubst %/,%,$(FROM))
OTHERS = $(foreach folder,$(patsubst %/build.json,%,$(wildcard $(addsuffix /build.json,$(FOLDERS)))),$(notdir $(folder))=$(folder))
merge: setup ## add what other machines captured to a bundle: make merge BUNDLE=bundles/x86-64 FROM="bundles/arm64"
	@test -n '$(BUNDLE)' -a -n '$(FROM)' || { echo 'say both: make merge BUNDLE=bundles/x86-64 FROM="bundles/arm64"' >&2; exit 2; }
	@$(if $(OTHERS),$(BIN)/python -m live merge '$(BUNDLE)' $(OTHERS),echo "nothing is merged: no bundle is in $(FROM)")

render: ## check a bundle that was made elsewhere and build the site from it: make render BUNDLE=folder
	@test -n '$(BUNDLE)' || { echo 'say which: make render BUNDLE=folder' >&2; exit 2; }
	@LIVE_MODE=frozen LIVE_BUNDLE='$(BUNDLE)' $(MAKE) --no-print-directory site

summary: ## say as Markdown what a bundle holds, and with BASE= what changed: make summary BASE=origin/main BUNDLE=folder
	@.ci/setup >&2
	@$(BIN)/python -m live summary $(if $(BASE),--base '$(BASE)') $(if $(BEFORE),--before '$(BEFORE)') $(if $(BUNDLE),'$(BUNDLE)')

list: setup ## list the snippets
	@$(BIN)/python -m live list

run: setup ## run one snippet and print what it gave: make run NAME=memory/shared_page_is_split
	@test -n '$(NAME)' || { echo 'say which: make run NAME=memory/shared_page_is_split' >&2; exit 2; }
	@$(BIN)/python -m live run $(if $(HOST),--host '$(HOST)') $(NAME)

report: ## run one snippet and print all that it gave as JSON, for a report of a wrong number: make report NAME=memory/shared_page_is_split
	@test -n '$(NAME)' || { echo 'say which: make report NAME=memory/shared_page_is_split' >&2; exit 2; }
	@.ci/setup >&2
	@$(BIN)/python -m live run --json $(if $(HOST),--host '$(HOST)') $(NAME)

lab: setup ## open a shell in a throw-away machine in which all may be broken: make lab ARGS="--kernel newer --memory 1G"
	@$(BIN)/python -m live lab $(ARGS)

lock: setup ## choose the newest allowed Python packages and write requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/uv.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-emit-index-url --no-annotate \
		--no-header --group site --group snippets --group check --group test --output-file requirements.lock pyproject.toml

clean: ## remove everything that was built, captured or installed here
	rm -rf .venv .cache .mypy_cache .ruff_cache .rumdl_cache site bench.json
