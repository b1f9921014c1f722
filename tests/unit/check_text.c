// SPDX-License-Identifier: BSD-2-Clause
// Unit tests of src/text.

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/added_tokens.h"
#include "text/alignment.h"
#include "text/bpe/byte_pairs.h"
#include "text/bpe/merge_long.h"
#include "text/bpe/merge_short.h"
#include "text/load/spelling.h"
#include "text/split/boundaries.h"
#include "text/regex/regex.h"
#include "text/split/split.h"
#include "text/split/steps.h"
#include "text/unicode/classes.h"
#include "text/unicode/utf8.h"

START_TEST(knows_the_classes_of_unicode_16)
{
    unsigned letters = 0, numbers = 0, spaces = 0;
    for (uint32_t code = 0; code <= CODE_POINT_MAX; code++) {
        letters += (unicode_classes(code) & CLASS_LETTER) != 0;
        numbers += (unicode_classes(code) & CLASS_NUMBER) != 0;
        spaces += (unicode_classes(code) & CLASS_SPACE) != 0;
    }
    ck_assert_uint_eq(letters, 141028);
    ck_assert_uint_eq(numbers, 1911);
    ck_assert_uint_eq(spaces, 25);
    ck_assert_uint_eq(unicode_classes(UTF8_INVALID), 0);
}
END_TEST

START_TEST(round_trips_every_code_point)
{
    for (uint32_t code = 0; code <= CODE_POINT_MAX; code++) {
        uint8_t text[UTF8_MAX];
        uint32_t back;
        size_t size = utf8_encode(code, text);
        if (code >= 0xd800 && code <= 0xdfff) {
            ck_assert_int_eq(utf8_inspect(text, size, &back), -1);
            continue;
        }
        ck_assert_int_eq(utf8_inspect(text, size, &back), (int)size);
        ck_assert_uint_eq(back, code);
        for (size_t part = 1; part < size; part++) {
            ck_assert_int_eq(utf8_inspect(text, part, &back), 0);
            ck_assert_uint_eq(utf8_incomplete_tail(text, part), part);
        }
        ck_assert_uint_eq(utf8_incomplete_tail(text, size), 0);
        ck_assert_ptr_eq(utf8_previous(text, text + size), text);
        ck_assert_uint_eq(utf8_valid_prefix(text, size), size);
    }
}
END_TEST

static const struct {
    const char *text;
    int result;
} broken[] = {
    {"\x80", -1},         {"\xc0\x80", -1},     {"\xc1\xbf", -1},         {"\xff", -1},
    {"\xe0\x80\x80", -1}, {"\xed\xa0\x80", -1}, {"\xf0\x80\x80\x80", -1}, {"\xf4\x90\x80\x80", -1},
    {"\xf5\x80", -1},     {"\xe6\xad" "a", -2}, {"\xf0\x90\x8d" "a", -3}, {"\xc3" "a", -1},
    {"\xe6", 0},          {"\xf0\x90\x8d", 0},
};

START_TEST(measures_broken_characters)
{
    uint32_t code;
    const char *text = broken[_i].text;
    ck_assert_int_eq(utf8_inspect((const uint8_t *)text, strlen(text), &code), broken[_i].result);
}
END_TEST

// Returns the number of bytes of TEXT up to the first invalid character: the oracle of
// utf8_valid_prefix(), a character at a time.
static size_t inspected_prefix(const uint8_t *text, size_t size)
{
    uint32_t code;
    int length;
    size_t at = 0;
    while (at < size && (length = utf8_inspect(text + at, size - at, &code)) > 0)
        at += (size_t)length;
    return at;
}

// utf8_valid_prefix() reads text in blocks. Tries all pairs of bytes that begin no ASCII character,
// each before ten bytes that matter, at every place of a block.
START_TEST(tells_valid_text_in_blocks)
{
    static const uint8_t others[] = {'a', 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc3, 0xe0, 0xf0};
    enum { SIZE = 40, PLACES = 20 };
    for (uint32_t pair = 0x8000; pair <= UINT16_MAX; pair++)
        for (size_t other = 0; other < sizeof others; other++) {
            uint8_t text[SIZE];
            size_t place = (pair + other) % PLACES;
            for (size_t i = 0; i < SIZE; i++)
                text[i] = i % 2 == 0 ? 0xc3 : 0xa9;
            memset(text, 'a', place);
            text[place] = (uint8_t)(pair >> 8);
            text[place + 1] = (uint8_t)pair;
            text[place + 2] = others[other];
            for (size_t size = place; size <= place + 4; size++)
                ck_assert_uint_eq(utf8_valid_prefix(text, size), inspected_prefix(text, size));
            ck_assert_uint_eq(utf8_valid_prefix(text, SIZE), inspected_prefix(text, SIZE));
        }
}
END_TEST

static const struct {
    const char *grammar, *text, *words;  // words: joined by bars
} splits[] = {
    {"gpt2", "it's a  test\n\nof 123abc!?", "it|'s| a| | test|\n|\n|of| 123|abc|!?"},
    {"gpt2", "IT'S  ", "IT|'|S|  "},
    {"llama3", "IT'S it''s 's", "IT|'S| it|''|s| '|s"},
    {"llama3", "a \t\n\n\t b", "a| \t\n\n|\t| b"},
    {"llama3", "1234567 !!!\n\nx", "123|456|7| !!!\n\n|x"},
    {"llama3", "x'\xc5\xbftart o'clock", "x|'\xc5\xbf|tart| o|'clock"},
    {"llama3", "a    ", "a|    "},
    {"llama3", "hello  world", "hello| | world"},
    {"qwen2", "12 3", "1|2| |3"},
    {"cl100k_base", "a \n  ", "a| \n  "},
    {"o200k_base", "camelCaseHTTPServer's ABC'll", "camel|Case|HTTPServer's| ABC'll"},
    {"tekken", "12ab/\n!/\nIs", "1|2|ab|/\n|!/\n|Is"},
};

static void check_split(const struct split_rules *rules, const char *text, const char *wanted)
{
    char got[256] = "";
    size_t size = strlen(text), used = 0;
    for (size_t at = 0, length; at < size; at += length) {
        length = split_next(rules, (const uint8_t *)text + at, size - at, true);
        ck_assert_uint_gt(length, 0);
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%.*s", at > 0 ? "|" : "",
                                 (int)length, text + at);
        // With less text known the answer is the same, or that more is needed.
        for (size_t known = 1; known < size - at; known++) {
            size_t early = split_next(rules, (const uint8_t *)text + at, known, false);
            ck_assert(early == 0 || early == length || (text[at + known] & 0xc0) == 0x80);
        }
    }
    ck_assert_str_eq(got, wanted);
}

START_TEST(splits_by_grammar)
{
    struct split_rules rules;
    ck_assert(split_rules_of_name(splits[_i].grammar, &rules));
    check_split(&rules, splits[_i].text, splits[_i].words);
}
END_TEST

// Looks for PATTERN in TEXT; returns where the match ends, -1 for none, -2 if it needs more.
static int search(const char *pattern, const char *text, bool ends)
{
    struct regex_error error;
    struct regex_memory memory = {0};
    struct regex_match match;
    struct regex *regex = regex_new(pattern, REGEX_UTF8, &error);
    ck_assert_msg(regex != NULL, "%s: %s", pattern, error.what);
    const struct regex_text all = {(const uint8_t *)text, strlen(text), ends};
    enum regex_result result = regex_search(regex, &all, 0, &memory, &match);
    regex_memory_free(&memory);
    regex_free(regex);
    return result == REGEX_MATCHES ? (int)match.end : result == REGEX_NO_MATCH ? -1 : -2;
}

START_TEST(matches_what_was_looked_at)
{
    ck_assert_int_eq(search("\\s+(?!\\S)", "  a", false), 1);
    ck_assert_int_eq(search("\\s+(?!\\S)", "  ", false), -2);
    ck_assert_int_eq(search("\\s+(?!\\S)", "  ", true), 2);
    ck_assert_int_eq(search("\\d{1,3}", "1234", false), 3);
    ck_assert_int_eq(search("\\d{1,3}", "12", false), -2);
    ck_assert_int_eq(search("a++b", "aaa", false), -2);
    ck_assert_int_eq(search("a++ab", "aaab", true), -1);
    ck_assert_int_eq(search("a+ab", "aaab", true), 4);
    ck_assert_int_eq(search("b", "aaa", false), -2);
}
END_TEST

// The worked example of steps.c, known a byte at a time.
START_TEST(splits_by_steps)
{
    static const size_t wanted[] = {3, 1, 2};
    static const uint8_t text[] = "abc 12";
    struct regex_error error;
    struct split_steps steps = {0};
    split_steps_add(&steps, (struct split_step){regex_new("\\p{N}{1,3}", REGEX_UTF8, &error),
                                                SPLIT_ISOLATED, false});
    split_steps_add(&steps, (struct split_step){regex_new("[a-z]+", REGEX_UTF8, &error),
                                                SPLIT_ISOLATED, false});
    struct splitter *splitter = splitter_new(&steps);
    size_t at = 0, count = 0;
    bool is_removed;
    for (size_t known = 1; at < sizeof text - 1; known += known < sizeof text - 1) {
        size_t word = known > at ? splitter_next(splitter, text + at, known - at,
                                                 known == sizeof text - 1, &is_removed)
                                 : 0;
        if (word == 0)
            continue;
        ck_assert_uint_eq(word, wanted[count++]);
        at += word;
    }
    ck_assert_uint_eq(count, 3);
    splitter_free(splitter);
    split_steps_free(&steps);
}
END_TEST

START_TEST(splits_digits_alone)
{
    struct split_rules rules;
    ck_assert(split_rules_of_name("gpt2", &rules));
    rules.digits_alone = true;
    check_split(&rules, "ab12 3  4 ", "ab|1|2| |3|  |4| ");
}
END_TEST

START_TEST(finds_the_leftmost_longest_token)
{
    static const char *const contents[] = {"<a>", "<a><b>", "b", "<a><"};
    struct added_set set = {0};
    for (int i = 0; i < 4; i++) {
        struct added_token token = {.id = i,
                                    .size = (uint32_t)strlen(contents[i]),
                                    .content = (uint8_t *)(uintptr_t)contents[i]};
        ck_assert(added_set_put(&set, &token));
        ck_assert(!added_set_put(&set, &token));
    }
    const uint8_t *text = (const uint8_t *)"x<a><b>";
    struct added_match match = added_set_search(&set, text, 0, 7, true);
    ck_assert_int_eq(match.kind, ADDED_FOUND);
    ck_assert_uint_eq(match.begin, 1);
    ck_assert_int_eq(match.token->id, 1);
    match = added_set_search(&set, text, 0, 4, false);
    ck_assert_int_eq(match.kind, ADDED_UNKNOWN);
    ck_assert_uint_eq(match.begin, 1);
    match = added_set_search(&set, text, 0, 4, true);
    ck_assert_int_eq(match.token->id, 0);
    match = added_set_search(&set, text, 0, 1, false);
    ck_assert_int_eq(match.kind, ADDED_NOTHING);
    added_set_free(&set);
}
END_TEST

START_TEST(remembers_boundaries)
{
    struct boundaries boundaries;
    boundaries_init(&boundaries);
    for (uint32_t code = 0; code < 5000; code++)
        boundaries_join(&boundaries, code, 2 * code + 1);
    for (uint32_t code = 0; code < 5000; code++) {
        ck_assert(boundaries_joined(&boundaries, code, 2 * code + 1));
        ck_assert(!boundaries_joined(&boundaries, code, 2 * code + 2));
    }
    boundaries_free(&boundaries);
}
END_TEST

static void check_source(const struct alignment *alignment, uint64_t begin, uint64_t end,
                         uint64_t source_begin, uint64_t source_end)
{
    struct span found = alignment_find(alignment, (struct span){begin, end});
    ck_assert_uint_eq(found.begin, source_begin);
    ck_assert_uint_eq(found.end, source_end);
}

// Ten copied bytes, two made from five, one made from nothing, and more copied ones.
START_TEST(knows_where_text_comes_from)
{
    struct alignment alignment = {0};
    alignment_run(&alignment, 0, 100);
    alignment_run(&alignment, 4, 104);
    alignment_block(&alignment, 10, 110, 5);
    alignment_block(&alignment, 12, 115, 0);
    alignment_run(&alignment, 13, 115);
    for (int forgets = 0; forgets < 2; forgets++) {
        check_source(&alignment, 9, 10, 109, 110);
        check_source(&alignment, 9, 11, 109, 115);
        check_source(&alignment, 10, 11, 110, 115);
        check_source(&alignment, 11, 12, 110, 115);
        check_source(&alignment, 11, 13, 110, 115);
        check_source(&alignment, 12, 13, 115, 115);
        check_source(&alignment, 12, 15, 115, 117);
        check_source(&alignment, 13, 13, 115, 115);
        check_source(&alignment, 20, 21, 122, 123);
        alignment_forget(&alignment, 9);
    }
    alignment_free(&alignment);
}
END_TEST

// Forgetting old places keeps the latest ones and bounds memory.
START_TEST(forgets_where_text_comes_from)
{
    struct alignment alignment = {0};
    for (uint64_t at = 0; at < 100000; at += 2) {
        alignment_block(&alignment, at, 3 * at, 4);
        alignment_run(&alignment, at + 1, 3 * at + 4);
        check_source(&alignment, at, at + 2, 3 * at, 3 * at + 5);
        if (at > 100)
            check_source(&alignment, at - 100, at - 99, 3 * at - 300, 3 * at - 296);
        alignment_forget(&alignment, at > 100 ? at - 98 : 0);
    }
    ck_assert_uint_lt(alignment.capacity, 1000);
    alignment_free(&alignment);
}
END_TEST

START_TEST(reads_spellings)
{
    struct tokenizer_rules rules = {.bytes = true};
    struct spelled spelled = spelling_read(&rules, "\xc4\xa0\xc4\x8a\xc3\xa9", 6);  // ĠĊé
    ck_assert(spelled.plain);
    ck_assert_uint_eq(spelled.size, 3);
    ck_assert_mem_eq(spelled.text, " \n\xe9", 3);
    free(spelled.text);
    spelled = spelling_read(&rules, "a b", 3);
    ck_assert(!spelled.plain);
    free(spelled.text);
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t text[UTF8_MAX];
        size_t size = utf8_encode(spelling_of_byte((uint8_t)byte), text);
        spelled = spelling_read(&rules, (const char *)text, size);
        ck_assert_uint_eq(spelled.size, 1);
        ck_assert_uint_eq(spelled.text[0], byte);
        free(spelled.text);
    }
    ck_assert_int_eq(spelling_byte("<0xE4>", 6), 0xe4);
    ck_assert_int_eq(spelling_byte("<0xG4>", 6), -1);
    ck_assert_int_eq(spelling_byte("<0xE4", 5), -1);
}
END_TEST

enum { MERGE_IDS = 600, MERGE_PAIRS = 4000 };

static int32_t pick(uint32_t *state, uint32_t count)
{
    *state = *state * 1664525 + 1013904223;
    return (int32_t)((*state >> 8) % count);
}

// The definition of byte-pair encoding (R. Sennrich et al., 2016) and the oracle of the mergers:
// merges the neighbors of lowest rank, the leftmost of equals, until no neighbors merge. Returns
// the number of symbols left. Takes time quadratic in COUNT.
static size_t merge_plainly(const struct vocabulary *vocabulary, int32_t *symbols, size_t count)
{
    for (;;) {
        const struct merge *lowest = NULL;
        size_t place = 0;
        for (size_t i = 0; i + 1 < count; i++) {
            const struct merge *merge = vocabulary_merge(vocabulary, symbols[i], symbols[i + 1]);
            if (merge != NULL && (lowest == NULL || merge->rank < lowest->rank)) {
                lowest = merge;
                place = i;
            }
        }
        if (lowest == NULL)
            return count;
        symbols[place] = lowest->id;
        count--;
        memmove(symbols + place + 1, symbols + place + 2,
                (count - place - 1) * sizeof *symbols);
    }
}

enum { A, B, AB, BA, ABA, EXAMPLE_IDS };

// The vocabulary of the worked example of merge_short.c and merge_long.c.
static struct vocabulary example_vocabulary(void)
{
    static const char *const texts[EXAMPLE_IDS] = {"a", "b", "ab", "ba", "aba"};
    struct vocabulary_builder builder = {0};
    for (int32_t id = 0; id < EXAMPLE_IDS; id++)
        vocabulary_builder_set(&builder, id, texts[id], strlen(texts[id]), 0, true);
    vocabulary_builder_merge(&builder, (struct merge){A, B, 0, AB});
    vocabulary_builder_merge(&builder, (struct merge){B, A, 1, BA});
    vocabulary_builder_merge(&builder, (struct merge){AB, A, 2, ABA});
    return vocabulary_build(&builder);
}

START_TEST(merges_the_worked_example)
{
    static const int32_t wanted[] = {AB, ABA};
    int32_t plain[] = {A, B, A, B, A}, alone[] = {A, B, A, B, A}, got[] = {A, B, A, B, A};
    struct vocabulary vocabulary = example_vocabulary();
    struct long_merger merger = {0};
    struct short_merger *together = short_merger_new(&vocabulary);
    ck_assert_uint_eq(merge_plainly(&vocabulary, plain, 5), 2);
    ck_assert_mem_eq(plain, wanted, sizeof wanted);
    ck_assert_uint_eq(long_merger_run(&merger, &vocabulary, alone, 5), 2);
    ck_assert_mem_eq(alone, wanted, sizeof wanted);
    ck_assert_uint_eq(short_merger_put(together, got, 5), 0);
    short_merger_run(together, 0);
    ck_assert_uint_eq(short_merger_get(together, 0, got), 2);
    ck_assert_mem_eq(got, wanted, sizeof wanted);
    short_merger_free(together);
    long_merger_free(&merger);
    vocabulary_free(&vocabulary);
}
END_TEST

// Returns random merges, each to an id above both of its parts.
static struct vocabulary any_merges(uint32_t *state)
{
    struct vocabulary_builder builder = {0};
    for (int32_t id = 0; id < MERGE_IDS; id++)
        vocabulary_builder_set(&builder, id, &id, sizeof id, 0, true);
    for (int32_t i = 0; i < MERGE_PAIRS; i++) {
        int32_t left = pick(state, MERGE_IDS - 1), right = pick(state, MERGE_IDS - 1);
        int32_t lowest = (left > right ? left : right) + 1;
        vocabulary_builder_merge(&builder, (struct merge){
            .left = left, .right = right, .rank = i / 2,
            .id = lowest + pick(state, (uint32_t)(MERGE_IDS - lowest))});
    }
    return vocabulary_build(&builder);
}

// Merges SYMBOLS by the heap and compares with the COUNT ids WANTED.
static void check_long(struct long_merger *merger, const struct vocabulary *vocabulary,
                       int32_t *symbols, size_t size, const int32_t *wanted, size_t count)
{
    if (size > 0)
        size = long_merger_run(merger, vocabulary, symbols, size);
    ck_assert_uint_eq(size, count);
    ck_assert_mem_eq(symbols, wanted, count * sizeof *wanted);
}

START_TEST(merges_as_the_plain_way)
{
    enum { LISTS = SHORT_MERGER_LISTS - 1, ROUNDS = 50 };
    uint32_t state = 1;
    struct vocabulary vocabulary = any_merges(&state);
    struct short_merger *together = short_merger_new(&vocabulary);
    struct long_merger alone = {0};
    for (int round = 0; round < ROUNDS; round++) {
        static int32_t symbols[LISTS][SHORT_MERGER_SYMBOLS];
        size_t counts[LISTS];
        for (size_t i = 0; i < LISTS; i++) {
            counts[i] = (size_t)pick(&state, SHORT_MERGER_SYMBOLS + 1);
            for (size_t k = 0; k < counts[i]; k++)
                symbols[i][k] = pick(&state, 20) * 17;
            ck_assert_uint_eq(short_merger_put(together, symbols[i], counts[i]), i);
        }
        short_merger_run(together, 0);
        for (size_t i = 0; i < LISTS; i++) {
            int32_t got[SHORT_MERGER_SYMBOLS], wanted[SHORT_MERGER_SYMBOLS];
            memcpy(wanted, symbols[i], counts[i] * sizeof *wanted);
            size_t count = merge_plainly(&vocabulary, wanted, counts[i]);
            ck_assert_uint_eq(short_merger_get(together, i, got), count);
            ck_assert_mem_eq(got, wanted, count * sizeof *got);
            check_long(&alone, &vocabulary, symbols[i], counts[i], wanted, count);
        }
        short_merger_drop(together, 0);
    }
    short_merger_free(together);
    long_merger_free(&alone);
    vocabulary_free(&vocabulary);
}
END_TEST

enum { FEW_BYTES = 5, FEW_MERGES = 60, FEW_SIZE = 5 };

// Returns random tokens over the bytes below FEW_BYTES, with merges of random ranks.
static struct vocabulary any_tokens(uint32_t *state)
{
    struct vocabulary_builder builder = {0};
    uint8_t texts[FEW_BYTES + FEW_MERGES][2 * FEW_SIZE];
    size_t sizes[FEW_BYTES + FEW_MERGES];
    int32_t ids[FEW_BYTES + FEW_MERGES], next = 256;
    for (int32_t id = 0; id < 256; id++) {
        uint8_t byte = (uint8_t)id;
        vocabulary_builder_set(&builder, id, &byte, 1, 0, true);
    }
    for (int i = 0; i < FEW_BYTES + FEW_MERGES; i++) {
        ids[i] = i;
        texts[i][0] = (uint8_t)i;
        sizes[i] = 1;
        if (i < FEW_BYTES)
            continue;
        int left = pick(state, (uint32_t)i), right = pick(state, (uint32_t)i), same = 0;
        memcpy(texts[i], texts[left], sizes[left]);
        memcpy(texts[i] + sizes[left], texts[right], sizes[right]);
        sizes[i] = sizes[left] + sizes[right];
        while (sizes[same] != sizes[i] || memcmp(texts[same], texts[i], sizes[i]) != 0)
            same++;
        ids[i] = same < i ? ids[same] : next++;
        vocabulary_builder_set(&builder, ids[i], texts[i], sizes[i], 0, true);
        vocabulary_builder_merge(&builder, (struct merge){.left = ids[left], .right = ids[right],
                                                          .rank = pick(state, 2 * FEW_MERGES),
                                                          .id = ids[i]});
        if (sizes[i] > FEW_SIZE) {  // too long for a part of others: its first byte is used instead
            sizes[i] = 1;
            ids[i] = texts[i][0];
        }
    }
    return vocabulary_build(&builder);
}

START_TEST(merges_that_need_not_wait_change_nothing)
{
    enum { VOCABULARIES = 400, TEXTS = 300, SIZE = 16 };
    uint32_t state = 1;
    size_t merged = 0;
    struct long_merger merger = {0};
    int32_t byte_ids[256];
    for (int32_t byte = 0; byte < 256; byte++)
        byte_ids[byte] = byte;
    for (int i = 0; i < VOCABULARIES; i++) {
        struct vocabulary vocabulary = any_tokens(&state);
        vocabulary.byte_pairs = byte_pairs_new(&vocabulary, byte_ids);
        for (int k = 0; k < TEXTS; k++) {
            uint8_t text[SIZE];
            int32_t wanted[SIZE], got[SIZE];
            size_t size = (size_t)pick(&state, SIZE) + 1;
            for (size_t at = 0; at < size; at++)
                wanted[at] = text[at] = (uint8_t)pick(&state, FEW_BYTES);
            size_t count = byte_pairs_merge(vocabulary.byte_pairs, byte_ids, text, size, got);
            merged += size - count;
            count = long_merger_run(&merger, &vocabulary, got, count);
            ck_assert_uint_eq(count, merge_plainly(&vocabulary, wanted, size));
            ck_assert_mem_eq(got, wanted, count * sizeof *got);
        }
        vocabulary_free(&vocabulary);
    }
    ck_assert_uint_gt(merged, VOCABULARIES * TEXTS / 10);
    long_merger_free(&merger);
}
END_TEST

int main(void)
{
    TCase *text = tcase_create("text");
    tcase_set_timeout(text, 300);  // seconds, for a busy machine
    tcase_add_test(text, knows_the_classes_of_unicode_16);
    tcase_add_test(text, round_trips_every_code_point);
    tcase_add_loop_test(text, measures_broken_characters, 0, sizeof broken / sizeof *broken);
    tcase_add_test(text, tells_valid_text_in_blocks);
    tcase_add_loop_test(text, splits_by_grammar, 0, sizeof splits / sizeof *splits);
    tcase_add_test(text, splits_digits_alone);
    tcase_add_test(text, matches_what_was_looked_at);
    tcase_add_test(text, splits_by_steps);
    tcase_add_test(text, finds_the_leftmost_longest_token);
    tcase_add_test(text, remembers_boundaries);
    tcase_add_test(text, knows_where_text_comes_from);
    tcase_add_test(text, forgets_where_text_comes_from);
    tcase_add_test(text, reads_spellings);
    tcase_add_test(text, merges_the_worked_example);
    tcase_add_test(text, merges_as_the_plain_way);
    tcase_add_test(text, merges_that_need_not_wait_change_nothing);
    Suite *suite = suite_create("text");
    suite_add_tcase(suite, text);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
