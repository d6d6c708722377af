"""Build the compiled kernel (``src/kernel``) where there is a C compiler; the rest is in pyproject.toml.

The kernel is a plain shared library that ctypes opens: one wheel of a platform serves every Python.
Without a compiler, or where it fails, the package is whole without it, and its wheel fits everywhere.

README's links lead into the repository. On the page of a package index they would lead nowhere: there
they lead to the addresses of ``[project.urls]``, and as long as these are not given, they are text.
"""

import re
import tempfile
import tomllib
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

KERNEL = Extension(
    "tokensphere.geometry._kernel",
    sources=["src/kernel/kernel.c"],
    depends=[str(header) for header in Path("src/kernel").glob("*.h")],  # so that the sdist has them
    # No -march: functions say themselves which instructions they need. CFLAGS come before these.
    extra_compile_args=[
        "-O3", "-std=c11", "-fvisibility=hidden",
        "-fno-fast-math", "-fno-math-errno", "-ffp-contract=off",
    ],
    libraries=["m"],
    optional=True,
)  # fmt: skip


class Kernel(build_ext):
    """The library, under a name by which every Python finds it as it finds modules."""

    def get_ext_filename(self, fullname):
        suffix = ".pyd" if self.plat_name.startswith("win") else ".so"
        return str(Path(*fullname.split(".")).with_suffix(suffix))

    def get_export_symbols(self, _):
        return []  # what the source says, and no PyInit

    def run(self):
        file = self.get_ext_filename(KERNEL.name)
        if self.inplace:  # a file of older sources would serve, should building fail now
            for old in Path("src", file).parent.glob("_kernel.*"):
                old.unlink()
        super().run()
        if not Path(self.build_lib, file).exists():
            self.warn("no compiled kernel (CC names a C compiler): NumPy serves, with the same results")
            self.distribution.ext_modules = []


class Wheel(bdist_wheel):
    """A wheel for every Python, of this platform if the kernel is in it."""

    def run(self):
        self.run_command("build")
        self.skip_build = True
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


def readme():
    """README.md for the index's page."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    pages, files = (project["urls"].get(name) for name in ("Documentation", "Repository"))

    def address(path):
        if path.startswith("docs/") and path.endswith(".md"):
            return pages and f"{pages.rstrip('/')}/{path.removeprefix('docs/').removesuffix('.md')}/"
        return files and f"{files.rstrip('/')}/raw/HEAD/{path}"

    def link(found):
        picture, text, path = found.groups()
        if ":" in path:
            return found[0]
        there = address(path)
        return f"{picture}[{text}]({there})" if there else "" if picture else text

    text = Path("README.md").read_text(encoding="utf-8")
    return re.sub(r"(!?)\[([^\]]*)\]\(([^)]*)\)", link, text)


with tempfile.TemporaryDirectory() as folder:  # nothing is left in the tree, and nothing old is packed
    setup(
        long_description=readme(),
        long_description_content_type="text/markdown",
        ext_modules=[KERNEL],
        cmdclass={"build_ext": Kernel, "bdist_wheel": Wheel},
        options={"build": {"build_base": folder}},
    )
