"""One profile for every property test: the same cases on every machine of the build, fresh ones at a desk."""

import os

from hypothesis import HealthCheck, settings

_EXAMPLES = int(200 * float(os.environ.get("POSTLUDE_EXAMPLES", "1")))

settings.register_profile(
    "postlude",
    max_examples=_EXAMPLES,
    deadline=None,
    database=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
settings.load_profile("postlude")
