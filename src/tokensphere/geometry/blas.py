"""One thread for the BLAS while anything is computed, and the caller's number again afterwards.

A product's bits depend on how many threads the BLAS has: OpenBLAS cuts a matrix into other pieces, and
adds some of them in another order. So each of our computations holds it to one thread, whatever others
of the same process compute meanwhile, and starts threads of its own.

The number is one of the whole process (OpenBLAS) or of each thread (MKL). In the former case the
caller's own products, too, have one thread until our last computation ends.

A limit that the caller sets with threadpoolctl nests with ours, in the same thread or around all calls.
One that begins or ends in another thread *while* we compute is respected by neither side: threadpoolctl
keeps no order there. Libraries that it does not know (Accelerate) are left alone.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from tokensphere.held import Held


class _OneBlasThread(Held):
    def __init__(self) -> None:
        super().__init__()
        # Of a library, and of a thread where each has its own: how many there were.
        self._before: dict[tuple[str, int | None], tuple[Any, int]] = {}
        self._of_each_thread: dict[str, bool] = {}
        self._libraries: list[Any] = []
        self._modules = 0

    def take(self) -> None:
        for library in self._loaded():
            if (number := library.num_threads or 1) != 1:
                own = threading.get_ident() if self._is_of_each_thread(library) else None
                key = library.filepath, own
                # If somebody else has set it meanwhile: limits go down, and come up again.
                earlier = self._before[key][1] if key in self._before else 1
                self._before[key] = library, max(number, earlier)
                _set(library, 1)

    def give_back(self, inside: set[int]) -> None:
        me = threading.get_ident()
        for key, (library, number) in list(self._before.items()):
            own = key[1]
            if (own is None and not inside) or (own == me and me not in inside):
                if library.num_threads == 1:  # else somebody else has set it meanwhile
                    _set(library, number)
                del self._before[key]

    def take_in_worker(self) -> None:
        """For a thread that the computation starts, and that ends with it: its own number, if any."""
        with self._lock:
            for library in self._libraries:
                if (library.num_threads or 1) != 1:
                    _set(library, 1)

    def _loaded(self) -> list[Any]:
        """The BLAS libraries of this process; looked for, in milliseconds, when modules have come."""
        from threadpoolctl import ThreadpoolController

        if (modules := len(sys.modules)) != self._modules:
            self._libraries = ThreadpoolController().select(user_api="blas").lib_controllers
            self._modules = modules
        return self._libraries

    def _is_of_each_thread(self, library: Any) -> bool:
        """Whether another thread does not see the number that this one sets. It is not 1 now."""
        path, number = library.filepath, library.num_threads
        if path not in self._of_each_thread:
            seen: list[int] = []
            other = threading.Thread(target=lambda: seen.append(library.num_threads), daemon=True)
            try:
                _set(library, 1)
                other.start()
                other.join()
            except RuntimeError:  # no thread can be started now
                return False
            finally:
                _set(library, number)
            self._of_each_thread[path] = seen != [1]
        return self._of_each_thread[path]


def _set(library: Any, number: int) -> None:
    # From 3.8 threadpoolctl listens only to the thread that was the last to set a number.
    release = getattr(library, "clear_controlling_thread", None)
    if release is not None:
        release(force=True)
    library.set_num_threads(number)
    if release is not None:
        release(force=True)


one_blas_thread = _OneBlasThread()
