"""Below the adapters nothing changes by itself: frozen data, no clock, no chance, no world."""

import ast
import sys
from itertools import chain

import msgspec
import pytest

from tests.architecture.modules import Source, modules, sources

PURE = ("domain", "projections")
PURE_SOURCES = list(chain.from_iterable(sources(package) for package in PURE))

# Clock, chance and ids arrive in the command; files, sockets and threads belong to the adapters.
IMPURE_MODULES = {
    "asyncio",
    "io",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "select",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib.request",
    "uuid",
}
CLOCK_READINGS = {"now", "utcnow", "today"}
# hash() of text differs from process to process; id() is an address.
IMPURE_BUILTINS = {"hash", "id", "input", "open", "print"}


def test_every_struct_below_the_adapters_is_frozen():
    structs = {
        value
        for package in PURE
        for module in modules(package)
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, msgspec.Struct)
        and value.__module__.partition(".")[0] in PURE
    }
    assert structs, "no Struct found: this test would pass on anything"
    assert {struct for struct in structs if not struct.__struct_config__.frozen} == set()


@pytest.mark.parametrize("source", PURE_SOURCES, ids=lambda source: source.path)
def test_nothing_below_the_adapters_imports_a_clock_chance_or_the_outside_world(source: Source):
    imported = source.imported()
    assert {name for name in imported if _within(name, IMPURE_MODULES)} == set()


@pytest.mark.parametrize("source", PURE_SOURCES, ids=lambda source: source.path)
def test_nothing_below_the_adapters_reads_the_clock(source: Source):
    readings = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCK_READINGS
        and ast.unparse(node.value).rpartition(".")[2] in {"date", "datetime"}
    ]
    assert readings == []


@pytest.mark.parametrize("source", PURE_SOURCES, ids=lambda source: source.path)
def test_nothing_below_the_adapters_calls_what_differs_between_runs(source: Source):
    calls = [
        f"line {node.lineno}: {ast.unparse(node)}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in IMPURE_BUILTINS
    ]
    assert calls == []


@pytest.mark.parametrize("source", sources("domain"), ids=lambda source: source.path)
def test_the_domain_imports_only_the_standard_library_and_msgspec(source: Source):
    allowed = sys.stdlib_module_names | {"domain", "msgspec", ""}
    assert {name.partition(".")[0] for name in source.imported()} <= allowed


def _within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
