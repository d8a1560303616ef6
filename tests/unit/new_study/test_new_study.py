"""make new-study: from a path to a configuration."""

import io
from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from fairprune.new_study import __main__ as command
from fairprune.new_study.settings import plan
from fairprune.new_study.source import find_source, image_sizes, list_source
from fairprune.new_study.writing import configuration
from fairprune.study.files import check_files
from tests.documentation import study
from tests.unit.data.test_folders import make_folder, save
from tests.unit.data.test_parquet import make_images, write_shard
from tests.unit.new_study.test_plans import CPU, dataset


def written(path):
    """The study of a configuration: the paper's file with this one on top."""
    update = yaml.safe_load(path.read_text())
    (name,) = update["run"]
    return study(update).experiments[name]


def run(*arguments):
    assert command.main([str(argument) for argument in arguments]) == 0


def shards(folder, parts, **options):
    for part, n in parts.items():
        images = make_images(n, seed=n)
        write_shard(folder / f"{part}.parquet", images, np.arange(n) % 2, **options)


def test_a_folder_of_images(project, capsys):
    make_folder(project / "data" / "Some Pets", 10)
    save(project / "data" / "Some Pets" / "dog" / "large.png", 7, size=(40, 50))
    run("data/Some Pets")
    experiment = written(project / "some_pets.yaml")
    assert experiment.dataset == {
        "source": "image_folder",
        "root": "data/Some Pets",
        "image_size": 8,
        "fit": "crop",
    }
    assert experiment.settings["model"] == {"name": "small_cnn", "width": 32}
    assert {"full", "random", "random_metriq"} <= set(experiment.methods)
    text = (project / "some_pets.yaml").read_text()
    assert "# images differ: 4 x 6 to 50 x 40 pixels" in text
    printed = capsys.readouterr().out
    for shown in (text, printed):
        assert "2 classes; 17 training, 2 validation and 2 test images" in shown
        assert "training images per class: 8 (Cat) to 9 (dog)" in shown
        assert "--configfile some_pets.yaml" in shown
        assert "only 1 validation images" in shown


def test_a_class_without_validation_examples_takes_the_mean_recall(project, capsys):
    rows = [f"{i % 7},{i % 3},{'bug' if i < 2 else 'ok' if i % 2 else 'leak'}" for i in range(60)]
    (project / "rows.csv").write_text("\n".join(["a,b,label", *rows, ""]))
    run("rows.csv")
    said = "some classes have no validation examples: MetriQ's quotas give them the mean recall of"
    assert said in capsys.readouterr().out
    options = written(project / "rows.yaml").quotas["metriq"]["options"]
    assert options["missing"] == "mean"


def test_the_configuration_lies_where_it_is_wanted_and_replaces_none(project, capsys):
    make_folder(project / "pets", 10)
    run("pets", "--name", "mine", "--out", "there.yaml", "--image-size", "12")
    assert written(project / "there.yaml").dataset["image_size"] == 12
    before = (project / "there.yaml").read_bytes()
    assert command.main(["pets", "--out", "there.yaml"]) == 1
    assert "there.yaml exists" in capsys.readouterr().err
    assert (project / "there.yaml").read_bytes() == before


def test_names_that_the_schema_reserves_are_taken(project):
    names = yaml.safe_load(command.SCHEMA.read_text())["properties"]["experiments"]["propertyNames"]
    reserved = names["allOf"][1]["not"]["enum"]
    assert sorted(command._TAKEN) == sorted(reserved)
    make_folder(project / "table1", 10)
    run("table1", "--image-size", "8")
    assert (project / "my_table1.yaml").exists()


def test_names_of_the_paper_and_of_folders_of_results_are_not_taken(project):
    for folder in ("cifar10", "tables", "100-birds"):
        make_folder(project / folder, 10)
        run(folder, "--image-size", "8")
    names = sorted(path.stem for path in project.glob("*.yaml"))
    assert names == ["my_100_birds", "my_cifar10", "my_tables"]


@pytest.mark.parametrize(
    ("folder", "name"), [("null", "my_null"), ("Yes", "my_yes"), ("owl" * 30, ("owl" * 30)[:64])]
)
def test_a_folder_of_any_name_gives_a_name_that_yaml_reads_as_text(project, folder, name):
    make_folder(project / folder, 10)
    run(folder, "--image-size", "8")
    assert yaml.safe_load((project / f"{name}.yaml").read_text())["run"] == [name]


def test_tiny_imagenet_is_recognised(project):
    folder = project / "tiny-imagenet-200"
    (folder / "train").mkdir(parents=True)
    (folder / "wnids.txt").write_text("n01\n")
    expected = {"source": "tiny_imagenet", "download": False}
    assert find_source(folder, {}) == {**expected, "root": "tiny-imagenet-200"}
    assert find_source(project, {}) == {**expected, "root": "."}


def test_a_folder_of_shards_and_where_its_splits_come_from(project, capsys):
    shards(project / "birds", {"birds_Training-0": 24, "birds_valid-0": 8, "birds_TEST-0": 6})
    run("birds")
    experiment = written(project / "birds.yaml")
    assert experiment.dataset == {"source": "parquet", "root": "birds"}
    said = [
        "train: birds/birds_Training-0.parquet (24 images)",
        "test: birds/birds_TEST-0.parquet (6 images)",
        "validation: birds/birds_valid-0.parquet (8 images)",
    ]
    printed = capsys.readouterr().out
    for text in (printed, (project / "birds.yaml").read_text()):
        assert all(line in text for line in [*said, "24 training, 8 validation and 6 test images"])


def test_a_parquet_file_with_a_column_of_splits(project):
    splits = pa.array(["train"] * 12 + ["test"] * 8)
    shards(project, {"all[1]": 20}, extra={"split": splits}, column="picture")
    run("all[1].parquet", "--name", "mine", "--image-column", "picture")
    experiment = written(project / "mine.yaml")
    assert experiment.dataset == {
        "source": "parquet",
        "root": ".",
        "train": "all[[]1].parquet",
        "split_column": "split",
        "image_column": "picture",
    }


def test_classes_without_images_are_left_out_when_asked(project, capsys):
    shards(project / "owls", {"train": 40}, names=("cat", "dog", *map(str, range(1000))))
    assert command.main(["owls"]) == 1
    error = capsys.readouterr().err
    assert "no training example of 1000 of 1002 classes, such as '0'" in error
    assert "here USED=1" in error and len(error) < 250
    run("owls", "--used-classes-only")
    assert written(project / "owls.yaml").dataset["used_classes_only"] is True


STRANGE = "cat\x85run: [theory]", "cat\nrun: [theory]", "cat\u2028run: [theory]"
TURNED = "cat\u202erun: [theory]", "cat\uffffrun: [theory]"  # what YAML cannot hold at the end


@pytest.mark.parametrize("name", [*STRANGE, *TURNED])
def test_names_of_strangers_write_no_line_of_the_configuration(project, capsys, name):
    shards(project / "hub", {"train": 41}, names=(name, "dog"))
    run("hub", "--image-size", "8")
    text = (project / "hub.yaml").read_text()
    assert yaml.safe_load(text)["run"] == ["hub"]
    assert "16 (dog) to 17 (cat run: [theory])" in text
    text = configuration("mine", {}, plan(dataset(), CPU), [f"Study of {name}"])
    (project / "mine.yaml").write_text(text)
    check_files([project / "mine.yaml"])  # no key twice


def test_names_that_the_output_cannot_encode_are_escaped(project, monkeypatch):
    shards(project / "hub", {"train": 41}, names=("caf\u00e9", "dog"))
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", output)
    run("hub", "--image-size", "8")
    output.flush()
    assert rb"(dog) to 17 (caf\xe9)" in output.buffer.getvalue()


def test_a_path_for_the_shell_is_quoted(project, capsys):
    make_folder(project / "pets", 10)
    run("pets", "--name", "mine", "--out", "a $(b) 'c'.yaml")
    assert """--configfile 'a $(b) '"'"'c'"'"'.yaml'""" in capsys.readouterr().out


def test_labels_in_doubt_are_asked_for(project, capsys):
    extra = {"coarse": pa.array([0] * 20, pa.int64()), "text": pa.array(["x"] * 20)}
    shards(project, {"train-0": 20}, extra=extra, names=None)
    assert command.main(["."]) == 1
    error = capsys.readouterr().err
    assert "columns that may be meant: label, coarse; by LABEL, or --label-column" in error
    run(".", "--label-column", "label", "--group-column", "coarse", "--name", "mine")
    assert written(project / "mine.yaml").dataset["group_column"] == "coarse"


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (lambda p: None, ["missing"], "there is no missing"),
        (lambda p: (p / "x.txt").write_text("a"), ["x.txt"], "x.txt is no source of data"),
        (lambda p: make_folder(p / "pets", 3), ["pets", "--label-column", "x"], "label_column"),
        (lambda p: make_folder(p / "pets", 3), ["pets", "--name", "a b"], "NAME must be letters"),
        (lambda p: make_folder(p / "pets", 3), ["pets", "--name", "no"], "no word that YAML reads"),
        (lambda p: (p / "x.zip").write_bytes(b"PK"), ["x.zip"], "no complete zip archive"),
        (
            lambda p: (p / "x.parquet").write_bytes(b"PAR1"),
            ["x.parquet"],
            "x.parquet is not a readable Parquet file",
        ),
    ],
)
def test_bad_data_is_refused_in_a_sentence(project, capsys, make, arguments, message):
    make(project)
    assert command.main(arguments) == 1
    assert message in capsys.readouterr().err
    assert not list(project.glob("*.yaml"))


def test_sizes_are_those_of_the_images(project):
    make_folder(project / "pets", 2)
    assert image_sizes(list_source(find_source(project / "pets", {}))) == Counter({(4, 6): 4})
    shards(project / "shards", {"train-0": 3, "test-0": 2})
    assert image_sizes(list_source(find_source(project / "shards", {}))) == Counter({(5, 4): 3})


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "the folder is empty"),
        (
            ["train/data-0.arrow", "train/state.json"],
            r"holds \.arrow, \.json \(of a folder that `sa",
        ),
        (["train.parquet.gz"], r"it holds \.gz \(unpack it by gunzip\); expected"),
        (["train.tsv"], r"\(pandas\.read_csv\(\.\.\., sep='\\t'\)\.to_parquet"),
        (["train.jsonl"], r"\(pandas\.read_json\(\.\.\., lines=True\)"),
        (["a/x.parquet", "b/x.parquet"], "in several folders: name one of them"),
    ],
)
def test_what_no_source_reads_is_named_with_what_converts_it(tmp_path, files, said):
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        if file.endswith(".parquet"):
            pq.write_table(pa.table({"text": ["a"], "label": [0]}), tmp_path / file)
        else:
            (tmp_path / file).write_text("text,label\n")
    paths = [tmp_path, *(tmp_path / file for file in files[:1] if "/" not in file)]
    for path in paths:
        with pytest.raises(ValueError, match=f"is no source of data: .*{said}"):
            find_source(path, {})
