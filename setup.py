"""The wheel ships the workflow too, so that ``fairprune run`` works in any folder."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("Snakefile", "workflow", "config", "profiles")


class BuildWithWorkflow(build_py):
    """Copies the workflow's files beside the modules; a checkout is used as it stands."""

    def run(self) -> None:
        """Build the modules, then copy."""
        super().run()
        if self.editable_mode:
            return

        folder = Path(self.build_lib) / "fairprune" / "_project"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in SHIPPED:
            copy = shutil.copytree if Path(name).is_dir() else shutil.copy2
            copy(name, folder / name)


setup(cmdclass={"build_py": BuildWithWorkflow})
