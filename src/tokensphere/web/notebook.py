"""The page in a frame of a notebook, served by the notebook's own process."""

from __future__ import annotations

import threading
from html import escape

from tokensphere.errors import InputError, MissingExtraError, check_whole, how_to_install
from tokensphere.space import EmbeddingSpace

_START = 20.0  # seconds


class Page:
    """A page that is being served; shows itself in a notebook.

    Parameters
    ----------
    space : the embeddings
    height : of the frame, in pixels
    port : 0 for any that is free

    Attributes
    ----------
    address : what opens the page in a browser of this machine
    """

    def __init__(self, space: EmbeddingSpace, height: int = 900, port: int = 0) -> None:
        try:
            from tokensphere.web.server import Server, door_of, listen
        except ImportError as error:
            raise MissingExtraError(
                f"the page needs Starlette and uvicorn: {how_to_install('explore')}"
            ) from error
        from tokensphere.web.session import Session

        check_whole("the height", height, 1, 100_000)
        if space.lens is not None:
            raise InputError(
                f"the page ranks by what is chosen on it, and this space was loaded through the lens"
                f" {space.lens!r}; load it with matrix 'output' and fold_norm instead"
            )
        listening = listen(port=port)
        door = door_of(listening, "127.0.0.1", framed=True)
        self.address = door.address()
        self._framed = f"http://127.0.0.1:{door.port}/#secret={door.secret}"
        self._height, self._server = height, Server(Session(space), door)
        started = threading.Event()
        self._thread = threading.Thread(
            target=self._server.run_on, args=(listening, started.set), name="explorer", daemon=True
        )
        self._thread.start()
        if not started.wait(_START):
            self.close()
            raise InputError("the page's server did not start; try another port")

    def close(self) -> None:
        """End the server."""
        self._server.stop()
        self._thread.join(_START)

    def _repr_html_(self) -> str:
        return (
            f'<iframe src="{escape(self._framed)}" title="tokensphere explorer" width="100%"'
            f' height="{self._height}" style="border:1px solid #8888"></iframe>'
        )

    def __repr__(self) -> str:
        return f"tokensphere explorer at {self.address}"


def explore(space: EmbeddingSpace, height: int = 900, port: int = 0) -> Page:
    """Serve a page of the space until :meth:`Page.close` or the process ends."""
    return Page(space, height, port)
