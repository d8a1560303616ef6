"""A study of seconds, run by the real ``snakemake`` command in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import yaml

from fairprune.storage.tables import read_table

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "config", "fairprune", "profiles")

TINY = {
    "run": ["tiny"],
    "experiments": {
        "tiny": {
            "dataset": "fashion_mnist_mini",
            "model": {"name": "small_cnn", "width": 4},
            "examples_per_class": 20,
            "densities": [0.3, 0.5],
            "seeds": 2,
            "threads": 1,
            "figures": [4, 5],
            "gpu": 0,
            "methods": ["full", "random", "el2n", "random_metriq", "random_forgettingq"],
            "queries": {"short": {"seeds": 2, "epochs_share": 0.5}},
            "training": {
                "epochs": 4,
                "drops": [3],
                "batch_size": 32,
                "learning_rate": 0.1,
                "max_shift": 1,
            },
        }
    },
}


def changed(**settings: object) -> dict:
    """The tiny study with other settings of its experiment."""
    experiment = {**TINY["experiments"]["tiny"], **settings}
    return {**TINY, "experiments": {"tiny": experiment}}


def rows(path: Path, schema: pa.Schema | None = None) -> pd.DataFrame:
    """The rows of a table."""
    return read_table(path, schema).to_pandas()


@dataclass
class Project:
    """A copy of the project in an empty folder, and its study."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, config: dict | None = None) -> Project:
        """Copy what a study needs and write its configuration."""
        folder.mkdir(parents=True, exist_ok=True)
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                skipped = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / part, ignore=skipped)
            elif source.exists():
                shutil.copy(source, folder / part)
        project = cls(folder)
        project.configure(config or TINY)
        return project

    def copy(self, folder: Path) -> Project:
        """A second project with the same files, results, and times of files."""
        shutil.copytree(self.folder, folder)
        return Project(folder)

    def configure(self, config: dict) -> None:
        """Write the study's configuration."""
        (self.folder / "tiny.yaml").write_text(yaml.safe_dump(config))

    def command(self, *arguments: str) -> list[str]:
        """The command line of a study; ``arguments`` begin with the targets."""
        snakemake = [sys.executable, "-m", "snakemake"]
        return [*snakemake, *arguments, "--configfile", "tiny.yaml"]

    @property
    def environment(self) -> dict[str, str]:
        """Scripts import the copy of the package."""
        return {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}

    def start(self, *arguments: str, log: Path) -> subprocess.Popen:
        """Start Snakemake and go on; what it prints goes to ``log``."""
        with open(log, "w") as output:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def run(self, *arguments: str, check: bool = True) -> str:
        """Run Snakemake and give what it printed.

        Raises
        ------
        AssertionError
            With the output, if ``check`` and the exit status is not 0.
        """
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert not check or done.returncode == 0, done.stdout[-5000:]
        return done.stdout

    def jobs(self, *arguments: str) -> dict[str, int]:
        """Jobs that a dry run would do, by rule."""
        printed = self.run(*(arguments or ("all",)), "--cores", "1", "--dry-run")
        stats = re.search(r"^job +count\n-+ +-+\n(.*?)^total ", printed, re.S | re.M)
        if stats is None:
            assert "Nothing to be done" in printed, printed[-3000:]
            return {}
        jobs = dict(line.split() for line in stats[1].splitlines())
        return {name: int(count) for name, count in jobs.items() if name != "all"}

    def tables(self) -> dict[str, bytes]:
        """Bytes of every result but what says how long something took, or what was asked last."""
        folder = self.folder / "results"
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in files
            if "costs" not in str(path.relative_to(folder)) and path.name != "configuration.yaml"
        }
