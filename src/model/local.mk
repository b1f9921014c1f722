# SPDX-License-Identifier: BSD-2-Clause
# libmodel.a: ids to ids.

if WITH_FORWARD
noinst_LIBRARIES += libmodel.a
endif
libmodel_a_CPPFLAGS = $(AM_CPPFLAGS) -DDEFAULT_LIBTORCH='"$(aoti_libtorch)"'
libmodel_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS) $(ZLIB_CFLAGS)
libmodel_a_SOURCES = \
	src/model/cached.c src/model/cached.h \
	src/model/cached_model.c \
	src/model/compatibility.c src/model/compatibility.h \
	src/model/constant_map.cc src/model/constant_map.h \
	src/model/device.h \
	src/model/generation.c src/model/generation.h \
	src/model/graph.c src/model/graph.h \
	src/model/heap.h \
	src/model/host.c src/model/host.h \
	src/model/inspection.c src/model/inspection.h \
	src/model/int4_layout.c src/model/int4_layout.h \
	src/model/logits_model.c \
	src/model/model.c src/model/model.h \
	src/model/package.c src/model/package.h \
	src/model/runtime.c src/model/runtime.h \
	src/model/sampling.c src/model/sampling.h \
	src/model/shared_object.c src/model/shared_object.h \
	src/model/statistics.c src/model/statistics.h \
	src/model/verification.c src/model/verification.h \
	src/model/weights.c src/model/weights.h
if AARCH64
libmodel_a_SOURCES += src/model/host_aarch64.c
else
libmodel_a_SOURCES += src/model/host_cpuinfo.c
endif
if HAVE_MALLOPT
libmodel_a_SOURCES += src/model/heap.c
else
libmodel_a_SOURCES += src/model/heap_absent.c
endif
if WITH_CUDA
libmodel_a_SOURCES += src/model/cached_model_cuda.c src/model/device_cuda.c
else
libmodel_a_SOURCES += src/model/device_cpu.c
endif
