"""Packages that not every use needs, imported when one does."""

from __future__ import annotations

import importlib
from types import ModuleType


def needed(module: str, extra: str) -> ModuleType:
    """Import a module of an optional package.

    Raises
    ------
    ImportError
        Saying which extra of this package installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise ImportError(
            f"{package} is needed here: pip install 'fairprune[{extra}]'", name=package
        ) from error
