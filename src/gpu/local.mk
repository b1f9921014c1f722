# SPDX-License-Identifier: BSD-2-Clause
# libgpu.a: the device functions of a graph, and sequences, on a GPU. Our kernels are compiled for
# each of CUDA_ARCHITECTURES and carried by the program.

EXTRA_DIST += \
	src/gpu/addresses.cuh src/gpu/attention.cu src/gpu/attention_few_rows.cu \
	src/gpu/attention_many_rows.cu src/gpu/clusters.cuh src/gpu/fetching.cuh \
	src/gpu/kernels_common.cuh src/gpu/one_row.cu src/gpu/picks.cu \
	src/gpu/product_many_rows_sm90.cu src/gpu/products.cu src/gpu/products.cuh \
	src/gpu/softmax.cuh src/gpu/tensor_cores.cuh src/gpu/warpgroups.cuh

GPU_IMAGES = \
	src/gpu/attention.fatbin src/gpu/attention_few_rows.fatbin \
	src/gpu/attention_many_rows.fatbin src/gpu/one_row.fatbin src/gpu/picks.fatbin \
	src/gpu/product_many_rows_sm90.fatbin src/gpu/products.fatbin

if WITH_CUDA
noinst_LIBRARIES += libgpu.a
GPU_LIBS = libgpu.a
libgpu_a_CPPFLAGS = $(AM_CPPFLAGS) $(CUDA_CPPFLAGS)
libgpu_a_CCASFLAGS = -Wa,-I,$(top_builddir)
libgpu_a_SOURCES = \
	src/gpu/cuda_runtime.c src/gpu/cuda_runtime.h \
	src/gpu/driver.h \
	src/gpu/gpu.c src/gpu/gpu.h \
	src/gpu/gpu_memory.c \
	src/gpu/images.S \
	src/gpu/kernels.h \
	src/gpu/attention.c src/gpu/operands.h src/gpu/operators.c src/gpu/operators.h \
	src/gpu/picks.c src/gpu/picks.h
CLEANFILES += $(GPU_IMAGES)

src/gpu/libgpu_a-images.$(OBJEXT): $(GPU_IMAGES)

.cu.fatbin:
	$(AM_V_GEN)$(MKDIR_P) $(@D) && $(NVCC) $(NVCCFLAGS) $(CUDA_CODE) -I$(top_srcdir)/src -fatbin -o $@ $<

SUFFIXES = .cu .fatbin
$(GPU_IMAGES): $(srcdir)/src/gpu/kernels.h $(srcdir)/src/gpu/kernels_common.cuh
src/gpu/attention_few_rows.fatbin src/gpu/attention_many_rows.fatbin src/gpu/one_row.fatbin \
	src/gpu/product_many_rows_sm90.fatbin src/gpu/products.fatbin: \
	$(srcdir)/src/gpu/addresses.cuh $(srcdir)/src/gpu/tensor_cores.cuh
src/gpu/attention.fatbin src/gpu/attention_few_rows.fatbin src/gpu/attention_many_rows.fatbin: \
	$(srcdir)/src/gpu/softmax.cuh
src/gpu/attention_few_rows.fatbin src/gpu/product_many_rows_sm90.fatbin: \
	$(srcdir)/src/gpu/clusters.cuh
src/gpu/one_row.fatbin src/gpu/product_many_rows_sm90.fatbin src/gpu/products.fatbin: \
	$(srcdir)/src/gpu/products.cuh
src/gpu/one_row.fatbin src/gpu/product_many_rows_sm90.fatbin: $(srcdir)/src/gpu/fetching.cuh
src/gpu/product_many_rows_sm90.fatbin: $(srcdir)/src/gpu/warpgroups.cuh
endif
