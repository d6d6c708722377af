"""Imports run one way; this reads them: inside functions, for type checkers, and in strings, too."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tokensphere
from tests.cases import every

ROOT = Path(tokensphere.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
FOUNDATION = {"errors", "_version", "above", "display", "vocabulary", "records", "arrays", "columns"}

# What each room may import of the package; a room is a folder, or a module that stands by itself.
MAY: dict[str, set[str]] = {
    "errors": {"display"},
    "_version": set(),
    "above": set(),
    "records": set(),
    "arrays": set(),
    "held": set(),
    "columns": {"errors", "arrays"},
    "display": set(),
    "vocabulary": {"errors", "display"},
    "formats": {"errors", "display", "held"},
    "geometry": {"errors", "records", "arrays", "held"},
    "statistics": {"errors", "records", "arrays", "columns"},
    "space": {"errors", "above", "vocabulary", "geometry"},
    "labels": {"errors", "records", "_version", "vocabulary", "formats"},
    "sources": FOUNDATION | {"space", "formats", "geometry"},
    "directions": FOUNDATION | {"space", "formats", "geometry"},
    "saes": FOUNDATION | {"space", "formats", "directions", "sources"},
    "analysis": FOUNDATION | {"space", "directions", "geometry", "statistics", "labels"},
    "views": FOUNDATION
    | {"space", "directions", "geometry", "statistics", "labels", "analysis", "formats"},
    "atlas": FOUNDATION
    | {"space", "formats", "geometry", "analysis", "sources", "directions", "statistics"},
    "run": {"errors", "analysis", "formats"},
    "opened": {"errors", "space", "analysis", "formats", "labels", "run", "statistics"},
    "ratings": {"errors", "_version", "analysis", "formats"},
    "cli": FOUNDATION
    | {"space", "directions", "geometry", "statistics", "labels", "analysis", "formats", "sources"}
    | {"views", "run", "web", "ratings", "opened", "saes", "atlas"},
    "web": FOUNDATION
    | {"space", "directions", "geometry", "statistics", "labels", "analysis", "formats", "sources"}
    | {"views", "run", "ratings", "opened"},
    "__main__": {"cli"},
    "__init__": FOUNDATION
    | {"space", "directions", "geometry", "statistics", "labels", "analysis", "sources", "views", "run"}
    | {"web", "ratings", "opened", "saes", "atlas"},
}  # fmt: skip


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in FILES}


@dataclass(frozen=True)
class Said:
    """What a file's syntax says: modules of the package that it imports, and what it calls, by name."""

    imported: frozenset[str]
    called: frozenset[str]


@cache
def said(path: Path) -> Said:
    text = path.read_text(encoding="utf-8")
    found, called, strings = set[str](), set[str](), set[str]()
    for node in ast.walk(ast.parse(text)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            # ``from tokensphere import views`` and ``from tokensphere.sources import bundled``
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called.add(ast.unparse(node.func))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.add(node.value.removeprefix("tokensphere.").partition(":")[0])
        for name in names:
            package, _, rest = name.partition(".")
            if package == "tokensphere":
                found.add(rest)
    # A file that imports by name, such as from a table of lazy names, names modules in strings.
    loads_by_name = "import_module" in text
    return Said(
        frozenset(found | (strings & set(MODULES) if loads_by_name else set())), frozenset(called)
    )


def imported(path: Path) -> frozenset[str]:
    """Modules of the package that a file imports, without the package's name."""
    return said(path).imported


def room(module: str) -> str:
    return module.split(".")[0]


def test_the_walk_sees_the_whole_package() -> None:
    assert {"cli", "geometry.search", "analysis", "views.html", "__init__", "__main__"} <= set(MODULES)
    assert {room(module) for module in MODULES} == set(MAY)
    late = imported(ROOT / "cli" / "running.py")
    assert "sources.load.load" in late and "views" in late  # inside functions
    assert "space.EmbeddingSpace" in late  # for type checkers
    named = imported(ROOT / "__init__.py")
    assert "analysis.nearest" in named and "sources.load" in named  # in the table of lazy names
    assert "views.terminal.survey" in imported(ROOT / "views" / "__init__.py")  # module:function
    assert "formats.gguf.split" in imported(ROOT / "formats" / "recognise.py")


@every("name", sorted(MAY))
def test_imports_run_one_way(name: str) -> None:
    wrong = {
        f"{module} imports {found}"
        for module, path in MODULES.items()
        if room(module) == name
        for found in imported(path)
        if room(found) not in MAY[name] | {name}
    }
    assert not wrong, "; ".join(sorted(wrong))


def test_rooms_stand_on_each_other_without_a_circle() -> None:
    done: set[str] = set()
    while ready := {name for name, may in MAY.items() if name not in done and may <= done}:
        done |= ready
    assert done == set(MAY)


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    """Within a room, too: files can be put in an order in which each imports only earlier ones."""
    needs: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        others = set()
        for found in imported(path):
            # the longest module that it names; a folder's __init__ only where nothing inside is named
            whole = [m for m in MODULES if found == m or found.startswith(f"{m}.")]
            others |= {max(whole, key=len)} if whole else set()
        needs[name] = {
            other
            for other in others - {name}
            if not (MODULES[other].name == "__init__.py" and name.startswith(f"{other}."))
        }
    done: set[str] = set()
    while ready := {name for name in needs if name not in done and needs[name] <= done}:
        done |= ready
    assert done == set(needs), f"in a circle: {sorted(set(needs) - done)}"


def test_no_file_repeats_the_name_of_its_folder() -> None:
    for path in FILES:
        folder = path.parent.name
        assert path.parent == ROOT or not path.stem.startswith(folder.rstrip("s") + "_"), path
        assert path.parent == ROOT or path.stem not in (folder, folder.rstrip("s")), path


def test_only_main_imports_the_command_line() -> None:
    users = {module_of(path) for path in FILES if any(room(m) == "cli" for m in imported(path))}
    assert {user for user in users if room(user) != "cli"} == {"__main__"}


def test_the_library_neither_prints_nor_exits() -> None:
    speaking = {
        "print", "exit", "quit", "sys.exit", "os._exit", "sys.stdout.write", "sys.stderr.write",
    }  # fmt: skip
    for module, path in MODULES.items():
        if room(module) == "cli":
            continue
        assert not said(path).called & speaking, module


def test_no_drawer_for_everything() -> None:
    assert not [path for path in FILES if path.stem.strip("_") in {"utils", "util", "helpers", "misc"}]
