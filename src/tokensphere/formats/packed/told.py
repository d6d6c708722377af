"""What a model's configuration tells of how its matrices are packed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Told:
    """What is known of the packing beside the tensors.

    Attributes
    ----------
    quantization : ``quantization`` or ``quantization_config`` of ``config.json``; empty without
    widths : the lengths that a row may have; empty if that is not known
    one_scale : int8 values are right but for one factor that all share, as Model2Vec has them
    """

    quantization: Mapping[str, Any] = field(default_factory=dict)
    widths: frozenset[int] = frozenset()
    one_scale: bool = False

    @property
    def method(self) -> str:
        """Who quantised the model, ``gptq`` say; empty if that is not said."""
        said = self.quantization.get("quant_method")
        return said if isinstance(said, str) else ""

    def of_module(self, name: str) -> Mapping[str, Any]:
        """What is said of one module: its own entry, as MLX has them, before the model's.

        Examples
        --------
        >>> told = Told({"bits": 4, "model.embed_tokens": {"bits": 8}})
        >>> told.of_module("model.embed_tokens")["bits"], told.of_module("lm_head")["bits"]
        (8, 4)
        """
        own = self.quantization.get(name)
        return own if isinstance(own, Mapping) else self.quantization

    def block_size(self) -> tuple[int, int] | None:
        """Rows and columns of a block that has one scale, where the configuration says so."""
        said = self.quantization.get("weight_block_size")
        if isinstance(said, list) and len(said) == 2 and all(type(n) is int and n > 0 for n in said):
            return said[0], said[1]
        return None

    def group_sizes(self) -> list[int]:
        """The numbers of values of a group that has one scale, wherever the configuration says one.

        Examples
        --------
        >>> Told({"config_groups": {"group_0": {"weights": {"group_size": 128}}}}).group_sizes()
        [128]
        """
        return sorted(set(_group_sizes(self.quantization)))


def _group_sizes(said: Mapping[str, Any], depth: int = 0) -> Iterator[int]:
    for key, value in said.items():
        if key == "group_size" and type(value) is int and value > 0:
            yield value
        elif isinstance(value, Mapping) and depth < _DEEPEST:
            yield from _group_sizes(value, depth + 1)


_DEEPEST = 4
NOTHING = Told()
