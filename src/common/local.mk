# SPDX-License-Identifier: BSD-2-Clause
# libcommon.a: messages, options, streams, files and JSON, for every program.

noinst_LIBRARIES += libcommon.a
libcommon_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
libcommon_a_SOURCES = \
	src/common/archive.c src/common/archive.h \
	src/common/clock.c src/common/clock.h \
	src/common/diagnostics.c src/common/diagnostics.h \
	src/common/digest.c src/common/digest.h \
	src/common/id_list.h \
	src/common/io.c src/common/io.h \
	src/common/json.c src/common/json.h \
	src/common/little_endian.h \
	src/common/memory.c src/common/memory.h \
	src/common/options.c src/common/options.h \
	src/common/processors.c src/common/processors.h \
	src/common/stream.c src/common/stream.h
