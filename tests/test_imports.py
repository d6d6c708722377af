"""Imports run one way; this reads them, also those inside functions and for type checkers."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

import tokensphere

ROOT = Path(tokensphere.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

# What each part may import of the package; a part is a module or a folder.
MAY: dict[str, set[str]] = {
    "errors": set(),
    "_version": set(),
    "display": {"errors"},
    "vocabulary": {"errors", "_version", "display"},
    "space": {"errors", "_version", "vocabulary", "geometry.moments"},
    "sources": {"sources", "space", "vocabulary", "display", "errors", "_version"},
    "geometry": {"geometry", "errors"},
    "labels": {"labels", "vocabulary", "display", "errors", "_version"},
    "analysis": {"analysis", "space", "geometry", "labels", "vocabulary", "display", "errors"},
    "views": {
        "views", "analysis", "space", "geometry", "labels", "vocabulary", "display", "errors",
        "_version",
    },
    "cli": {"cli", "analysis", "geometry", "labels", "sources", "views", "space", "errors", "_version"},
    "__main__": {"cli"},
    "__init__": {
        "_version", "errors", "analysis", "geometry", "labels", "sources", "space", "display",
        "vocabulary",
    },
}  # fmt: skip


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


@cache
def imported(path: Path) -> frozenset[str]:
    """Modules of the package that a file imports, without the package's name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            # ``from tokensphere import views`` and ``from tokensphere.sources import bundled``
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "tokensphere":
                found.add(rest)
    return frozenset(found)


def allowed(module: str, may: set[str]) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in may)


def test_the_walk_sees_the_whole_package() -> None:
    modules = {module_of(path) for path in FILES}
    assert {"cli", "geometry.search", "analysis", "views.html", "__init__", "__main__"} <= modules
    assert {module.split(".")[0] for module in modules} == set(MAY)
    late = imported(ROOT / "cli" / "options.py")
    assert "sources.load.load" in late and "views" in late  # inside functions
    assert "space.EmbeddingSpace" in late  # for type checkers


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_run_one_way(path: Path) -> None:
    part = module_of(path).split(".")[0]
    wrong = sorted(module for module in imported(path) if not allowed(module, MAY[part]))
    assert not wrong, f"{module_of(path)} imports {', '.join(wrong)}"


def test_modules_at_the_top_do_not_import_each_other_in_a_circle() -> None:
    """Within a folder, too: files can be put in an order in which each imports only earlier ones."""
    modules = {module_of(path): path for path in FILES}
    needs = {
        name: {
            other
            for other in modules
            if other != name
            and any(found == other or found.startswith(f"{other}.") for found in imported(path))
            # a folder's __init__ is imported with each of its files, and is not what they need
            and not (modules[other].name == "__init__.py" and name.startswith(f"{other}."))
        }
        for name, path in modules.items()
    }
    for name, others in needs.items():
        needs[name] = {o for o in others if not any(p != o and p.startswith(f"{o}.") for p in others)}
    done: set[str] = set()
    while ready := {name for name in needs if name not in done and needs[name] <= done}:
        done |= ready
    assert done == set(needs), f"in a circle: {sorted(set(needs) - done)}"


def test_only_main_imports_the_command_line() -> None:
    users = {module_of(path) for path in FILES if any(m.split(".")[0] == "cli" for m in imported(path))}
    assert {user for user in users if user.split(".")[0] != "cli"} == {"__main__"}


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_the_library_neither_prints_nor_exits(path: Path) -> None:
    if module_of(path).split(".")[0] == "cli":
        return
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not called & {
        "print",
        "exit",
        "quit",
        "sys.exit",
        "os._exit",
        "sys.stdout.write",
        "sys.stderr.write",
    }


def test_no_drawer_for_everything() -> None:
    assert not [path for path in FILES if path.stem.strip("_") in {"utils", "util", "helpers", "misc"}]
