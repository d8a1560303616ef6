"""What tables and figures are made from: functions, no rules."""

import re
from pathlib import Path

COMPARISONS = "results/figures/*-vs-*/comparison.pdf"
THEORY_FIGURES = ("figure8", "figure9", "closed_loop")


def run_files(experiment, kind, methods=None, suffix="parquet"):
    """Files of the runs of an experiment: kind is the folder, such as `final`."""
    return [
        f"results/{experiment.name}/{kind}/{method}/density{density}/seed{seed}.{suffix}"
        for method, density, seed in experiment.runs(methods)
    ]


def cost_files(experiment):
    """Cost files of everything an experiment does."""
    costs = f"results/{experiment.name}/costs"
    queries = [
        f"{costs}/query/{query}/seed{seed}.json"
        for query in experiment.queries
        for seed in experiment.used_seeds(query)
    ]
    scores = [
        f"{costs}/score/{score}/seed{seed}.json"
        for score in experiment.scores
        for seed in experiment.score_seeds(score)
    ]
    rounds = [
        f"{costs}/round/{quota}/density{density}/round{number}/seed{seed}.json"
        for quota, density, number, seed in experiment.round_runs()
    ]
    runs = [
        path
        for stage in ("selection", "final")
        for path in run_files(experiment, f"costs/{stage}", suffix="json")
    ]
    return queries + scores + rounds + runs


def baseline(wildcards):
    """Methods that the others are compared with in pairs, besides their own strategy."""
    methods = list(experiment_of(wildcards).methods)
    return [name for name in ("full", "random") if name in methods] or methods[:1]


def pruned_sets():
    return [path for e in study.experiments.values() for path in run_files(e, "pruned")]


def study_tables():
    names = ("metrics.parquet", "class_metrics.parquet", "costs.parquet", "tables/table1.md")
    tables = [f"results/{name}" for name in names] if study.experiments else []
    headlines = [
        f"results/tables/{e}{k}.md" for e in study.experiments for k in ("", "_claims", "_costs")
    ]
    counts = [f"results/{name}/class_counts.parquet" for name in study.experiments]
    grouped = [name for name, e in study.experiments.items() if e.has_groups]
    return tables + headlines + counts + [f"results/{e}/group_metrics.parquet" for e in grouped]


def study_figures():
    """All figures of the study, as PDF; their PNG and tables come with them."""
    stems = [f"{e.name}/{name}" for e in study.experiments.values() for name in figure_names(e)]
    if study.runs_theory:
        stems += [f"theory/{name}" for name in THEORY_FIGURES]
    return [f"results/figures/{stem}.pdf" for stem in stems]


def results_so_far(wildcards):
    """Tables and figures of the study that exist, comparisons that were asked for among them."""
    known = {path: path.parent.name.split("-vs-") for path in Path().glob(COMPARISONS)}
    compared = [str(path) for path, names in known.items() if {*names} <= study.experiments.keys()]
    found = [path for path in study_tables() + study_figures() if Path(path).exists()] + compared
    if not found:
        raise WorkflowError(
            f"nothing to report yet: no table or figure of {', '.join(config['run'])} in "
            f"{Path('results').resolve()}"
        )
    return found


def figure_names(experiment):
    names = [f"figure{number}" for number in experiment.figures()]
    if study.family(experiment.name) and experiment.wants(7):
        names.append("figure7")
    names += experiment.named_figures()
    if len(experiment.scores) > 1 and experiment.wants("score_correlation"):
        names.append("score_correlation")
    return names


def figure_runs(wildcards):
    """(experiment, methods) pairs whose runs a figure shows."""
    experiment = experiment_of(wildcards)
    drawn = figure_names(experiment)
    if wildcards.figure not in drawn:
        raise WorkflowError(
            f"experiment {experiment.name!r} has no {wildcards.figure}: its methods and `figures` "
            f"allow {', '.join(drawn) or 'none'}; figure7 is drawn for the experiment that "
            "long-tailed ones extend"
        )
    if wildcards.figure == "figure7":
        shown = registry.constant("figures", "figure7", "METHODS")
        family = [study.experiments[name] for name in study.family(experiment.name)]
        return [(member, [m for m in member.methods if m in shown]) for member in family]
    if wildcards.figure in experiment.named_figures():
        return [(experiment, experiment.named_figures()[wildcards.figure])]
    return [(experiment, experiment.figures()[int(wildcards.figure.removeprefix("figure"))])]


def compared_experiments(names):
    """The experiments of `a-vs-b`, or of more."""
    return [study.experiments[name] for name in names.split("-vs-")]


def compared_finals(wildcards):
    """Final results of their `figure_methods`, or of all methods."""
    files = []
    for experiment in compared_experiments(wildcards.compared):
        shown = experiment.settings["figure_methods"] or experiment.methods
        methods = [method for method in experiment.methods if method in shown]
        files += run_files(experiment, "final", methods)
    return files


def figure_needs(wildcards):
    return registry.constant("figures", wildcards.figure, "NEEDS")


def figure_finals(wildcards):
    """Final results that a figure shows, and always those of the full data."""
    if "final" not in figure_needs(wildcards):
        return []
    only = registry.constant("figures", wildcards.figure, "FINAL_METHODS")
    files = []
    for experiment, methods in figure_runs(wildcards):
        shown = [m for m in experiment.methods if m == "full" or m in (only or methods)]
        files += run_files(experiment, "final", shown)
    return files


def figure_files(kind):
    """A function of the wildcards: files of a kind that a figure needs, of the runs it shows."""

    def files(wildcards):
        if kind not in figure_needs(wildcards):
            return []
        return [p for e, methods in figure_runs(wildcards) for p in run_files(e, kind, methods)]

    return files


def figure_title(wildcards):
    """What a figure is called in the report: its number, if it has one, and its title."""
    title = registry.constant("figures", wildcards.figure, "TITLE")
    return " ".join([*re.findall(r"^figure(\d+)$", wildcards.figure), title])


def figure_training_sets(wildcards):
    return [f"results/{e.name}/training_set.parquet" for e, _ in figure_runs(wildcards)]


def imbalance_factors(wildcards):
    """Imbalance factor of each experiment in a figure; 1 for a set that was not thinned."""
    return {e.name: e.settings["imbalance_factor"] or 1 for e, _ in figure_runs(wildcards)}


def all_mean_scores(wildcards):
    scores = experiment_of(wildcards).scores
    return [f"results/{wildcards.experiment}/scores/{score}/mean.parquet" for score in scores]


def figure_source(wildcards):
    """Hash of the code that gathers what a figure shows, and draws it."""
    figure = wildcards.get("figure", "score_correlation")
    return source_hash("fairprune.stages.figure", f"fairprune.figures.{figure}")


def figure_options(wildcards):
    """Settings of the experiment that change how a figure is drawn."""
    settings = experiment_of(wildcards).settings
    names = registry.constant("figures", wildcards.figure, "OPTIONS", ())
    return {name: settings[f"figure_{name}"] for name in names}


def chosen_methods(wildcards):
    """How many methods `figure_methods` chose for a figure, which its caption says; or None."""
    experiment = experiment_of(wildcards)
    of_any = registry.constant("figures", wildcards.figure, "METHODS") is None
    chosen = experiment.settings["figure_methods"] if of_any else None
    return len(chosen) if chosen else None


def cost_sources(wildcards):
    """Scores, and quotas that use trainings: what defines them, and their query."""
    experiment = experiment_of(wildcards)
    return {
        "score": {
            name: {key: score[key] for key in ("definition", "query")}
            for name, score in experiment.scores.items()
            if not is_outside(score)
        },
        "quota": {
            name: {"definition": quota["rule"], "query": quota["query"]}
            for name, quota in experiment.quotas.items()
            if quota.get("query")
        }
        | {
            name: {"definition": experiment.quotas[name]["rule"], "query": None}
            for name in experiment.quotas_in_rounds()
        },
    }


def mixture_settings(wildcards):
    """The configuration of a figure; the closed loop stands in the mixtures of figure 9."""
    if wildcards.figure != "closed_loop":
        return config["theory"].get(wildcards.figure, {})
    settings = config["theory"].get("figure9", {})
    shared = ("separations", "ratio_min", "n_ratios", "priors")
    return {key: settings[key] for key in shared if key in settings}
