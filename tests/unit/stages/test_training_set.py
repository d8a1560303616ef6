"""Densities that cannot be trained on, refused where the size of the training set is known."""

import numpy as np
import pytest
import yaml

from fairprune.stages.training_set import check_densities
from fairprune.storage.tables import PRUNED, write_table
from tests.documentation import ROOT, study

DEMO = yaml.safe_load((ROOT / "config/demo.yaml").read_text())


def experiment(**settings):
    return study(DEMO, {"experiments": {"demo": settings}}).experiments["demo"]


@pytest.fixture
def table(tmp_path):
    """A training set of fifty examples, of the demo's settings."""
    path = tmp_path / "training_set.parquet"
    columns = {"index": np.arange(50), "label": np.zeros(50)}
    write_table(path, columns, schema=PRUNED, metadata={"entry": experiment().training_set})
    return path


@pytest.mark.parametrize(
    ("density", "message"),
    [
        (
            0.02,
            "demo.densities: 0.02 keeps 1 of the 50 training examples; .* at least 2",
        ),
        (0.001, "density 0.001 keeps none of 50 examples"),
    ],
)
def test_a_density_that_keeps_too_few_is_refused(table, density, message):
    with pytest.raises(ValueError, match=message):
        check_densities(experiment(densities=[0.5, density]), table)


def test_a_training_set_that_is_not_known_refuses_nothing(table):
    check_densities(experiment(densities=[0.04]), table)
    check_densities(experiment(densities=[0.02], examples_per_class=400), table)
    check_densities(experiment(densities=[0.02]), table.with_name("none.parquet"))
    table.write_bytes(b"PAR1")
    check_densities(experiment(densities=[0.02]), table)
