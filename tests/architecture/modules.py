"""The modules of a package: their names, sources and syntax trees."""

import ast
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Source(NamedTuple):
    """One source file: its path from the repository's root and its syntax tree."""

    path: str
    tree: ast.Module

    def imported(self) -> set[str]:
        """Every module that this file imports, and every name it takes from one."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = "." * node.level + (node.module or "")
                names.update([package, *(f"{package}.{alias.name}" for alias in node.names)])
        return names


def sources(package: str) -> list[Source]:
    """Every source file below `src/<package>`."""
    files = sorted((ROOT / "src" / package).rglob("*.py"))
    return [
        Source(str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8")))
        for file in files
    ]


def modules(package: str) -> list[ModuleType]:
    """Every module of a package, imported."""
    top = importlib.import_module(package)
    names = [found.name for found in pkgutil.walk_packages(top.__path__, f"{package}.")]
    return [top, *(importlib.import_module(name) for name in names)]
