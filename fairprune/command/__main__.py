"""``fairprune COMMAND ...``: what Snakemake does, in words that are easy to remember."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from fairprune._text import print_any_name
from fairprune._validation import check_known
from fairprune.command import folder
from fairprune.command.calls import call, check_writable, need_snakemake, working_directory
from fairprune.command.doctor import examine
from fairprune.command.exports import export_targets
from fairprune.command.words import CONFIG, has_option, targets_first, with_gpus, with_machine
from fairprune.jobs.devices import DeviceError, visible_devices
from fairprune.study.project import project_file
from fairprune.version import __version__

HELP = f"""\
fairprune {__version__}: prune a training set without ruining a class.

    fairprune demo                  run a whole study on embedded images, in minutes
    fairprune new DATA              write a configuration for your own data
    fairprune run [TARGET ...]      run this folder's study, or a part of it: pruned, all, a file
    fairprune status [TARGET ...]   show what is still to do
    fairprune report                write results/report.html about what has run so far
    fairprune export SET ...        export index sets for other programs: --form ids, links, copies
                                    or parquet; a SET is a path such as
                                    results/birds/pruned/random_metriq/density0.3/seed0.parquet
    fairprune doctor                check this machine and the installation

The study is the only configuration in the folder, unless --configfile names another. By default
all cores and GPUs are used; --cores N and --gpus N set other numbers. All other options go to
Snakemake, whose command is printed: fairprune run --cores 8 --gpus 2 --keep-going pruned
`fairprune new --help` and `snakemake --help` list the options.
"""
REPORT = Path("results/report.html")
_QUIET = ("host", "progress", "rules")
_DRY = ("--dry-run", "--dryrun", "-n")


def main(words: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    if words is None:  # as a process of its own, which ends quietly with its reader: `| head`
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        words = sys.argv[1:]
    print_any_name()
    if not words or words[0] in ("help", "-h", "--help"):
        print(HELP, end="")
        return 0
    if words[0] in COMMANDS and words[0] != "new" and has_option(words, "-h", "--help"):
        print(HELP, end="")
        return 0
    if words[0] in ("-V", "--version"):
        print(f"fairprune {__version__}")
        return 0
    try:
        check_known(words[0], COMMANDS, f"command {words[0]!r}: unknown")
        if words[0] != "doctor":
            need_snakemake()
        return COMMANDS[words[0]](words[1:])
    except (ValueError, DeviceError) as error:
        print(f"fairprune: {error}", file=sys.stderr)
        return 2


def run(words: Sequence[str]) -> int:
    """The study of this folder, or the targets named."""
    if not has_option(words, *CONFIG, *_DRY):
        folder.need_study(working_directory(words), words)
    words = with_machine(with_gpus(targets_first(words)), visible_devices)
    return call(_with_study(words))


def status(words: Sequence[str]) -> int:
    """How many jobs of each kind are still to do, and why."""
    words = [*with_gpus(targets_first(words)), "--dry-run"]
    return call(_with_study(words))


def report(words: Sequence[str]) -> int:
    """Snakemake's report of what has run; an earlier one stays until the new one is there."""
    words = targets_first(words)
    where = working_directory(words)
    last = where / folder.LAST
    if last.exists() and not has_option(words, *CONFIG):
        words += ["--configfile", str(last)]
    else:
        words = _with_study(words)

    check_writable((where / REPORT).parent)
    new = (where / REPORT).resolve().with_suffix(".new.html")
    status = call(["what_has_run", *words, "--report", str(new), "--quiet", *_QUIET])
    if status == 0:
        new.replace(where / REPORT)
        print(f"Report: {(where / REPORT).resolve()}")
    return status


def export(words: Sequence[str]) -> int:
    """Index sets as other programs read them; those that are not there are made first."""
    targets, words = export_targets(targets_first(words))
    status = run([*targets, *words])
    if status == 0 and not has_option(words, *_DRY):
        for target in targets:
            print(f"Exported: {(working_directory(words) / target).resolve()}")
    return status


def demo(words: Sequence[str]) -> int:
    """The demo, its report, and the table of what was found."""
    if has_option(words, *CONFIG):
        raise ValueError("demo has a configuration of its own; `fairprune run` takes another one")
    study = ["--configfile", str(project_file("config/demo.yaml"))]
    words = with_machine(with_gpus(targets_first(words)), visible_devices)
    where = working_directory(words)
    status = call([*words, *study])
    if status or has_option(words, *_DRY):
        return status
    status = report([] if where == Path() else ["--directory", str(where)])
    if status == 0:
        print(f"\n{(where / 'results/tables/demo.txt').read_text(encoding='utf-8')}", end="")
    return status


def new(words: Sequence[str]) -> int:
    """A configuration for data of one's own."""
    from fairprune.new_study.__main__ import main as new_study

    return new_study(list(words))


def doctor(words: Sequence[str]) -> int:
    """What this machine has, and whether this folder's study can be planned."""
    is_well = True
    for is_there, text in examine(working_directory(words)):
        print(f"{'ok     ' if is_there else 'MISSING'}  {text}")
        is_well &= is_there
    return status(words) if is_well else 1


def _with_study(words: Sequence[str]) -> list[str]:
    """Say which study of the folder it is; the words with its configuration."""
    if has_option(words, *CONFIG):
        return list(words)
    where = working_directory(words)
    study = folder.study_of(where, words)
    print(folder.described(where, study))
    return list(words) if study is None else [*words, "--configfile", str(study)]


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    command.__name__: command for command in (demo, new, run, status, report, export, doctor)
}

if __name__ == "__main__":
    sys.exit(main())
