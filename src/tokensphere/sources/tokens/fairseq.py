"""The ids of models whose SentencePiece file has others: fairseq's, and those with tokens put before.

The file numbers its pieces from 0; such a model puts special tokens of its own there and shifts the
rest. The rules are those of transformers' ``convert_slow_tokenizer.py``.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Shift:
    """Special tokens, then the file's pieces from number `skip` on, then more special tokens."""

    first: tuple[str, ...]
    skip: int
    last: tuple[str, ...] = ()


FIRST = ("<s>", "<pad>", "</s>", "<unk>")  # the ids 0 to 3 of every fairseq dictionary
_MBART = (
    "ar_AR", "cs_CZ", "de_DE", "en_XX", "es_XX", "et_EE", "fi_FI", "fr_XX", "gu_IN", "hi_IN",
    "it_IT", "ja_XX", "kk_KZ", "ko_KR", "lt_LT", "lv_LV", "my_MM", "ne_NP", "nl_XX", "ro_RO",
    "ru_RU", "si_LK", "tr_TR", "vi_VN", "zh_CN",
)  # fmt: skip
_MBART50 = (
    "af_ZA", "az_AZ", "bn_IN", "fa_IR", "he_IL", "hr_HR", "id_ID", "ka_GE", "km_KH", "mk_MK",
    "ml_IN", "mn_MN", "mr_IN", "pl_PL", "ps_AF", "pt_XX", "sv_SE", "sw_KE", "ta_IN", "te_IN",
    "th_TH", "tl_XX", "uk_UA", "ur_PK", "xh_ZA", "gl_ES", "sl_SI",
)  # fmt: skip
_XLMR = Shift(FIRST, 3, ("<mask>",))
_CAMEMBERT = Shift(("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"), 1, ("<mask>",))
_PEGASUS = Shift(("<pad>", "</s>", "<mask_1>", "<mask_2>", *(f"<unk_{i}>" for i in range(2, 103))), 2)
# By the tokenizer's class, or the type of the model.
_SHIFTS = {
    **dict.fromkeys(("xlmrobertatokenizer", "xlm-roberta", "xlm-roberta-xl", "xmod"), _XLMR),
    **dict.fromkeys(("camemberttokenizer", "camembert"), _CAMEMBERT),
    "mbart50tokenizer": Shift(FIRST, 3, (*_MBART, *_MBART50, "<mask>")),
    **dict.fromkeys(("mbarttokenizer", "mbart"), Shift(FIRST, 3, (*_MBART, "<mask>"))),
    "nllbtokenizer": Shift(FIRST, 3),
    **dict.fromkeys(
        ("seamlessm4ttokenizer", "seamless_m4t"), Shift(("<pad>", "<unk>", "<s>", "</s>"), 3)
    ),
    **dict.fromkeys(("pegasustokenizer", "pegasus"), _PEGASUS),
}
# Whose rule is another again, or stands in a vocab.json beside.
UNKNOWN_SHIFTS = frozenset({
    "bartheztokenizer", "bartphotokenizer", "xglmtokenizer", "xglm", "plbarttokenizer", "plbart",
    "m2m100tokenizer", "m2m_100", "speech2texttokenizer", "speech_to_text", "mariantokenizer", "marian",
    "erniemtokenizer", "ernie_m", "xlmprophetnettokenizer", "xlm-prophetnet",
    "cpmtokenizer", "fairseqtokenizer", "nllb-moe",
})  # fmt: skip


def shift_of(families: Collection[str]) -> Shift | None:
    """The rule of a family; None if its ids are the file's. The first name with a rule counts."""
    return next((_SHIFTS[name] for name in families if name in _SHIFTS), None)
