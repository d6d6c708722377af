"""Names and places that people type, and files that are not what their names say."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests import small_model
from tests.files.case import Case, Want
from tests.formats.made import safetensors_bytes

Rows = npt.NDArray[np.float32]
COMMIT, OLDER = "0123456789abcdef0123456789abcdef01234567", "89abcdef" * 5
ROWS = np.random.default_rng(7).standard_normal((4, 8)).astype(np.float32)
TOKENS = ["<|endoftext|>", "the", "Ġof", "Ġand"]
_LFS = "https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md"
_HUB_CACHE = "https://huggingface.co/docs/hub/local-cache"
_FILE_SYSTEM = "huggingface/huggingface_hub: src/huggingface_hub/hf_file_system.py, resolve_path"
_OLLAMA = (
    "ollama/ollama: docs/faq.md (where are models stored), server/modelpath.go, types/model/name.go"
)
_WORD2VEC = "github.com/piskvorky/gensim, gensim/models/keyedvectors.py, _load_word2vec_format"
_GLOVE = "https://nlp.stanford.edu/projects/glove; github.com/stanfordnlp/GloVe, README"
_GLOVE_SPACES = (
    "stanfordnlp/GloVe issue 150 ('. . .'); haitian-sun/GraftNet issue 16 ('to name@domain.com')"
)
_OLD_NAMES = "huggingface/transformers pull request 28795 (canonical repos moves)"


def model(folder: Path, rows: Rows = ROWS) -> Path:
    """GPT-2's files, small."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2", "vocab_size": 4, "n_embd": 8}))
    (folder / "vocab.json").write_text(json.dumps({token: id for id, token in enumerate(TOKENS)}))
    tensors = {"wte.weight": rows, "wpe.weight": ROWS[:2], "ln_f.weight": ROWS[0]}
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    return folder


def shared_cache(*repos: str, main: str | None = COMMIT, root: Path | None = None) -> Path:
    """The Hub's cache as huggingface_hub writes it: blobs by digest, snapshots of links, refs."""
    root = root or Path(os.environ["HF_HOME"]) / "hub"
    for repo in repos:
        top = root / f"models--{repo.replace('/', '--')}"
        for commit, rows in ((COMMIT, ROWS), (OLDER, -ROWS)):
            files = model(top / "plain", rows)
            for number, file in enumerate(sorted(files.iterdir())):
                blob = top / "blobs" / f"{commit[:8]}{number}"
                link = top / "snapshots" / commit / file.name
                for at in (blob, link):
                    at.parent.mkdir(parents=True, exist_ok=True)
                file.rename(blob)
                link.symlink_to(Path("../../blobs") / blob.name)
            files.rmdir()
        if main:
            (top / "refs").mkdir()
            (top / "refs" / "main").write_text(main)
            (top / "refs" / "refs" / "pr").mkdir(parents=True)
            (top / "refs" / "refs" / "pr" / "1").write_text(OLDER)
    return root


def cached(name: str, repo: str, rows: Rows = ROWS, **options: str) -> Callable[[Path], Want]:
    """The Hub's cache has `repo`; the user types `name`."""

    def make(_folder: Path) -> Want:
        shared_cache(repo)
        return Want(name, rows, TOKENS, options)

    return make


def without_file(name: str, lacking: str) -> Callable[[Path], Want]:
    def make(_folder: Path) -> Want:
        root = shared_cache(name)
        (root / f"models--{name.replace('/', '--')}" / "snapshots" / COMMIT / lacking).unlink()
        return Want(name)

    return make


def in_cache(*below: str, refs: str | None = COMMIT, **options: str) -> Callable[[Path], Want]:
    """A path in a cache that lies somewhere."""

    def make(folder: Path) -> Want:
        shared_cache("owner/name", main=refs, root=folder)
        return Want(folder.joinpath(*below), ROWS, TOKENS, options)

    return make


def ollama(name: str, *, tag: str = "1b", kind: str = "model", cut: int = 0) -> Callable[[Path], Want]:
    """A manifest and its blobs where Ollama keeps them."""

    def make(folder: Path) -> Want:
        root = Path(os.environ["HOME"]) / ".ollama" / "models"
        small_model.write(folder / "x.gguf")
        raw, digest = (folder / "x.gguf").read_bytes(), "ab" * 32
        manifest = root / "manifests" / "registry.ollama.ai" / "library" / "llama3.2" / tag
        layers = [
            {
                "mediaType": "application/vnd.ollama.image.license",
                "digest": f"sha256:{'cd' * 32}",
                "size": 1,
            },
            {
                "mediaType": f"application/vnd.ollama.image.{kind}",
                "digest": f"sha256:{digest}",
                "size": len(raw),
            },
        ]
        manifest.parent.mkdir(parents=True)
        media = "application/vnd.docker.distribution.manifest.v2+json"
        manifest.write_text(json.dumps({"schemaVersion": 2, "mediaType": media, "layers": layers}))
        (root / "blobs").mkdir()
        (root / "blobs" / f"sha256-{digest}").write_bytes(raw[: len(raw) - cut])
        return Want(name, small_rows(folder / "x.gguf"))

    return make


def small_rows(path: Path) -> Rows:
    import tokensphere as ts

    return ts.load(path).vectors


def file(
    name: str, content: bytes, rows: object = None, tokens: list[str] | None = None
) -> Callable[[Path], Want]:
    def make(folder: Path) -> Want:
        (folder / name).write_bytes(content)
        return Want(folder / name, rows, tokens)  # type: ignore[arg-type]

    return make


def pointer_in_model(name: str) -> Callable[[Path], Want]:
    """A clone without git-lfs: the small files are there, the large ones are pointers."""

    def make(folder: Path) -> Want:
        model(folder)
        (folder / name).write_bytes(POINTER)
        return Want(folder)

    return make


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def gensim_pickle() -> bytes:
    """Begins as pickle.dump(KeyedVectors) does; written by hand, for gensim need not be here."""
    begin = b"\x80\x04\x95\x30" + bytes(7)
    return begin + b"\x8c\x1bgensim.models.keyedvectors\x94\x8c\x0cKeyedVectors\x94\x93."


def word2vec_binary(words: list[bytes], rows: Rows, after: bytes) -> bytes:
    head = b"%d %d\n" % rows.shape
    return head + b"".join(
        word + b" " + row.tobytes() + after for word, row in zip(words, rows, strict=True)
    )


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"ab" * 32 + b"\nsize 548105171\n"
PAGE = b"\n<!doctype html>\n<html class=''><head><title>Sign in</title></head><body>Log in</body></html>"
WORDS = b"2 3\nthe 1 2 3\nof 4 5 6\n"
NUMBERS = [[1, 2, 3], [4, 5, 6]]
SPACED = ["</s>", "New York", "10 000", "at name@domain.com", "x"]
FIVE = np.random.default_rng(3).standard_normal((5, 50)).astype(np.float32)
SPACED_BYTES = [word.encode() for word in SPACED]

HUB = [
    Case(
        "an old name, gpt2, that the Hub's cache has under its owner",
        _OLD_NAMES,
        cached("gpt2", "openai-community/gpt2"),
    ),
    Case(
        "an old name in the Hub's cache as it was called then",
        _OLD_NAMES,
        cached("gpt2-large", "gpt2-large"),
    ),
    Case(
        "today's name of what the cache has under the old one",
        _OLD_NAMES,
        cached("google-bert/bert-base-uncased", "bert-base-uncased"),
    ),
    Case("a repository in the Hub's cache, offline", _HUB_CACHE, cached("owner/name", "owner/name")),
    Case("a branch resolved by refs", _HUB_CACHE, cached("owner/name@refs/pr/1", "owner/name", -ROWS)),
    Case(
        "a commit by its snapshot", _HUB_CACHE, cached("owner/name", "owner/name", -ROWS, revision=OLDER)
    ),
    Case(
        "a branch that the cache does not know",
        _HUB_CACHE,
        cached("owner/name@dev", "owner/name"),
        "not in the cache .*HF_HUB_OFFLINE",
    ),
    Case(
        "a snapshot without weights, offline",
        _HUB_CACHE,
        without_file("owner/name", "model.safetensors"),
        "holds no model.*HF_HUB_OFFLINE",
    ),
    Case(
        "a snapshot without vocabulary, offline",
        _HUB_CACHE,
        without_file("owner/name", "vocab.json"),
        "no vocabulary.*HF_HUB_OFFLINE",
    ),
    Case(
        "an address as the browser shows it",
        "https://huggingface.co",
        cached("https://huggingface.co/owner/name", "owner/name"),
    ),
    Case(
        "an address of a branch, with its slashes escaped",
        "https://huggingface.co",
        cached("https://huggingface.co/owner/name/tree/refs%2Fpr%2F1", "owner/name", -ROWS),
    ),
    Case(
        "an address of the model's file",
        "https://huggingface.co",
        cached(
            "https://huggingface.co/owner/name/resolve/main/model.safetensors?download=true",
            "owner/name",
        ),
    ),
    Case(
        "an address of an old name",
        _OLD_NAMES,
        cached("https://huggingface.co/gpt2/tree/main", "openai-community/gpt2"),
    ),
    Case(
        "an address without https", "https://huggingface.co", cached("hf.co/owner/name/", "owner/name")
    ),
    Case("hf:// as HfFileSystem writes it", _FILE_SYSTEM, cached("hf://owner/name", "owner/name")),
    Case(
        "hf:// with a revision",
        _FILE_SYSTEM,
        cached("hf://owner/name@refs%2Fpr%2F1", "owner/name", -ROWS),
    ),
    Case(
        "hf:// with a file that is not in any cache",
        _FILE_SYSTEM,
        cached("hf://owner/name/onnx/model.onnx", "owner/name"),
        "hf download owner/name onnx/model.onnx",
    ),
    Case(
        "an address of a data set",
        "https://huggingface.co",
        cached("https://huggingface.co/datasets/owner/name", "owner/name"),
        "is a data set, not a model",
    ),
    Case(
        "an address of another site",
        "https://example.org",
        cached("https://example.org/model.gguf", "owner/name"),
        "download the file and name its path",
    ),
    Case(
        "a typo in an old name",
        _OLD_NAMES,
        cached("gpt2-lagre", "owner/name"),
        "did you mean 'gpt2-large'",
    ),
    Case(
        "a path of Windows",
        _HUB_CACHE,
        cached("C:/models/gpt2", "owner/name"),
        "no file or folder 'C:/models",
    ),
    Case("a name with a line break, as copied", _HUB_CACHE, cached(" owner/name\n", "owner/name")),
    Case("a models-- folder by its path", _HUB_CACHE, in_cache("models--owner--name")),
    Case(
        "a models-- folder without refs",
        _HUB_CACHE,
        in_cache("models--owner--name", refs=None),
        "no snapshot of 'main'; it has",
    ),
    Case(
        "a models-- folder and a revision",
        _HUB_CACHE,
        in_cache("models--owner--name", refs=None, revision=COMMIT),
    ),
    Case("a snapshot by its path", _HUB_CACHE, in_cache("models--owner--name", "snapshots", COMMIT)),
    Case(
        "a file of a snapshot, a link",
        _HUB_CACHE,
        in_cache("models--owner--name", "snapshots", COMMIT, "model.safetensors"),
    ),
    Case(
        "a blob, whose name says nothing",
        _HUB_CACHE,
        in_cache("models--owner--name", "blobs", f"{COMMIT[:8]}1"),
    ),
    Case(
        "the folder of the Hub's cache itself", _HUB_CACHE, in_cache(), "cache of 1 models .owner/name"
    ),
]

OLLAMA = [
    Case("a model of Ollama", _OLLAMA, ollama("ollama:llama3.2:1b")),
    Case("a model of Ollama, latest", _OLLAMA, ollama("ollama:llama3.2", tag="latest")),
    Case(
        "a model of Ollama with host and owner",
        _OLLAMA,
        ollama("ollama:registry.ollama.ai/library/Llama3.2:1b"),
    ),
    Case("a tag that Ollama has not pulled", _OLLAMA, ollama("ollama:llama3.2"), "it has llama3.2:1b"),
    Case(
        "a model of Ollama that is half pulled",
        _OLLAMA,
        ollama("ollama:llama3.2:1b", cut=9),
        "pull it again",
    ),
    Case(
        "a model of Ollama stored tensor by tensor",
        _OLLAMA,
        ollama("ollama:llama3.2:1b", kind="tensor"),
        "stored tensor by tensor",
    ),
    Case(
        "Ollama's name without the prefix",
        _OLLAMA,
        ollama("llama3.2:1b"),
        "did you mean 'ollama:llama3.2:1b'",
    ),
]

NOT_THEMSELVES = [
    Case(
        "Git LFS's pointer for the weights",
        _LFS,
        pointer_in_model("model.safetensors"),
        "pointer to a file of 548,105,171 bytes.*git lfs pull",
    ),
    Case(
        "Git LFS's pointer for the vocabulary",
        _LFS,
        pointer_in_model("vocab.json"),
        r"vocab\.json is Git LFS's pointer",
    ),
    Case("Git LFS's pointer under a name of word vectors", _LFS, file("x.bin", POINTER), "git lfs pull"),
    Case(
        "a saved page of the web",
        "https://huggingface.co",
        file("model.safetensors", PAGE),
        "page of a web site.*/resolve/",
    ),
    Case("gensim's .kv", _WORD2VEC, file("x.kv", gensim_pickle()), "gensim.*save_word2vec_format"),
    Case(
        "a pickle",
        "https://docs.python.org/3/library/pickle.html (only unpickle data you trust)",
        file("x.pkl", pickle.dumps({"a": 1})),
        "could run any program",
    ),
    Case(
        "fastText's own .bin",
        "facebookresearch/fastText: src/fasttext.cc, FASTTEXT_FILEFORMAT_MAGIC_INT32",
        file("cc.en.300.bin", struct.pack("<ii", 793712314, 12) + bytes(100)),
        r"fastText's own.*\.vec",
    ),
    Case(
        "ggml's old .bin",
        "ggml-org/llama.cpp: llama.h before August 2023, LLAMA_FILE_MAGIC_GGJT",
        file("ggml-model-q4_0.bin", struct.pack("<II", 0x67676A74, 3) + bytes(100)),
        "before GGUF.*convert",
    ),
    Case(
        "weights of Keras",
        "https://support.hdfgroup.org/documentation/hdf5/latest/_s_p_e_c.html",
        file("tf_model.h5", b"\x89HDF\r\n\x1a\n" + bytes(90)),
        "HDF5.*safetensors",
    ),
    Case(
        "weights of Flax",
        "huggingface/transformers: src/transformers/utils/__init__.py, FLAX_WEIGHTS_NAME",
        file("flax_model.msgpack", b"\x81\xabtransformer\x80"),
        "Flax.*from_flax",
    ),
    Case(
        "a model in ONNX",
        "https://github.com/onnx/onnx/blob/main/onnx/onnx.proto",
        file("model.bin", b"\x08\x07\x12\x07pytorch\x1a\x052.1.0:"),
        "ONNX.*made from",
    ),
    Case(
        "a 7-Zip archive",
        "https://py7zr.readthedocs.io/en/latest/archive_format.html",
        file("glove.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(40)),
        "7-Zip.*unpack",
    ),
    Case(
        "a tar archive in gzip",
        "https://www.gnu.org/software/tar/manual/html_node/Standard.html",
        file("x.tar.gz", gzip.compress(tarred("a.txt", WORDS))),
        "inside is a tar archive.*unpack",
    ),
    Case(
        "a zip archive of several files",
        _GLOVE,
        file("glove.6B.zip", zipped(a__txt=WORDS, b__txt=WORDS)),
        r"zip archive of 2 files of word vectors: 'a\.txt' \(3 dimensions\), .*: unzip glove\.6B\.zip a",
    ),
    Case(
        "TorchScript",
        "pytorch/pytorch: torch/csrc/jit/serialization/export_module.cpp",
        file(
            "m.pt",
            zipped(**{"m/data__pkl": b"\x80\2}.", "m/constants__pkl": b"\x80\2).", "m/code/a": b""}),
        ),
        "TorchScript.*state_dict",
    ),
    Case(
        "a configuration",
        "huggingface/transformers: src/transformers/configuration_utils.py",
        file("config.json", b'{"model_type": "gpt2"}'),
        "JSON.*folder",
    ),
    Case("a table of commas", _WORD2VEC, file("v.csv", b"word,a,b\nthe,1,2\n"), "comma.*spaces"),
    Case(
        "a picture",
        "https://www.w3.org/TR/png-3",
        file("plot.png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
        "picture",
    ),
    Case(
        "a folder of TensorFlow alone",
        "huggingface/transformers: src/transformers/utils/__init__.py, TF2_WEIGHTS_NAME",
        lambda folder: file("tf_model.h5", b"\x89HDF\r\n\x1a\n")(folder) and Want(folder),
        r"no model.*tf_model\.h5 is a file of Keras",
    ),
]

WORD_VECTORS = [
    *(
        Case(f"word vectors in {kind}", _WORD2VEC, file(f"v.txt.{kind}", packed, NUMBERS, ["the", "of"]))
        for kind, packed in {
            "gz": gzip.compress(WORDS),
            "bz2": bz2.compress(WORDS),
            "xz": lzma.compress(WORDS),
            "zip": zipped(v__txt=WORDS),
        }.items()
    ),
    Case(
        "words with spaces and numbers under a header",
        _WORD2VEC,
        file(
            "v.vec",
            b"4 3\nthe 1 2 3\nNew York 4 5 6\n10 000 7 8 9\n0.5 1 1 1\n",
            [[1, 2, 3], [4, 5, 6], [7, 8, 9], [1, 1, 1]],
            ["the", "New York", "10 000", "0.5"],
        ),
    ),
    Case(
        "GloVe's words with spaces",
        _GLOVE_SPACES,
        file(
            "glove.txt",
            b"the 1 2 3\n. . . 4 5 6\nat name@domain.com 7 8 9\nx 0 0 1\n",
            [[1, 2, 3], [4, 5, 6], [7, 8, 9], [0, 0, 1]],
            ["the", ". . .", "at name@domain.com", "x"],
        ),
    ),
    Case(
        "a byte-order mark, CRLF and tabs",
        _WORD2VEC,
        file("v.txt", b"\xef\xbb\xbf2\t3\r\nthe\t1\t2\t3\r\nof\t4\t5\t6\r\n", NUMBERS, ["the", "of"]),
    ),
    Case(
        "a byte-order mark and no header",
        _GLOVE,
        file("v.txt", b"\xef\xbb\xbfthe 1 2 3\nof 4 5 6\n", NUMBERS, ["the", "of"]),
    ),
    Case(
        "a header with too few words",
        _WORD2VEC,
        file("v.vec", b"3 3\nthe 1 2 3\nof 4 5 6\n"),
        "has 2 words, but announces 3",
    ),
    Case(
        "a header with too few dimensions",
        _WORD2VEC,
        file("v.vec", b"2 2\nthe 1 2 3\nof 4 5 6\n"),
        "line 2 has more than a word and 2 numbers",
    ),
    Case(
        "binary, words with spaces, a line break after each",
        _WORD2VEC,
        file("v.bin", word2vec_binary(SPACED_BYTES, FIVE, b"\n"), FIVE, SPACED),
    ),
    Case(
        "binary, words with spaces, nothing between",
        _WORD2VEC,
        file("v.bin", word2vec_binary(SPACED_BYTES, FIVE, b""), FIVE, SPACED),
    ),
    Case(
        "binary in gzip under another name",
        _WORD2VEC,
        file("GoogleNews", gzip.compress(word2vec_binary(SPACED_BYTES, FIVE, b"")), FIVE, SPACED),
    ),
]

CASES = [*HUB, *OLLAMA, *NOT_THEMSELVES, *WORD_VECTORS]
