"""The layouts in which sparse autoencoders and their kin are published; one table.

Which axis the dimensions run along is told by the layout, never by the shape: a dictionary may have as
many features as the model has dimensions, and ``W_dec`` has a feature in each row in some layouts and in
each column in others. Scales that are common to all vectors (Llama Scope's norms, the square root of d
of Gemma Scope's embeddings) change neither cosines nor ranks, and are left out.

A new layout is an entry in `LAYOUTS`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Matrix:
    """A tensor with vectors.

    Attributes
    ----------
    name : pattern of its name (:mod:`re`); ``{i}`` is the number in the name of the file
    axes : what its axes count: ``f`` features, ``d`` dimensions; ``t`` the layers that are written to,
        ``l`` the same from the feature's own layer on, ``s`` those that are read from; ``m`` models
    file : pattern of the file's name, if it is another than that of the decoder
    """

    name: str
    axes: str
    file: str | None = None


@dataclass(frozen=True)
class Layout:
    """How one library or release lays out what it learnt.

    Attributes
    ----------
    name : in messages
    weights : pattern of the file's path in the folder; of its groups ``i`` is the layer
    decoder, encoder : the tensors; the first that the file has is taken, of as many axes
    source : who defines it
    config : path of the configuration; ``{stem}`` is that of the weights without the ending; with ``/``
        at its begin it may lie in the folder above
    must : keys that the configuration has; without them it is another layout
    model, hook, hook_out : keys of the configuration, with dots, the first that is there; ``hook_out``
        where the decoder writes elsewhere than the encoder reads
    model_in : another file that has the keys of `model`, as `config`
    optional : the configuration may be missing
    pickle : PyTorch must read it
    """

    name: str
    weights: str
    decoder: tuple[Matrix, ...]
    encoder: tuple[Matrix, ...]
    source: str
    config: str = ""
    must: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    hook: tuple[str, ...] = ()
    hook_out: tuple[str, ...] = ()
    model_in: str = ""
    optional: bool = False
    pickle: bool = False


_LINEAR = (Matrix(r"decoder\.weight", "df"), Matrix(r"W_dec", "fd"))
_LINEAR_BACK = (Matrix(r"encoder\.weight", "fd"), Matrix(r"W_enc", "df"))
_OF_LENS = ("metadata.hook_name", "hook_name", "hook_point")
_LOADERS = "SAELens 6.54, sae_lens/loading/pretrained_sae_loaders.py"

LAYOUTS = (
    Layout(
        "Llamascopium (OpenMOSS)",
        r"sae_weights\.safetensors|checkpoints/(?:pruned|final)\.safetensors",
        (
            Matrix(r"W_D", "fd"),
            Matrix(r"W_D", "mfd"),
            Matrix(r"W_D\.(?P<i>\d+)", "sfd"),
            Matrix(r"W_O", "fd"),
        ),
        (Matrix(r"W_E", "df"), Matrix(r"W_E", "mdf")),
        "OpenMOSS/Language-Model-SAEs, lm_saes 2",
        config="config.json",
        must=("sae_type",),
        hook=("hook_point_in",),
        hook_out=("hook_point_out",),
        model=("model_name",),
        model_in="lm_config.json",
    ),
    Layout(
        "Llama Scope R1-Distill",
        r"sae_weights\.safetensors",
        _LINEAR[:1],
        _LINEAR_BACK[:1],
        f"{_LOADERS}: llama_scope_r1_distill",
        config="config.json",
        must=("expansion_factor",),
        hook=("hook_point_in",),
        hook_out=("hook_point_out",),
    ),
    Layout(
        "SAELens",
        r"sae_weights\.safetensors",
        _LINEAR[1:],
        _LINEAR_BACK[1:],
        f"{_LOADERS}: sae_lens",
        config="cfg.json",
        model=("metadata.model_name", "model_name"),
        hook=_OF_LENS,
        hook_out=("metadata.hook_name_out", "hook_name_out"),
    ),
    Layout(
        "Llama Scope",
        r"checkpoints/final\.safetensors",
        _LINEAR[:1],
        _LINEAR_BACK[:1],
        f"{_LOADERS}: llama_scope",
        config="hyperparams.json",
        hook=("hook_point_in",),
        hook_out=("hook_point_out",),
    ),
    Layout(
        "sparsify",
        r"sae\.safetensors",
        _LINEAR[1:],
        _LINEAR_BACK,
        "EleutherAI/sparsify, sparsify/sparse_coder.py",
        config="cfg.json",
        must=("d_in",),
        model=("model",),
        model_in="../config.json",
    ),
    Layout(
        "Gemma Scope",
        r"params\.npz",
        _LINEAR[1:],
        _LINEAR_BACK[1:],
        f"{_LOADERS}: gemma_2",
    ),
    Layout(
        "Gemma Scope 2",
        r"params\.safetensors|layer_(?P<i>\d+)_width_\w+\.safetensors",
        (Matrix("w_dec", "fd"), Matrix("w_dec", "ftd")),
        (Matrix("w_enc", "df"),),
        f"{_LOADERS}: gemma_3",
        config="config.json",
        optional=True,
        model=("model_name",),
        hook=("hf_hook_point_in",),
        hook_out=("hf_hook_point_out",),
    ),
    Layout(
        "dictionary_learning",
        r"ae\.pt",
        _LINEAR,
        _LINEAR_BACK,
        f"{_LOADERS}: dictionary_learning_1; saprmarks/dictionary_learning",
        config="config.json",
        must=("trainer",),
        model=("trainer.lm_name",),
        hook=("trainer.submodule_name",),
        pickle=True,
    ),
    Layout(
        "crosscoder (one file of PyTorch)",
        r"cc_weights\.pt",
        (Matrix("W_dec", "fmd"),),
        (Matrix("W_enc", "mdf"),),
        "ckkissane/crosscoder-model-diff-replication",
        config="cfg.json",
        hook=("hook_point",),
        model=("model_name",),
        optional=True,
        pickle=True,
    ),
    Layout(
        "crosscoder (dictionary_learning)",
        r"model\.safetensors",
        (Matrix(r"decoder\.weight", "mfd"),),
        (Matrix(r"encoder\.weight", "mdf"),),
        "jkminder/dictionary_learning, dictionary_learning/dictionary.py",
        config="config.json",
        hook=("hook_point",),
        model=("lm_name",),
        optional=True,
    ),
    Layout(
        "transcoders, a file each layer (circuit-tracer)",
        r"layer_(?P<i>\d+)\.safetensors",
        _LINEAR[1:],
        (Matrix("W_enc", "fd"),),
        f"decoderesearch/circuit-tracer; {_LOADERS}: mwhanna_transcoder",
        config="/config.yaml",
        optional=True,
        model=("model_name",),
        hook=("feature_input_hook",),
        hook_out=("feature_output_hook",),
    ),
    Layout(
        "cross-layer transcoder (circuit-tracer)",
        r"W_dec_(?P<i>\d+)\.safetensors",
        (Matrix("W_dec_{i}", "fld"),),
        (Matrix("W_enc_{i}", "fd", r"W_enc_{i}\.safetensors"),),
        "decoderesearch/circuit-tracer, transcoder/cross_layer_transcoder.py",
        config="/config.yaml",
        optional=True,
        model=("model_name",),
        hook=("feature_input_hook",),
        hook_out=("feature_output_hook",),
    ),
    Layout(
        "Qwen Scope",
        r"layer(?P<i>\d+)\.sae\.pt",
        (Matrix("W_dec", "df"),),
        (Matrix("W_enc", "fd"),),
        f"{_LOADERS}: qwen_scope",
        pickle=True,
    ),
    Layout(
        "temporal SAE",
        r"latest_ckpt\.safetensors",
        (Matrix("D", "fd"),),
        (),
        f"{_LOADERS}: temporal",
        config="conf.yaml",
        optional=True,
    ),
    Layout(
        "attention SAE (a configuration beside each file)",
        r".*\.pt",
        _LINEAR[1:],
        _LINEAR_BACK[1:],
        f"{_LOADERS}: connor_rob_hook_z",
        config="{stem}_cfg.json",
        must=("act_name",),
        model=("model_name",),
        hook=("act_name",),
        pickle=True,
    ),
    Layout(
        "Goodfire",
        r".*-SAE-l(?P<i>\d+)\.pth?",
        (Matrix(r"decoder_linear\.weight", "df"),),
        (Matrix(r"encoder_linear\.weight", "fd"),),
        f"{_LOADERS}: goodfire",
        pickle=True,
    ),
    Layout(
        "qresearch",
        r".*-SAE-l(?P<i>\d+)\.pt",
        _LINEAR[:1],
        _LINEAR_BACK[:1],
        f"{_LOADERS}: deepseek_r1",
        pickle=True,
    ),
)
