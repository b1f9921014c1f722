# SPDX-License-Identifier: BSD-2-Clause
# libtext.a: bytes to ids and back.

noinst_LIBRARIES += libtext.a
libtext_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
libtext_a_SOURCES = \
	src/text/added_tokens.c src/text/added_tokens.h \
	src/text/alignment.c src/text/alignment.h \
	src/text/boundaries.c src/text/boundaries.h \
	src/text/byte_pairs.c src/text/byte_pairs.h \
	src/text/character_spans.c src/text/character_spans.h \
	src/text/charsmap.c src/text/charsmap.h \
	src/text/chat.c src/text/chat.h src/text/chat_format.h \
	src/text/chat_json.c \
	src/text/chat_llama3.c \
	src/text/chat_mistral.c \
	src/text/chat_others.c \
	src/text/chat_qwen.c \
	src/text/compiled.h src/text/compiled_form.h \
	src/text/compiled_load.c \
	src/text/compiled_write.c \
	src/text/decode.c src/text/decode.h \
	src/text/encode.c src/text/encode.h \
	src/text/encode_library.c src/text/encode_library.h \
	src/text/hash.h \
	src/text/id_list.h \
	src/text/load.h \
	src/text/load_json.c \
	src/text/load_json_components.c \
	src/text/load_json_model.c \
	src/text/load_ranks.c \
	src/text/load_sentencepiece.c \
	src/text/long_piece.c src/text/long_piece.h \
	src/text/merge.c src/text/merge.h \
	src/text/merge_long.c src/text/merge_short.c src/text/merge_long.h src/text/merge_short.h \
	src/text/model_proto.c src/text/model_proto.h \
	src/text/name_table.c src/text/name_table.h \
	src/text/normalize.c src/text/normalize.h \
	src/text/piece_cache.h \
	src/text/piece_normalize.c src/text/piece_normalize.h \
	src/text/piece_text.c src/text/piece_text.h \
	src/text/piece_trie.c src/text/piece_trie.h \
	src/text/scan.c src/text/scan.h \
	src/text/sentencepiece.h \
	src/text/spelling.c src/text/spelling.h \
	src/text/split.c src/text/split.h src/text/split_cursor.h \
	src/text/split_long.c \
	src/text/split_names.c \
	src/text/symbols.c src/text/symbols.h \
	src/text/tokenizer.c src/text/tokenizer.h \
	src/text/unicode_classes.c src/text/unicode_classes.h \
	src/text/unicode_nfc.c src/text/unicode_nfc.h \
	src/text/unicode_nfc_tables.c \
	src/text/unigram.c src/text/unigram.h \
	src/text/utf8.c src/text/utf8.h \
	src/text/vocabulary.c src/text/vocabulary.h
if HAVE_SENTENCEPIECE
libtext_a_SOURCES += src/text/sentencepiece.cc
else
libtext_a_SOURCES += src/text/sentencepiece_absent.c
endif
libtext_a_CXXFLAGS = $(AM_CXXFLAGS) $(SENTENCEPIECE_CFLAGS)

# What a program that encodes links with. It is linked by the C++ compiler where the library is
# there: nodist_EXTRA_PROGRAM_SOURCES = linked-by-the-cxx-compiler.cc. Decoding needs no library.
TEXT_LIBS = libtext.a libcommon.a $(SENTENCEPIECE_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) -lm

# The generators of the tables, run by hand when the Unicode version of the reference changes.
EXTRA_DIST += src/text/unicode_classes.py src/text/unicode_nfc_tables.py
