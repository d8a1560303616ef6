"""Check a configuration file before anything unfolds its aliases.

YAML takes the last of two equal keys, lets an alias repeat a value again and again, and reads
numbers of any length. The next program to read such a file may need minutes, or end in a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from fairprune.study.configuration import MAX_DEPTH, MAX_TEXT, MAX_VALUES

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_files(paths: Iterable[Path | str]) -> None:
    """Refuse configuration files that are not plain YAML, or have a key twice.

    Raises
    ------
    ValueError
        In one line: the file, the line in it, and what is wrong.
    """
    for path in paths:
        try:
            text = Path(path).read_bytes().decode()
            root = yaml.compose(text, Loader=_LOADER)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path} is not UTF-8 text: {error}") from error
        except RecursionError as error:
            raise ValueError(f"{path} is nested deeper than {MAX_DEPTH} levels") from error
        except yaml.YAMLError as error:
            raise ValueError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
        if root is not None:
            _check(path, root, 0, iter(range(MAX_VALUES)))
            _load(path, text)


def _load(path: Path | str, text: str) -> None:
    """Refuse impossible values, such as the 45th of a month."""
    try:
        yaml.load(text, Loader=_LOADER)  # a safe one
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is no plain YAML: {' '.join(str(error).split())}") from error


def _check(path: Path | str, node: yaml.Node, depth: int, budget: Iterator[int]) -> None:
    where = f"{path}, line {node.start_mark.line + 1}"
    if next(budget, None) is None:
        raise ValueError(f"{path} has more than {MAX_VALUES} values, aliases unfolded")
    if depth > MAX_DEPTH:
        raise ValueError(f"{where}: nested deeper than {MAX_DEPTH} levels")

    if isinstance(node, yaml.ScalarNode) and len(node.value) > MAX_TEXT:
        raise ValueError(f"{where}: a value of more than {MAX_TEXT} characters")
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":int") and len(node.value) > 20:
        raise ValueError(f"{where}: a number of {len(node.value)} digits")
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check(path, item, depth + 1, budget)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, item in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                line = key.start_mark.line + 1
                raise ValueError(f"{path}, line {line}: the key {key.value[:80]!r} is there twice")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else None)
            _check(path, key, depth + 1, budget)
            _check(path, item, depth + 1, budget)
