"""The names of methods as figures and tables write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_KNOWN = {
    "full": "Full data",
    "full_cdbw": "Full data+CDB-W",
    "full_cdbw_smooth": "Full data+CDB-W, smoothed",
    "full_group_dro": "Full data+Group DRO",
    "random": "Random",
    "el2n": "EL2N",
    "grand": "GraNd",
    "influence": "Influence",
    "forgetting": "Forgetting",
    "dynamic_uncertainty": "Dynamic Uncertainty",
    "coreset": "CoreSet",
    "ssp": "SSP",
    "random_metriq": "Random+MetriQ",
}
_ACRONYMS = {
    "aum": "AUM",
    "ccs": "CCS",
    "ccs_cp": "CCS-CP",
    "cld": "CLD",
    "d2": "D2",
    "dual": "DUAL",
    "eva": "EVA",
    "infomax": "InfoMax",
    "nucs": "NUCS",
    "ssp_rotation": "SSP, rotations",
    "tdds": "TDDS",
}
# Words whose spelling is not just a leading capital; they are also used within other names.
_WORDS = {
    name: text
    for name, text in (_KNOWN | _ACRONYMS).items()
    if text.lower() == name and text != name.capitalize()
}
_COMBINED = (  # prefix and suffix around a method's name, and the label of the combination
    ("", "_fresh", "{}, fresh"),
    ("", "_metriq", "{}+MetriQ"),
    ("", "_metriq_group", "{}+MetriQ, by group"),
    ("", "_shrunk", "{}+MetriQ, shrunk"),
    ("", "_out_of_fold", "{}+MetriQ, out of fold"),
    ("", "_tempered", "{}+Tempered"),
    ("", "_loop", "{}+Loop"),
    ("", "_nucs", "{}+NUCS"),
    ("", "_uniform", "{}+Uniform"),
    ("", "_variance", "{}+Variance"),
    ("", "_distilled", "{}+KD"),
    ("unseen_", "", "{}, unseen"),
    ("", "_mixed", "{}+Random"),
    ("", "_beta", "{}+Beta"),
    ("random_", "q", "Random+{}Q"),
    ("", "_cdbw", "{}+CDB-W"),
    ("cdbw_", "", "CDB-W+{}"),
)
_NUMBERED = re.compile(r"(.+?)_?(\d+)")  # a combination with a setting of its own
_NOT_ALLOWED = re.compile(r"[^0-9A-Za-z_+\-. ]")


def label(method: str) -> str:
    """Name of a method in figures and tables.

    Examples
    --------
    >>> label("forgetting_metriq"), label("random_grandq"), label("my_score")
    ('Forgetting+MetriQ', 'Random+GraNdQ', 'My score')
    >>> label("random_metriq_group"), label("nucs"), label("ccs_cp")
    ('Random+MetriQ, by group', 'NUCS', 'CCS-CP')
    >>> label("random_loop4"), label("random_metriq_20"), label("my_score2"), label("el2n_middle")
    ('Random+Loop 4', 'Random+MetriQ 20', 'My score2', 'EL2N middle')
    """
    if name := _KNOWN.get(method) or _ACRONYMS.get(method):
        return name
    for prefix, suffix, combined in _COMBINED:
        if base := between(method, prefix, suffix):
            return combined.format(label(base))
    if (numbered := _NUMBERED.fullmatch(method)) and _is_combined(numbered[1]):
        return f"{label(numbered[1])} {numbered[2]}"
    words = _NOT_ALLOWED.sub("", method).replace("_", " ").strip() or "method"
    text = " ".join(_WORDS.get(word, word) for word in words.split(" "))
    return text[0].upper() + text[1:]


def strategy(method: str) -> str:
    """The strategy that a method combines with quotas or a loss; empty if it is no combination.

    Examples
    --------
    >>> strategy("el2n_metriq"), strategy("random_grandq"), strategy("cdbw_el2n"), strategy("el2n")
    ('el2n', 'grand', 'el2n', '')
    >>> strategy("el2n_metriq_20"), strategy("random_loop4"), strategy("my_score2")
    ('el2n', 'random', '')
    """
    bases = (between(method, prefix, suffix) for prefix, suffix, _ in _COMBINED)
    if base := next(filter(None, bases), ""):
        return base
    numbered = _NUMBERED.fullmatch(method)
    return strategy(numbered[1]) if numbered else ""


def ordered(methods: Iterable[str]) -> list[str]:
    """Methods in the order of legends: the paper's, then combinations, then the rest."""
    known = list(_KNOWN)

    def key(method: str) -> tuple[int, int, str]:
        if method in known:
            return 0, known.index(method), method
        return (1 if _is_combined(method) else 2), 0, method

    return sorted(set(methods), key=key)


def _is_combined(method: str) -> bool:
    return method in _KNOWN or bool(strategy(method))


def between(method: str, prefix: str, suffix: str) -> str:
    """The method named between a prefix and a suffix; empty if there is none."""
    name = method.removeprefix(prefix).removesuffix(suffix)
    whole = f"{prefix}{name}{suffix}" == method and name not in ("", method)
    return name if whole and not keeps_all(name) else ""


def keeps_all(method: str) -> bool:
    """Whether a method keeps the whole training set, by its name."""
    return method == "full" or method.startswith("full_")
