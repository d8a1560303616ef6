"""make new-study: tables of features and of texts."""

import gzip

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.new_study import __main__ as command
from fairprune.new_study.source import find_source
from fairprune.new_study.tables import say_columns
from tests.unit.data.test_folders import make_folder
from tests.unit.new_study.test_new_study import run, written

N = 40
TEXTS = pa.array([f"line {i} of a text" for i in range(N)])
STARS = pa.array(["good" if i % 2 else "bad" for i in range(N)])
VECTORS = pa.array(np.random.default_rng(0).normal(size=(N, 3)).tolist())
FIXED = pa.FixedSizeListArray.from_arrays(VECTORS.flatten(), 3)


def write(path, **columns):
    path.parent.mkdir(exist_ok=True, parents=True)
    if path.suffix == ".csv":
        pa.csv.write_csv(pa.table(columns), path)
    else:
        pq.write_table(pa.table(columns), path)


def arrays(path):
    x, y = np.stack(VECTORS.to_numpy(zero_copy_only=False)), np.arange(N) % 2
    if path.suffix == ".npz":
        np.savez(path, x_train=x, y_train=y)
    else:
        np.save(path / "x_train.npy", x)
        np.save(path / "y_train.npy", y)


def two_texts(p, **extra):
    write(p / "x.csv", title=TEXTS, text=TEXTS, label=STARS, **extra)


@pytest.mark.parametrize("gpu", [False, True])
@pytest.mark.parametrize(
    ("make", "path", "expected"),
    [
        (lambda p: arrays(p / "x.npz"), "x.npz", {"source": "features", "root": "x.npz"}),
        (lambda p: arrays(p / "x"), "x", {"source": "features", "root": "x"}),
        (
            lambda p: write(
                p / "x.parquet", id=TEXTS, embedding=FIXED, stars=pa.array([1, 2] * 20)
            ),
            "x.parquet",
            {"feature_column": "embedding", "label_column": "stars"},
        ),
        (
            lambda p: write(p / "x/data/train-0.parquet", v=VECTORS, features=FIXED, label=STARS),
            "x",
            {"feature_column": "features", "label_column": "label", "root": "x/data"},
        ),
        (
            lambda p: write(p / "x.csv", review=TEXTS, sentiment=pa.array([0, 1] * 20)),
            "x.csv",
            {"text_column": "review", "label_column": "sentiment", "root": "x.csv"},
        ),
        (two_texts, "x.csv", {"text_column": "text", "label_column": "label"}),
        (
            lambda p: write(p / "x.parquet", text=TEXTS, category=STARS, split=STARS),
            "x.parquet",
            {"text_column": "text", "label_column": "category", "split_column": "split"},
        ),
    ],
)
def test_the_source_and_the_columns_are_found(tmp_path, monkeypatch, make, path, expected, gpu):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    make(tmp_path)
    entry = find_source(tmp_path / path, {}, gpu=gpu)
    if "text_column" in expected:
        expected = {**expected, "source": "text" if gpu else "ngrams"}
    assert expected.items() <= entry.items()
    assert ("split_column" in entry) == ("split_column" in expected)


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (
            lambda p: write(p / "x.csv", title=TEXTS, body=TEXTS, label=STARS),
            {},
            "set text_column; columns that may be meant: title, body; by TEXT, or --text-column",
        ),
        (
            lambda p: write(p / "x.csv", text=TEXTS, a=pa.array([0] * N), b=pa.array([1] * N)),
            {},
            "set label_column; .* a, b; by LABEL, or --label-column",
        ),
        (lambda p: write(p / "x.csv", label=pa.array([0, 1] * 20)), {}, "meant: none; by TEXT"),
        (two_texts, {"group_column": "title"}, "group_column: not for tables"),
    ],
)
def test_columns_in_doubt_are_asked_for(tmp_path, make, options, said):
    make(tmp_path)
    with pytest.raises(ValueError, match=said):
        find_source(tmp_path / "x.csv", options)


ROWS = [(f"caf\xe9 {i}", ("bad", "m\xe4h")[i % 2]) for i in range(N)]
NUMBERS = "".join(f"{i}.5,{-i}.5,{i % 2}\n" for i in range(N))
NAMED = "".join(f"{i}.5,x,{-i}.5,{i % 2}\n" for i in range(N))
SPECIES = NUMBERS.replace(",0\n", ",owl\n").replace(",1\n", ",cat\n")


def delimited(by, header=("text", "label")):
    return "".join(by.join(row) + "\n" for row in [header, *ROWS])


OTHERWISE = {
    "semicolons": (
        delimited(";").replace(" ", ", ").encode(),
        r"columns text, label are separated by semicolons.* sep=';'\)\.to_parquet\('x\.parquet'\)",
    ),
    "tabs": (delimited("\t").encode(), r"text, label are separated by tabs.*sep='\\t'\)"),
    "Latin-1": (
        delimited(",").encode("latin-1"),
        r"column 'text' is not text in UTF-8; save .*iconv",
    ),
    "Latin-1 labels": (
        delimited(",").replace("caf\xe9", "tea").encode("latin-1"),
        "column 'label' is not text in UTF-8; save .*iconv",
    ),
    "a Latin-1 header": (
        delimited(",", ("text", "\xe4")).encode("latin-1"),
        "its header is not text",
    ),
    "UTF-16": (delimited(",").encode("utf-16"), "its header is not text in UTF-8"),
    "rows of two lengths": (b"text,label\na,b\na,b,c\n", "is not a readable CSV: .*Expected 2"),
}


@pytest.mark.parametrize("case", OTHERWISE)
def test_a_csv_that_is_written_otherwise_is_refused_with_what_converts_it(tmp_path, case):
    content, said = OTHERWISE[case]
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(ValueError, match=rf"x\.csv:? .*{said}"):
        find_source(tmp_path / "x.csv", {})


@pytest.mark.parametrize(
    ("content", "options", "features", "label"),
    [
        ("a,b,label\n" + NUMBERS, {}, ["a", "b"], "label"),
        ("a,b,y\n" + NUMBERS, {}, ["a", "b"], "y"),
        ("id,b,y\n" + NUMBERS, {}, ["b"], "y"),
        ("a,b,species\n" + SPECIES, {}, ["a", "b"], "species"),
        ("a,b,species\n" + SPECIES, {"feature_column": "b"}, ["b"], "species"),
        ("a,name,b,label\n" + NAMED, {"feature_column": "b,a"},
         ["b", "a"], "label"),
    ],
)  # fmt: skip
def test_columns_of_numbers_are_features(tmp_path, content, options, features, label):
    (tmp_path / "x.csv").write_text(content)
    entry = find_source(tmp_path / "x.csv", options)
    assert entry["source"] == "features"
    assert (entry["feature_columns"], entry["label_column"]) == (features, label)
    dataset = command.load(entry)
    assert dataset.images["train"].shape == (32, len(features))
    assert len(dataset.class_names) == 2
    said = " ".join(say_columns(entry))
    assert said == f"columns: {', '.join(map(repr, features))} for features, {label!r} for labels"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a,name,b,label\n" + NAMED,
         "set text_column or feature_column: name may be texts, a, b features; .*by FEATURES=a,b"),
        ("id,y\n" + "".join(f"{i},{i % 2}\n" for i in range(N)), "no features .*labels, 'y'"),
        ("a,b,c,d,e\n" + NUMBERS.replace(",", ",1,"), "set label_column; .* meant: b, d, e"),
    ],
)  # fmt: skip
def test_features_in_doubt_are_asked_for(tmp_path, content, said):
    (tmp_path / "x.csv").write_text(content)
    with pytest.raises(ValueError, match=said):
        find_source(tmp_path / "x.csv", {})


def test_columns_are_those_of_the_training_file(project, capsys):
    stars = pa.array([1 + i % 5 for i in range(N)])
    write(project / "x/train.csv", text=TEXTS, stars=stars, label=STARS)
    write(project / "x/test.csv", text=TEXTS, stars=stars)
    run("x")
    assert written(project / "x.yaml").dataset["label_column"] == "label"
    assert "columns: 'text' for texts, 'label' for labels" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "said"),
    [("test", "test.csv: the test split is empty"), ("sample", "sample.csv: the name must say")],
)
def test_files_that_are_no_training_data_are_not_taken_for_it(tmp_path, extra, said):
    write(tmp_path / "x/train.csv", text=TEXTS, label=STARS)
    (tmp_path / f"x/{extra}.csv").write_text("text,label\n")
    entry = find_source(tmp_path / "x", {})
    assert (entry["text_column"], entry["label_column"]) == ("text", "label")
    with pytest.raises(ValueError, match=said):
        command.load(entry)


def test_labels_in_lists_are_no_features(tmp_path):
    write(tmp_path / "x.parquet", text=TEXTS, label=pa.array([[i % 2] for i in range(N)]))
    entry = find_source(tmp_path / "x.parquet", {})
    assert (entry["text_column"], entry["label_column"]) == ("text", "label")
    assert command.load(entry).class_names == ("0", "1")


def test_columns_that_nobody_asked_for_may_have_another_encoding(tmp_path):
    rows = "".join(f"a word,{label},{text}\n" for text, label in ROWS).replace("m\xe4h", "good")
    (tmp_path / "x.csv").write_bytes(f"text,label,author\n{rows}".encode("latin-1"))
    entry = find_source(tmp_path / "x.csv", {})
    assert (entry["text_column"], entry["label_column"]) == ("text", "label")
    assert command.load(entry).class_names == ("bad", "good")


def test_tables_beside_images_do_not_hide_them(tmp_path):
    make_folder(tmp_path / "birds", 3)
    write(tmp_path / "birds/labels.csv", text=TEXTS, label=STARS)
    assert find_source(tmp_path / "birds", {})["source"] == "image_folder"


def test_columns_of_a_large_csv_with_line_breaks_within_quotes_are_found(tmp_path):
    first = '"' + "some words\n" * 120_000 + '",ant\n'  # more than a block of 1 MiB
    (tmp_path / "x.csv").write_text("text,label\n" + first + "a,bee\n" * 9)
    entry = find_source(tmp_path / "x.csv", {})
    assert (entry["text_column"], entry["label_column"]) == ("text", "label")


@pytest.mark.parametrize("name", ["UP.NPZ", "UP.PARQUET", "UP.CSV"])
def test_the_case_of_a_suffix_does_not_matter(tmp_path, name):
    path = tmp_path / name.lower()
    if path.suffix == ".npz":
        arrays(path)
    else:
        write(path, text=TEXTS, label=STARS)
    path.rename(tmp_path / name)
    entry = find_source(tmp_path / name, {})
    assert entry["source"] == ("features" if path.suffix == ".npz" else "ngrams")
    assert command.load(entry).class_names in (("0", "1"), ("bad", "good"))


def test_columns_of_a_packed_csv_are_found(tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"text,label\n" + b"a,ant\nb,bee\n" * 9))
    entry = find_source(tmp_path / "x.csv.gz", {})
    assert (entry["text_column"], entry["label_column"]) == ("text", "label")
    (tmp_path / "y.csv.gz").write_bytes(gzip.compress(b"text;label\n"))
    with pytest.raises(ValueError, match=r"y\.csv\.gz: its columns .* are separated by semicolons"):
        find_source(tmp_path / "y.csv.gz", {})


@pytest.mark.parametrize(("kind", "model"), [("rows", "mlp"), ("lines", "mlp")])
def test_what_is_proposed_is_a_study_of_rows(project, capsys, kind, model):
    if kind == "rows":
        arrays(project / "rows.npz")
        run("rows.npz")
    else:
        write(project / "lines.csv", text=TEXTS, label=STARS)
        run("lines.csv")
    experiment = written(project / f"{kind}.yaml")
    assert experiment.settings["model"]["name"] == model
    assert experiment.settings["training"]["optimizer"] == "adamw"
    assert "max_shift" not in (project / f"{kind}.yaml").read_text()
    printed = capsys.readouterr().out
    assert "2 classes; 32 training, 4 validation and 4 test examples" in printed
    assert "validation examples: their recalls" in printed and "image" not in printed
    assert ("3 features" if kind == "rows" else "4,096 features") in printed


def test_a_transformer_is_proposed_for_texts_on_a_gpu(project, monkeypatch):
    write(project / "lines.csv", text=TEXTS, label=STARS)
    entry = find_source(project / "lines.csv", {}, gpu=True)
    dataset = command.load(entry)
    chosen = command.plan(dataset, command.Machine(cores=2, gpus=1))
    assert chosen.settings["model"]["name"] == "transformer" and chosen.settings["gpu"] == 1
    base = command.yaml.safe_load(command.STUDY.read_text(encoding="utf-8"))
    experiment = command.resolve(base, "lines", entry, chosen)
    with command.compute_device(0, threads=1) as device:
        model, training = chosen.settings["model"], experiment.training
        assert command.seconds_per_example(dataset, model, training, device) > 0
