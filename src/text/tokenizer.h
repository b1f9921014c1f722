// SPDX-License-Identifier: BSD-2-Clause
// A tokenizer: everything that a tokenizer file says, in the one form that encoding and decoding
// use. Loaders fill it; see load/load.h.
//
// The stages of a text: added tokens matched in raw text cut it into fragments. Each fragment is
// normalized, cut by the added tokens matched in normalized text, and split into words by the
// grammar. Merging turns each word into tokens.

#ifndef AOTI_TEXT_TOKENIZER_H
#define AOTI_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/io.h"
#include "text/added_tokens.h"
#include "text/normalize/sentencepiece.h"
#include "text/split/boundaries.h"
#include "text/split/split.h"
#include "text/split/steps.h"
#include "text/vocabulary.h"

// When a space is put before a text.
enum prefix_kind {
    PREFIX_NONE = 0,
    PREFIX_ALWAYS,
    PREFIX_UNLESS_SPACE,        // unless the text begins with a space
    PREFIX_FIRST_UNLESS_SPACE,  // likewise, and only at the start of the input
};

// What decoding removes at the start of a sequence.
enum strip_kind {
    STRIP_NONE = 0,
    STRIP_ONE_SPACE,     // one space
    STRIP_FIRST_SPACES,  // all spaces that stand for ▁ in the first token
    STRIP_LEADING_SPACES,  // one space of each token, until something is left
};

// Plain data: compiled tokenizers store it as it is.
struct tokenizer_rules {
    bool bytes;          // symbols are bytes, otherwise characters
    bool byte_fallback;  // a character without a token becomes the tokens of its bytes
    bool fuse_unknown;   // consecutive unknown characters become one token
    bool whole_first;    // a word that is a token becomes that token without merging
    bool nfc;            // fragments are normalized to form C
    bool metaspace_space;  // U+2581 and the space are the same
    bool metaspace_normalized;  // the normalizer replaces spaces, before added tokens are matched
    bool decodes;        // there is a decoder
    bool decodes_metaspace;  // the decoder turns ▁ into a space
    bool decodes_bytes;     // the decoder turns "<0xE4>" into a byte
    bool cuts_words;     // text without a grammar may be cut at boundaries
    bool all_known;      // no character is unknown
    bool prefix_each_part;  // the library puts a space before each part, not only the first
    uint8_t fragment_prefix;  // enum prefix_kind, before added tokens of normalized text
    uint8_t text_prefix;      // enum prefix_kind, after that
    uint8_t strip;            // enum strip_kind
    struct split_rules split;
    int64_t truncation;      // ids after which the file asks to truncate, not applied; or 0
    int32_t unknown;         // id of the unknown token, or ID_NONE
    int32_t byte_ids[256];   // token of each byte, or ID_NONE
    int32_t bos, eos;        // for --bos and --eos, or ID_NONE
};

struct unigram;

enum { TEMPLATE_MAX = 16 };  // ids that a post-processor may insert on one side

struct tokenizer {
    char *name;  // file name, owned
    struct tokenizer_rules rules;
    struct vocabulary vocabulary;
    struct added_set raw_added;         // matched in raw text
    struct added_set normalized_added;  // matched in normalized text
    struct boundaries boundaries;       // where text without a grammar may be cut
    struct split_steps steps;           // SPLIT_BY_STEPS: where text is cut
    char *steps_source;                 // the JSON that they were read from, owned, or NULL
    bool known_ascii[128];              // ASCII characters that are tokens
    int32_t prefix[TEMPLATE_MAX], suffix[TEMPLATE_MAX];  // inserted by the post-processor
    int prefix_count, suffix_count;
    struct unigram *unigram;          // owned: used instead of merges, or NULL
    struct spm_rules *spm_rules;  // owned: normalizer of a sentencepiece model, or NULL
    bool compiled;        // the vocabulary points into map
    struct file_map map;  // a compiled tokenizer, or a model that libsentencepiece will run
};

// The tokenizer's name inside a package made by aoti-build.
#define PACKAGE_SOURCE_MEMBER "data/tokenizer/tokenizer.json"
#define PACKAGE_COMPILED_MEMBER "data/tokenizer/tokenizer.aoti"

// Opens NAME, or the tokenizer file in it if NAME is a directory. The kind of file is recognized by
// its content. PATTERN names the pre-tokenizer of a rank file (see split_rules_of_name()), or is
// NULL. Dies with STATUS_FAILURE if the file cannot be read, with STATUS_INPUT if it is invalid.
struct tokenizer *tokenizer_open(const char *name, const char *pattern);

// Dies if TOKENIZER cannot encode because its file does not say how.
void tokenizer_check_encodes(const struct tokenizer *tokenizer);
void tokenizer_close(struct tokenizer *tokenizer);

// Returns true if compiled_write() can write all of TOKENIZER.
bool tokenizer_is_compilable(const struct tokenizer *tokenizer);

// Returns the added token with this id, or NULL.
const struct added_token *tokenizer_added(const struct tokenizer *tokenizer, int32_t id);

// Returns the id of the added token spelled TEXT, or ID_NONE.
int32_t tokenizer_find_added(const struct tokenizer *tokenizer, const char *text, size_t size);

// Returns the id of the added or model token spelled TEXT, or ID_NONE.
int32_t tokenizer_find(const struct tokenizer *tokenizer, const char *text, size_t size);

#endif
