"""Formats that are not read, by the bytes with which their files begin: each is called what it is."""

from __future__ import annotations

import pickle
import struct

import numpy as np

from tests.files.case import Case
from tests.files.of_names_and_places import file

_TF = "github.com/tensorflow/tensorflow, tensor_bundle/naming.cc (.index, .data-?????-of-?????)"
_PADDLE = "github.com/PaddlePaddle/Paddle, python/paddle/framework/io.py, _pickle_save"
_TRT = "github.com/NVIDIA/TensorRT issue 1975 (.engine is .plan); github.com/pytorch/TensorRT: ftrt"
_FLOATS = np.arange(9, dtype="<f4").tobytes()
# what; where it is described; a usual name; the first bytes; what is said
_KINDS: list[tuple[str, str, str, bytes, str]] = [
    ("weights of PaddlePaddle", _PADDLE, "model_state.pdparams",
     pickle.dumps({"w": 1, "StructuredToParameterName@@": {}}, protocol=4),
     "of PaddlePaddle.*safetensors"),
    ("PaddlePaddle's weights for inference", "github.com/PaddlePaddle/Paddle, python/paddle/jit/api.py",
     "inference.pdiparams", struct.pack("<II", 0, 0) + _FLOATS, "of PaddlePaddle"),
    ("a TensorRT engine", _TRT, "model.engine", b"ftrt" + bytes(40), "TensorRT engine.*made from"),
    ("a TensorRT plan under no name", _TRT, "model.1", b"ftrt" + bytes(40), "TensorRT engine"),
    ("a RAR archive of version 5", "docs.rs/rars-format: RAR50_SIGNATURE", "glove.rar",
     b"Rar!\x1a\x07\x01\x00" + bytes(20), "RAR archive; unpack"),
    ("a RAR archive of version 4", "docs.rs/rars-format: RAR15_SIGNATURE", "glove.rar",
     b"Rar!\x1a\x07\x00" + bytes(20), "RAR archive; unpack"),
    ("a file in LZ4", "github.com/lz4/lz4, doc/lz4_Frame_format.md: 0x184D2204", "v.txt.lz4",
     struct.pack("<I", 0x184D2204) + b"\x64\x40\xa7" + bytes(20), "LZ4; unpack"),
    ("a file in Zstandard", "RFC 8878, section 3.1.1: 0xFD2FB528", "v.txt.zst",
     struct.pack("<I", 0xFD2FB528) + bytes(20), "Zstandard; unpack"),
    ("a table in Parquet", "github.com/apache/parquet-format, README: PAR1", "x.parquet",
     b"PAR1\x15\x04" + bytes(20) + b"PAR1", "Parquet or Arrow.*numpy.savez"),
    ("a table in Arrow", "arrow.apache.org/docs/format/Columnar.html: ARROW1", "data.arrow",
     b"ARROW1\0\0" + bytes(20), "Parquet or Arrow"),
    ("a table in Feather 1", "github.com/wesm/feather, doc/FORMAT.md: FEA1", "x.feather",
     b"FEA1" + bytes(20), "Parquet or Arrow"),
    ("pymagnitude's word vectors", "github.com/plasticityai/magnitude; sqlite.org/fileformat2.html",
     "glove.magnitude", b"SQLite format 3\0\x10\0\1\1" + bytes(80), "SQLite.*numpy.savez"),
    ("a llamafile", "github.com/Mozilla-Ocho/llamafile, README; justine.lol/ape.html", "m.llamafile",
     b"MZqFpD='\n" + bytes(60), "program; a llamafile .*unzip"),
    ("a program of Linux", "man7.org, elf(5)", "llama-cli", b"\x7fELF\2\1\1" + bytes(60), "a program"),
    ("a model of TensorFlow Lite", "github.com/tensorflow/tensorflow, lite/schema/schema.fbs: TFL3",
     "m.tflite", b"\x1c\0\0\0TFL3" + bytes(40), "TensorFlow Lite.*safetensors"),
    ("a SavedModel", "tensorflow.org/guide/saved_model", "saved_model.pb", b"\x08\x01\x12\xff\x07",
     "SavedModel or graph"),
    ("the index of a TensorFlow checkpoint", _TF, "bert_model.ckpt.index", bytes(60),
     "TensorFlow checkpoint"),
    ("a TensorFlow checkpoint of a step", _TF, "model.ckpt-1000.data-00000-of-00002", _FLOATS,
     "TensorFlow checkpoint"),
    ("the graph of a TensorFlow checkpoint", _TF, "model.ckpt-1000.meta", b"\x0a\xd5\x8b\x2c",
     "TensorFlow checkpoint"),
    ("a Core ML model", "apple.github.io/coremltools/mlmodel/Format/Model.html", "m.mlmodel",
     b"\x08\x05\x12\x8a\x01" + bytes(9), "Core ML.*made from"),
    ("ONNX's data beside a model", "onnx.ai/onnx/repo-docs/ExternalData.html", "model.onnx_data",
     _FLOATS,
     "ONNX.*made from"),
    ("fastText's quantised file", "github.com/facebookresearch/fastText, docs: .ftz, lid.176.ftz",
     "lid.176.ftz", struct.pack("<ii", 793712314, 12) + bytes(40), r"fastText's own.*\.vec"),
    ("a document", "iso.org/standard/75839.html (PDF 2.0, section 7.5.2)", "paper.pdf",
     b"%PDF-1.7\n" + bytes(20), "picture or document"),
    ("a server's refusal in XML", "docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
     "model.bin", b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
     "refusal.*download it again"),
    ("lines of JSON", "jsonlines.org", "vectors.jsonl", b'{"word": "a", "v": [1]}\n{"word": "b"}\n',
     "JSON"),
    ("a SentencePiece model named as the model",
     "github.com/google/sentencepiece, src/sentencepiece_model.proto",
     "tokenizer.model", b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\2", "vocabulary of SentencePiece"),
    ("a README", "huggingface.co/docs/hub/model-cards", "README.md", b"# Model\n\nSome words.\n",
     "is text; name"),
]  # fmt: skip

CASES = [Case(what, source, file(name, start), said) for what, source, name, start, said in _KINDS]
