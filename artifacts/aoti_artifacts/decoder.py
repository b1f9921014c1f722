# SPDX-License-Identifier: BSD-2-Clause
"""A decoder with a static key/value cache, for the Llama family, made to be exported.

The caches are arguments that `forward` changes in place: one pair per layer, each [1, kv_heads,
cache_length, head_dim]. Attention reads only their live part, and the queries of a group share a
key head without copying the keys. Nothing here depends on the values of the weights, so a decoder
can be exported before they are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .checkpoint import Checkpoint
from .diagnostics import bad_input, usage
from .quantization import Scheme

# By model_type, as in transformers.
ARCHITECTURES = {
    "llama": "LlamaForCausalLM",
    "ministral": "MinistralForCausalLM",
    "mistral": "MistralForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
}
_ROPE_TYPES = ("default", "linear", "dynamic", "llama3", "yarn")


@dataclass(frozen=True)
class Biases:
    """The products of a layer that add a bias."""

    qkv: bool
    out: bool
    mlp: bool


@dataclass(frozen=True)
class Shape:
    """Everything that the code of a decoder depends on."""

    vocabulary: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    norm_epsilon: float
    tied_head: bool
    query_key_norm: bool
    biases: Biases
    windows: tuple[int | None, ...]  # of each layer: how many positions it looks back
    cache_length: int
    scheme: Scheme
    on_gpu: bool

    @property
    def layers(self) -> int:
        """Return the number of layers."""
        return len(self.windows)

    @property
    def has_head(self) -> bool:
        """Return true if the head has weights of its own, not those of the embedding."""
        return not self.tied_head or self.scheme.has_own_head

    @property
    def group(self) -> int:
        """Return how many query heads share a key head."""
        return self.heads // self.kv_heads


def _windows(config: Any, cache_length: int) -> tuple[int | None, ...]:
    """Return the attention window of each layer, None if it sees the whole cache."""
    window = getattr(config, "sliding_window", None)
    layers = config.num_hidden_layers
    if config.model_type == "llama" or window is None or window >= cache_length:
        return (None,) * layers
    kinds = getattr(config, "layer_types", None) or ["sliding_attention"] * layers
    return tuple(window if kind == "sliding_attention" else None for kind in kinds)


def _biases(config: Any) -> Biases:
    """Return which products have a bias."""
    if config.model_type == "qwen2":
        return Biases(qkv=True, out=False, mlp=False)
    attention = bool(getattr(config, "attention_bias", False))
    return Biases(attention, attention, bool(getattr(config, "mlp_bias", False)))


def _refuse_unsupported(checkpoint: Checkpoint, config: Any) -> None:
    """Refuse configurations that this decoder would compute incorrectly."""
    where = str(checkpoint.directory / "config.json")
    if config.model_type not in ARCHITECTURES:
        names = ", ".join(ARCHITECTURES)
        why = f"the cached form supports {names}; --form logits supports others"
        raise bad_input(f"{where}: model_type {config.model_type}", why)
    if config.hidden_act != "silu":
        raise bad_input(where, f"hidden_act {config.hidden_act}: expected silu in the cached form")
    if checkpoint.config.get("quantization_config"):
        raise bad_input(where, "quantized checkpoints are not supported; use one in a float dtype")
    if config.num_attention_heads % (config.num_key_value_heads or 1):
        raise bad_input(where, "num_attention_heads is not a multiple of num_key_value_heads")


def shape_of(
    checkpoint: Checkpoint, config: Any, longest: int, scheme: Scheme, *, on_gpu: bool
) -> Shape:
    """Return the shape of a checkpoint's decoder; `config` comes from transformers."""
    _refuse_unsupported(checkpoint, config)
    cache_length = min(longest, config.max_position_embeddings)
    if cache_length < 8:
        raise usage(f"--max-seq-len {longest}: expected at least 8 positions")
    heads = config.num_attention_heads
    return Shape(
        vocabulary=config.vocab_size,
        hidden=config.hidden_size,
        intermediate=config.intermediate_size,
        heads=heads,
        kv_heads=config.num_key_value_heads or heads,
        head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        norm_epsilon=config.rms_norm_eps,
        tied_head=bool(config.tie_word_embeddings),
        query_key_norm=config.model_type == "qwen3",
        biases=_biases(config),
        windows=_windows(config, cache_length),
        cache_length=cache_length,
        scheme=scheme,
        on_gpu=on_gpu,
    )


def _rotary_settings(config: Any) -> dict[str, Any]:
    """Return the settings of rotary embeddings, except their base, of transformers 4 or 5."""
    return getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}


def _default_frequencies(config: Any, device: torch.device) -> tuple[Tensor, float]:
    """Return the unscaled frequencies, for which transformers 5 has no function."""
    settings = _rotary_settings(config)
    base = settings.get("rope_theta", getattr(config, "rope_theta", None))
    part = settings.get("partial_rotary_factor", getattr(config, "partial_rotary_factor", 1.0))
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    size = int(head_dim * part)
    exponents = torch.arange(0, size, 2, dtype=torch.int64, device=device).float() / size
    return 1.0 / base**exponents, 1.0


def rotary_tables(
    checkpoint: Checkpoint, config: Any, length: int, head_dim: int
) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, float32 [length, head_dim / 2], exactly as in transformers."""
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaling = _rotary_settings(config)
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    where = str(checkpoint.directory / "config.json")
    if kind not in _ROPE_TYPES:
        why = f"the cached form supports {', '.join(_ROPE_TYPES)}; --form logits supports others"
        raise bad_input(f"{where}: rope_scaling {kind}", why)
    compute = _default_frequencies if kind == "default" else ROPE_INIT_FUNCTIONS[kind]
    frequencies, factor = compute(config, torch.device("cpu"))
    if 2 * len(frequencies) != head_dim:
        why = f"partial_rotary_factor rotates {2 * len(frequencies)} of {head_dim} elements"
        raise bad_input(where, f"{why}: the cached form rotates all")
    angles = torch.arange(length).float()[:, None] * frequencies.float()[None, :]
    return angles.cos() * factor, angles.sin() * factor


class RootMeanSquareNorm(nn.Module):
    """Scales to unit root mean square, then by a weight, all of it in float32."""

    def __init__(self, size: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.epsilon = epsilon

    def forward(self, states: Tensor) -> Tensor:
        """Return the normalized states, in the dtype of the weights."""
        wide = states.float()
        wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return (self.weight.float() * wide).to(self.weight.dtype)


def rotate(states: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Return states [S, ..., head_dim] rotated by the angles of their positions, [S, ..., half]."""
    first, second = states.float().chunk(2, dim=-1)
    turned = torch.cat([first * cosines - second * sines, second * cosines + first * sines], dim=-1)
    return turned.to(states.dtype)


class Attention(nn.Module):
    """Attention of a layer over its cache."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.heads * shape.head_dim
        both = 2 * shape.kv_heads * shape.head_dim
        linear = shape.scheme.layer
        self.qkv = linear(shape.hidden, width + both, bias=shape.biases.qkv)
        self.out = linear(width, shape.hidden, bias=shape.biases.out)
        if shape.query_key_norm:
            self.query_norm = RootMeanSquareNorm(shape.head_dim, shape.norm_epsilon)
            self.key_norm = RootMeanSquareNorm(shape.head_dim, shape.norm_epsilon)

    def _project(self, states: Tensor, turn: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        """Return queries [S, kv_heads, group, head_dim], keys, values [S, kv_heads, head_dim]."""
        shape = self.shape
        width, kv_width = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        queries, keys, values = self.qkv(states).split([width, kv_width, kv_width], dim=-1)
        queries = queries.view(-1, shape.kv_heads, shape.group, shape.head_dim)
        keys = keys.view(-1, shape.kv_heads, shape.head_dim)
        values = values.view(-1, shape.kv_heads, shape.head_dim)
        if shape.query_key_norm:
            queries, keys = self.query_norm(queries), self.key_norm(keys)
        cosines, sines = (table[:, None] for table in turn)
        queries = rotate(queries, cosines[:, None], sines[:, None])
        return queries, rotate(keys, cosines, sines), values

    def forward(
        self,
        states: Tensor,
        turn: tuple[Tensor, Tensor],
        positions: Tensor,
        live: int,
        mask: Tensor | None,
        caches: tuple[Tensor, Tensor],
    ) -> Tensor:
        """Return the attention's contribution to states [S, hidden]; write to the caches."""
        queries, keys, values = self._project(states, turn)
        for cache, new in zip(caches, (keys, values), strict=True):
            cache.index_copy_(2, positions, new.transpose(0, 1)[None])
        keys, values = (cache.narrow(2, 0, live) for cache in caches)
        # The queries of a group are stacked as if they were more positions.
        queries = queries.permute(1, 2, 0, 3).reshape(
            1, self.shape.kv_heads, -1, self.shape.head_dim
        )
        attend = (
            self._attend_on_gpu if self.shape.on_gpu else functional.scaled_dot_product_attention
        )
        mixed = attend(queries, keys, values, mask)
        mixed = mixed.view(self.shape.kv_heads, self.shape.group, -1, self.shape.head_dim)
        return self.out(
            mixed.permute(2, 0, 1, 3).reshape(-1, self.shape.heads * self.shape.head_dim)
        )

    def _attend_on_gpu(self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Attend by the GPU operator that takes a mask, with one head per batch item.

        The result of a single position then has the layout that the next product needs, and a
        kernel that skips masked positions costs what is in use, not what the cache holds.
        """
        queries, keys, values = (states.transpose(0, 1) for states in (queries, keys, values))
        mask = mask.expand(self.shape.kv_heads, -1, -1, -1)
        return torch.ops.aten._scaled_dot_product_efficient_attention(
            queries, keys, values, mask, False
        )[0]


class FeedForward(nn.Module):
    """The gated two-layer network of a layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        linear = shape.scheme.layer
        self.gate_up = linear(shape.hidden, 2 * shape.intermediate, bias=shape.biases.mlp)
        self.down = linear(shape.intermediate, shape.hidden, bias=shape.biases.mlp)

    def forward(self, states: Tensor) -> Tensor:
        """Return the network's contribution to the states."""
        gate, up = self.gate_up(states).chunk(2, dim=-1)
        return self.down(functional.silu(gate) * up)


class Layer(nn.Module):
    """One layer: attention, then the feed-forward network, each after a norm."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention_norm = RootMeanSquareNorm(shape.hidden, shape.norm_epsilon)
        self.attention = Attention(shape)
        self.mlp_norm = RootMeanSquareNorm(shape.hidden, shape.norm_epsilon)
        self.mlp = FeedForward(shape)


class Decoder(nn.Module):
    """The whole model, from ids to the logits of the last position."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in shape.windows)
        self.norm = RootMeanSquareNorm(shape.hidden, shape.norm_epsilon)
        if shape.has_head:
            self.head = shape.scheme.head(shape.hidden, shape.vocabulary, bias=False)
        half = shape.head_dim // 2
        self.register_buffer("rope_cos", torch.empty(shape.cache_length, half))
        self.register_buffer("rope_sin", torch.empty(shape.cache_length, half))

    def _mask(self, positions: Tensor, live: int, window: int | None, dtype: torch.dtype) -> Tensor:
        """Return the mask to add to the scores, [1, 1, group * S, live]: minus infinity hides."""
        keys = torch.arange(live, device=positions.device)
        seen = keys[None, :] <= positions[:, None]
        if window is not None:
            seen = seen & (keys[None, :] > positions[:, None] - window)
        mask = torch.zeros_like(seen, dtype=dtype).masked_fill(~seen, float("-inf"))
        return mask[None].expand(self.shape.group, -1, -1).reshape(1, 1, -1, live)

    def _masks(
        self, positions: Tensor, span: Tensor, live: int, dtype: torch.dtype
    ) -> dict[int | None, Tensor | None]:
        """Return the mask for each window, None where attention needs none.

        A single new token sees every position before it, so it needs no mask unless a window ends
        before the first one; on a GPU, `span` is its mask.
        """
        masks: dict[int | None, Tensor | None] = dict.fromkeys(self.shape.windows)
        is_single = positions.shape[0] == 1
        for window in masks:
            if window is not None or not is_single:
                masks[window] = self._mask(positions, live, window, dtype)
            elif self.shape.on_gpu:
                masks[window] = span.view(1, 1, 1, -1).expand(-1, -1, self.shape.group, -1)
        return masks

    def forward(
        self, input_ids: Tensor, positions: Tensor, span: Tensor, *caches: Tensor
    ) -> Tensor:
        """Return logits, float32 [1, vocabulary].

        input_ids [1, S] and positions [S] are the new tokens and their positions. The length of
        `span` is the number of positions in use, including the last new one. For a single new token
        on a GPU, where one step is recorded and replayed, `span` is as long as the cache and is
        added to the scores: minus infinity hides positions not in use.
        """
        live = span.shape[0]
        states = self.embedding(input_ids[0]).float()  # layers accumulate in float32
        turn = (self.rope_cos[positions], self.rope_sin[positions])
        masks = self._masks(positions, span, live, caches[0].dtype)
        for index, layer in enumerate(self.layers):
            pair = (caches[2 * index], caches[2 * index + 1])
            mask = masks[self.shape.windows[index]]
            states = states + layer.attention(
                layer.attention_norm(states), turn, positions, live, mask, pair
            )
            states = states + layer.mlp(layer.mlp_norm(states))
        last = self.norm(states[-1:])
        if self.shape.has_head:
            return self.head(last).float()
        return functional.linear(last, self.embedding.weight).float()


def empty_decoder(shape: Shape, dtype: torch.dtype, device: str) -> Decoder:
    """Return a decoder whose weights have memory that was never written.

    On a processor, untouched pages take no memory, so this costs next to nothing.
    """
    with torch.device("meta"):
        decoder = Decoder(shape).to(dtype)
    decoder.rope_cos = decoder.rope_cos.float()
    decoder.rope_sin = decoder.rope_sin.float()
    return decoder.to_empty(device=device).eval().requires_grad_(False)
