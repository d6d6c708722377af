"""Serves the page until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn

from tokensphere.errors import InputError
from tokensphere.web.app import make_app
from tokensphere.web.guard import Door
from tokensphere.web.session import Session

PORT = 8737  # unless another is asked for; if it is taken, one of the next
_NEXT = 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def listen(host: str = LOOPBACK[0], port: int | None = None) -> socket.socket:
    """A socket that listens there.

    Parameters
    ----------
    host : a name or address of this machine
    port : by default the first free one from `PORT` on; 0 for any

    Raises
    ------
    InputError
        it is taken, may not be used, or is none of this machine's
    """
    ports = range(PORT, PORT + _NEXT) if port is None else [port]
    failed: OSError | None = None
    for one in ports:
        try:
            family, _, _, _, address = socket.getaddrinfo(
                host, one, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listening = socket.socket(family, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise InputError(f"this machine has no address {host!r:.100}; leave out --host") from error
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(128)
        except OSError as error:
            listening.close()
            failed = error
            continue
        return listening
    taken = f"{ports[0]}" if port is not None else f"{ports[0]} to {ports[-1]}"
    reason = failed.strerror if failed is not None else "none is free"
    raise InputError(f"cannot listen on {host}, port {taken}: {reason}; name another with --port")


def door_of(listening: socket.socket, host: str, *, framed: bool = False) -> Door:
    """Who may come in through a socket: by the names of the loopback, and by the one asked for."""
    port = listening.getsockname()[1]
    called = f"[{host}]" if ":" in host else host
    names = [called, *Door(0).hosts] if host not in ("0.0.0.0", "::") else [*Door(0).hosts, *_own()]
    return Door(port, tuple(dict.fromkeys(name.lower() for name in names)), framed=framed)


def _own() -> list[str]:
    """Names and addresses of this machine, for whoever listens on all of them."""
    name = socket.gethostname()
    found = [name]
    with contextlib.suppress(OSError, UnicodeError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(name, None, socket.AF_INET)]
    return found


class Server(uvicorn.Server):
    """A server that ends by :meth:`stop`, or by Ctrl-C if it runs in the main thread."""

    def __init__(self, session: Session, door: Door) -> None:
        config = uvicorn.Config(
            make_app(session, door), access_log=False, log_level="critical", lifespan="off",
            server_header=False, proxy_headers=False, ws="none", timeout_graceful_shutdown=1,
            timeout_keep_alive=15, limit_concurrency=256, backlog=128, http="h11", loop="asyncio",
        )  # fmt: skip
        super().__init__(config)
        self._session = session

    def stop(self) -> None:
        """End it."""
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ctrl-C, and whatever asks a process to end, ends the server and not the process."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {
            one: signal.signal(one, lambda *_: self.stop()) for one in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    def run_on(self, listening: socket.socket, ready: Callable[[], Any] = lambda: None) -> None:
        """Serve until it is ended; long work is then stopped, and has kept what is done."""

        async def serve() -> None:
            serving = asyncio.create_task(self.serve(sockets=[listening]))
            while not self.started and not serving.done():
                await asyncio.sleep(0.002)
            if self.started:
                ready()
            await serving

        try:
            asyncio.run(serve())
        finally:
            listening.close()
            self._session.works.close()


def show_in_browser(address: str) -> None:
    """Open a page without waiting for the browser."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
