"""A Slurm cluster of one node on this machine, for as long as a block runs.

Needs root and Debian's packages slurmctld, slurmd, slurm-client and munge. The node offers GPUs
that are files (``/dev/null``, ``/dev/zero``): Slurm counts and assigns them, and nothing can
compute on them, so each task's prolog writes down what Slurm gave it and then hides it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ETC = Path("/etc/slurm")  # the only place that jobs look in: they do not inherit SLURM_CONF
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo")

SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={folder}/prolog
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=1
ReturnToService=2
MpiDefault=none
GresTypes=gpu
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 Gres=gpu:2
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
GRES_CONF = """\
AutoDetect=off
Name=gpu File=/dev/null
Name=gpu File=/dev/zero
"""
PROLOG = """\
#!/bin/sh
echo "$SLURM_JOB_ID ${{SLURM_STEP_ID:-batch}} ${{CUDA_VISIBLE_DEVICES:-none}}" >> {folder}/given
echo export CUDA_VISIBLE_DEVICES=
"""


class SlurmUnavailable(Exception):
    """This machine cannot run a Slurm of its own; the message says why."""


@dataclass
class Cluster:
    """A running cluster and what it has done."""

    folder: Path

    def given_gpus(self) -> dict[str, str]:
        """The GPUs that Slurm gave to the steps in which jobs computed, by job."""
        lines = (line.split() for line in (self.folder / "given").read_text().splitlines())
        return {job: gpus for job, step, gpus in lines if step == "0"}

    def jobs(self) -> dict[str, dict[str, str]]:
        """The fields that ``scontrol show job`` prints, by job; ended jobs stay for minutes."""
        printed = _output("scontrol", "--oneliner", "show", "job")
        found = {}
        for line in printed.splitlines():
            fields = dict(word.split("=", 1) for word in line.split() if "=" in word)
            found[fields["JobId"]] = fields
        return found


@contextmanager
def slurm_cluster(folder: Path) -> Iterator[Cluster]:
    """Run munge, a controller and a node; stop them and remove their configuration at the end.

    Raises
    ------
    SlurmUnavailable
        Without root or the packages, or where this machine belongs to a Slurm already.
    """
    _check_machine()
    host = socket.gethostname().partition(".")[0]
    (folder / "given").touch()
    for name in ("state", "spool"):
        (folder / name).mkdir()
    prolog = folder / "prolog"
    prolog.write_text(PROLOG.format(folder=folder))
    prolog.chmod(0o755)
    with ExitStack() as stack:
        stack.callback(_remove_configuration, ETC.exists())
        ETC.mkdir(exist_ok=True)
        (ETC / "slurm.conf").write_text(
            SLURM_CONF.format(host=host, folder=folder, ports=_free_ports(2))
        )
        (ETC / "gres.conf").write_text(GRES_CONF)
        _start(stack, folder, *_munged(folder))
        _wait_for(lambda: (folder / "munge.socket").exists(), folder)
        _start(stack, folder, "slurmctld", "-D")
        _start(stack, folder, "slurmd", "-D", "-N", host)
        _wait_for(lambda: _output("sinfo", "--noheader", "--format=%T").strip() == "idle", folder)
        yield Cluster(folder)
        subprocess.run(["scancel", "--user=root"], check=False)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise SlurmUnavailable("a Slurm daemon needs root")
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        raise SlurmUnavailable(
            f"not installed: {', '.join(missing)} "
            "(apt-get install slurmctld slurmd slurm-client munge)"
        )
    if (ETC / "slurm.conf").exists():
        raise SlurmUnavailable(f"{ETC}/slurm.conf exists: this machine belongs to a Slurm")


def _remove_configuration(existed: bool) -> None:
    for name in ("slurm.conf", "gres.conf"):
        (ETC / name).unlink(missing_ok=True)
    if not existed:
        ETC.rmdir()


def _munged(folder: Path) -> list[str]:
    """The command of a munge daemon with a key and a socket of its own."""
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    files = {"key-file": key, "socket": folder / "munge.socket", "pid-file": folder / "munge.pid"}
    files |= {"log-file": folder / "munge.log", "seed-file": folder / "munge.seed"}
    options = [f"--{option}={path}" for option, path in files.items()]
    return ["munged", "--foreground", "--force", *options]


def _start(stack: ExitStack, folder: Path, *command: str) -> None:
    """Start a daemon that ends with the stack."""
    with open(folder / f"{command[0]}.out", "w") as output:
        daemon = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    stack.callback(_stop, daemon)


def _stop(daemon: subprocess.Popen) -> None:
    daemon.terminate()
    try:
        daemon.wait(timeout=10)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _free_ports(n: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _wait_for(condition, folder: Path, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            logs = "\n".join(p.read_text()[-1000:] for p in sorted(folder.glob("*.out")))
            raise RuntimeError(f"the cluster did not start within {timeout_s:g} s:\n{logs}")
        time.sleep(0.2)
