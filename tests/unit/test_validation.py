"""What annotations allow, and how a value that does not fit is refused."""

from typing import Annotated, Any, Literal

import numpy as np
import pytest

from fairprune._validation import NotNegative, Range, check, check_known, checked

SHARE = Annotated[float, Range(0, 1, "[)")]
FITS = [(int, np.int64(3)), (float, 2), (SHARE, 0), (bool, True), (Literal["a"], "a")]
FITS += [(NotNegative | None, None), (NotNegative | None, 0), (Any, []), (np.ndarray | None, "x")]
REFUSED = [
    (int, 2.0, "an integer, got 2.0"),
    (int, True, "an integer, got True"),
    (bool, 1, "true or false, got 1"),
    (str | None, 3, "text or null, got 3"),
    (SHARE, 1, "a number in [0, 1), got 1"),
    (SHARE, float("nan"), "a number in [0, 1), got nan"),
    (NotNegative, -1, "an integer in [0, inf], got -1"),
    (Literal["a", "b"], ["a"], "one of a, b, got ['a']"),
]


@pytest.mark.parametrize(("annotation", "value"), FITS)
def test_what_fits(annotation, value):
    check("x", value, annotation)


@pytest.mark.parametrize(("annotation", "value", "message"), REFUSED)
def test_what_does_not_fit(annotation, value, message):
    with pytest.raises(ValueError) as error:
        check("x", value, annotation)
    assert str(error.value) == f"x must be {message}"


def test_a_checked_function_looks_at_all_its_arguments():
    @checked
    def function(n: "NotNegative", *, share: "SHARE" = 0.5, other: "Unknown" = 0):  # noqa: F821
        return n + share

    assert function(1) == function(n=1, share=0.5, other="x") == 1.5
    for arguments, options, name in (((-1,), {}, "n"), ((1,), {"share": 2}, "share")):
        with pytest.raises(ValueError, match=f"^{name} must be"):
            function(*arguments, **options)


def test_an_unknown_name_is_refused_with_the_known_ones():
    check_known("a", ["a", "b"], "unknown")
    with pytest.raises(ValueError, match=r"^unknown x 'el2m'; known: el2n, ssp; did .* 'el2n'\?$"):
        check_known("el2m", ["el2n", "ssp", "ssp"], "unknown x 'el2m'")
    with pytest.raises(ValueError, match="^unknown x; known: none$"):
        check_known(3, [], "unknown x")
