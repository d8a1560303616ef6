"""What all tests share: property tests draw the same examples on every run, without a time limit.

A machine under load is no reason to fail, and a failure must come back when the test is run again.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "fairprune",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fairprune")
