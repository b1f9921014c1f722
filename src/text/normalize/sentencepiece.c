// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/normalize/sentencepiece.h"

#include <string.h>

#include "text/unicode/utf8.h"

static const uint8_t replacement[] = {0xef, 0xbf, 0xbd};  // U+FFFD

// The change at one place of the text.
struct change {
    const uint8_t *made;
    size_t made_size;
    size_t size;   // of the source
    bool is_same;  // one character that stays as it is
};

// Returns true if nothing that begins with CHARACTER is replaced unless a non-ASCII character
// follows.
static bool character_stays(const struct spm_rules *rules, uint8_t character)
{
    const char *made;
    bool open;
    uint8_t text[2] = {character};
    if (piece_trie_step(&rules->symbols, PIECE_TRIE_ROOT, character) != PIECE_TRIE_NONE)
        return false;
    for (text[1] = 0; text[1] < ASCII_COUNT; text[1]++)
        if (charsmap_find(&rules->map, text, 2, &made, &open) > 0 || open)
            return false;
    return true;
}

void spm_rules_finish(struct spm_rules *rules)
{
    for (int character = 0; character < ASCII_COUNT; character++)
        rules->stays[character] = character_stays(rules, (uint8_t)character);
}

void spm_rules_free(struct spm_rules *rules)
{
    charsmap_free(&rules->map);
    piece_trie_free(&rules->symbols);
}

void spm_normalizer_free(struct spm_normalizer *normalizer)
{
    span_list_free(&normalizer->pending_sources);
}

// Records that the next character of OUT comes from SOURCE. A character that stays covers its own
// bytes; of several characters made from one source, the last covers it, as in the library.
static void note(struct spm_normalizer *normalizer, const struct buffer *out, struct span source,
                 bool is_same)
{
    if (normalizer->alignment == NULL)
        return;
    uint64_t at = normalizer->origin + out->size;
    if (is_same)
        alignment_run(normalizer->alignment, at, source.begin);
    else
        alignment_block(normalizer->alignment, at, source.begin, source.end - source.begin);
}

// SIZE bytes at the place become nothing. A space before them covers them too.
static void drop(struct spm_normalizer *normalizer, size_t size)
{
    struct span_list *pending = &normalizer->pending_sources;
    normalizer->source += size;
    if (pending->count > 0)
        pending->spans[pending->count - 1].end += size;
}

static void put_space(struct spm_normalizer *normalizer, struct span source, struct buffer *out)
{
    if (normalizer->rules->removes_spaces) {
        normalizer->pending++;
        if (normalizer->alignment != NULL)
            span_list_put(&normalizer->pending_sources, source.begin, source.end);
        return;
    }
    note(normalizer, out, source, false);
    buffer_append(out, " ", 1);
}

// Writes the pending spaces, since something follows them.
static void put_pending(struct spm_normalizer *normalizer, struct buffer *out)
{
    for (size_t i = 0; i < normalizer->pending; i++) {
        if (normalizer->alignment != NULL)
            note(normalizer, out, normalizer->pending_sources.spans[i], false);
        buffer_append(out, " ", 1);
    }
    normalizer->pending = normalizer->pending_sources.count = 0;
}

static void put_prefix(struct spm_normalizer *normalizer, size_t dropped, struct buffer *out)
{
    struct span source = {normalizer->source, normalizer->source + dropped};
    if (normalizer->rules->adds_prefix)
        put_space(normalizer, source, out);
    normalizer->source += dropped;
}

static bool is_metaspace(const uint8_t *text, size_t size)
{
    return size == METASPACE_SIZE && memcmp(text, METASPACE_TEXT, size) == 0;
}

// Writes the characters that SIZE bytes of the text become.
static void put_characters(struct spm_normalizer *normalizer, const struct change *change,
                           const uint8_t *made, size_t made_size, struct buffer *out)
{
    struct span source = {normalizer->source, normalizer->source};
    size_t length;
    uint32_t code;
    for (size_t at = 0; at < made_size; at += length) {
        length = utf8_decode(made + at, made_size - at, &code);
        if (at + length == made_size)
            source.end += change->size;
        if (made[at] == ' ' || is_metaspace(made + at, length)) {
            put_space(normalizer, source, out);
            continue;
        }
        if (normalizer->pending > 0)
            put_pending(normalizer, out);
        note(normalizer, out, source, change->is_same);
        buffer_append(out, made + at, length);
    }
    normalizer->source += change->size;
}

// Returns true if the change makes a leading space that is to be removed.
static bool is_heading_space(const struct spm_normalizer *normalizer,
                             const struct change *change)
{
    return normalizer->heading && change->made_size == 1 && *change->made == ' ';
}

static void put_change(struct spm_normalizer *normalizer, const struct change *change,
                       struct buffer *out)
{
    const uint8_t *made = change->made, *end = made + change->made_size;
    if (is_heading_space(normalizer, change)) {
        normalizer->source += change->size;
        return;
    }
    if (normalizer->heading) {
        normalizer->heading = false;
        put_prefix(normalizer, 0, out);
    }
    while (normalizer->after_space && made < end && *made == ' ')
        made++;
    if (made == end) {
        drop(normalizer, change->size);
        return;
    }
    normalizer->after_space = normalizer->rules->removes_spaces && end[-1] == ' ';
    put_characters(normalizer, change, made, (size_t)(end - made), out);
}

// Returns the length of the longest user-defined symbol at TEXT. *OPEN: see charsmap_find().
static size_t find_symbol(const struct spm_rules *rules, const uint8_t *text, size_t size,
                          bool *open)
{
    uint32_t node = PIECE_TRIE_ROOT;
    size_t found = 0;
    *open = false;
    for (size_t i = 0; i < size; i++) {
        node = piece_trie_step(&rules->symbols, node, text[i]);
        if (node == PIECE_TRIE_NONE)
            return found;
        if (rules->symbols.units[node].id >= 0)
            found = i + 1;
    }
    *open = rules->symbols.units != NULL;
    return found;
}

// Finds the change at TEXT. Returns false if it depends on more text.
static bool find_change(const struct spm_rules *rules, const uint8_t *text, size_t size,
                        bool ends, struct change *change)
{
    bool open;
    const char *made;
    uint32_t code;
    size_t length = find_symbol(rules, text, size, &open);
    if (open && !ends)
        return false;
    if (length > 0) {
        *change = (struct change){.made = text, .made_size = length, .size = length};
        return true;
    }
    length = charsmap_find(&rules->map, text, size, &made, &open);
    if (open && !ends)
        return false;
    if (length > 0) {
        *change = (struct change){(const uint8_t *)made, strlen(made), length, false};
        return true;
    }
    length = utf8_decode(text, size, &code);
    *change = (struct change){text, length, length, true};
    if (code == UTF8_INVALID)
        *change = (struct change){replacement, sizeof replacement, length, false};
    return true;
}

// Returns how many bytes from TEXT on become nothing. *CERTAIN: what follows them is known.
static size_t find_dropped(const struct spm_rules *rules, const uint8_t *text, size_t size,
                           bool ends, bool *certain)
{
    size_t dropped = 0;
    struct change change;
    *certain = ends;
    while (dropped < size) {
        *certain = find_change(rules, text + dropped, size - dropped, ends, &change);
        if (!*certain || change.made_size > 0)
            break;
        dropped += change.size;
        *certain = ends;
    }
    return dropped;
}

// Extends the change over following bytes that become nothing, as in the library. Returns false if
// their end depends on more text.
static bool add_dropped(const struct spm_rules *rules, const uint8_t *text, size_t size,
                        bool ends, struct change *change)
{
    bool certain;
    size_t dropped =
        find_dropped(rules, text + change->size, size - change->size, ends, &certain);
    change->size += dropped;
    change->is_same &= dropped == 0;
    return certain;
}

// Returns the length of the character at TEXT if it surely stays and is not a space, otherwise 0.
static size_t staying_character(const struct spm_rules *rules, const uint8_t *text, size_t size)
{
    uint32_t code;
    if (rules->symbols.units != NULL || *text == ' ' || charsmap_touches(&rules->map, text, size))
        return 0;
    size_t length = utf8_decode(text, size, &code);
    return code == UTF8_INVALID || is_metaspace(text, length) ? 0 : length;
}

// Returns the number of bytes up to the first character that may change or is a space.
static size_t staying_run(const struct spm_rules *rules, const uint8_t *text, size_t size)
{
    size_t run = 0, length;
    while (run + 1 < size) {
        if (text[run + 1] < ASCII_COUNT && text[run] < ASCII_COUNT && text[run] != ' '
            && rules->stays[text[run]])
            run++;
        else if ((length = staying_character(rules, text + run, size - run)) > 0)
            run += length;
        else
            break;
    }
    return run;
}

static void put_run(struct spm_normalizer *normalizer, const uint8_t *text, size_t size,
                    struct buffer *out)
{
    if (normalizer->heading) {
        normalizer->heading = false;
        put_prefix(normalizer, 0, out);
    }
    if (normalizer->pending > 0)
        put_pending(normalizer, out);
    normalizer->after_space = false;
    note(normalizer, out, (struct span){normalizer->source, normalizer->source + size}, true);
    buffer_append(out, text, size);
    normalizer->source += size;
}

// Starts a text. Returns the bytes of it already consumed.
static size_t start_text(struct spm_normalizer *normalizer, const uint8_t *text, size_t size,
                         bool ends, struct buffer *out)
{
    bool certain = true;
    size_t dropped = 0;
    normalizer->heading = normalizer->after_space = normalizer->rules->removes_spaces;
    if (!normalizer->heading && normalizer->alignment != NULL)
        dropped = find_dropped(normalizer->rules, text, size, ends, &certain);
    normalizer->started = certain;
    if (!certain)
        return 0;
    if (!normalizer->heading)
        put_prefix(normalizer, dropped, out);
    return dropped;
}

// Ends a text and drops pending spaces.
static void end_text(struct spm_normalizer *normalizer, struct buffer *out)
{
    struct span_list *pending = &normalizer->pending_sources;
    uint64_t place = pending->count > 0 ? pending->spans[0].begin : normalizer->source;
    if (normalizer->rules->adds_suffix && normalizer->started && !normalizer->heading) {
        note(normalizer, out, (struct span){place, place}, false);
        buffer_append(out, " ", 1);
    }
    normalizer->started = false;
    normalizer->pending = pending->count = 0;
}

size_t spm_normalize(struct spm_normalizer *normalizer, const uint8_t *text, size_t size,
                       bool ends, struct buffer *out)
{
    const struct spm_rules *rules = normalizer->rules;
    size_t at = 0;
    struct change change;
    bool notes = normalizer->alignment != NULL;
    if (!normalizer->started && size > 0)
        at = start_text(normalizer, text, size, ends, out);
    while (at < size && normalizer->started) {
        size_t run = staying_run(rules, text + at, size - at);
        if (run > 0 && notes)  // the next bytes may become nothing
            run = (size_t)(utf8_previous(text + at, text + at + run) - (text + at));
        if (run > 0) {
            put_run(normalizer, text + at, run, out);
            at += run;
            continue;
        }
        if (!find_change(rules, text + at, size - at, ends, &change)
            || (notes && !is_heading_space(normalizer, &change)
                && !add_dropped(rules, text + at, size - at, ends, &change)))
            break;
        put_change(normalizer, &change, out);
        at += change.size;
    }
    if (ends)
        end_text(normalizer, out);
    return at;
}
