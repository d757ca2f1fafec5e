"""What all tests share: a PostgreSQL server, and how many examples a property test tries."""

from hypothesis import settings

pytest_plugins = ["tests.postgres_server"]

# Tier fast is the default; ./dev check and ./dev fuzz choose with --hypothesis-profile. No
# deadline: a busy machine is no bug. `ci` always tries the same examples, so it never flickers.
settings.register_profile("fast", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, database=None, print_blob=True
)
settings.register_profile("long", max_examples=10_000, deadline=None, print_blob=True)
settings.load_profile("fast")
