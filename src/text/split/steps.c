// SPDX-License-Identifier: BSD-2-Clause
// How it works. A step divides a text into parts: matches, and the gaps between them, joined as its
// behavior says. The next step cuts each part as a text of its own, and the parts of the last step
// are the words. So the next word is the first part by the last step of the first part by the step
// before it, and so on. Each step remembers how much of its present part is left, and how much of
// the text is known to begin no match, so that nothing is searched twice.
//
// A gap may be long: a book without a digit. Its beginning, in which no match begins, is cut by the
// next step before its end is known. That step is told that the text continues, and returns only
// words that do not depend on the rest.
//
// Example: the steps \p{N}{1,3} and [a-z]+, both isolated, and the text "abc 12". The first part of
// the first step is the gap "abc ", which the second step cuts into "abc" and " ". The next one is
// the match "12", in which the second step finds nothing: it is a word.
//
// Time is that of the searches, linear for all patterns of published models. Memory is that of the
// longest word.

#include "config.h"

#include "text/split/steps.h"

#include <stdlib.h>

#include "common/memory.h"

// The progress of a step.
struct progress {
    size_t left;      // bytes of the present part, if its end is known; else 0
    bool is_removed;  // the present part is to be left out
    size_t clear;     // bytes of the text in which no match begins
};

struct splitter {
    const struct split_steps *steps;
    struct regex_memory memory;
    struct progress progress[];  // of each step
};

// A match or a gap.
struct part {
    size_t end;     // 0 if it is not known
    bool is_open;   // it may turn out to be the other kind
    bool is_match;  // for an inverted step, is a gap
};

void split_steps_add(struct split_steps *steps, struct split_step step)
{
    steps->steps = xgrow(steps->steps, steps->count, &steps->capacity, sizeof *steps->steps);
    steps->steps[steps->count++] = step;
}

void split_steps_free(struct split_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        regex_free(steps->steps[i].regex);
    free(steps->steps);
    *steps = (struct split_steps){0};
}

struct splitter *splitter_new(const struct split_steps *steps)
{
    struct splitter *splitter =
        xcalloc(1, sizeof *splitter + steps->count * sizeof *splitter->progress);
    splitter->steps = steps;
    return splitter;
}

void splitter_free(struct splitter *splitter)
{
    if (splitter == NULL)
        return;
    regex_memory_free(&splitter->memory);
    free(splitter);
}

// Returns the part that begins at BEGIN. No match begins before *CLEAR, which is updated.
static struct part find_part(struct splitter *splitter, const struct split_step *step,
                               const struct regex_text *text, size_t begin, size_t *clear)
{
    struct regex_match match;
    size_t from = *clear > begin ? *clear : begin;
    enum regex_result result = regex_search(step->regex, text, from, &splitter->memory, &match);
    *clear = match.begin;
    bool needs_more = result == REGEX_NEEDS_MORE;
    if (match.begin > begin)
        return (struct part){.end = needs_more ? 0 : match.begin, .is_match = step->is_inverted};
    return (struct part){.end = needs_more ? 0 : match.end,
                          .is_open = needs_more,
                          .is_match = !step->is_inverted};
}

// Returns true if NEXT, the part after PART, is joined to it.
static bool is_joined(const struct split_step *step, const struct part *part,
                      const struct part *next)
{
    switch (step->behavior) {
    case SPLIT_CONTIGUOUS:
        return part->is_match == next->is_match;
    case SPLIT_MERGED_WITH_PREVIOUS:
        return !part->is_match && next->is_match;
    case SPLIT_MERGED_WITH_NEXT:
        return part->is_match && !next->is_match;
    default:
        return false;
    }
}

// Returns the length of the first part that STEP makes of TEXT, joined, or 0 if it is not known
// yet.
static size_t first_part(struct splitter *splitter, const struct split_step *step,
                          const struct regex_text *text, struct progress *progress)
{
    struct part part = find_part(splitter, step, text, 0, &progress->clear);
    progress->is_removed = step->behavior == SPLIT_REMOVED && part.is_match;
    if (step->behavior == SPLIT_ISOLATED || step->behavior == SPLIT_REMOVED)
        return part.end;
    // At most two parts are joined, except for contiguous matches.
    while (part.end > 0) {
        if (part.end == text->size)
            return text->ends ? part.end : 0;
        size_t clear = 0;
        struct part next = find_part(splitter, step, text, part.end, &clear);
        if (next.is_open)
            return 0;
        if (!is_joined(step, &part, &next))
            return part.end;
        part.end = next.end;
        if (step->behavior != SPLIT_CONTIGUOUS)
            break;
    }
    return part.end;
}

// Returns the length of the first word that the steps from number INDEX on make of TEXT.
static size_t first_word(struct splitter *splitter, size_t index, const struct regex_text *text,
                         bool *is_removed)
{
    struct progress *progress = &splitter->progress[index];
    if (index == splitter->steps->count)
        return text->ends ? text->size : 0;
    if (progress->left == 0)
        progress->left = first_part(splitter, &splitter->steps->steps[index], text, progress);
    // The beginning of a gap can be cut before its end is known.
    bool is_whole = progress->left > 0;
    struct regex_text part = {text->text, is_whole ? progress->left : progress->clear, is_whole};
    *is_removed = part.size > 0 && progress->is_removed;
    if (part.size == 0 || progress->is_removed)
        return part.size;
    return first_word(splitter, index + 1, &part, is_removed);
}

size_t splitter_next(struct splitter *splitter, const uint8_t *text, size_t size, bool ends,
                     bool *is_removed)
{
    const struct regex_text whole = {text, size, ends};
    size_t word = first_word(splitter, 0, &whole, is_removed);
    for (size_t i = 0; i < splitter->steps->count; i++) {
        struct progress *progress = &splitter->progress[i];
        progress->left -= word < progress->left ? word : progress->left;
        progress->clear -= word < progress->clear ? word : progress->clear;
    }
    return word;
}
