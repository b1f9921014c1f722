# SPDX-License-Identifier: BSD-2-Clause
# The programs: options, open, loop, close.

# --- text programs -------------------------------------------------------------------------
bin_PROGRAMS += aoti-tokenize aoti-decode

aoti_tokenize_SOURCES = src/aoti-tokenize.c
aoti_tokenize_LDADD = libtext.a libcommon.a $(JSON_C_LIBS) -lm

aoti_decode_SOURCES = src/aoti-decode.c
aoti_decode_LDADD = libtext.a libcommon.a $(JSON_C_LIBS) -lm
