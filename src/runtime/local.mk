# SPDX-License-Identifier: BSD-2-Clause
# libruntime.a: the builtin part of libtorch's C ABI. The kernels are compiled once for each CPU
# level, with its instructions; everything else in the program runs on any CPU of its kind.

RUNTIME_LEVEL = \
	src/runtime/convert.h \
	src/runtime/finish.h \
	src/runtime/int4.h \
	src/runtime/kernels.h \
	src/runtime/level.c \
	src/runtime/level_attention.c \
	src/runtime/level_attention_few_rows.c \
	src/runtime/level_few_rows.c \
	src/runtime/level_int4_few_rows.c \
	src/runtime/level_many_rows.c \
	src/runtime/levels.h \
	src/runtime/parallel.h \
	src/runtime/task.h \
	src/runtime/loads_avx2.h \
	src/runtime/loads_avx512.h \
	src/runtime/loads_neon.h \
	src/runtime/loads_portable.h \
	src/runtime/many_rows.h \
	src/runtime/tile.h \
	src/runtime/vector.h

libruntime_a_CFLAGS = $(AM_CFLAGS)
libruntime_a_SOURCES = \
	src/runtime/compute.c src/runtime/compute.h \
	src/runtime/convert.c src/runtime/convert.h \
	src/runtime/cpu.c src/runtime/cpu.h src/runtime/cpu_levels.h \
	src/runtime/kernels.h \
	src/runtime/operators.c src/runtime/operators.h \
	src/runtime/own.c src/runtime/own.h \
	src/runtime/own_numbers.c \
	src/runtime/own_tensors.c src/runtime/own_tensors.h \
	src/runtime/parallel.c src/runtime/parallel.h \
	src/runtime/plain.c src/runtime/plain.h \
	src/runtime/scratch.c src/runtime/scratch.h \
	src/runtime/torch_abi.h \
	src/runtime/view.c src/runtime/view.h

# -fno-math-errno: square roots do not set errno; results stay the same.  -ffp-contract: a product
# and a sum are rounded once.
LEVEL_CFLAGS = $(AM_CFLAGS) -ffp-contract=fast -fno-math-errno
libruntime_portable_a_SOURCES = $(RUNTIME_LEVEL)
libruntime_portable_a_CPPFLAGS = $(AM_CPPFLAGS) -DLEVEL=portable \
	-DVECTOR_LOADS='"runtime/loads_portable.h"' -DVECTOR_BYTES=16
libruntime_portable_a_CFLAGS = $(LEVEL_CFLAGS)

# Comes last: a packager's -O2 would make the kernels slower.
$(libruntime_portable_a_OBJECTS): CFLAGS += $(HOT_CFLAGS)

RUNTIME_LIBS = libruntime.a libruntime_portable.a
if X86_64
libruntime_a_SOURCES += src/runtime/cpu_x86_64.c
RUNTIME_LIBS += libruntime_avx2.a libruntime_avx512.a libruntime_avx512bf16.a \
	libruntime_avx512vnni.a libruntime_amx.a
endif
if AARCH64
libruntime_a_SOURCES += src/runtime/cpu_aarch64.c
RUNTIME_LIBS += libruntime_neon.a libruntime_dotprod.a libruntime_bf16.a
endif
if OTHER_CPU
libruntime_a_SOURCES += src/runtime/cpu_other.c
endif
if WITH_FORWARD
noinst_LIBRARIES += $(RUNTIME_LIBS)
endif

# --- x86-64 --------------------------------------------------------------------------------------

libruntime_avx2_a_SOURCES = $(RUNTIME_LEVEL)
libruntime_avx2_a_CPPFLAGS = $(AM_CPPFLAGS) -DLEVEL=avx2 -DVECTOR_LOADS='"runtime/loads_avx2.h"' \
	-DVECTOR_BYTES=32
libruntime_avx2_a_CFLAGS = $(LEVEL_CFLAGS) -mavx2 -mfma
AVX512_CFLAGS = -mavx2 -mfma -mavx512f -mavx512bw -mavx512vl -mavx512dq
libruntime_avx512_a_SOURCES = $(RUNTIME_LEVEL)
libruntime_avx512_a_CPPFLAGS = $(AVX512_CPPFLAGS) -DLEVEL=avx512
libruntime_avx512_a_CFLAGS = $(LEVEL_CFLAGS) $(AVX512_CFLAGS)

# Some sources are compiled once for each of these levels, which read weights differently.
AVX512BF16_CPPFLAGS = $(AVX512_CPPFLAGS) -DDOTS='"runtime/dots_avx512bf16.h"'
AVX512_CPPFLAGS = $(AM_CPPFLAGS) -DVECTOR_LOADS='"runtime/loads_avx512.h"' -DVECTOR_BYTES=64
FEW_ROWS_SOURCES = src/runtime/dots_avx512bf16.h src/runtime/fetch.h \
	src/runtime/level_bfloat16_few_rows.c
libruntime_avx512bf16_a_SOURCES = src/runtime/bfloat16_many_rows.h \
	src/runtime/level_avx512bf16.c src/runtime/pairs.h $(FEW_ROWS_SOURCES)
libruntime_avx512bf16_a_CPPFLAGS = $(AVX512BF16_CPPFLAGS) -DLEVEL=avx512bf16 -DBYTES_AHEAD=0 \
	-DCOLUMNS_AT_ONCE=1
libruntime_avx512bf16_a_CFLAGS = $(LEVEL_CFLAGS) $(AVX512_CFLAGS) -mavx512bf16
ONE_ROW_SOURCES = src/runtime/fetch.h src/runtime/int4_line.h \
	src/runtime/level_avx512vnni_int4.c src/runtime/level_avx512vnni_int8.c \
	src/runtime/int4_one_row.h src/runtime/int8_one_row.h \
	src/runtime/whole_numbers.h src/runtime/whole_numbers_avx512.h
libruntime_avx512vnni_a_SOURCES = src/runtime/level_avx512vnni.c $(ONE_ROW_SOURCES)
libruntime_avx512vnni_a_CPPFLAGS = $(AVX512_CPPFLAGS) -DLEVEL=avx512vnni -DBYTES_AHEAD=0
libruntime_avx512vnni_a_CFLAGS = $(libruntime_avx512bf16_a_CFLAGS) -mavx512vnni -mavx512vbmi
libruntime_amx_a_SOURCES = src/runtime/amx.h src/runtime/level_amx.c \
	src/runtime/level_amx_int4.c src/runtime/level_amx_many_rows.c \
	$(FEW_ROWS_SOURCES) $(ONE_ROW_SOURCES)
libruntime_amx_a_CPPFLAGS = $(AVX512BF16_CPPFLAGS) -DLEVEL=amx -DBYTES_AHEAD=8192 \
	-DCOLUMNS_AT_ONCE=4
libruntime_amx_a_CFLAGS = $(libruntime_avx512vnni_a_CFLAGS) -mamx-tile -mamx-bf16

if X86_64
$(libruntime_avx2_a_OBJECTS) $(libruntime_avx512_a_OBJECTS) $(libruntime_avx512bf16_a_OBJECTS) \
$(libruntime_avx512vnni_a_OBJECTS) $(libruntime_amx_a_OBJECTS): CFLAGS += $(HOT_CFLAGS)
endif

# --- 64-bit Arm ----------------------------------------------------------------------------------

NEON_CPPFLAGS = $(AM_CPPFLAGS) -DVECTOR_LOADS='"runtime/loads_neon.h"' -DVECTOR_BYTES=16
libruntime_neon_a_SOURCES = $(RUNTIME_LEVEL)
libruntime_neon_a_CPPFLAGS = $(NEON_CPPFLAGS) -DLEVEL=neon
libruntime_neon_a_CFLAGS = $(LEVEL_CFLAGS)
libruntime_dotprod_a_SOURCES = src/runtime/level_dotprod.c src/runtime/level_dotprod_int4.c \
	src/runtime/level_dotprod_int8.c \
	src/runtime/int4_one_row.h src/runtime/int8_one_row.h src/runtime/whole_numbers.h \
	src/runtime/whole_numbers_neon.h
libruntime_dotprod_a_CPPFLAGS = $(NEON_CPPFLAGS) -DLEVEL=dotprod
libruntime_dotprod_a_CFLAGS = $(LEVEL_CFLAGS) $(DOTPROD_CFLAGS)
libruntime_bf16_a_SOURCES = src/runtime/bfloat16_many_rows.h src/runtime/dots_neon.h \
	src/runtime/fetch.h src/runtime/level_bf16.c src/runtime/level_bfloat16_few_rows.c \
	src/runtime/pairs.h
libruntime_bf16_a_CPPFLAGS = $(NEON_CPPFLAGS) -DDOTS='"runtime/dots_neon.h"' -DLEVEL=bf16 \
	-DBYTES_AHEAD=0 -DCOLUMNS_AT_ONCE=4
libruntime_bf16_a_CFLAGS = $(LEVEL_CFLAGS) $(BF16_CFLAGS)
if AARCH64
$(libruntime_neon_a_OBJECTS) $(libruntime_dotprod_a_OBJECTS) $(libruntime_bf16_a_OBJECTS): \
	CFLAGS += $(HOT_CFLAGS)
endif

EXTRA_DIST += src/runtime/exports.list
EXPORT_OWN = -Wl,--dynamic-list=$(srcdir)/src/runtime/exports.list
