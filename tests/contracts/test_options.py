"""What every option promises: it says what it allows, and anything else is refused by name.

Those of docs/extend.md included.
"""

import pytest

from fairprune import _source, registry


def options(kind):
    function, given = registry.FUNCTIONS[kind]
    return [
        (kind, name, option)
        for name in registry.names(kind)
        for option, parameter in _source.parameters(f"fairprune.{kind}.{name}", function).items()
        if parameter.kind is parameter.KEYWORD_ONLY and option not in given
    ]


OPTIONS = [each for kind in registry.FUNCTIONS for each in options(kind)]


@pytest.mark.parametrize(("kind", "name", "option"), OPTIONS)
def test_a_value_of_no_use_is_refused_before_any_job_and_in_a_call(kind, name, option):
    with pytest.raises(ValueError, match=rf"^here\.{option} must be .*, got \(\)$"):
        registry.check_options(kind, name, {option: ()}, "here")
    function = getattr(registry.load(kind, name), registry.FUNCTIONS[kind][0])
    if kind not in ("data", "quota_rules"):  # they pass options on to functions that check them
        with pytest.raises(ValueError, match=rf"^{option} must be .*, got \(\)$"):
            function(**{option: ()})


def test_those_of_the_documentation(extended):
    documented = {each for kind in registry.FUNCTIONS for each in options(kind)} - set(OPTIONS)
    assert {kind for kind, _, _ in documented} == registry.FUNCTIONS.keys()
    for each in sorted(documented):
        test_a_value_of_no_use_is_refused_before_any_job_and_in_a_call(*each)
