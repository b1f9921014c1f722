// SPDX-License-Identifier: BSD-2-Clause
// A tokenizer: everything that a tokenizer file says, in the one form that encoding and decoding
// work on. Loaders fill it; see load.h.
//
// The way of a text: added tokens that are looked for in raw text cut it into fragments; each
// fragment is normalized, cut by the added tokens that are looked for in normalized text, split
// into words by the grammar, and each word becomes tokens by merging.

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
#include "text/vocabulary.h"

// When a space is put before a text.
enum prefix_kind {
    PREFIX_NONE = 0,
    PREFIX_ALWAYS,
    PREFIX_UNLESS_SPACE,        // not where it begins with one already
    PREFIX_FIRST_UNLESS_SPACE,  // the same, and only at the very start of the input
};

// What decoding takes off at the start of a sequence.
enum strip_kind {
    STRIP_NONE = 0,
    STRIP_ONE_SPACE,     // one space
    STRIP_FIRST_SPACES,  // all spaces that stand for ▁ in the first token
    STRIP_LEADING_SPACES,  // a space of each token, until something is left
};

// Plain data, so that it can be written to a file as it is.
struct tokenizer_rules {
    bool bytes;          // symbols are bytes, else characters
    bool byte_fallback;  // a character that is no token becomes its bytes' tokens
    bool fuse_unknown;   // neighbouring unknown characters become one token
    bool whole_first;    // a word that is a token is that token, whatever merging says
    bool nfc;            // fragments are normalized to form C
    bool metaspace_space;  // U+2581 and the space are the same
    bool metaspace_normalized;  // the normalizer makes them so, before added tokens are found
    bool decodes;        // there is a decoder
    bool decodes_metaspace;  // it makes ▁ a space
    bool decodes_bytes;     // it makes "<0xE4>" a byte
    bool cuts_words;     // text without a grammar may be cut at boundaries
    bool all_known;      // no character is unknown
    bool prefix_each_part;  // the library puts a space before each part, not only the first
    uint8_t fragment_prefix;  // enum prefix_kind, before added tokens in normalized text are sought
    uint8_t text_prefix;      // enum prefix_kind, after that
    uint8_t strip;            // enum strip_kind
    struct split_rules split;
    int64_t truncation;      // ids that the file asks for at most, which are not cut off; or 0
    int32_t unknown;         // id of the unknown token, or ID_NONE
    int32_t byte_ids[256];   // token of each byte, or ID_NONE
    int32_t bos, eos;        // for --bos and --eos, or ID_NONE
};

struct unigram;

enum { TEMPLATE_MAX = 16 };  // ids that a post-processor may put on one side

struct tokenizer {
    char *name;  // of its file, owned
    struct tokenizer_rules rules;
    struct vocabulary vocabulary;
    struct added_set raw_added;         // looked for in raw text
    struct added_set normalized_added;  // looked for in normalized text
    struct boundaries boundaries;       // where text without a grammar may be cut
    bool known_ascii[128];              // these characters are tokens
    int32_t prefix[TEMPLATE_MAX], suffix[TEMPLATE_MAX];  // what the post-processor puts around
    int prefix_count, suffix_count;
    struct unigram *unigram;          // owned: in the place of merges, or NULL
    struct spm_rules *spm_rules;  // owned: how a sentencepiece model normalizes, or NULL
    bool compiled;        // the vocabulary lies in map
    struct file_map map;  // of a compiled tokenizer, or of a model that libsentencepiece is to run
};

// Where a package of aoti-build has its tokenizer.
#define PACKAGE_SOURCE_MEMBER "data/tokenizer/tokenizer.json"
#define PACKAGE_COMPILED_MEMBER "data/tokenizer/tokenizer.aoti"

// Opens NAME, or the tokenizer inside it if it is a directory. Dies with STATUS_FAILURE where it
// cannot be read, with STATUS_INPUT where it is no good. What kind of file it is is seen from its
// content. PATTERN names the pre-tokenizer of a rank file, see split_rules_of_name, or is NULL.
struct tokenizer *tokenizer_open(const char *name, const char *pattern);

// Dies where TOKENIZER cannot encode because its file does not say how.
void tokenizer_check_encodes(const struct tokenizer *tokenizer);
void tokenizer_close(struct tokenizer *tokenizer);

// Whether all of TOKENIZER can be written by compiled_write.
bool tokenizer_is_compilable(const struct tokenizer *tokenizer);

// What is known of the added token ID, or NULL where it is none.
const struct added_token *tokenizer_added(const struct tokenizer *tokenizer, int32_t id);

// The added token that is spelled TEXT, or ID_NONE.
int32_t tokenizer_find_added(const struct tokenizer *tokenizer, const char *text, size_t size);

// The added or model token that is spelled TEXT, or ID_NONE.
int32_t tokenizer_find(const struct tokenizer *tokenizer, const char *text, size_t size);

#endif
