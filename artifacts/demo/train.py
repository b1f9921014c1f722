#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Train the demo model on sums and stories, or with --evaluate measure the one that is there."""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

import text

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from aoti_artifacts import pretrained

BEGIN, END = "<|begin_of_text|>", "<|end_of_text|>"
VOCABULARY_SIZE = 1024
LONGEST = 1024
SUMS_A_STEP = 192
STORIES_A_STEP = 24
QUESTION_WEIGHT = 0.05
IGNORED = -100


def log(message: str) -> None:
    """Write progress where it does not mix with answers."""
    print(f"train: {message}", file=sys.stderr, flush=True)


def train_tokenizer(seed: int) -> Tokenizer:
    """Learn a byte-level BPE from stories; numbers stay single digits because it sees none."""
    rng = random.Random(seed)
    lines = [text.story(rng) for _ in range(4000)] + ["x + y ="] * 100
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=[BEGIN, END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A",
        pair=f"{BEGIN} $A {BEGIN} $B:1",
        special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))],
    )
    return tokenizer


def new_model(tokenizer: Tokenizer, seed: int) -> LlamaForCausalLM:
    """Return an untrained model that fits the tokenizer."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=LONGEST,
        rms_norm_eps=1e-5,
        rope_theta=10000.0,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.token_to_id(BEGIN),
        eos_token_id=tokenizer.token_to_id(END),
        dtype="float32",
    )
    return LlamaForCausalLM(config)


class Corpus:
    """Tokenized training documents, drawn at random."""

    def __init__(self, tokenizer: Tokenizer, seed: int) -> None:
        self.rng = random.Random(seed)
        self.tokenizer = tokenizer
        self.end = tokenizer.token_to_id(END)
        self.equals = tokenizer.encode(" =", add_special_tokens=False).ids[-1]
        self.sums = [self.encode(text.sum_document(*pair)) for pair in text.training_pairs()]

    def encode(self, document: str) -> list[int]:
        """Return the ids of a whole document, from its begin to its end mark."""
        return [*self.tokenizer.encode(document).ids, self.end]

    def batch(self, documents: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return inputs, targets and the weight of each target; documents of a batch are padded."""
        longest = max(map(len, documents)) - 1
        inputs = torch.full((len(documents), longest), self.end)
        targets = torch.full((len(documents), longest), IGNORED)
        weights = torch.zeros(len(documents), longest)
        for row, document in enumerate(documents):
            length = len(document) - 1
            inputs[row, :length] = torch.tensor(document[:-1])
            targets[row, :length] = torch.tensor(document[1:])
            weights[row, :length] = 1.0
            if self.equals in document:
                weights[row, : document.index(self.equals)] = QUESTION_WEIGHT
        return inputs, targets, weights

    def sums_batch(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return a batch of sums, in which the answers count most."""
        return self.batch(self.rng.choices(self.sums, k=SUMS_A_STEP))

    def stories_batch(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return a batch of fresh stories."""
        return self.batch([self.encode(text.story(self.rng)) for _ in range(STORIES_A_STEP)])


def weighted_loss(
    model: LlamaForCausalLM, batch: tuple[torch.Tensor, torch.Tensor, torch.Tensor]
) -> torch.Tensor:
    """Return the mean cross entropy of a batch under its weights."""
    inputs, targets, weights = batch
    logits = model(input_ids=inputs, use_cache=False).logits
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return (losses * weights.flatten()).sum() / weights.sum()


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Return the rate of a step: a short linear rise, then half a cosine down to a hundredth."""
    warm_up = 100
    if step < warm_up:
        return peak * (step + 1) / warm_up
    progress = (step - warm_up) / max(1, steps - warm_up)
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))


def train(tokenizer: Tokenizer, steps: int, peak: float, seed: int) -> LlamaForCausalLM:
    """Return a model trained for so many steps."""
    model = new_model(tokenizer, seed)
    corpus = Corpus(tokenizer, seed)
    log(f"{model.num_parameters():,} parameters, {tokenizer.get_vocab_size()} tokens")
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak, betas=(0.9, 0.98), weight_decay=0.1)
    start = time.monotonic()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, peak)
        sums = weighted_loss(model, corpus.sums_batch())
        stories = weighted_loss(model, corpus.stories_batch())
        optimizer.zero_grad()
        (sums + stories).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 0 or step == steps - 1:
            seconds = time.monotonic() - start
            log(f"step {step}: sums {sums:.4f}, stories {stories:.4f}, {seconds:.0f} s")
    return model.eval()


def evaluate(model: LlamaForCausalLM, tokenizer: Tokenizer) -> tuple[int, int]:
    """Return how many held-out sums are answered right and then ended, and how many there are."""
    right = 0
    pairs = text.held_out_pairs()
    for start in range(0, len(pairs), 128):
        chunk = pairs[start : start + 128]
        ids = torch.tensor([tokenizer.encode(text.sum_prompt(*pair)).ids for pair in chunk])
        with torch.no_grad():
            answers = model.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                pad_token_id=model.config.eos_token_id,
                max_new_tokens=6,
                do_sample=False,
            )
        for pair, answer in zip(chunk, answers[:, ids.shape[1] :].tolist(), strict=True):
            expected = tokenizer.encode(f" {sum(pair)}", add_special_tokens=False).ids
            right += answer[: len(expected) + 1] == [*expected, model.config.eos_token_id]
    return right, len(pairs)


def save(model: LlamaForCausalLM, tokenizer: Tokenizer, directory: Path) -> None:
    """Write the checkpoint and its tokenizer as Hugging Face lays them out."""
    model.generation_config.bos_token_id = model.config.bos_token_id
    model.generation_config.eos_token_id = model.config.eos_token_id
    model.save_pretrained(directory, safe_serialization=True)
    (directory / "model.safetensors").chmod(0o644)
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BEGIN,
        "eos_token": END,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": LONGEST,
    }
    path = directory / "tokenizer_config.json"
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluate", action="store_true", help="measure the model, train nothing")
    parser.add_argument("--directory", type=Path, default=HERE, help="where the checkpoint lies")
    parser.add_argument("--steps", type=int, default=2400, help="optimizer steps")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="its peak")
    parser.add_argument("--seed", type=int, default=1, help="of weights and of text")
    parser.add_argument("--threads", type=int, default=2, help="processor threads to use")
    return parser.parse_args()


def main() -> None:
    """Train and save, or load; then print the accuracy on the held-out sums."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    if arguments.evaluate:
        tokenizer = Tokenizer.from_file(str(arguments.directory / "tokenizer.json"))
        model = pretrained.load_model(arguments.directory, torch.float32).eval()
    else:
        tokenizer = train_tokenizer(arguments.seed)
        model = train(tokenizer, arguments.steps, arguments.learning_rate, arguments.seed)
        save(model, tokenizer, arguments.directory)
    right, total = evaluate(model, tokenizer)
    print(f"{right} of {total} held-out sums right ({100 * right / total:.1f} %)")


if __name__ == "__main__":
    main()
