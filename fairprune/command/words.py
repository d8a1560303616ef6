"""The words of a call of Snakemake.

Options of Snakemake that take several values take the targets that follow them too, and then
refuse them: ``--resources gpu=4 all``. What cannot be a value is therefore moved to the front,
where Snakemake expects targets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fairprune._processor import n_cores

CONFIG = ("--configfile", "--configfiles")
_RESOURCES = ("--resources", "--res")
_PAIRS = (
    *("--config", "-C", *_RESOURCES, "--default-resources", "--default-res"),
    *("--set-resources", "--set-threads", "--set-scatter", "--set-resource-scopes"),
    *("--groups", "--group-components"),
)
_CORES = ("--cores", "-c", "--jobs", "-j")
_ELSEWHERE = ("--profile", "--executor", "-e")  # jobs are submitted, or a profile decides


def targets_first(words: Sequence[str]) -> list[str]:
    """The words, with targets that Snakemake would take for values moved to the front.

    Examples
    --------
    >>> targets_first(["--cores", "8", "--resources", "gpu=4", "all"])
    ['all', '--cores', '8', '--resources', 'gpu=4']
    """
    end = words.index("--") if "--" in words else len(words)
    targets, rest = list(words[end + 1 :]), []
    is_value: Callable[[str], bool] | None = None
    for word in words[:end]:
        if word.startswith("-"):
            is_value = _is_pair if word in _PAIRS else _is_file if word in CONFIG else None
        elif is_value is not None and not is_value(word):
            targets.append(word)
            continue
        rest.append(word)
    return targets + rest


def with_gpus(words: Sequence[str]) -> list[str]:
    """The words with ``--gpus N`` as the resource ``gpu=N`` that it is short for.

    Raises
    ------
    ValueError
        If N is no whole number.
    """
    number, rest = without_option(words, "--gpus")
    if number is None:
        return rest
    if not number.isdecimal():
        raise ValueError(f"--gpus must be a whole number, got {number!r}")
    return _add_resource(rest, f"gpu={number}")


def with_machine(words: Sequence[str], devices: Callable[[], Sequence[str]]) -> list[str]:
    """The words, with all cores and GPUs of this machine where they say nothing of them.

    ``devices`` lists the GPUs. It asks the driver, so it is called only where the number counts.
    """
    words = list(words)
    if has_option(words, *_ELSEWHERE):
        return words
    if not has_option(words, *_CORES):
        words += ["--cores", str(n_cores())]
    asked = _values(words, _RESOURCES, _is_pair)
    if not any(resource.startswith("gpu=") for resource in asked) and (gpus := devices()):
        words = _add_resource(words, f"gpu={len(gpus)}")
    return words


def has_option(words: Sequence[str], *options: str) -> bool:
    """Whether one of the options is among the words, as ``--name``, ``--name=...`` or ``-n8``."""
    return any(_names(word, option) for word in words for option in options)


def value_of(words: Sequence[str], *options: str) -> str | None:
    """The value of the first of the options that is among the words."""
    for word, following in zip(words, [*words, ""][1:], strict=True):
        for option in options:
            if word == option:
                return following
            if _names(word, option):
                return word.removeprefix(option).removeprefix("=")
    return None


def without_option(words: Sequence[str], option: str) -> tuple[str | None, list[str]]:
    """The value of an option, None if it is not among the words, and the words without it.

    Examples
    --------
    >>> without_option(["--form", "links", "-n"], "--form"), without_option(["-n"], "--form")
    (('links', ['-n']), (None, ['-n']))
    """
    for position, word in enumerate(words):
        name, _, value = word.partition("=")
        if name == option:
            end = position + (1 if value else 2)
            return value or "".join(words[position + 1 : end]), [*words[:position], *words[end:]]
    return None, list(words)


def configuration_files(words: Sequence[str]) -> list[str]:
    """The files that ``--configfile`` names.

    Examples
    --------
    >>> configuration_files(["--configfile", "a.yaml", "b.yaml", "-n", "--configfile=c.json"])
    ['a.yaml', 'b.yaml', 'c.json']
    """
    return _values(words, CONFIG, _is_file)


def _values(
    words: Sequence[str], options: Sequence[str], is_value: Callable[[str], bool]
) -> list[str]:
    """All values of options that take several."""
    values, inside = [], False
    for word in words:
        if word.startswith("-"):
            option, _, value = word.partition("=")
            inside = option in options
            values += [value] if inside and value else []
        elif inside and is_value(word):
            values.append(word)
    return values


def _names(word: str, option: str) -> bool:
    is_short = len(option) == 2 and not word.startswith("--")
    return word == option or word.startswith(option if is_short else f"{option}=")


def _add_resource(words: list[str], resource: str) -> list[str]:
    """The words with one more resource: a second ``--resources`` would replace the first."""
    for position, word in enumerate(words):
        if word in _RESOURCES:
            return [*words[: position + 1], resource, *words[position + 1 :]]
        if word.startswith(("--resources=", "--res=")):
            option, _, value = word.partition("=")
            return [*words[:position], option, value, resource, *words[position + 1 :]]
    return [*words, f"--resources={resource}"]


def _is_pair(word: str) -> bool:
    return "=" in word


def _is_file(word: str) -> bool:
    return word.endswith((".yaml", ".yml", ".json"))
