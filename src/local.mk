# SPDX-License-Identifier: BSD-2-Clause
# The programs: options, open, loop, close.

if WITH_FORWARD
bin_PROGRAMS += aoti-forward
endif
aoti_forward_SOURCES = src/aoti-forward.c
nodist_EXTRA_aoti_forward_SOURCES = linked-by-the-cxx-compiler.cc
aoti_forward_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_OWN)
aoti_forward_LDADD = libmodel.a $(GPU_LIBS) $(RUNTIME_LIBS) libcommon.a \
	$(JANSSON_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) -lpthread -ldl -lm

bin_PROGRAMS += aoti-tokenize aoti-decode

aoti_tokenize_SOURCES = src/aoti-tokenize.c
if HAVE_SENTENCEPIECE
nodist_EXTRA_aoti_tokenize_SOURCES = linked-by-the-cxx-compiler.cc
endif
aoti_tokenize_LDADD = $(TEXT_LIBS)

aoti_decode_SOURCES = src/aoti-decode.c
aoti_decode_LDADD = libtext.a libcommon.a $(JANSSON_LIBS) $(ZLIB_LIBS) -lm

bin_PROGRAMS += aoti-time
aoti_time_SOURCES = src/aoti-time.c
aoti_time_LDADD = libtiming.a libcommon.a $(JANSSON_LIBS) $(CRYPTO_LIBS) -lpthread -lm
