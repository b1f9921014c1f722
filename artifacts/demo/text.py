#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The text the demo model learns from: small sums and short stories, made here from our own templates.

text.py sums --count 5           sums of the training set
text.py stories --count 5        stories, one a line
text.py prompts --count 500      beginnings of sums and of stories, for tests
text.py held-out                 the sums that training never sees
"""

from __future__ import annotations

import argparse
import random
import zlib
from collections.abc import Iterator

LARGEST_ADDEND = 99
HELD_OUT_ONE_IN = 10

HEROES = ("fox", "mouse", "bear", "rabbit", "owl", "duck", "cat", "frog", "goat", "hedgehog")
NAMES = ("Pip", "Mila", "Otto", "Nell", "Tom", "Ada", "Finn", "Rosa", "Max", "Lena", "Hugo", "Ivy")
LOOKS = ("small", "young", "brave", "shy", "clever", "merry", "sleepy", "curious")
HOMES = (
    "in a hollow tree",
    "under the old bridge",
    "at the edge of the forest",
    "near a quiet lake",
    "behind the red barn",
    "on top of a green hill",
)
THINGS = ("lantern", "kite", "drum", "boat", "basket", "key", "bell", "map", "hat", "blanket")
KINDS = ("red", "blue", "golden", "wooden", "tiny", "round", "shiny")
PLACES = ("forest", "village", "garden", "river", "meadow", "market", "mountain", "harbour")
TIMES = ("One morning", "One evening", "On a rainy day", "On a windy day", "One winter night")
FRIENDS = ("an old turtle", "a kind heron", "a lost lamb", "a busy beaver", "a grumpy crow")
GIFTS = ("warm bread", "sweet berries", "hot soup", "fresh apples", "a honey cake")
LESSONS = (
    "a small light is enough in the dark",
    "sharing makes everything taste better",
    "friends are worth a long walk",
    "asking for help is brave",
    "slow steps also reach the top",
)


def is_held_out(first: int, second: int) -> bool:
    """Tell whether training must never see the sum of these two numbers, in either order."""
    low, high = sorted((first, second))
    if low < 10:
        return False
    return zlib.crc32(f"{low} + {high}".encode()) % HELD_OUT_ONE_IN == 0


def sum_prompt(first: int, second: int) -> str:
    """Return the question, up to and with the equals sign."""
    return f"{first} + {second} ="


def sum_document(first: int, second: int) -> str:
    """Return the question and its answer."""
    return f"{sum_prompt(first, second)} {first + second}"


def all_pairs() -> Iterator[tuple[int, int]]:
    """Yield every pair of addends the demo knows about."""
    for first in range(LARGEST_ADDEND + 1):
        for second in range(LARGEST_ADDEND + 1):
            yield first, second


def training_pairs() -> list[tuple[int, int]]:
    """Return the pairs whose sums are learned."""
    return [pair for pair in all_pairs() if not is_held_out(*pair)]


def held_out_pairs() -> list[tuple[int, int]]:
    """Return the two-digit pairs whose sums are kept for the evaluation."""
    return [pair for pair in all_pairs() if is_held_out(*pair)]


def opening(rng: random.Random, hero: str, name: str) -> str:
    """Return the sentence that introduces the hero."""
    look, home = rng.choice(LOOKS), rng.choice(HOMES)
    return rng.choice(
        (
            f"Once upon a time there was a {look} {hero} named {name}.",
            f"Once upon a time a {look} {hero} named {name} lived {home}.",
            f"Long ago, a {look} {hero} called {name} lived {home}.",
            f"There once was a {look} {hero} who was called {name}.",
            f"{name} was a {look} {hero} who lived {home}.",
            f"The {look} {hero} {name} lived {home}.",
        )
    )


def middle(rng: random.Random, hero: str, name: str) -> list[str]:
    """Return the sentences in which something is found or lost."""
    thing = f"{rng.choice(KINDS)} {rng.choice(THINGS)}"
    place, friend, gift = rng.choice(PLACES), rng.choice(FRIENDS), rng.choice(GIFTS)
    friend_name = friend.split(" ", 1)[1]
    time = rng.choice(TIMES)
    return rng.choice(
        (
            [
                f"{time}, {name} found a {thing} near the {place}.",
                f"It belonged to {friend} who had looked for it all day.",
                f"{name} gave the {thing} back, and the {friend_name} shared {gift}.",
            ],
            [
                f"{time}, {name} lost the way in the {place}.",
                f"Then {friend} came by with a {thing}.",
                f"Together they walked home and ate {gift}.",
            ],
            [
                f"{time}, the {hero} wanted to cross the {place} with a {thing}.",
                f"The wind was strong, but {name} did not give up.",
                f"On the other side {friend} was waiting with {gift}.",
            ],
            [
                f"Every day {name} carried {gift} to the {place}.",
                f"{time}, {friend} asked why.",
                f'"Because you are my friend," said {name}, and the {friend_name} smiled.',
            ],
        )
    )


def ending(rng: random.Random, hero: str, name: str) -> str:
    """Return the sentence that closes a story."""
    lesson = rng.choice(LESSONS)
    return rng.choice(
        (
            f"From that day on {name} knew that {lesson}.",
            f"And so the {hero} learned that {lesson}.",
            "They were friends ever after.",
            f"That night {name} slept very well.",
        )
    )


def story_sentences(rng: random.Random) -> list[str]:
    """Return one story as a list of sentences."""
    hero, name = rng.choice(HEROES), rng.choice(NAMES)
    return [opening(rng, hero, name), *middle(rng, hero, name), ending(rng, hero, name)]


def story(rng: random.Random) -> str:
    """Return one story, now and then without its opening sentence."""
    sentences = story_sentences(rng)
    if rng.random() < 0.15:
        sentences = sentences[1:]
    return " ".join(sentences)


def prompts(count: int, seed: int = 2) -> list[str]:
    """Return beginnings of sums and of stories in turn, the same ones for the same seed."""
    rng = random.Random(seed)
    sums = [sum_prompt(*pair) for pair in held_out_pairs()]
    rng.shuffle(sums)
    result = []
    for index in range(count):
        if index % 2 == 0:
            result.append(sums[index // 2 % len(sums)])
        else:
            words = story(rng).split(" ")
            result.append(" ".join(words[: rng.randint(1, len(words) - 1)]))
    return result


def main() -> None:
    """Print the kind of text that was asked for, one document a line."""
    parser = argparse.ArgumentParser(description="Print text of the demo model, one a line.")
    parser.add_argument("kind", choices=("sums", "stories", "prompts", "held-out"))
    parser.add_argument("--count", type=int, default=10, metavar="N", help="lines to print")
    parser.add_argument("--seed", type=int, default=2, metavar="N", help="another seed, other text")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    if arguments.kind == "sums":
        lines = [sum_document(*pair) for pair in rng.choices(training_pairs(), k=arguments.count)]
    elif arguments.kind == "stories":
        lines = [story(rng) for _ in range(arguments.count)]
    elif arguments.kind == "prompts":
        lines = prompts(arguments.count, arguments.seed)
    else:
        lines = [sum_document(*pair) for pair in held_out_pairs()]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
