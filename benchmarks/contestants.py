"""Who searches: tokensphere and its peers, each set up as its documentation says, all exact.

Setting up (an index, norms, a copy of the matrix) is not timed, for nobody. All rank the same unit
rows but tokensphere's cosine, which starts from the raw rows and divides by their norms as it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from benchmarks import faiss_kernels
from benchmarks.product import Matrix
from benchmarks.rounds import Contestant
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import Similarity, make_scoring

Ids = npt.NDArray[np.int64]
Found = tuple[Ids, npt.NDArray[np.float64]]

COSINE = "tokensphere cosine"
DOT = "tokensphere dot"
FAISS = "faiss IndexFlatIP"
_QUERIES_AT_ONCE = 256
_chosen: dict[str, str] = {}
_GENSIM_DIRECTIONS = 32  # it answers one at a time


def tokensphere(rows: Matrix, queries: Matrix, k: int, similarity: Similarity) -> Callable[[], Found]:
    given = Rows.of(rows)
    assert given.usable.all()

    def run() -> Found:
        return top_k(make_scoring(given, similarity=similarity), queries, k)

    return run


def faiss(unit: Matrix, queries: Matrix, k: int) -> Callable[[], Ids]:
    with faiss_kernels.fastest() as kernels:
        import faiss
    _chosen.setdefault(FAISS, kernels)
    index = faiss.IndexFlatIP(unit.shape[1])
    index.add(unit)

    def run() -> Ids:
        ids: Ids = index.search(queries, k)[1]
        return ids

    return run


def argpartition(unit: Matrix, queries: Matrix, k: int) -> Callable[[], Ids]:
    def run() -> Ids:
        ids = np.empty((len(queries), k), dtype=np.int64)
        for low in range(0, len(queries), _QUERIES_AT_ONCE):
            products = queries[low : low + _QUERIES_AT_ONCE] @ unit.T
            top = np.argpartition(products, -k, axis=1)[:, -k:]
            order = np.argsort(-np.take_along_axis(products, top, axis=1), axis=1)
            ids[low : low + _QUERIES_AT_ONCE] = np.take_along_axis(top, order, axis=1)
        return ids

    return run


def scikit_learn(unit: Matrix, queries: Matrix, k: int) -> Callable[[], Ids]:
    from sklearn.neighbors import NearestNeighbors

    # On unit rows the Euclidean distance has the cosine's order, and a faster path.
    model = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="euclidean").fit(unit)

    def run() -> Ids:
        ids: Ids = model.kneighbors(queries, return_distance=False)
        return ids

    return run


def torch(unit: Matrix, queries: Matrix, k: int) -> Callable[[], Ids]:
    import torch as pytorch

    rows, all_queries = pytorch.from_numpy(unit), pytorch.from_numpy(queries)

    def run() -> Ids:
        parts = [
            pytorch.topk(part @ rows.T, k, dim=1).indices for part in all_queries.split(_QUERIES_AT_ONCE)
        ]
        return np.asarray(pytorch.cat(parts).numpy(), dtype=np.int64)

    return run


def gensim(unit: Matrix, queries: Matrix, k: int) -> Callable[[], Ids]:
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(vector_size=unit.shape[1])
    vectors.add_vectors([str(id) for id in range(len(unit))], unit)
    vectors.fill_norms()

    def run() -> Ids:
        found = [vectors.similar_by_vector(query, topn=k) for query in queries]
        return np.array([[int(name) for name, _ in pairs] for pairs in found], dtype=np.int64)

    return run


def kernels_of_faiss() -> str:
    """Which of its OpenBLAS's kernels faiss was given, once it has been set up."""
    return _chosen.get(FAISS, "not installed")


def assemble(rows: Matrix, unit: Matrix, queries: Matrix, k: int) -> list[Contestant]:
    """All that are installed, tokensphere first; every `run` returns ids of shape (m, k)."""
    few = queries[:_GENSIM_DIRECTIONS]
    cosine = tokensphere(rows, queries, k, "cosine")
    dot = tokensphere(unit, queries, k, "dot")
    contestants = [Contestant(COSINE, cosine), Contestant(DOT, dot)]
    if find_spec("faiss"):
        contestants.append(Contestant(FAISS, faiss(unit, queries, k)))
    contestants.append(Contestant("NumPy argpartition", argpartition(unit, queries, k)))
    if find_spec("sklearn"):
        contestants.append(Contestant("scikit-learn brute", scikit_learn(unit, queries, k)))
    if find_spec("torch"):
        contestants.append(Contestant("torch topk", torch(unit, queries, k)))
    if find_spec("gensim"):
        share = len(few) / len(queries)
        contestants.append(Contestant("gensim similar_by_vector", gensim(unit, few, k), share))
    return contestants
