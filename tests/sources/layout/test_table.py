from __future__ import annotations

import numpy as np
import pytest

from tokensphere.errors import InputError
from tokensphere.sources.layout.norm import fold_norm
from tokensphere.sources.layout.table import LAYOUTS


def test_the_table_is_consistent() -> None:
    names = [layout.name for layout in LAYOUTS]
    types = [kind for layout in LAYOUTS for kind in layout.model_types]
    assert len(set(names)) == len(names)
    assert len(set(types)) == len(types)  # a model type has one layout
    for layout in LAYOUTS:
        assert layout.input
        tensors = layout.input + layout.output + layout.norm
        assert len(set(tensors)) == len(tensors)


def test_folding_is_the_product_with_the_norm() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((6, 4)).astype(np.float32)
    weight = rng.standard_normal(4).astype(np.float32)
    hidden = rng.standard_normal(4).astype(np.float32)
    assert np.allclose(fold_norm(matrix, weight, "Llama") @ hidden, matrix @ (weight * hidden))
    assert np.allclose(fold_norm(matrix, weight, "Gemma") @ hidden, matrix @ ((1 + weight) * hidden))
    assert fold_norm(matrix, weight, "Gemma").dtype == np.float32
    assert np.array_equal(fold_norm(matrix, np.ones(4, np.float32), "GPT-2"), matrix)
    with pytest.raises(InputError, match="not that of a row"):
        fold_norm(matrix, np.ones(3, np.float32), "Llama")
    with pytest.raises(InputError, match="no layout 'novel'"):
        fold_norm(matrix, weight, "novel")
