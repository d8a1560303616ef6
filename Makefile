# make demo   the whole workflow on embedded images, and its report (minutes, no GPU needed)
# make test   the tests
# make lint   style and type checks    make report  the HTML report of what has run
# make bench  what the work costs, beside references and the limits of this machine
# make docs   the documentation site   make clean   remove all results and logs
#
# make new-study DATA=path   a ready configuration for a folder of images, Parquet files, an
#   archive like Tiny ImageNet's, or a table of features or texts; NAME and OUT name it, SIZE resizes
#   the images, LABEL, GROUP, IMAGE, TEXT and FEATURES (or FEATURES=a,b) are columns, USED=1
#   leaves out classes without images

PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
VENV := .venv
BIN := $(VENV)/bin
FAIRPRUNE := $(BIN)/python -m fairprune.command

.PHONY: demo test bench lint format report docs clean new-study

demo: $(VENV)/installed
	@$(FAIRPRUNE) demo --cores $(CORES)

# What a user types, and strangers have named, reaches the shell in variables and never as text:
# `value` keeps make from expanding it.
WORDS := DATA NAME OUT SIZE LABEL GROUP IMAGE TEXT FEATURES USED
$(foreach word,$(WORDS),$(eval override $(word) := $$(value $(word))))
export $(WORDS)

new-study: $(VENV)/installed
	@test -n "$$DATA" || { echo "Say where the data are: make new-study DATA=path"; exit 1; }
	@$(FAIRPRUNE) new $${NAME:+--name "$$NAME"} $${OUT:+--out "$$OUT"} \
	  $${SIZE:+--image-size "$$SIZE"} $${LABEL:+--label-column "$$LABEL"} \
	  $${GROUP:+--group-column "$$GROUP"} $${IMAGE:+--image-column "$$IMAGE"} \
	  $${TEXT:+--text-column "$$TEXT"} $${FEATURES:+--feature-column "$$FEATURES"} \
	  $${USED:+--used-classes-only} -- "$$DATA"

test: $(VENV)/installed-for-development
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 \
	  --dist loadfile --no-loadscope-reorder

bench: $(VENV)/installed-for-benchmarks
	@$(BIN)/python -m benchmarks

report: $(VENV)/installed
	@$(FAIRPRUNE) report

lint: $(VENV)/installed-for-development
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow
	@$(BIN)/mypy

format: $(VENV)/installed-for-development
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow

docs: $(VENV)/installed-for-development
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

clean:
	@printf 'Remove all results and logs of %s? [y/N] ' "$(CURDIR)"
	@read -r answer && [ "$$answer" = y ] && rm -rf results logs || echo "Nothing removed."

# Virtual environments with this project installed in place: what the workflow needs, and with
# it what tests, checks, the Slurm profile and the documentation need.
$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11 to 3.13 is needed; set it with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[workflow]'
	@touch $@

$(VENV)/installed-for-development: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[workflow,slurm,test,lint,docs]'
	@touch $@

$(VENV)/installed-for-benchmarks: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[workflow,bench]'
	@touch $@
