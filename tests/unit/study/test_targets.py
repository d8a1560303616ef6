"""Targets of things that a study does not have."""

import pytest
import yaml

from fairprune.study.targets import check_targets
from tests.documentation import page, study

DEMO = yaml.safe_load(page("config/demo.yaml"))

FIGURES = {"demo": ["figure4", "score_correlation"], "theory": ["figure8"]}
REFUSED = {
    "results/figures/demo/figure99.png": "'demo' has no figure99; known: figure4, score_corr",
    "results/tables/demos_claims.md": "no such table or experiment in this study; known: table1",
    "results/nope/metrics.parquet": "no such experiment in this study; known: demo",
    "results/figures/demoo/figure4.png": "no such experiment .* did you mean 'demo'",
    "results/figures/demo-vs-nope/comparison.pdf": "no such experiment in this study; known: demo",
    "results/data/nope/examples.parquet": "no such data set; known: .*fashion_mnist_mini",
    "results/demo/quotas/metrik/density0.3.parquet": "no such quotas; .* did you mean 'metriq'",
    "results/demo/pruned/nope/density0.3/seed0.parquet": "'demo' has no such methods; known: full",
    "results/demo/exported/nope/density0.3/seed0/ids.txt": "'demo' has no such methods",
    "results/demo/pruned/random/density-1/seed0.parquet": "no such density of 'random'; known: 0",
    "results/demo/pruned/random/densitynan/seed0.parquet": "no such density of 'random'",
    "results/demo/final/full/density0.3/seed0.parquet": "no such density of 'full'; known: 1.0",
    "results/demo/final/random/density0.3/seed77.parquet": "no such seed of 'random'; known: 0, 1",
    "results/demo/scores/el2n/seed00.parquet": "no such seed of 'el2n'; known: 0",
    "results/demo/weights/random/density0.3/seed77.pt": "no such seed of 'random'; known: 0, 1",
    "results/demo/rounds/metriq/density0.3/round1/quotas.parquet": "no such quotas in rounds",
    "results/demo/rounds/loop/density0.3/round99/quotas.parquet": "no such round of 'loop'",
    "results/demo/scores/el2n/artifact.npz": "no such scores with an artifact",
    "results/demo/query/short/seedx/recall.parquet": "no such seed of 'short'; known: 0",
}


@pytest.mark.parametrize("target", REFUSED)
def test_the_target_and_what_the_study_has_are_named(target):
    with pytest.raises(ValueError, match=REFUSED[target]) as error:
        check_targets(study(DEMO), [target], FIGURES)
    assert str(error.value).startswith(target)


@pytest.mark.parametrize("target", ["./results/nope/metrics.parquet", "results//nope/x.parquet"])
def test_a_target_is_known_however_it_is_written(target):
    with pytest.raises(ValueError, match="no such experiment"):
        check_targets(study(DEMO), [target], FIGURES)


def test_files_that_options_take_are_no_targets():
    words = ["--report", "results/html/x.html", "--configfile", "results/a.yaml", "results/b.yaml"]
    check_targets(study(DEMO), [*words, "-n", "all"], FIGURES)
    for option in ("--directory", "-d", "--snakefile", "-s", "--profile", "--workflow-profile"):
        check_targets(study(DEMO), [option, "results/runs/a", "all"], FIGURES)
        with pytest.raises(ValueError, match="results/nope/x: no such experiment"):
            check_targets(study(DEMO), [option, "results/runs/a", "results/nope/x"], FIGURES)
    for more in (["--cores", "2", "results/nope/x"], ["--report", "x.html", "results/nope/x"]):
        with pytest.raises(ValueError, match="results/nope/x: no such experiment"):
            check_targets(study(DEMO), more, FIGURES)


def test_what_the_study_has_passes():
    experiment = study(DEMO).experiments["demo"]
    files = [
        f"results/demo/{kind}/{method}/density{density}/seed{seed}.parquet"
        for kind in ("pruned", "final", "outcomes")
        for method, density, seed in experiment.runs()
    ]
    files += [
        f"results/demo/rounds/{quota}/density{density}/round{number}/seed{seed}/outcomes.parquet"
        for quota, density, number, seed in experiment.round_runs()
    ]
    assert len(files) > 100
    others = ("all", "results/metrics.parquet", "results/demo/scores/el2n/mean.parquet")
    figures = ("results/figures/theory/figure8.pdf", "results/figures/demo/figure4.parquet")
    figures += ("results/figures/demo-vs-demo/comparison.pdf",)
    figures += ("results/tables/demo_claims.md", "results/tables/table1.tex")
    check_targets(study(DEMO), [*files, *others, *figures, "other/nope/metrics.parquet"], FIGURES)
