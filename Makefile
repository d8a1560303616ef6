# make demo   the whole workflow on embedded images, and its report (minutes, no GPU needed)
# make test   the tests
# make lint   style checks          make report   the HTML report of what has run
# make clean  remove all results and logs

PYTHON ?= python3
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
VENV := .venv
BIN := $(VENV)/bin
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES) --scheduler greedy

.PHONY: demo test lint format report clean

demo: $(VENV)/installed
	@$(SNAKEMAKE) all --rerun-incomplete --quiet rules --configfile config/demo.yaml
	@$(MAKE) --no-print-directory results/report.html CONFIG=config/demo.yaml
	@echo
	@echo "Report: $(CURDIR)/results/report.html"
	@$(BIN)/python -m fairprune.stages.headline results/tables/demo.parquet

test: $(VENV)/installed
	@$(BIN)/python -m pytest -q

report: $(VENV)/installed
	@rm -f results/report.html
	@$(MAKE) --no-print-directory results/report.html

# Snakemake's report of what has run; redone when a table or a figure is newer.
results/report.html: $(wildcard results/*.parquet results/figures/*/*.png results/tables/*.md)
	@$(SNAKEMAKE) all --report $@.tmp.html --quiet all $(if $(CONFIG),--configfile $(CONFIG))
	@mv $@.tmp.html $@

lint: $(VENV)/installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow/rules

format: $(VENV)/installed
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow/rules

clean:
	rm -rf results logs

# A virtual environment with this project installed in place. VERSION errors name the cure.
$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "Python 3.11 to 3.13 is needed; set it with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[workflow,test,lint]'
	@touch $@
