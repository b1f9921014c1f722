// SPDX-License-Identifier: BSD-2-Clause
// sentencepiece models. BPE and unigram models run here; in BPE, two neighbors merge if their
// concatenation is a piece, the highest score first. Word and character models and those with
// unusual settings are left to the library. Decoding never needs the library.

#include "config.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "common/memory.h"
#include "text/load/load.h"
#include "text/load/model_proto.h"
#include "text/load/name_table.h"
#include "text/load/spelling.h"
#include "text/sentencepiece/unigram.h"
#include "text/unicode/utf8.h"

enum { PIECE_BYTES_MAX = 512 };  // merges grow with the square; sentencepiece makes 16 characters

// An unknown character scores so much below the lowest score.
static const float UNKNOWN_PENALTY = 10;

struct piece_loader {
    struct tokenizer *tokenizer;
    struct model_proto model;
    struct vocabulary_builder builder;
    struct name_table names;  // of the pieces that merging may produce
    int32_t *ranks;           // [pieces] by falling score; equal scores have equal ranks
};

static bool is_mergeable(const struct model_piece *piece)
{
    return piece->type == PIECE_NORMAL && piece->size > 0;
}

static unsigned flags_of(const struct model_piece *piece)
{
    switch (piece->type) {
    case PIECE_CONTROL:
        return TOKEN_ADDED | TOKEN_SPECIAL;
    case PIECE_USER_DEFINED:
        return TOKEN_ADDED;
    case PIECE_BYTE:
        return TOKEN_BYTE;
    default:
        return 0;
    }
}

static void put_piece(struct piece_loader *loader, int32_t id)
{
    struct tokenizer_rules *rules = &loader->tokenizer->rules;
    const struct model_piece *piece = &loader->model.pieces[id];
    struct spelled spelled = spelling_read(rules, piece->text, piece->size);
    if (spelled.is_byte != (piece->type == PIECE_BYTE))
        die(STATUS_INPUT, "%s: piece %d: %s", loader->tokenizer->name, id,
            spelled.is_byte ? "spelled as a byte but not of type BYTE"
                            : "of type BYTE but not spelled as a byte");
    if (spelled.is_byte)
        rules->byte_ids[spelled.text[0]] = id;
    if (piece->type == PIECE_UNKNOWN) {
        rules->unknown = id;
        vocabulary_builder_set(&loader->builder, id, loader->model.unknown_text,
                               loader->model.unknown_size, 0, false);
    } else {
        vocabulary_builder_set(&loader->builder, id, spelled.text, spelled.size, flags_of(piece),
                               is_mergeable(piece));
    }
    free(spelled.text);
}

// Pieces matched as a whole: control tokens in raw text, user-defined symbols after normalization.
static void put_added(struct piece_loader *loader, int32_t id)
{
    struct tokenizer *tokenizer = loader->tokenizer;
    const struct model_piece *piece = &loader->model.pieces[id];
    bool control = piece->type == PIECE_CONTROL;
    if ((!control && piece->type != PIECE_USER_DEFINED) || piece->size == 0)
        return;
    struct spelled spelled = spelling_read(&tokenizer->rules, piece->text, piece->size);
    struct added_token token = {
        .id = id,
        .special = control,
        .normalized = !control,
        .size = (uint32_t)(control ? piece->size : spelled.size),
        .content = control ? (uint8_t *)(uintptr_t)piece->text : spelled.text,
    };
    if (!added_set_put(control ? &tokenizer->raw_added : &tokenizer->normalized_added, &token))
        die(STATUS_INPUT, "%s: duplicate piece %d", tokenizer->name, id);
    free(spelled.text);
}

static void put_pieces(struct piece_loader *loader)
{
    loader->names = name_table_new(loader->model.count);
    for (int32_t id = 0; id < (int32_t)loader->model.count; id++) {
        const struct model_piece *piece = &loader->model.pieces[id];
        put_piece(loader, id);
        put_added(loader, id);
        if (!is_mergeable(piece))
            continue;
        if (name_table_find(&loader->names, piece->text, piece->size) != ID_NONE)
            die(STATUS_INPUT, "%s: duplicate piece %d", loader->tokenizer->name, id);
        name_table_put(&loader->names, piece->text, piece->size, id);
    }
}

// Returns true if every character of PIECE is itself a piece, so that merging can build PIECE.
static bool is_spelled_in_pieces(const struct piece_loader *loader, const struct model_piece *piece)
{
    const uint8_t *text = (const uint8_t *)piece->text;
    size_t length;
    uint32_t code;
    for (size_t at = 0; at < piece->size; at += length) {
        length = utf8_decode(text + at, piece->size - at, &code);
        if (name_table_find(&loader->names, piece->text + at, length) == ID_NONE)
            return false;
    }
    return true;
}

// Returns true if the model can run here with the library's results.
static bool runs_here(const struct piece_loader *loader)
{
    const struct model_proto *model = &loader->model;
    if (model->type != MODEL_BPE || !model->escapes_spaces)
        return false;
    for (size_t id = 0; id < model->count; id++) {
        const struct model_piece *piece = &model->pieces[id];
        bool has_space = memchr(piece->text, ' ', piece->size) != NULL;  // not spelled ▁
        if (piece->type == PIECE_UNUSED || (piece->type == PIECE_USER_DEFINED && has_space)
            || piece->size > PIECE_BYTES_MAX
            || (is_mergeable(piece) && !is_spelled_in_pieces(loader, piece)))
            return false;
    }
    return true;
}

struct scored {
    float score;
    int32_t id;
};

static int by_falling_score(const void *a, const void *b)
{
    float first = ((const struct scored *)a)->score, second = ((const struct scored *)b)->score;
    return first > second ? -1 : first < second;
}

static void rank_pieces(struct piece_loader *loader)
{
    size_t count = loader->model.count;
    struct scored *scored = xcalloc(count, sizeof *scored);
    loader->ranks = xcalloc(count, sizeof *loader->ranks);
    for (size_t id = 0; id < count; id++)
        scored[id] = (struct scored){.score = loader->model.pieces[id].score, .id = (int32_t)id};
    qsort(scored, count, sizeof *scored, by_falling_score);
    int32_t rank = 0;
    for (size_t i = 0; i < count; i++) {
        rank += i > 0 && scored[i].score < scored[i - 1].score;
        loader->ranks[scored[i].id] = rank;
    }
    free(scored);
}

static uint32_t character_code(const uint8_t *text, size_t size)
{
    uint32_t code;
    utf8_decode(text, size, &code);
    return code == METASPACE ? ' ' : code;
}

static void put_merges(struct piece_loader *loader, int32_t id)
{
    const struct model_piece *piece = &loader->model.pieces[id];
    const uint8_t *text = (const uint8_t *)piece->text, *end = text + piece->size;
    uint32_t code;
    for (const uint8_t *cut = text; cut < end;) {
        const uint8_t *before = cut;
        cut += utf8_decode(cut, (size_t)(end - cut), &code);
        if (cut == end)
            break;
        struct merge merge = {
            .left = name_table_find(&loader->names, piece->text, (size_t)(cut - text)),
            .right = name_table_find(&loader->names, (const char *)cut, (size_t)(end - cut)),
            .rank = loader->ranks[id],
            .id = id,
        };
        if (merge.left == ID_NONE || merge.right == ID_NONE)
            continue;
        vocabulary_builder_merge(&loader->builder, merge);
        boundaries_join(&loader->tokenizer->boundaries,
                        character_code(before, (size_t)(cut - before)),
                        character_code(cut, (size_t)(end - cut)));
    }
}

// Returns the user-defined symbols, which the normalizer leaves as they are.
static struct piece_trie symbols_of(const struct model_proto *model)
{
    struct piece_trie_key *keys = xcalloc(model->count, sizeof *keys);
    size_t count = 0;
    for (size_t id = 0; id < model->count; id++) {
        const struct model_piece *piece = &model->pieces[id];
        if (piece->type == PIECE_USER_DEFINED && piece->size > 0)
            keys[count++] = (struct piece_trie_key){(const uint8_t *)piece->text, piece->size,
                                                    (int32_t)id, 0};
    }
    struct piece_trie symbols = piece_trie_build(keys, count);
    free(keys);
    return symbols;
}

static void set_spm_rules(struct piece_loader *loader)
{
    const struct model_proto *model = &loader->model;
    struct tokenizer *tokenizer = loader->tokenizer;
    bool adds_prefix = model->adds_prefix && !model->space_is_suffix;
    tokenizer->rules.fragment_prefix = adds_prefix ? PREFIX_ALWAYS : PREFIX_NONE;
    if (model->charsmap_size == 0 && !model->removes_spaces && !model->space_is_suffix)
        return;
    struct spm_rules *rules = tokenizer->spm_rules = xcalloc(1, sizeof *rules);
    const char *problem = NULL;
    if (model->charsmap_size > 0)
        problem = charsmap_read(&rules->map, model->charsmap, model->charsmap_size);
    if (problem != NULL)
        die(STATUS_INPUT, "%s: %s", tokenizer->name, problem);
    rules->symbols = symbols_of(model);
    rules->adds_prefix = adds_prefix;
    rules->adds_suffix = model->adds_prefix && model->space_is_suffix;
    rules->removes_spaces = model->removes_spaces;
    spm_rules_finish(rules);
}

static void run_here(struct piece_loader *loader)
{
    struct tokenizer_rules *rules = &loader->tokenizer->rules;
    rank_pieces(loader);
    for (int32_t id = 0; id < (int32_t)loader->model.count; id++)
        if (is_mergeable(&loader->model.pieces[id]))
            put_merges(loader, id);
    set_spm_rules(loader);
    rules->byte_fallback = loader->model.byte_fallback;
    rules->fuse_unknown = true;
    rules->cuts_words = true;
    rules->all_known = rules->byte_fallback;
    for (int byte = 0; byte < 256; byte++)
        rules->all_known &= rules->byte_ids[byte] != ID_NONE;
    free(loader->ranks);
}

// Returns true if ▁ is a piece and follows no other character in any piece, so that pieces never
// extend beyond the end of a word.
static bool has_words(const struct piece_loader *loader)
{
    const size_t length = METASPACE_SIZE;
    for (size_t id = 0; id < loader->model.count; id++) {
        const struct model_piece *piece = &loader->model.pieces[id];
        const char *rest = piece->text, *end = piece->text + piece->size;
        while (end - rest >= (ptrdiff_t)length && memcmp(rest, METASPACE_TEXT, length) == 0)
            rest += length;
        if (memmem(rest, (size_t)(end - rest), METASPACE_TEXT, length) != NULL)
            return false;
    }
    return name_table_find(&loader->names, METASPACE_TEXT, length) != ID_NONE;
}

// Returns true if a piece has a space not spelled ▁. Such a piece is searched for in raw text.
static bool any_literal_space(const struct model_proto *model)
{
    for (size_t id = 0; id < model->count; id++)
        if (memchr(model->pieces[id].text, ' ', model->pieces[id].size) != NULL)
            return true;
    return false;
}

// Returns true if pieces can be searched for in text that has spaces instead of ▁.
static bool runs_unigram_here(const struct model_proto *model)
{
    if (model->type != MODEL_UNIGRAM || !model->escapes_spaces || any_literal_space(model))
        return false;
    for (size_t id = 0; id < model->count; id++)
        if (model->pieces[id].size > PIECE_BYTES_MAX)
            return false;
    return true;
}

// Returns the score that the library gives a user-defined symbol: greater than any piece's, and the
// greater the longer the symbol.
static float user_score(size_t size)
{
    return (float)(0.1 * ((double)size - 1));
}

// Collects the keys of the trie, spelled in TEXTS. Returns their number.
static size_t find_unigrams(struct piece_loader *loader, struct unigram *unigram,
                            struct piece_trie_key *keys, struct buffer *texts)
{
    const struct model_proto *model = &loader->model;
    float lowest = FLT_MAX;
    size_t count = 0, size = 0;
    for (size_t id = 0; id < model->count; id++)
        size += model->pieces[id].size;
    buffer_reserve(texts, size);  // and never moves again
    for (size_t id = 0; id < model->count; id++) {
        const struct model_piece *piece = &model->pieces[id];
        bool of_user = piece->type == PIECE_USER_DEFINED;
        if (!isfinite(piece->score))
            die(STATUS_INPUT, "%s: piece %zu: the score is not finite", loader->tokenizer->name,
                id);
        if (piece->size == 0 || (piece->type != PIECE_NORMAL && !of_user))
            continue;
        float score = of_user ? user_score(piece->size) : piece->score;
        struct spelled spelled =
            spelling_read(&loader->tokenizer->rules, piece->text, piece->size);
        keys[count++] = (struct piece_trie_key){(uint8_t *)texts->data + texts->size,
                                                spelled.size, (int32_t)id, score};
        buffer_append(texts, spelled.text, spelled.size);
        free(spelled.text);
        unigram->scores[id] = score;
        unigram->largest = fmaxf(unigram->largest, fabsf(score));
        if (keys[count - 1].size > unigram->longest)
            unigram->longest = keys[count - 1].size;
        lowest = of_user ? lowest : fminf(lowest, score);
    }
    unigram->unknown_score = lowest - UNKNOWN_PENALTY;
    unigram->largest = fmaxf(unigram->largest, fabsf(unigram->unknown_score));
    return count;
}

static void run_unigram_here(struct piece_loader *loader)
{
    struct tokenizer *tokenizer = loader->tokenizer;
    struct unigram *unigram = tokenizer->unigram = xcalloc(1, sizeof *unigram);
    struct piece_trie_key *keys = xcalloc(loader->model.count, sizeof *keys);
    struct buffer texts = {0};
    unigram->scores = xcalloc(loader->model.count, sizeof *unigram->scores);
    unigram->spells_words = has_words(loader);
    unigram->trie = piece_trie_build(keys, find_unigrams(loader, unigram, keys, &texts));
    if (unigram->trie.units == NULL)
        die(STATUS_INPUT, "%s: no pieces, or too many", tokenizer->name);
    tokenizer->rules.byte_fallback = loader->model.byte_fallback;
    set_spm_rules(loader);
    added_set_free(&tokenizer->normalized_added);  // they are in the trie
    buffer_free(&texts);
    free(keys);
}

// Text may be cut before a space if the library then sees the same text: the space either stays, or
// is removed and restored as the prefix.
static void run_by_library(struct piece_loader *loader)
{
    struct tokenizer *tokenizer = loader->tokenizer;
    const struct model_proto *model = &loader->model;
    tokenizer->rules.split.kind = SPLIT_BY_LIBRARY;
    tokenizer->rules.cuts_words = has_words(loader) && !model->space_is_suffix
                                  && (!model->removes_spaces || model->adds_prefix);
    tokenizer->rules.prefix_each_part = model->removes_spaces;
    tokenizer->rules.metaspace_space = false;       // the library sees the text as it is
    added_set_free(&tokenizer->normalized_added);  // and matches them itself
}

void load_sentencepiece(struct tokenizer *tokenizer, const uint8_t *data, size_t size)
{
    struct piece_loader loader = {.tokenizer = tokenizer};
    struct tokenizer_rules *rules = &tokenizer->rules;
    const char *problem = model_proto_read(&loader.model, data, size);
    if (problem == NULL && loader.model.denormalizes)
        problem = "denormalization is not supported";
    if (problem != NULL)
        die(STATUS_INPUT, "%s: %s", tokenizer->name, problem);
    rules->decodes = rules->decodes_metaspace = rules->decodes_bytes = true;
    rules->metaspace_space = true;
    put_pieces(&loader);
    if (runs_here(&loader))
        run_here(&loader);
    else if (runs_unigram_here(&loader.model))
        run_unigram_here(&loader);
    else
        run_by_library(&loader);
    if (loader.model.removes_spaces)
        rules->strip = STRIP_LEADING_SPACES;
    else if (loader.model.adds_prefix)
        rules->strip = STRIP_ONE_SPACE;
    tokenizer->vocabulary = vocabulary_build(&loader.builder);
    int64_t count = (int64_t)loader.model.count;
    rules->bos = loader.model.bos >= 0 && loader.model.bos < count ? (int32_t)loader.model.bos
                                                                    : ID_NONE;
    rules->eos = loader.model.eos >= 0 && loader.model.eos < count ? (int32_t)loader.model.eos
                                                                    : ID_NONE;
    name_table_free(&loader.names);
    free(loader.model.pieces);
}
