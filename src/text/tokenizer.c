// SPDX-License-Identifier: BSD-2-Clause

#include "config.h"

#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "common/diagnostics.h"
#include "text/sentencepiece/unigram.h"

void tokenizer_check_encodes(const struct tokenizer *tokenizer)
{
    if (tokenizer->rules.split.kind == SPLIT_NOT_TOLD)
        die(STATUS_INPUT, "%s: rank file with an unknown vocabulary: pass --pattern",
            tokenizer->name);
    if (tokenizer->rules.truncation > 0)
        warn("warning: %s: truncation to %lld ids in the file is not applied: see --truncate",
             tokenizer->name, (long long)tokenizer->rules.truncation);
}

void tokenizer_close(struct tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    if (!tokenizer->compiled)
        vocabulary_free(&tokenizer->vocabulary);
    if (tokenizer->map.data != NULL)
        file_map_close(&tokenizer->map);
    added_set_free(&tokenizer->raw_added);
    added_set_free(&tokenizer->normalized_added);
    boundaries_free(&tokenizer->boundaries);
    split_steps_free(&tokenizer->steps);
    free(tokenizer->steps_source);
    if (tokenizer->spm_rules != NULL)
        spm_rules_free(tokenizer->spm_rules);
    free(tokenizer->spm_rules);
    if (tokenizer->unigram != NULL)
        unigram_free(tokenizer->unigram);
    free(tokenizer->unigram);
    free(tokenizer->name);
    free(tokenizer);
}

bool tokenizer_is_compilable(const struct tokenizer *tokenizer)
{
    return tokenizer->rules.split.kind != SPLIT_BY_LIBRARY && tokenizer->unigram == NULL
           && tokenizer->spm_rules == NULL;
}

static const struct added_token *find_content(const struct added_set *set, const char *text,
                                              size_t size)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->tokens[i].size == size && memcmp(set->tokens[i].content, text, size) == 0)
            return &set->tokens[i];
    return NULL;
}

static const struct added_token *find_id(const struct added_set *set, int32_t id)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->tokens[i].id == id)
            return &set->tokens[i];
    return NULL;
}

const struct added_token *tokenizer_added(const struct tokenizer *tokenizer, int32_t id)
{
    const struct added_token *token = find_id(&tokenizer->raw_added, id);
    return token != NULL ? token : find_id(&tokenizer->normalized_added, id);
}

int32_t tokenizer_find_added(const struct tokenizer *tokenizer, const char *text, size_t size)
{
    const struct added_token *token = find_content(&tokenizer->raw_added, text, size);
    if (token == NULL)
        token = find_content(&tokenizer->normalized_added, text, size);
    return token != NULL ? token->id : ID_NONE;
}

int32_t tokenizer_find(const struct tokenizer *tokenizer, const char *text, size_t size)
{
    int32_t id = tokenizer_find_added(tokenizer, text, size);
    return id != ID_NONE ? id
                         : vocabulary_find(&tokenizer->vocabulary, (const uint8_t *)text, size);
}
