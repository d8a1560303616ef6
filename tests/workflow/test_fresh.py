"""Final trainings that draw other examples in each epoch, through the real command."""

from fairprune.storage import tables
from fairprune.storage.tables import read_metadata, read_table
from tests.workflow.test_reruns import work
from tests.workflow.tiny import changed


def test_fresh_methods_share_the_index_sets_and_differ_in_the_training(project):
    names = ["random", "random_fresh", "random_metriq", "random_metriq_fresh"]
    project.configure(changed(methods=names, densities=[0.3], seeds=1, figures=[]))
    project.run("results/tiny/metrics.parquet", "--cores", "2")
    tiny = project.folder / "results/tiny"

    def result(kind, method):
        return tiny / kind / method / "density0.3/seed0.parquet"

    for plain, fresh in (names[:2], names[2:]):
        kept = [read_table(result("pruned", m), tables.PRUNED) for m in (plain, fresh)]
        assert kept[0].equals(kept[1])
        finals = [read_table(result("final", m), tables.FINAL) for m in (plain, fresh)]
        assert finals[0]["n_train"].equals(finals[1]["n_train"])
        outcomes = [read_table(result("outcomes", m), tables.OUTCOMES) for m in (plain, fresh)]
        assert not outcomes[0].equals(outcomes[1])
    entry = read_metadata(result("final", "random_metriq_fresh"))["entry"]
    assert entry["training"]["fresh"] == "class"
    assert "fresh" not in read_metadata(result("final", "random_metriq"))["entry"]["training"]
    assert work(project.jobs("results/tiny/metrics.parquet")) == {}
