"""fairprune: from images to a report on what data pruning does to the worst class.

data -> query training -> scores -> averaged scores -> quotas -> pruned index sets
     -> final training -> tables -> figures

Each stage is a file in workflow/rules; each rule runs the script of its name in
workflow/scripts. What runs is named in config/config.yaml; a study adds its own by --configfile.
"""

from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version

from fairprune.study.files import check_files

min_version("9.27")

# Whether a workflow that uses this one as a module has no rule before it, to be its default.
FIRST = workflow.default_target is None

OWN = [path for path in ["config/config.yaml"] if Path(path).exists()]  # the study's

try:
    check_files([*workflow.overwrite_configfiles, *OWN])
except ValueError as error:
    raise WorkflowError(f"Error in the configuration: {error}") from None

if OWN:

    configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/sources.smk"
include: "workflow/rules/collect.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/query.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/rounds.smk"
include: "workflow/rules/prune.smk"
include: "workflow/rules/final.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/handlers.smk"


rule all:
    default_target: FIRST
    input:
        study_tables(),
        study_figures(),


rule pruned:
    input:
        pruned_sets(),


# For the report of a study that has run in part.
rule what_has_run:
    input:
        results_so_far,
