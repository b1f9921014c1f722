// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of the sentencepiece models of src/text.

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/bpe/merge.h"
#include "text/normalize/charsmap.h"
#include "text/normalize/sentencepiece.h"
#include "text/sentencepiece/piece_trie.h"
#include "text/sentencepiece/unigram.h"
#include "text/unicode/utf8.h"
#include "text/vocabulary.h"
#include "text/word_cache.h"

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33) % limit;
}

enum { UNITS = 256, MAP_SIZE = 4 + UNITS * 4 + 6, TEXTS = 4 + UNITS * 4, ROOT_OFFSET = 0x80 };

static void put_unit(uint8_t *map, size_t at, uint32_t unit)
{
    for (size_t i = 0; i < 4; i++)
        map[4 + at * 4 + i] = (uint8_t)(unit >> (8 * i));
}

// Makes a map from B to nothing and from A to " x", with adjacent texts.
static void make_map(uint8_t map[MAP_SIZE])
{
    memset(map, 0, MAP_SIZE);
    map[1] = UNITS * 4 / 256;
    for (uint32_t at = 0; at < UNITS; at++)
        put_unit(map, at, (at ^ ROOT_OFFSET ^ 0x55) & 0xff);  // labels that no unit leads to
    put_unit(map, 0, ROOT_OFFSET << 10);
    for (uint32_t label = 'A'; label <= 'B'; label++) {
        uint32_t at = label ^ ROOT_OFFSET, value = label == 'A' ? 1 : 0;
        put_unit(map, at, 0x30 << 10 | 1 << 8 | label);
        put_unit(map, at ^ 0x30, UINT32_C(1) << 31 | value);
    }
    memcpy(map + TEXTS, "\0 x\0", 4);
}

START_TEST(finds_what_is_replaced)
{
    uint8_t data[MAP_SIZE];
    struct charsmap map;
    const char *made = NULL;
    bool open;
    make_map(data);
    ck_assert_ptr_null(charsmap_read(&map, data, sizeof data));
    ck_assert_uint_eq(charsmap_find(&map, (const uint8_t *)"Ab", 2, &made, &open), 1);
    ck_assert_str_eq(made, " x");
    ck_assert(!open && charsmap_touches(&map, (const uint8_t *)"Ab", 2));
    ck_assert_uint_eq(charsmap_find(&map, (const uint8_t *)"B", 1, &made, &open), 1);
    ck_assert_str_eq(made, "");
    ck_assert(open);
    ck_assert_uint_eq(charsmap_find(&map, (const uint8_t *)"cA", 2, &made, &open), 0);
    ck_assert(!open && !charsmap_touches(&map, (const uint8_t *)"cA", 2));
    charsmap_free(&map);
}
END_TEST

static void check_refused(const uint8_t *data, size_t size)
{
    struct charsmap map;
    ck_assert_ptr_nonnull(charsmap_read(&map, data, size));
    charsmap_free(&map);
}

START_TEST(refuses_maps_that_lead_out_of_themselves)
{
    uint8_t data[MAP_SIZE];
    make_map(data);
    for (size_t size = 1; size <= TEXTS; size++)
        check_refused(data, size);
    data[MAP_SIZE - 1] = 'x';  // the last text has no end
    check_refused(data, sizeof data);
    make_map(data);
    put_unit(data, 'A' ^ ROOT_OFFSET ^ 0x30, UINT32_C(1) << 31 | 6);  // a text past the last one
    check_refused(data, sizeof data);
    make_map(data);
    put_unit(data, 'A' ^ ROOT_OFFSET ^ 0x30, 0);  // no value where one is declared
    check_refused(data, sizeof data);
    make_map(data);
    put_unit(data, 77, UNITS << 10 | 1);  // children past the last unit
    check_refused(data, sizeof data);
    make_map(data);
    put_unit(data, 0, UINT32_C(1) << 31);  // a root without children
    check_refused(data, sizeof data);
}
END_TEST

enum { KEYS = 3000, KEY_MAX = 6 };

START_TEST(finds_pieces_by_their_beginning)
{
    static uint8_t texts[KEYS][KEY_MAX];
    struct piece_trie_key keys[KEYS];
    uint64_t state = 7;
    for (int alphabet = 2; alphabet <= 256; alphabet += 127) {
        for (int i = 0; i < KEYS; i++) {
            size_t size = 1 + random_below(&state, KEY_MAX);
            for (size_t at = 0; at < size; at++)
                texts[i][at] = (uint8_t)(255 - random_below(&state, (uint32_t)alphabet));
            keys[i] = (struct piece_trie_key){texts[i], size, i, (float)i};
        }
        struct piece_trie trie = piece_trie_build(keys, KEYS);
        uint32_t nodes = 0, wanted = 0;
        for (int i = 0; i < KEYS; i++) {  // each key finds itself or its equal
            uint32_t node = PIECE_TRIE_ROOT;
            for (size_t at = 0; at < keys[i].size; at++)
                ck_assert_uint_ne(node = piece_trie_step(&trie, node, keys[i].text[at]),
                                  PIECE_TRIE_NONE);
            ck_assert_int_ge(trie.units[node].id, 0);
            bool is_equal = i > 0 && keys[i].size == keys[i - 1].size
                            && memcmp(keys[i].text, keys[i - 1].text, keys[i].size) == 0;
            wanted += !is_equal;
        }
        for (size_t i = 0; i < trie.count; i++)  // and nothing else
            nodes += trie.units[i].id != ID_NONE;
        ck_assert_uint_eq(nodes, wanted);
        piece_trie_free(&trie);
    }
}
END_TEST

static const struct {
    bool adds_prefix, adds_suffix, removes_spaces;
    const char *text, *wanted;
} normalized[] = {
    {true, false, true, "a", " a"},
    {true, false, true, "  a  b ", " a b"},
    {true, false, true, "   ", ""},
    {true, false, true, "", ""},
    {true, false, true, "B", ""},
    {true, false, true, " B a", " a"},
    {true, false, true, "aA", " a x"},
    {true, false, true, "a A", " a x"},
    {false, false, true, "AA", "x x"},
    {true, false, true, "a \xe2\x96\x81 ", " a"},
    {true, false, true, "a\xe2\x96\x81\xe2\x96\x81z", " a  z"},
    {true, false, false, " a  b ", "  a  b "},
    {true, false, false, "B", " "},
    {false, false, false, "\xff\xff" "z", "\xef\xbf\xbd\xef\xbf\xbdz"},
    {false, true, true, " a  ", "a "},
    {false, true, false, "a ", "a  "},
    {false, true, true, "  ", ""},
    {true, false, true, "aAz \xc3\xa9", " aAz \xc3\xa9"},  // a user-defined symbol
};

START_TEST(normalizes_as_the_library)
{
    uint8_t data[MAP_SIZE];
    struct piece_trie_key key = {(const uint8_t *)"Az", 2, 1, 0};
    struct spm_rules rules = {
        .adds_prefix = normalized[_i].adds_prefix,
        .adds_suffix = normalized[_i].adds_suffix,
        .removes_spaces = normalized[_i].removes_spaces,
        .symbols = piece_trie_build(&key, 1),
    };
    make_map(data);
    ck_assert_ptr_null(charsmap_read(&rules.map, data, sizeof data));
    spm_rules_finish(&rules);
    struct spm_normalizer normalizer = {.rules = &rules};
    const uint8_t *text = (const uint8_t *)normalized[_i].text;
    size_t size = strlen(normalized[_i].text);
    for (size_t step = 1; step <= size + 1; step++) {
        struct buffer out = {0};
        size_t done = 0;
        for (size_t known = 0; known < size; known += step) {
            size_t whole = known - utf8_incomplete_tail(text, known);
            done += spm_normalize(&normalizer, text + done, whole - done, false, &out);
        }
        ck_assert_uint_eq(spm_normalize(&normalizer, text + done, size - done, true, &out),
                          size - done);
        ck_assert_uint_eq(out.size, strlen(normalized[_i].wanted));
        ck_assert(out.size == 0 || memcmp(out.data, normalized[_i].wanted, out.size) == 0);
        buffer_free(&out);
    }
    spm_normalizer_free(&normalizer);
    spm_rules_free(&rules);
}
END_TEST

// Finds the best way through TEXT, all of it at once, as the library does, one character per byte.
static size_t spell_slowly(const struct piece_trie_key *keys, size_t count, float unknown_score,
                           const uint8_t *text, size_t size, int32_t *ids)
{
    float *scores = calloc(size + 1, sizeof *scores);
    size_t *starts = malloc((size + 1) * sizeof *starts), last = 0, found = 0;
    int32_t *best = calloc(size + 1, sizeof *best);
    memset(starts, 0xff, (size + 1) * sizeof *starts);
    for (size_t at = 0; at < size; at++) {
        float offset = scores[at];
        if (offset < -100000 || offset > 100000)
            for (size_t i = at; i <= last; i++)
                scores[i] -= offset;
        bool known = false;
        for (size_t i = 0; i <= count; i++) {
            size_t end = at + (i < count ? keys[i].size : 1);
            if (i == count && known)
                continue;
            if (i < count && (end > size || memcmp(keys[i].text, text + at, end - at) != 0))
                continue;
            float score = (i < count ? keys[i].score : unknown_score) + scores[at];
            known |= end == at + 1;
            last = end > last ? end : last;
            if (starts[end] != SIZE_MAX && !(score > scores[end]))
                continue;
            scores[end] = score;
            starts[end] = at;
            best[end] = i < count ? keys[i].id : 0;
        }
    }
    for (size_t at = size; at > 0; at = starts[at])
        if (best[at] != 0 || found == 0 || ids[found - 1] != 0)
            ids[found++] = best[at];
    for (size_t i = 0; i < found / 2; i++) {
        int32_t id = ids[i];
        ids[i] = ids[found - 1 - i];
        ids[found - 1 - i] = id;
    }
    free(scores);
    free(starts);
    free(best);
    return found;
}

enum { PIECES = 40, PIECE_MAX = 3, TEXT_SIZE = 150000 };

// Random pieces of a, b, c, with at most one space, at the beginning. The piece c alone does not
// exist.
static void make_pieces(uint64_t *state, uint8_t texts[PIECES][PIECE_MAX + 1],
                        struct piece_trie_key *keys, float *scores)
{
    for (int i = 0; i < PIECES; i++) {
        uint8_t *text = texts[i];
        size_t size = 0;
        do {
            size = 0;
            if (random_below(state, 2) == 0)
                text[size++] = ' ';
            for (uint32_t more = random_below(state, PIECE_MAX + 1); more > 0; more--)
                text[size++] = (uint8_t)('a' + random_below(state, 3));
            if (i == 0)
                text[0] = ' ';
            if (i == 0)
                size = 1;
        } while (size == 0 || (size == 1 && *text == 'c'));
        float score = -(float)random_below(state, 16) / 1.7F;  // many ties
        keys[i] = (struct piece_trie_key){text, size, i + 1, score};
        for (int j = 0; j < i; j++)
            if (keys[j].size == size && memcmp(keys[j].text, text, size) == 0)
                keys[i--].size = size = 0;
        if (size > 0)
            scores[i + 1] = score;
    }
}

// Encodes TEXT word by word, so that most words are cached.
static void spell(const struct tokenizer *tokenizer, const uint8_t *text, size_t size,
                  struct id_list *ids)
{
    struct unigram_encoder *encoder = unigram_encoder_new(tokenizer);
    size_t sizes[MERGER_WORDS_MAX];
    unigram_encoder_restart(encoder);
    while (size > 0) {
        size_t count = 0, done = 0;
        for (; count < MERGER_WORDS_MAX && done < size; done += sizes[count++])
            sizes[count] = unigram_next_word(tokenizer->unigram, text + done, size - done, true);
        unigram_encode(encoder, text, sizes, count, ids);
        text += done;
        size -= done;
    }
    unigram_encoder_free(encoder);
}

// Encodes TEXT in parts that are cut anywhere.
static void spell_fronts(const struct tokenizer *tokenizer, const uint8_t *text, size_t size,
                         uint64_t *state, struct id_list *ids)
{
    struct unigram_encoder *encoder = unigram_encoder_new(tokenizer);
    size_t done = 0;
    for (size_t known = 0; known < size; known += random_below(state, 60))
        done += unigram_encode_front(encoder, text + done, known - done, ids, NULL);
    size -= done;
    unigram_encode(encoder, text + done, &size, 1, ids);
    unigram_encoder_free(encoder);
}

START_TEST(spells_words_as_the_whole_text)
{
    static uint8_t texts[PIECES][PIECE_MAX + 1], text[TEXT_SIZE + WORD_CACHE_MAX + 1];
    static int32_t wanted[TEXT_SIZE];
    struct piece_trie_key keys[PIECES];
    float scores[PIECES + 1] = {0}, unknown_score = -20;
    uint64_t state = (uint64_t)_i + 1;
    make_pieces(&state, texts, keys, scores);
    struct unigram unigram = {.scores = scores, .unknown_score = unknown_score, .largest = 20,
                              .spells_words = true, .longest = PIECE_MAX + 1};
    unigram.trie = piece_trie_build(keys, PIECES);
    struct tokenizer tokenizer = {.unigram = &unigram};  // 0 is the unknown token
    for (size_t i = 0; i < TEXT_SIZE; i++)
        text[i] = random_below(&state, 5) == 0 ? ' ' : (uint8_t)('a' + random_below(&state, 3));
    struct id_list ids = {0};
    spell(&tokenizer, text, TEXT_SIZE, &ids);
    size_t count = spell_slowly(keys, PIECES, unknown_score, text, TEXT_SIZE, wanted);
    ck_assert_uint_eq(ids.count, count);
    ck_assert_mem_eq(ids.ids, wanted, count * sizeof *wanted);
    ids.count = 0;
    spell_fronts(&tokenizer, text, TEXT_SIZE, &state, &ids);
    ck_assert_uint_eq(ids.count, count);
    ck_assert_mem_eq(ids.ids, wanted, count * sizeof *wanted);
    id_list_free(&ids);
    piece_trie_free(&unigram.trie);
}
END_TEST

int main(void)
{
    TCase *pieces = tcase_create("pieces");
    tcase_set_timeout(pieces, 300);
    tcase_add_test(pieces, finds_what_is_replaced);
    tcase_add_test(pieces, refuses_maps_that_lead_out_of_themselves);
    tcase_add_test(pieces, finds_pieces_by_their_beginning);
    tcase_add_loop_test(pieces, normalizes_as_the_library, 0,
                        sizeof normalized / sizeof *normalized);
    tcase_add_loop_test(pieces, spells_words_as_the_whole_text, 0, 4);
    Suite *suite = suite_create("pieces");
    suite_add_tcase(suite, pieces);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
