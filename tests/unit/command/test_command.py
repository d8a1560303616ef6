"""The words that the command ``fairprune`` makes of a user's, and the study that it finds."""

import re
from pathlib import Path

import pytest

from fairprune.command import __main__ as command
from fairprune.command import calls, folder, words
from fairprune.jobs.devices import DeviceError
from fairprune.study.project import project_file

STUDY = "experiments:\n  birds: {dataset: cifar10}\nrun: [birds]\n"


@pytest.fixture
def snakemake(monkeypatch, tmp_path):
    """An empty folder, and the calls that would be made in it."""
    called = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "call", lambda words: called.append(words) or 0)
    monkeypatch.setattr(command, "visible_devices", lambda: ["one", "other"])
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(6))
    return called


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("--cores 8 --resources gpu=4 all", "all --cores 8 --resources gpu=4"),
        ("--configfile a.yaml b.yml pruned -n", "pruned --configfile a.yaml b.yml -n"),
        ("--config run=x all --cores 1", "all --config run=x --cores 1"),
        ("all --resources=gpu=4 pruned", "all --resources=gpu=4 pruned"),
        ("--quiet all --forcerun final", "--quiet all --forcerun final"),
        ("--resources gpu=1 -- pruned all", "pruned all --resources gpu=1"),
    ],
)
def test_targets_come_before_options_that_would_take_them(typed, called):
    assert words.targets_first(typed.split()) == called.split()


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("all --gpus 3", "all --resources=gpu=3"),
        ("--gpus=3 all", "all --resources=gpu=3"),
        ("all --gpus 2 --resources mem_mb=9", "all --resources gpu=2 mem_mb=9"),
        ("all --gpus 2 --resources=mem_mb=9", "all --resources gpu=2 mem_mb=9"),
    ],
)
def test_gpus_are_a_resource_beside_others(typed, called):
    assert sorted(words.with_gpus(typed.split())) == sorted(called.split())


@pytest.mark.parametrize("typed", ["--gpus", "--gpus four all", "--gpus=-1"])
def test_a_number_of_gpus_is_a_whole_number(typed):
    with pytest.raises(ValueError, match="whole number"):
        words.with_gpus(typed.split())


def test_the_customers_command_is_run_word_for_word(snakemake, capsys):
    assert command.main(["run", "--cores", "8", "--resources", "gpu=4", "all"]) == 0
    assert snakemake == [["all", "--cores", "8", "--resources", "gpu=4"]]
    assert "the paper's" in capsys.readouterr().out


def test_the_whole_machine_is_used_where_nothing_is_said(snakemake):
    command.main(["run", "pruned"])
    command.main(["run", "-c4", "--gpus", "1", "-n"])
    command.main(["run", "-c4", "--set-resources", "final:gpu=0", "all"])
    command.main(["run", "-c4", "--res", "mem_mb=9", "gpu=1", "-n"])
    command.main(["run", "-n", "--profile", "profiles/slurm"])
    assert snakemake == [
        ["pruned", "--cores", "6", "--resources=gpu=2"],
        ["-c4", "-n", "--resources=gpu=1"],
        ["all", "-c4", "--set-resources", "final:gpu=0", "--resources=gpu=2"],
        ["-c4", "--res", "mem_mb=9", "gpu=1", "-n"],
        ["-n", "--profile", "profiles/slurm"],
    ]


def test_the_one_study_of_a_folder_is_found_and_another_named(snakemake, tmp_path):
    (tmp_path / "birds.yaml").write_text(STUDY)
    (tmp_path / "mkdocs.yml").write_text("site_name: birds\n")
    command.main(["status", "pruned"])
    command.main(["status", "--configfile", "other.yaml"])
    assert snakemake[0] == ["pruned", "--dry-run", "--configfile", "birds.yaml"]
    assert snakemake[1] == ["--configfile", "other.yaml", "--dry-run"]


@pytest.mark.parametrize("typed", ["run", "run --cores 8 --resources gpu=4", "run --directory ."])
def test_the_study_of_days_is_not_begun_by_mistake(snakemake, capsys, typed):
    assert command.main(typed.split()) == 2
    assert "`fairprune new DATA` writes one" in capsys.readouterr().err
    assert not snakemake


def test_without_a_study_that_of_the_last_run_goes_on(snakemake, tmp_path, capsys):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "configuration.yaml").write_text(STUDY)
    command.main(["run", "-c1"])
    assert "Study: results/configuration.yaml, of the last run" in capsys.readouterr().out
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text(STUDY)
    command.main(["run", "-c1"])
    (tmp_path / "birds.yaml").write_text(STUDY)
    command.main(["run", "-c1"])
    assert [words[-2:] for words in snakemake] == [
        ["--configfile", "results/configuration.yaml"],
        ["-c1", "--resources=gpu=2"],
        ["--configfile", "birds.yaml"],
    ]


def test_a_study_that_yaml_cannot_read_is_not_passed_over(tmp_path):
    (tmp_path / "birds.yaml").write_text("experiments:\n  birds: [\n")
    assert folder.study_of(tmp_path) == tmp_path / "birds.yaml"


def test_folders_locks_of_editors_and_hidden_files_are_no_studies(tmp_path):
    (tmp_path / "birds.yaml").write_text(STUDY)
    (tmp_path / ".#birds.yaml").symlink_to("user@host.1234")
    (tmp_path / ".birds.yaml").write_text(STUDY)
    (tmp_path / "cats.yaml").mkdir()
    assert folder.study_of(tmp_path) == tmp_path / "birds.yaml"


def test_a_configuration_that_snakemake_stumbles_over_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(calls.subprocess, "Popen", None)  # it is not called
    (tmp_path / "twice.yaml").write_text("run: [a]\nrun: [b]\n")
    with pytest.raises(ValueError, match=r"twice\.yaml, line 2: the key 'run' is there twice"):
        calls.call(["all", "--configfile", str(tmp_path / "twice.yaml")])


def test_a_read_only_folder_is_refused_in_a_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(calls.subprocess, "Popen", None)  # it is not called
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "results")
    (tmp_path / "results").mkdir()
    with pytest.raises(ValueError, match=r"results is read-only, and Snakemake writes there"):
        calls.call(["all", "--directory", str(tmp_path / "results")])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "birds.yaml").write_text(STUDY)
    assert command.main(["report"]) == 2
    assert "results is read-only" in capsys.readouterr().err


def test_of_two_studies_one_must_be_named(snakemake, tmp_path, capsys):
    for name in ("birds", "cats"):
        (tmp_path / f"{name}.yaml").write_text(STUDY)
    assert command.main(["run"]) == 2
    assert "--configfile birds.yaml" in capsys.readouterr().err
    assert not snakemake


@pytest.mark.parametrize(
    ("typed", "advised"),
    [
        ("export results/cats/pruned/el2n/density0.3/seed0.parquet", "cats.yaml, which has cats"),
        ("status ./results/figures/cats/figure4.png -c1", "cats.yaml, which has cats"),
        ("run results/paper/metrics.parquet", "cats.yaml, which has paper"),
        ("run results/both/metrics.parquet", "birds.yaml"),
        ("run results/cats/metrics.parquet results/birds/metrics.parquet", "birds.yaml"),
        ("run results/dogs/metrics.parquet pruned", "birds.yaml"),
    ],
)
def test_of_two_studies_that_of_the_target_is_advised(snakemake, tmp_path, capsys, typed, advised):
    (tmp_path / "birds.yaml").write_text("experiments: {birds: {}, both: {}}\n")
    (tmp_path / "cats.yaml").write_text("experiments: {cats: {}, both: {}}\nrun: [cats, paper]\n")
    assert command.main(typed.split()) == 2
    assert capsys.readouterr().err.endswith(f"--configfile {advised}\n")
    assert not snakemake


def test_a_report_takes_the_place_of_the_last_one_when_it_is_there(
    snakemake, tmp_path, monkeypatch
):
    (results := Path("results")).mkdir()
    (results / "report.html").write_text("old")
    (results / "configuration.yaml").write_text("run: [birds]\n")
    monkeypatch.setattr(command, "call", lambda words: snakemake.append(words) or 1)
    assert command.main(["report"]) == 1
    assert (results / "report.html").read_text() == "old"
    assert snakemake[0][:3] == ["what_has_run", "--configfile", "results/configuration.yaml"]

    def write(words):
        with open(words[words.index("--report") + 1], "w") as file:
            file.write("new")
        return 0

    monkeypatch.setattr(command, "call", write)
    assert command.main(["report"]) == 0
    assert [path.name for path in results.glob("*.html")] == ["report.html"]
    assert (results / "report.html").read_text() == "new"


def test_index_sets_are_exported_by_their_paths(snakemake, tmp_path, capsys):
    sets = [f"results/birds/pruned/el2n/density0.3/seed{seed}.parquet" for seed in (0, 1)]
    assert command.main(["export", "-c2", "--gpus", "0", *sets, "--form", "parquet"]) == 0
    made = [f"results/birds/exported/el2n/density0.3/seed{seed}/parquet" for seed in (0, 1)]
    assert snakemake == [[*made, "-c2", "--resources=gpu=0"]]
    assert f"Exported: {tmp_path / made[1]}" in capsys.readouterr().out

    command.main(["export", f"./{sets[0]}", "-n"])
    assert snakemake[1][0] == "results/birds/exported/el2n/density0.3/seed0/ids.txt"
    assert "Exported" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (
            "results/a/pruned/el2n/density0.3/seed0.parquet --form csv",
            "must be one of ids, links, copies, parquet, got 'csv'",
        ),
        ("results/a/pruned/el2n/density0.3/seed0.parquet --form", "--form"),
        ("el2n --form links", "needs the path of an index set"),
    ],
)
def test_exports_of_nothing_and_in_unknown_forms_are_refused(snakemake, capsys, typed, said):
    assert command.main(["export", *typed.split()]) == 2
    assert re.search(said, capsys.readouterr().err) and not snakemake


def test_an_unknown_command_gets_the_nearest(capsys):
    assert command.main(["stauts"]) == 2
    assert "did you mean 'status'" in capsys.readouterr().err


def test_without_snakemake_the_way_to_it_is_said(monkeypatch, capsys):
    monkeypatch.setattr(calls.importlib.util, "find_spec", lambda name: None)
    assert command.main(["run"]) == 2
    assert "fairprune[workflow]" in capsys.readouterr().err


def test_the_doctor_names_what_is_missing(snakemake, monkeypatch, capsys):
    monkeypatch.setattr("fairprune.command.doctor.PACKAGES", ("numpy", "none_such"))
    assert command.main(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "MISSING  none_such" in printed and "ok       numpy" in printed
    monkeypatch.setattr("fairprune.command.doctor.PACKAGES", ())
    assert command.main(["doctor", "--directory", "nowhere"]) == 1
    assert "nowhere is no folder" in capsys.readouterr().out
    assert not snakemake


@pytest.mark.parametrize(("has", "said"), [(True, "cores,"), (False, "cores without bfloat16 (")])
def test_the_doctor_tells_a_processor_without_bfloat16(snakemake, monkeypatch, capsys, has, said):
    monkeypatch.setattr("fairprune.command.doctor.has_bfloat16", lambda: has)
    command.main(["doctor"])
    assert said in capsys.readouterr().out


def test_the_snakefile_is_named_where_snakemake_would_not_find_it(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert calls.of_this_workflow(["all"])[1:] == ["--snakefile", str(project_file("Snakefile"))]
    monkeypatch.chdir(project_file(""))
    assert calls.of_this_workflow(["all"]) == ["all"]


@pytest.mark.parametrize("name", ["run", "status", "report", "export", "demo", "doctor"])
def test_every_command_has_help(name, capsys):
    assert command.main([name, "--help"]) == 0
    assert "fairprune run [TARGET ...]" in capsys.readouterr().out


def test_a_configuration_that_is_not_there_is_named(capsys):
    assert command.main(["run", "-n", "--configfile", "nothere.yaml"]) == 2
    assert "--configfile nothere.yaml: there is no such file" in capsys.readouterr().err
    assert command.main(["demo", "-n", "--configfile", "nothere.yaml"]) == 2
    assert "demo has a configuration of its own" in capsys.readouterr().err


def test_a_driver_that_fails_is_said_without_a_traceback(snakemake, monkeypatch, capsys):
    def fail():
        raise DeviceError("`nvidia-smi --list-gpus` failed 5 times")

    monkeypatch.setattr(command, "visible_devices", fail)
    assert command.main(["run", "all"]) == 2
    assert "fairprune: `nvidia-smi --list-gpus` failed" in capsys.readouterr().err
    study = ["--configfile", str(project_file("config/demo.yaml"))]
    assert command.main(["run", "all", "--gpus", "0", *study]) == 0  # which asks no driver
    assert "--resources=gpu=0" in snakemake[0]
