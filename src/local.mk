# SPDX-License-Identifier: BSD-2-Clause
# The programs: options, open, loop, close.

bin_PROGRAMS += aoti-forward
aoti_forward_SOURCES = src/aoti-forward.c
nodist_EXTRA_aoti_forward_SOURCES = linked-by-the-cxx-compiler.cc
aoti_forward_LDADD = libmodel.a libcommon.a $(JSON_C_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) -ldl -lm
