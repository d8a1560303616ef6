"""Calls of Snakemake: their words, printed and run by this Python."""

from __future__ import annotations

import importlib.util
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from fairprune.command.words import configuration_files, has_option, value_of
from fairprune.study.files import check_files
from fairprune.study.project import project_file


def need_snakemake() -> None:
    """Refuse to go on without Snakemake.

    Raises
    ------
    ValueError
        Saying how it is installed.
    """
    if importlib.util.find_spec("snakemake") is None:
        raise ValueError(
            f"Snakemake is not installed beside {sys.executable}; "
            "pip install 'fairprune[workflow]' installs it"
        )


def working_directory(words: Sequence[str]) -> Path:
    """Where a call works: ``--directory``, or here."""
    return Path(value_of(words, "--directory", "-d") or ".")


def of_this_workflow(words: Sequence[str]) -> list[str]:
    """The words with this workflow's Snakefile, where Snakemake would not find it by itself."""
    snakefile = project_file("Snakefile")
    here = Path("Snakefile")
    if has_option(words, "--snakefile", "-s") or (here.exists() and here.samefile(snakefile)):
        return list(words)
    return [*words, "--snakefile", str(snakefile)]


def check_writable(folder: Path) -> None:
    """Refuse a folder that is there and read-only: Snakemake writes there even to look.

    Raises
    ------
    ValueError
        With the folder.
    """
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise ValueError(
            f"{folder.resolve()} is read-only, and Snakemake writes there, even to look; "
            "work in a copy of the study"
        )


def call(words: Sequence[str]) -> int:
    """Print a call of Snakemake and do it; its exit status.

    Raises
    ------
    ValueError
        If a configuration file is none, or nothing can be written here, where Snakemake would end
        in a traceback.
    """
    check_writable(working_directory(words))
    files = configuration_files(words)
    for file in files:
        if not Path(file).is_file():
            raise ValueError(f"--configfile {file}: there is no such file")
    check_files(files)
    command = [sys.executable, "-m", "snakemake", *of_this_workflow(words)]
    print(f"$ {shlex.join(command)}", flush=True)
    with subprocess.Popen(command) as process:
        before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            while True:
                try:
                    return process.wait()
                except KeyboardInterrupt:  # Snakemake has been told too, and stops its jobs
                    continue
        finally:
            signal.signal(signal.SIGTERM, before)
