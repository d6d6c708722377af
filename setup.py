"""Builds the compiled kernel (``src/kernel``), where there is a C compiler; all else is in pyproject.toml.

The kernel is a plain shared library that ctypes opens, so one wheel a platform serves every Python. Without
a compiler, or where it fails, the package is whole without it, and its wheel is that of every platform.
"""

import glob
import tempfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

KERNEL = Extension(
    "tokensphere.geometry._kernel",
    sources=["src/kernel/kernel.c"],
    depends=glob.glob("src/kernel/*.h"),
    extra_compile_args=["-O3", "-std=c11", "-fno-fast-math", "-ffp-contract=off", "-fno-math-errno",
                        "-fvisibility=hidden"],
    libraries=["m"],
    optional=True,
)  # fmt: skip


class Kernel(build_ext):
    """A shared library under a name that every Python takes for a module's, so that it can be found."""

    def get_ext_filename(self, fullname):
        suffix = ".pyd" if self.plat_name.startswith("win") else ".so"
        return str(Path(*fullname.split(".")).with_suffix(suffix))

    def get_export_symbols(self, ext):
        return []  # no PyInit

    def run(self):
        built = Path(self.build_lib, self.get_ext_filename(KERNEL.name))
        if self.inplace:  # what was built of other sources, or by a compiler that is gone
            Path("src", self.get_ext_filename(KERNEL.name)).unlink(missing_ok=True)
        super().run()
        if not built.exists():
            self.warn(
                "tokensphere is built without its compiled kernel: NumPy serves, slower, the same results"
            )
            self.distribution.ext_modules = []


class Wheel(bdist_wheel):
    """A wheel that says what is in it: of this platform with the kernel, of any without."""

    def run(self):
        self.run_command("build")
        self.skip_build = True
        self.root_is_pure = not self.distribution.has_ext_modules()
        super().run()

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


with tempfile.TemporaryDirectory() as folder:  # nothing is left in the tree, and nothing old is packed
    setup(
        ext_modules=[KERNEL],
        cmdclass={"build_ext": Kernel, "bdist_wheel": Wheel},
        options={"build": {"build_base": folder}},
    )
