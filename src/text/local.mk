# SPDX-License-Identifier: BSD-2-Clause
# libtext.a: bytes to ids and back.

noinst_LIBRARIES += libtext.a
libtext_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libtext_a_SOURCES = \
	src/text/added_tokens.c \
	src/text/added_tokens.h \
	src/text/alignment.c \
	src/text/alignment.h \
	src/text/bpe/bpe_encoder.c \
	src/text/bpe/byte_pairs.c \
	src/text/bpe/byte_pairs.h \
	src/text/bpe/long_word.c \
	src/text/bpe/long_word.h \
	src/text/bpe/merge.c \
	src/text/bpe/merge.h \
	src/text/bpe/merge_long.c \
	src/text/bpe/merge_long.h \
	src/text/bpe/merge_short.c \
	src/text/bpe/merge_short.h \
	src/text/bpe/symbols.c \
	src/text/bpe/symbols.h \
	src/text/chat/chat.c \
	src/text/chat/chat.h \
	src/text/chat/format.h \
	src/text/chat/json.c \
	src/text/chat/llama3.c \
	src/text/chat/mistral.c \
	src/text/chat/others.c \
	src/text/chat/qwen.c \
	src/text/decode.c \
	src/text/decode.h \
	src/text/encode.c \
	src/text/encode.h \
	src/text/hash.h \
	src/text/load/compiled.h \
	src/text/load/compiled_form.h \
	src/text/load/compiled_load.c \
	src/text/load/compiled_write.c \
	src/text/load/json.c \
	src/text/load/json_components.c \
	src/text/load/json_model.c \
	src/text/load/json_pre_tokenizer.c \
	src/text/load/json_steps.c \
	src/text/load/json_steps.h \
	src/text/load/load.h \
	src/text/load/model_proto.c \
	src/text/load/model_proto.h \
	src/text/load/name_table.c \
	src/text/load/name_table.h \
	src/text/load/open.c \
	src/text/load/ranks.c \
	src/text/load/sentencepiece.c \
	src/text/load/spelling.c \
	src/text/load/spelling.h \
	src/text/normalize/charsmap.c \
	src/text/normalize/charsmap.h \
	src/text/normalize/normalize.c \
	src/text/normalize/normalize.h \
	src/text/normalize/sentencepiece.c \
	src/text/normalize/sentencepiece.h \
	src/text/regex/compile.c \
	src/text/regex/match.c \
	src/text/regex/parse.c \
	src/text/regex/parse_class.c \
	src/text/regex/parser.h \
	src/text/regex/program.h \
	src/text/regex/regex.h \
	src/text/regex/tree.c \
	src/text/regex/tree.h \
	src/text/scan.c \
	src/text/scan.h \
	src/text/sentencepiece/character_spans.c \
	src/text/sentencepiece/character_spans.h \
	src/text/sentencepiece/library.h \
	src/text/sentencepiece/library_encoder.c \
	src/text/sentencepiece/unigram_words.c \
	src/text/sentencepiece/piece_trie.c \
	src/text/sentencepiece/piece_trie.h \
	src/text/sentencepiece/unigram.c \
	src/text/sentencepiece/unigram.h \
	src/text/split/boundaries.c \
	src/text/split/boundaries.h \
	src/text/split/cursor.h \
	src/text/split/long.c \
	src/text/split/names.c \
	src/text/split/split.c \
	src/text/split/split.h \
	src/text/split/steps.c \
	src/text/split/steps.h \
	src/text/token_text.c \
	src/text/token_text.h \
	src/text/tokenizer.c \
	src/text/tokenizer.h \
	src/text/unicode/classes.c \
	src/text/unicode/classes.h \
	src/text/unicode/code_set.c \
	src/text/unicode/code_set.h \
	src/text/unicode/nfc.c \
	src/text/unicode/nfc.h \
	src/text/unicode/nfc_tables.c \
	src/text/unicode/properties.c \
	src/text/unicode/properties.h \
	src/text/unicode/properties_data.c \
	src/text/unicode/utf8.c \
	src/text/unicode/utf8.h \
	src/text/vocabulary.c \
	src/text/vocabulary.h \
	src/text/word_cache.h \
	src/text/word_encoder.h
if HAVE_SENTENCEPIECE
libtext_a_SOURCES += src/text/sentencepiece/library.cc
else
libtext_a_SOURCES += src/text/sentencepiece/library_absent.c
endif
# Text to ids takes 7 to 11 % less time with -O3.
$(libcommon_a_OBJECTS) $(libtext_a_OBJECTS): CFLAGS += $(HOT_CFLAGS)
libtext_a_CXXFLAGS = $(AM_CXXFLAGS) $(SENTENCEPIECE_CFLAGS)

# Libraries for a program that encodes. It is linked by the C++ compiler where the library is
# there: nodist_EXTRA_PROGRAM_SOURCES = linked-by-the-cxx-compiler.cc. Decoding needs no library.
TEXT_LIBS = libtext.a libcommon.a $(SENTENCEPIECE_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) -lm

# The generators of the tables, run by hand when the Unicode version of the reference changes.
EXTRA_DIST += src/text/unicode/classes.py src/text/unicode/nfc_tables.py \
	src/text/unicode/properties_data.py
