#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Speed of aoti-tokenize and aoti-decode beside the reference libraries, in one run.

usage: bench_text.py [--llama3 RANKS] [--sentencepiece] [--english FILE] [--multilingual FILE]
                     [--megabytes N] [--repeat N]

Everything runs on one thread and is measured in processor time, so other load on the machine does
little harm. The programs and libraries run in turn, and the median of the repetitions counts. The
programs are measured as a whole: start, reading, and writing to /dev/null. Libraries are measured
without their start, on text in memory, as a whole and line by line, and the better one counts; with
--sentencepiece only line by line, on models trained on the same text. Without files, English comes
from HTML documentation and other languages from message catalogs of this machine, repeated if there
is too little. Figures are megabytes (10^6 bytes) of text per second; the ratio is to the library's
best.
"""

import argparse
import gettext
import glob
import html
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
BUILD = os.environ.get("AOTI_BUILD_DIR", "build")
SHARE = 8e6  # bytes of text for slow libraries, which take linear time


def english(size):
    text = []
    have = 0
    folders = os.environ.get("AOTI_BENCH_HTML", "/usr/share/doc").split(":")
    pages = (page for folder in folders
             for page in sorted(glob.glob(folder + "/**/*.html", recursive=True))
             if os.path.isfile(page))
    for path in pages:
        with open(path, encoding="utf-8", errors="replace") as page:
            plain = html.unescape(re.sub(r"<[^>]*>", " ", page.read()))
        text.append(plain)
        have += len(plain.encode())
        if have >= size:
            break
    return cut("".join(text), size)


def cut(text, size):
    """Returns SIZE bytes of TEXT, repeated if it is shorter."""
    encoded = text.encode()
    return (encoded * (size // len(encoded) + 1))[:size].decode("utf-8", "ignore")


def multilingual(size):
    text = []
    have = 0
    paths = sorted(glob.glob("/usr/share/locale/*/LC_MESSAGES/*.mo"),
                   key=lambda path: os.path.basename(path) + path)
    for path in paths:
        try:
            with open(path, "rb") as catalog:
                messages = gettext.GNUTranslations(catalog)._catalog.values()
        except (OSError, UnicodeError, IndexError, ValueError):
            continue
        lines = "\n".join(message for message in messages if isinstance(message, str)) + "\n"
        text.append(lines)
        have += len(lines.encode())
        if have >= size:
            break
    return cut("".join(text), size)


def processor_seconds():
    return sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def seconds(work, clock=processor_seconds):
    start = clock()
    work()
    return clock() - start


def medians(repeat, *works):
    """Returns the seconds of each of WORKS, which run in turn."""
    rounds = [[seconds(work) for work in works] for _ in range(repeat)]
    return [statistics.median(times) for times in zip(*rounds)]


def program(name, arguments, path):
    def work():
        with open(path, "rb") as source:
            subprocess.run([os.path.join(BUILD, name), *arguments], stdin=source, check=True,
                           stdout=subprocess.DEVNULL)
    return work


def report(label, size, time_ours, others):
    ours = size / time_ours / 1e6
    print(f"{label:44} {ours:8.1f} MB/s", end="")
    for name, speed in others.items():
        print(f"   {name} {speed:.1f} ({ours / speed:.1f}x)", end="")
    print(flush=True)


def speed(size, *times):
    return size / min(times) / 1e6


def bench_ranks(arguments, corpora, folder):
    from ranks_against_tiktoken import llama3_encoding
    reference = llama3_encoding(arguments.llama3)
    tokenizer = hugging_face(arguments.llama3)
    compiled = os.path.join(folder, "llama3.aoti")
    subprocess.run([os.path.join(BUILD, "aoti-tokenize"), "-t", arguments.llama3, "--compile",
                    compiled], check=True)
    for name, path, text in corpora:
        share = text[:int(len(text) * min(1, SHARE / len(text.encode())))]
        lines = share.splitlines(keepends=True)
        size, share_size = os.path.getsize(path), len(share.encode())
        ours, *theirs = medians(
            arguments.repeat, program("aoti-tokenize", ["-t", compiled], path),
            lambda: reference.encode_ordinary(share),
            lambda: [reference.encode_ordinary(line) for line in lines])
        slow = medians(1, lambda: tokenizer.encode(share),
                       lambda: [tokenizer.encode(line) for line in lines])
        report(f"encode {name}, Llama 3", size, ours,
               {"tokenizers": speed(share_size, *slow), "tiktoken": speed(share_size, *theirs)})
        ids = os.path.join(folder, "ids")
        with open(path, "rb") as source, open(ids, "wb") as out:
            subprocess.run([os.path.join(BUILD, "aoti-tokenize"), "-t", compiled], stdin=source,
                           stdout=out, check=True)
        some = reference.encode_ordinary(share)
        ours, theirs = medians(arguments.repeat, program("aoti-decode", ["-t", compiled], ids),
                               lambda: reference.decode_bytes(some))
        slow = seconds(lambda: tokenizer.decode(some))
        report(f"decode {name}, Llama 3", size, ours,
               {"tokenizers": speed(share_size, slow), "tiktoken": speed(share_size, theirs)})
    prompt = os.path.join(folder, "prompt")
    with open(prompt, "w", encoding="utf-8") as out:
        out.write("The capital of France is")
    work = program("aoti-tokenize", ["-t", compiled], prompt)
    start = statistics.median(seconds(work, time.perf_counter) for _ in range(31))
    print(f"start and a short prompt, Llama 3 compiled: {start * 1e3:.1f} ms of real time")


def hugging_face(path):
    """Returns the rank file as a Hugging Face tokenizer."""
    import families
    from ranks_against_tiktoken import read_ranks
    ranks = read_ranks(path)
    own = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in own]
    spell = {byte: chr(byte) for byte in own}
    spell.update({byte: chr(0x100 + i) for i, byte in enumerate(others)})
    spelled = {token: "".join(spell[byte] for byte in token) for token in ranks}
    merges = [(rank, spelled[token[:cut]], spelled[token[cut:]]) for token, rank in ranks.items()
              for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks]
    merges = [pair[1:] for pair in sorted(merges, key=lambda merge: merge[0])]
    model = families.models.BPE(vocab={spelled[token]: rank for token, rank in ranks.items()},
                                merges=merges, ignore_merges=True)
    tokenizer = families.Tokenizer(model)
    tokenizer.pre_tokenizer = families.pre_tokenizers.Sequence(
        [families.split(families.LLAMA3), families.byte_level()])
    tokenizer.decoder = families.decoders.ByteLevel()
    return tokenizer


PLAIN = {"normalization_rule_name": "identity", "remove_extra_whitespaces": False}
KINDS = {
    "BPE": {"model_type": "bpe", "byte_fallback": True, **PLAIN},
    "BPE, nmt_nfkc": {"model_type": "bpe"},
    "unigram, nmt_nfkc": {"model_type": "unigram"},
}


def train(kind, corpora, folder):
    """Trains a model of both corpora. Returns its path and processor."""
    import sentencepiece
    rng = random.Random(1)
    lines = [line for _, _, text in corpora
             for line in rng.choices([part for part in text.splitlines() if part], k=30000)]
    path = os.path.join(folder, kind)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=path, vocab_size=16000, minloglevel=2,
        num_threads=1, character_coverage=0.9995, **KINDS[kind])
    return path + ".model", sentencepiece.SentencePieceProcessor(model_file=path + ".model")


def llama_like(model):
    """Returns a sentencepiece model as a Hugging Face tokenizer, converted as for Llama 2."""
    import families
    vocab = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
    merges = [(piece[:cut], piece[cut:]) for piece in vocab for cut in range(1, len(piece))
              if piece[:cut] in vocab and piece[cut:] in vocab]
    tokenizer = families.Tokenizer(families.models.BPE(
        vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = families.normalizers.Sequence(
        [families.normalizers.Prepend("▁"), families.replaced()])
    tokenizer.decoder = families.spaced(families.decoders.Strip(" ", 1, 0))
    return tokenizer


def bench_sentencepiece(arguments, corpora, folder):
    for kind in KINDS:
        path, reference = train(kind, corpora, folder)
        for name, text_path, text in corpora:
            share = text[:int(len(text) * min(1, SHARE / len(text.encode())))]
            lines, size = share.splitlines(), len(share.encode())

            def encode(reference=reference, lines=lines):
                reference.encode(lines, num_threads=1)
            ours, theirs = medians(arguments.repeat,
                                   program("aoti-tokenize", ["-t", path, "-l"], text_path), encode)
            report(f"{name}, {kind}", os.path.getsize(text_path), ours,
                   {"sentencepiece": speed(size, theirs)})
            if kind != "BPE":
                continue
            tokenizer = llama_like(reference)
            spelled = os.path.join(folder, "llama.json")
            tokenizer.save(spelled)

            def encode_too(tokenizer=tokenizer, lines=lines):
                for line in lines:
                    tokenizer.encode(line)
            ours, theirs = medians(
                arguments.repeat, program("aoti-tokenize", ["-t", spelled, "-l"], text_path),
                encode)
            slow = seconds(encode_too)
            report(f"{name}, tokenizer.json, byte fallback", os.path.getsize(text_path), ours,
                   {"tokenizers": speed(size, slow), "sentencepiece": speed(size, theirs)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--llama3", default=os.environ.get("AOTI_LLAMA3_RANKS"))
    parser.add_argument("--sentencepiece", action="store_true")
    parser.add_argument("--english")
    parser.add_argument("--multilingual")
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpora = []
        for name, given, make in (("English", arguments.english, english),
                                  ("multilingual", arguments.multilingual, multilingual)):
            path = given or os.path.join(folder, name)
            if not given:
                with open(path, "w", encoding="utf-8", newline="") as out:
                    out.write(make(arguments.megabytes * 1000000))
            with open(path, encoding="utf-8", newline="") as source:
                corpora.append((name, path, source.read()))
        if arguments.llama3:
            bench_ranks(arguments, corpora, folder)
        if arguments.sentencepiece:
            bench_sentencepiece(arguments, corpora, folder)


if __name__ == "__main__":
    main()
