"""Vocabularies with a number after each token, compressed ones, those of other libraries, merges."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.files.case import Case, Want
from tests.files.of_names_and_places import file, zipped
from tests.files.of_vocabularies import BARE, Files, array, folder, padding, rows, tokenizer
from tests.formats.made import safetensors

_FAIRSEQ = "github.com/facebookresearch/fairseq, fairseq/data/dictionary.py, add_from_file"
_MASKED = "github.com/facebookresearch/fairseq, fairseq/tasks/denoising.py: add_symbol('<mask>')"
_PHOBERT = "github.com/huggingface/transformers, models/phobert/tokenization_phobert.py, add_from_file"
_BERTWEET = "github.com/huggingface/transformers, models/bertweet/tokenization_bertweet.py"
_BARTPHO = "github.com/huggingface/transformers, models/bartpho/tokenization_bartpho.py"
_GPT2_IDS = "github.com/facebookresearch/fairseq, examples/roberta/README.pretraining.md: dict.txt"
_SP_VOCAB = "github.com/google/sentencepiece, src/trainer_interface.cc, SaveVocab"
_SP_SYMS = "github.com/google/sentencepiece, src/spm_export_vocab_main.cc, --output_format=syms"
_KALDI = "kaldi-asr.org/doc/data_prep.html (words.txt: a word and its number)"
_ST = "github.com/UKPLab/sentence-transformers, models/WordEmbeddings.py, models/tokenizer"
_GPT2 = "github.com/openai/gpt-2, download_model.py: encoder.json, vocab.bpe"
_FASTBPE = "github.com/glample/fastBPE, README: learnbpe (a pair and its count a line)"
_SUBWORD = "github.com/rsennrich/subword-nmt, learn_bpe.py (version 0.1 has no heading)"
_ESM = "huggingface.co/facebook/esm2_t6_8M_UR50D: vocab.txt"
_S3 = "github.com/huggingface/pytorch-pretrained-BERT 0.6, tokenization.py: bert-base-uncased-vocab.txt"
_MEGATRON = "github.com/NVIDIA/Megatron-LM, README: gpt2-vocab.json, gpt2-merges.txt"
_GZIP = "docs.python.org/3/library/gzip.html; the file's own begin (RFC 1952, 1F 8B)"
_ADDED = "github.com/huggingface/transformers, tokenization_utils_base.py: save_pretrained"
FIRST = ["<s>", "<pad>", "</s>", "<unk>"]
DICT = b"the@@ 1061396\nof 593677\n! 400\nmadeupword0000 0\n"
LINES = ["the@@", "of", "!", "madeupword0000"]
VOCAB = "<unk>\t0\n<s>\t0\n</s>\t0\n▁a\t-2.19047\nb\t-3e-05\n<0x0A>\t-7\n".encode()
PIECES = ["<unk>", "<s>", "</s>", "▁a", "b", "<0x0A>"]
WORDS = ["PADDING_TOKEN", "the", "New_York", "the_of"]


def words(
    vocab: Sequence[str], n: int, *, name: str = "whitespace", root: bool = True, **files: bytes
) -> Callable[[Path], Want]:
    """sentence-transformers' model of word vectors, as its `save` writes it."""

    def make(path: Path) -> Want:
        inside = path / "0_WordEmbeddings" if root else path
        inside.mkdir(exist_ok=True)
        matrix = rows(n)
        matrix[0] = 0
        module = {"idx": 0, "name": "0", "path": inside.name, "type": "sentence_transformers.models.X"}
        if root:
            (path / "modules.json").write_text(json.dumps([module]))
        (inside / "wordembedding_config.json").write_text(
            json.dumps({"tokenizer_class": "x.Y", "update_embeddings": False, "max_seq_length": 1000000})
        )
        (inside / f"{name}tokenizer_config.json").write_text(
            json.dumps({"vocab": vocab, "stop_words": ["a"], "do_lower_case": False})
        )
        raw = safetensors({"emb_layer.weight": ("F32", matrix.shape, matrix.tobytes())})
        (inside / "model.safetensors").write_bytes(raw)
        return Want(path, matrix, vocab)

    return make


def given(
    files: Files, n: int, tokens: Sequence[str] | None = None, *, note: str = ""
) -> Callable[[Path], Want]:
    """One file, given for a model of n rows."""
    return folder(files, n, tokens, note=note, given=next(iter(files)))


def packed(name: str, content: bytes) -> Callable[[Path], Want]:
    return array({name: content}, name, ["king", " queen"])


LIST = b"king\n queen\n"
COUNTS = [
    Case("fairseq's dict.txt", _FAIRSEQ, folder({"dict.txt": DICT}, 8, [*FIRST, *LINES],
         note="dict.txt, ids as in fairseq")),
    Case("fairseq's dict.txt for a model that masks words", _MASKED,
         given({"dict.txt": DICT}, 9, [*FIRST, *LINES, "<mask>"], note="<mask> after its lines")),
    Case("fairseq's dict.en.txt, given, of more rows", _FAIRSEQ,
         given({"dict.en.txt": DICT}, 11, [*FIRST, *LINES, *padding(8, 11)])),
    Case("fairseq's dict.txt in which the mask is a line", _FAIRSEQ,
         given({"dict.txt": b"the 9\n<mask> 8\nof 8\n"}, 8,
               [*FIRST, "the", "<mask>", "of", "<padding id 7>"])),
    Case("fairseq's dict.txt of Windows, counts that are all one", _FAIRSEQ,
         given({"dict.txt": b"the 1\r\nof 1\r\n"}, 6, [*FIRST, "the", "of"])),
    Case("fairseq's dict.txt that overwrites special tokens, as CamemBERT's", _FAIRSEQ,
         given({"dict.txt": b"<unk> 999 #fairseq:overwrite\n<s> 999 #fairseq:overwrite\n, 999\n"}, 8,
               [*FIRST, "<unk>", "<s>", ",", "<mask>"])),
    Case("fairseq's dict.txt with a token twice", _FAIRSEQ,
         given({"dict.txt": b"the 9\nof 8\nthe 7\n"}, 7),
         refused="has the token 'the' twice, again in line 3"),
    Case("fairseq's dict.txt for fewer rows", _FAIRSEQ, given({"dict.txt": DICT}, 4),
         refused="4 tokens with counts, with fairseq's .* before them 8, but the matrix has 4 rows"),
    Case("RoBERTa's dict.txt, which lists GPT-2's ids", _GPT2_IDS,
         given({"dict.txt": b"13 850314647\n262 800385005\n11 800251374\nmadeupword0000 0\n" * 1
               + b"".join(b"%d 7\n" % i for i in range(100, 120))}, 28),
         refused="lists numbers in place of tokens.*vocab.json"),
    Case("PhoBERT's vocab.txt", _PHOBERT,
         folder({"vocab.txt": "là 3\nvà 2\nchungn@@ 2\n".encode(), "bpe.codes": b"t h 5\n",
                 "added_tokens.json": {"<mask>": 7}}, 8, [*FIRST, "là", "và", "chungn@@", "<mask>"])),
    Case("BERTweet's vocab.txt, saved anew", _BERTWEET,
         folder({"vocab.txt": b"I 1\n@USER 1\nHTTPURL 1\n"}, 8,
                [*FIRST, "I", "@USER", "HTTPURL", "<mask>"])),
    Case("BARTpho's dict.txt beside XLM-R's SentencePiece model", _BARTPHO,
         folder({"dict.txt": "▁la 9\n▁va 8\nn 7\n".encode(),
                 "sentencepiece.bpe.model": b"\n\x05\n\x03abc",
                 "tokenizer_config.json": {"tokenizer_class": "BartphoTokenizer"}}, 8,
                [*FIRST, "▁la", "▁va", "n", "<mask>"])),
    Case("a token added after fairseq's lines in place of the mask", _FAIRSEQ,
         folder({"dict.txt": DICT, "added_tokens.json": {"<new>": 8}}, 9, [*FIRST, *LINES, "<new>"])),
    Case("jieba's dict.txt in a model's folder", "github.com/fxsjy/jieba, jieba/dict.txt",
         folder({"dict.txt": "AT&T 3 nz\nB超 3 n\n".encode()}, 2),
         refused="has no count after each token"),
    Case("SentencePiece's .vocab", _SP_VOCAB, given({"m.vocab": VOCAB}, 8, [*PIECES, *padding(6, 8)])),
    Case("SentencePiece's tokenizer.vocab alone in a folder", _SP_VOCAB,
         folder({"tokenizer.vocab": VOCAB}, 6, PIECES)),
    Case("XLM-R's sentencepiece.bpe.vocab", _SP_VOCAB,
         folder({"sentencepiece.bpe.vocab": VOCAB, "config.json": {"model_type": "xlm-roberta"}}, 8,
                [*FIRST, "▁a", "b", "<0x0A>", "<mask>"], given="sentencepiece.bpe.vocab")),
    Case("a sentencepiece.bpe.vocab of nobody knows which model", _SP_VOCAB,
         given({"sentencepiece.bpe.vocab": VOCAB}, 8), refused="does not say the ids"),
    Case("SentencePiece's symbols with their ids", _SP_SYMS,
         given({"m.syms": "<unk>\t0\n▁a\t1\nb\t2\n".encode()}, 3, ["<unk>", "▁a", "b"])),
    Case("Kaldi's words.txt in the order of the alphabet", _KALDI,
         given({"words.txt": b"<eps> 0\na 3\nof 1\nthe 2\n"}, 4, ["<eps>", "of", "the", "a"])),
    Case("words with ids from 1 on", _KALDI, given({"words.txt": b"a 1\nof 2\nthe 3\n"}, 7),
         refused="neither fairseq's counts, .* nor ids from 0 on; .*bare token a line"),
    Case("words with numbers that fall to 0: counts or ids", _KALDI,
         given({"words.txt": b"a\t2\nof\t1\nthe\t0\n"}, 3), refused="has a number after each token"),
    Case("OpenNMT's vocabulary of words, tabs and counts", "github.com/OpenNMT/OpenNMT-py, docs: Vocab",
         given({"src.vocab": b"the\t900\nof\t700\na\t700\n"}, 7),
         refused="has a number after each token"),
    Case("Marian's vocab.yml", "github.com/marian-nmt/marian, src/data/default_vocab.cpp",
         given({"vocab.yml": b"</s>: 0\n<unk>: 1\nthe: 2\n"}, 3),
         refused="has a number after each token"),
    Case("word vectors given as a vocabulary", "nlp.stanford.edu/projects/glove",
         given({"glove.txt": b"the 1 2 3\nof 4 5 1\na 7 8 9\n"}, 7),
         refused="has a number after each token"),
    Case("words and counts with commas between, under no name", "pandas.pydata.org, DataFrame.to_csv",
         given({"words.txt": b"the,900\nof,800\n"}, 6), refused="a table with a number in each line"),
    Case("words and counts under a heading", "pandas.pydata.org, DataFrame.to_csv(sep=' ')",
         given({"words.txt": b"word count\nthe 900\nof 800\n"}, 7), refused="no token .* in line 1"),
    Case("words in quotes and counts", "rdrr.io/r/utils/write.table.html (quote = TRUE)",
         given({"words.txt": b'"the" 900\n"of" 800\n'}, 6), refused="has a number after each token"),
    Case("Keras's tokenizer", "keras.io, preprocessing.text.Tokenizer.to_json",
         given({"tokenizer.json": {"class_name": "Tokenizer", "config": {"word_index": "{}"}}}, 3),
         refused="is a configuration and has no vocabulary"),
    Case("a dictionary that ends in something else", _FAIRSEQ,
         given({"dict.txt": b"the 2\n" + b"of 1\n" * 1200 + b"and so on\n"}, 2000),
         refused="no token with a number after it in line 1,202"),
]  # fmt: skip

OTHERS = [
    Case("OpenAI's encoder.json beside its vocab.bpe", _GPT2,
         folder({"encoder.json": BARE, "vocab.bpe": b"#version: 0.2\n\xc4\xa0 t\n"}, 3, list(BARE))),
    Case("OpenAI's vocab.bpe alone", _GPT2, given({"vocab.bpe": b"#version: 0.2\n\xc4\xa0 t\n"}, 3),
         refused="a list of merges, not a list of tokens; download the model's tokenizer.json"),
    Case("fastBPE's codes", _FASTBPE,
         given({"bpe.codes": b"e n</w> 472306\ni n 356571\nin g</w> 3561\n"}, 7),
         refused="a list of merges"),
    Case("merges without a heading", _SUBWORD, given({"codes": b"t h\nth e</w>\ni n\n"}, 3),
         refused="a list of merges, not of tokens"),
    Case("phrases of two words are no merges", "tokensphere's own documentation",
         array({"t.txt": b"New York\nSan Jose\n"}, "t.txt", ["New York", "San Jose"])),
    Case("merges named as the model", _GPT2, file("merges.txt", b"#version: 0.2\nt h\n"),
         "a list of merges, without embeddings"),
    Case("a vocabulary named as the model", "github.com/google-research/bert, vocab.txt",
         file("vocab.txt", b"[PAD]\n[UNK]\n##ing\n"), "no lines of numbers.*name the file"),
    Case("added_tokens.json alone", _ADDED, given({"added_tokens.json": {"<mask>": 64000}}, 64001),
         refused="no tokens for the ids 0 to 63999, so it only adds"),
    Case("special_tokens_map.json given as a vocabulary", _ADDED,
         given({"special_tokens_map.json": {"unk_token": "<unk>", "pad_token": {"content": "x"}}}, 3),
         refused="is a configuration and has no vocabulary"),
    Case("ESM's vocab.txt of amino acids", _ESM,
         folder({"vocab.txt": b"<cls>\n<pad>\n<eos>\n<unk>\nL\nA\nG\n<null_1>\n<mask>"}, 9,
                ["<cls>", "<pad>", "<eos>", "<unk>", "L", "A", "G", "<null_1>", "<mask>"])),
    Case("ProtBERT's vocab.txt", "huggingface.co/Rostlab/prot_bert: vocab.txt",
         folder({"vocab.txt": b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nL\nA\n"}, 7,
                ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "L", "A"])),
    Case("BERT's vocabulary under its old name", _S3,
         folder({"bert-base-uncased-vocab.txt": b"[PAD]\nthe\n"}, 2, ["[PAD]", "the"])),
    Case("Megatron's gpt2-vocab.json", _MEGATRON,
         folder({"gpt2-vocab.json": BARE, "gpt2-merges.txt": b"#version: 0.2\nt h\n"}, 3, list(BARE))),
    Case("two vocabularies of such names", _MEGATRON,
         folder({"src-vocab.json": BARE, "tgt-vocab.json": BARE}, 3),
         refused=r"several vocabularies \(src-vocab.json, tgt-vocab.json\); give one"),
    Case("Tensor2Tensor's quoted subwords", "tensorflow/tensor2tensor, text_encoder.py",
         given({"vocab.subwords": b"'<pad>_'\n'<EOS>_'\n'the_'\n"}, 3), refused="tokens in quotes"),
    Case("sentence-transformers' WordEmbeddings", _ST, words(WORDS, 4)),
    Case("sentence-transformers' WordEmbeddings, of phrases, by its own folder", _ST,
         words(WORDS, 4, name="phrase", root=False)),
    Case("sentence-transformers' WordEmbeddings that lost words which came twice", _ST, words(WORDS, 5),
         refused="has 4 words, but the matrix has 5 rows: words that came twice"),
]  # fmt: skip

COMPRESSED = [
    *(
        Case(f"a list of tokens in {kind}", source, packed(f"t.txt.{kind}", content))
        for kind, source, content in (
            ("gz", _GZIP, gzip.compress(LIST)),
            ("bz2", "docs.python.org/3/library/bz2.html", bz2.compress(LIST)),
            ("xz", "docs.python.org/3/library/lzma.html", lzma.compress(LIST)),
            ("zip", "docs.python.org/3/library/zipfile.html", zipped(t__txt=LIST)),
        )
    ),
    Case("a tokenizer.json in gzip", _GZIP,
         given({"tokenizer.json.gz": gzip.compress(json.dumps(tokenizer(BARE)).encode())}, 3,
               list(BARE))),
    Case("fairseq's dict.txt in gzip", _GZIP,
         given({"dict.txt.gz": gzip.compress(DICT)}, 8, [*FIRST, *LINES])),
    Case("a list in gzip that is cut short", _GZIP, given({"t.txt.gz": gzip.compress(LIST)[:-9]}, 2),
         refused="is cut short or damaged"),
    Case("lists in a zip archive of several", "docs.python.org/3/library/zipfile.html",
         given({"t.zip": zipped(a__txt=LIST, b__txt=LIST)}, 2),
         refused="archive of several files; unpack it"),
]  # fmt: skip


def glove(d: int) -> bytes:
    return b"".join(
        b"%s %s\n" % (w, b" ".join(b"%d.5" % (i + n) for i in range(d)))
        for n, w in enumerate((b"the", b"of"))
    )


README = b"GloVe\n=====\n\nVectors of 6B tokens.\nSee http://nlp.stanford.edu/projects/glove/\n"
LICENCE = b"Public Domain Dedication and License v1.0\n\n1.0 Definitions of Capitalised Words\n"
_ZIPS = "github.com/stanfordnlp/GloVe, README (glove.6B.zip: 50d, 100d, 200d, 300d)"
_WIKI = "huggingface.co/Word2vec/nlpl_14: meta.json (vectors.nlpl.eu/repository/20/14.zip: its contents)"
_GLOVE_2 = [[0.5, 1.5], [1.5, 2.5]]
ARCHIVES = [
    Case("GloVe in a zip archive of several widths", _ZIPS,
         file("glove.6B.zip", zipped(**{f"glove__6B__{d}d__txt": glove(d) for d in (50, 100)})),
         r"2 files of word vectors: 'glove\.6B\.50d\.txt' \(50 dimensions\), .*100.*: unzip glove"),
    Case("word vectors in a zip archive with a README and a licence", _ZIPS,
         file("g.zip", zipped(README__md=README, LICENCE=LICENCE, g__txt=glove(2)), _GLOVE_2,
              ["the", "of"])),
    Case("word vectors in a zip archive with their counts, a table and what a Mac adds", _WIKI,
         file("m.zip", zipped(**{"meta__json": b'{"dim": 2, "n": 4}', "vocab__txt": b"the 900\nof 800\n",
                                 "__MACOSX/__": b"x", "__DS_Store": b"x",
                                 "x/model__txt": b"2 2\n" + glove(2)}),
              _GLOVE_2, ["the", "of"])),
    Case("word vectors in text and binary in one archive", _WIKI,
         file("m.zip", zipped(model__txt=b"2 2\n" + glove(2), model__bin=b"2 2\nthe " + bytes(17))),
         r"2 files of word vectors: 'model\.txt' \(2 dimensions\), 'model\.bin'"),
    Case("word2vec's binary file in a zip archive, told by its name there", _WIKI,
         file("m.zip", zipped(README=README, m__bin=b"2 2\nthe AAAABBBB\nof BBBBCCCC\n"),
              np.frombuffer(b"AAAABBBBBBBBCCCC", "<f4").reshape(2, 2), ["the", "of"])),
    Case("a zip archive whose other file may be vectors, too", _WIKI,
         file("m.zip", zipped(a__txt=glove(2), b__txt=b"new york 1 2\nof 3 4\n")),
         "2 files of word vectors"),
    Case("a zip archive without word vectors", _ZIPS,
         file("m.zip", zipped(README=README, LICENCE=LICENCE)),
         r"zip archive of 2 files \('README', 'LICENCE'\); unpack it"),
    Case("word vectors in gzip inside a zip archive", _WIKI,
         file("m.zip", zipped(README=README, v__txt__gz=gzip.compress(glove(2)))),
         "zip archive of 2 files .*unpack it"),
]  # fmt: skip

CASES = [*COUNTS, *OTHERS, *COMPRESSED, *ARCHIVES]
