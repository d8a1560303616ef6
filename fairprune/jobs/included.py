"""A default target for workflows that include this one."""

from __future__ import annotations

from typing import Any


def keep_default_target(workflow: Any, name: str) -> None:
    """Let a rule be the default target of a workflow that includes this one, and has no other.

    Snakemake drops the default target of an included file when the file ends, and takes the first
    rule that the including one has after it. Only when all files are read, and there was none, is
    ``name`` the default.
    """

    class Including(type(workflow)):  # type: ignore[misc]  # known when it runs
        @property
        def default_target(self) -> str | None:
            return self.__dict__.get("default_target") or (None if self.included_stack else name)

        @default_target.setter
        def default_target(self, value: str | None) -> None:
            self.__dict__["default_target"] = value

    workflow.__class__ = Including
