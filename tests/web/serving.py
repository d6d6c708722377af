"""A page of a small model for tests of its endpoints."""

from __future__ import annotations

import threading

import numpy as np

from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary
from tokensphere.web.guard import Door
from tokensphere.web.server import Server, door_of, listen
from tokensphere.web.session import Session

DOOR = Door(8737, secret="the secret of a test")
KINDS = (
    "king queen man woman prince duke",
    "Paris London Tokyo Berlin Madrid Rome",
    "walks runs sings talks jumps sees",
    "walked ran sang talked jumped saw",
    "red green blue yellow black white",
    "cat dog horse cow sheep pig",
    "one two three four five six",
    "Monday Tuesday Wednesday Thursday Friday Sunday",
)
WORDS = [word for kind in KINDS for word in kind.split()]
STRANGE = ["<b>bold</b>", "\u202eevil", "\x1b[31m", "שלום", "日本", "a\u0301", "&amp;", '"quoted"', "''"]


def small_space(d: int = 16, seed: int = 0) -> EmbeddingSpace:
    """A few hundred tokens, words with and without a space before them, and strange ones."""
    tokens = [f" {word}" for word in WORDS] + WORDS + STRANGE
    tokens += [f"t{number}" for number in range(400 - len(tokens))]
    rows = np.random.default_rng(seed).normal(size=(len(tokens), d)).astype(np.float32)
    for group in range(0, len(WORDS), 6):  # words of one kind lie together
        rows[group : group + 6] += 2 * rows[group]
    return EmbeddingSpace(rows, Vocabulary(tokens), Provenance("small", "memory"))


class Served:
    """A page that is served in a thread of this process."""

    def __init__(self, session: Session) -> None:
        self.session = session
        listening = listen(port=0)
        self.door = door_of(listening, "127.0.0.1")
        self.server = Server(session, self.door)
        ready = threading.Event()
        self._thread = threading.Thread(target=self.server.run_on, args=(listening, ready.set))
        self._thread.start()
        assert ready.wait(20)

    def address(self, path: str = "/") -> str:
        """What opens a view; the secret stands in it."""
        address, _, query = path.partition("?")
        return self.door.address(address) + (f"&{query}" if query else "")

    def close(self) -> None:
        self.server.stop()
        self._thread.join(20)
        assert not self._thread.is_alive()
