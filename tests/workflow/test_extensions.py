"""A score and a quota rule in a folder outside the package, through the real command."""

from tests.documentation import blocks, page
from tests.workflow.test_reruns import work
from tests.workflow.tiny import changed

CONFIG = changed(methods=["mean_loss", "random_blended"], densities=[0.3], seeds=1, figures=[]) | {
    "extensions": "mine",
    "quotas": {"blended": {"rule": "blended", "query": "full", "options": {"share": 0.5}}},
    "methods": {"random_blended": {"score": "random", "quota": "blended"}},
}


def test_modules_of_ones_own_run_and_rerun_like_ours(project):
    project.configure(CONFIG)
    modules = blocks(page("docs/extend.md"), "python")
    for title in ("fairprune/scores/mean_loss.py", "fairprune/quota_rules/blended.py"):
        file = project.folder / title.replace("fairprune", "mine")
        file.parent.mkdir(parents=True)
        file.write_text(modules[title])
    project.run("pruned", "--cores", "2")
    assert work(project.jobs("pruned")) == {}
    file = project.folder / "mine/quota_rules/blended.py"
    file.write_text(file.read_text() + "OTHER = 1\n")
    assert work(project.jobs("pruned")) == {"quotas": 1, "prune": 1, "pruned": 1}


def test_an_edit_of_a_model_of_ones_own_trains_anew(project):
    model = {"name": "perceptron", "n_hidden": 4}
    project.configure(changed(methods=["full"], seeds=1, model=model) | {"extensions": "mine"})
    file = project.folder / "mine/models/perceptron.py"
    file.parent.mkdir(parents=True)
    file.write_text(blocks(page("docs/extend.md"), "python")["fairprune/models/perceptron.py"])
    target = "results/tiny/final/full/density1.0/seed0.parquet"
    project.run(target, "--cores", "2")
    assert project.jobs(target) == {}
    before = (project.folder / target).read_bytes()
    file.write_text(file.read_text().replace("nn.ReLU", "nn.Sigmoid"))
    assert work(project.jobs(target)) == {"final": 1}
    project.run(target, "--cores", "2")
    assert (project.folder / target).read_bytes() != before
