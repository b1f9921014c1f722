# SPDX-License-Identifier: BSD-2-Clause
# The tests: unit (C, with check), cli (shell, no torch), oracle (Python, against torch and
# transformers). Each exits with 0, 1, 77 for "skipped", and says why.

TEST_EXTENSIONS = .sh .py
SH_LOG_COMPILER = $(SHELL)
PY_LOG_COMPILER = $(SHELL) $(srcdir)/tests/python.sh
LOG_COMPILER = $(EMULATOR)
EXTRA_DIST += tests/python.sh
AM_TESTS_ENVIRONMENT = \
	AOTI_BUILD_DIR='$(abs_top_builddir)'; \
	test -z '$(EMULATOR)' || AOTI_BUILD_DIR=$$AOTI_BUILD_DIR/emulated; export AOTI_BUILD_DIR; \
	AOTI_SOURCE_DIR='$(abs_top_srcdir)'; export AOTI_SOURCE_DIR; \
	AOTI_DEFAULT_LIBTORCH='$(aoti_libtorch)'; export AOTI_DEFAULT_LIBTORCH; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	CC='$(CC)'; export CC; \
	CK_DEFAULT_TIMEOUT=$${CK_DEFAULT_TIMEOUT:-300}; export CK_DEFAULT_TIMEOUT; \
	LC_ALL=C; export LC_ALL;

check_DATA =

# --- Programs of another machine -----------------------------------------------------------------

# make check-emulated EMULATOR='qemu-aarch64 -L ROOT' runs the tests of a cross build that ask no
# reference: the emulator runs unit tests, and emulated/ holds scripts that run the programs by it.
# build-aux/check-machine.sh builds so and runs them.
EMULATOR =
EMULATED_TESTS = \
	$(UNIT_TESTS) \
	tests/cli/bad-tokenizers.sh \
	tests/cli/chat.sh \
	tests/cli/compiled-tokenizers.sh \
	tests/cli/conformance.sh \
	tests/cli/decode-basics.sh \
	tests/cli/forward-answers.sh \
	tests/cli/forward-gpu.sh \
	tests/cli/forward-refuses.sh \
	tests/cli/forward-runtime.sh \
	tests/cli/manual.sh \
	tests/cli/text-round-trip.sh \
	tests/cli/time-basics.sh \
	tests/cli/time-refuses.sh \
	tests/cli/tokenize-basics.sh
check-emulated: emulated
	$(MAKE) check TESTS='$(EMULATED_TESTS)'
# make check-arm64: for 64-bit Arm.  make check-machines: for each of MACHINES, by its Debian name.
MACHINES = arm64 armhf i386 ppc64el riscv64 s390x
CHECK_MACHINE = $(SHELL) $(srcdir)/build-aux/check-machine.sh $(srcdir) check-machines
check-arm64:
	$(CHECK_MACHINE) arm64
check-machines:
	$(CHECK_MACHINE) $(MACHINES)
.PHONY: check-emulated check-arm64 check-machines
EXTRA_DIST += build-aux/check-machine.sh
UNIT_TESTS =
EMULATED = $(bin_PROGRAMS) fuzz_text stand-in
emulated: $(EMULATED)
	$(AM_V_GEN)rm -rf emulated && $(MKDIR_P) emulated/tests && \
	for program in $(EMULATED); do \
	    printf '#!/bin/sh\nexec %s "%s" "$$@"\n' '$(EMULATOR)' '$(abs_top_builddir)'/$$program \
		>emulated/$$program && chmod +x emulated/$$program || exit 1; \
	done && $(LN_S) '$(abs_top_builddir)/tests/stub' emulated/tests

# --- A stand-in for libtorch and for compiled graphs, so that aoti-forward is tested without -----

check_DATA += tests/stub/libtorch_cpu.so tests/stub/old/libtorch_cpu.so \
	tests/stub/logits.so tests/stub/cached.so tests/stub/cuda.so
STUB_GRAPH = $(srcdir)/tests/stub/stub_graph.c
EXTRA_DIST += tests/stub/README tests/stub/stub.h tests/stub/stub_torch.c tests/stub/stub_graph.c \
	tests/stub/stub_compute.c tests/stub/stub_compute_cuda.c tests/stub/stub_driver.c \
	tests/stub/stub_pick.c tests/stub/on_host/cuda_pipeline_primitives.h \
	tests/stub/on_host/gpu/clusters.cuh tests/stub/on_host/gpu/fetching.cuh \
	tests/stub/on_host/gpu/tensor_cores.cuh tests/stub/on_host/gpu/warpgroups.cuh \
	tests/stub/on_host/on_host.cc tests/stub/on_host/on_host.h
if WITH_CUDA
check_DATA += tests/stub/cuda/libcuda.so.1 $(ON_HOST_STUBS)
endif
CLEANFILES += $(check_DATA) tests/stub/on_host/driver.o tests/stub/on_host/old/driver.o
STUB_BUILD = $(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(CFLAGS) -shared -fPIC -fno-sanitize=all

tests/stub/libtorch_cpu.so: tests/stub/stub_torch.c tests/stub/stub.h
	$(STUB_BUILD) -DSTUB_MINOR=9 -Wl,-soname,libtorch_cpu.so -o $@ $(srcdir)/tests/stub/stub_torch.c
tests/stub/old/libtorch_cpu.so: tests/stub/stub_torch.c tests/stub/stub.h
	$(STUB_BUILD) -DSTUB_MINOR=8 -Wl,-soname,libtorch_cpu.so -o $@ $(srcdir)/tests/stub/stub_torch.c
tests/stub/logits.so: tests/stub/stub_graph.c tests/stub/stub_compute.c tests/stub/stub.h
	$(STUB_BUILD) -DSTUB_CACHED=0 -o $@ $(STUB_GRAPH) $(srcdir)/tests/stub/stub_compute.c
tests/stub/cached.so: tests/stub/stub_graph.c tests/stub/stub_compute.c tests/stub/stub.h
	$(STUB_BUILD) -DSTUB_CACHED=1 -o $@ $(STUB_GRAPH) $(srcdir)/tests/stub/stub_compute.c
tests/stub/cuda.so: tests/stub/stub_graph.c tests/stub/stub_compute_cuda.c tests/stub/stub.h
	$(STUB_BUILD) -DSTUB_CACHED=1 -o $@ $(STUB_GRAPH) $(srcdir)/tests/stub/stub_compute_cuda.c
STUB_DRIVER = $(srcdir)/tests/stub/stub_driver.c
STUB_CUDA = -I$(srcdir)/tests/stub -I$(srcdir)/src $(CUDA_CPPFLAGS) -pthread
STUB_LIBCUDA = -shared -Wl,-soname,libcuda.so.1
tests/stub/cuda/libcuda.so.1: tests/stub/stub_driver.c tests/stub/stub_pick.c tests/stub/stub.h \
	src/gpu/kernels.h
	$(STUB_BUILD) $(STUB_CUDA) $(STUB_LIBCUDA) -o $@ $(STUB_DRIVER) \
		$(srcdir)/tests/stub/stub_pick.c

# The same with our kernels, compiled for the host, as GPUs with and without bulk copies have them.
ON_HOST_KERNELS = \
	src/gpu/attention.cu src/gpu/attention_few_rows.cu src/gpu/attention_many_rows.cu \
	src/gpu/one_row.cu src/gpu/picks.cu src/gpu/product_many_rows_sm90.cu src/gpu/products.cu
ON_HOST_BUILD = $(CXX) -O2 -w -Wno-psabi -std=c++17 -fPIC -I$(srcdir)/tests/stub/on_host -include on_host.h
ON_HOST_STUBS = tests/stub/on_host/libcuda.so.1 tests/stub/on_host/old/libcuda.so.1
tests/stub/on_host/libcuda.so.1: ON_HOST_ARCHITECTURE = 900
tests/stub/on_host/old/libcuda.so.1: ON_HOST_ARCHITECTURE = 800
$(ON_HOST_STUBS): tests/stub/stub_driver.c tests/stub/stub.h \
	tests/stub/on_host/cuda_pipeline_primitives.h tests/stub/on_host/gpu/clusters.cuh \
	tests/stub/on_host/gpu/fetching.cuh tests/stub/on_host/gpu/tensor_cores.cuh \
	tests/stub/on_host/gpu/warpgroups.cuh tests/stub/on_host/on_host.cc tests/stub/on_host/on_host.h \
	src/gpu/kernels.h src/gpu/kernels_common.cuh src/gpu/products.cuh src/gpu/softmax.cuh \
	$(ON_HOST_KERNELS)
	$(AM_V_CXXLD)$(MKDIR_P) $(@D) && \
	$(CC) $(CFLAGS) -fno-sanitize=all -fPIC $(STUB_CUDA) -c -o $(@D)/driver.o $(STUB_DRIVER) && \
	sources= && for kernels in $(ON_HOST_KERNELS); do \
		sources="$$sources $(srcdir)/$$kernels"; \
	done && \
	$(ON_HOST_BUILD) -DON_HOST_ARCHITECTURE=$(ON_HOST_ARCHITECTURE) $(STUB_CUDA) $(STUB_LIBCUDA) \
		-o $@ $(@D)/driver.o $(srcdir)/tests/stub/on_host/on_host.cc -x c++ $$sources -x none

# --- Programs over the command line --------------------------------------------------------------

EXTRA_DIST += tests/cli/init.sh tests/packages.py
dist_check_SCRIPTS = $(CLI_TESTS)
CLI_TESTS = \
	tests/cli/check-words.sh \
	tests/cli/contrib-run.sh \
	tests/cli/forward-answers.sh \
	tests/cli/forward-refuses.sh \
	tests/cli/forward-gpu.sh \
	tests/cli/forward-runtime.sh \
	tests/cli/html.sh \
	tests/cli/option-tables.sh
TESTS += $(CLI_TESTS)

# The completions need a terminal and the three shells.
TESTS += tests/cli/completions.py
EXTRA_DIST += tests/cli/completions.py

# The same tests of the installed programs, which may have other names.
INSTALLED_TESTS = \
	tests/cli/conformance.sh \
	tests/cli/decode-basics.sh \
	tests/cli/forward-answers.sh \
	tests/cli/forward-refuses.sh \
	tests/cli/manual.sh \
	tests/cli/text-round-trip.sh \
	tests/cli/time-basics.sh \
	tests/cli/tokenize-basics.sh
installcheck-local: $(check_DATA) stand-in
	@rm -rf installcheck && $(MKDIR_P) installcheck/tests && \
	for program in $(COMPLETED); do \
	    installed=$(DESTDIR)$(bindir)/`echo $$program | $(SED) '$(transform)'`; \
	    test -x "$$installed" || { echo "$$installed is missing"; exit 1; }; \
	    $(LN_S) "$$installed" installcheck/$$program || exit 1; \
	done && \
	$(LN_S) '$(abs_top_builddir)/stand-in' installcheck && \
	$(LN_S) '$(abs_top_builddir)/tests/stub' installcheck/tests && \
	$(AM_TESTS_ENVIRONMENT) AOTI_BUILD_DIR='$(abs_top_builddir)/installcheck'; \
	for test in $(INSTALLED_TESTS); do \
	    status=0; $(SHELL) $(srcdir)/$$test >installcheck/log 2>&1 || status=$$?; \
	    case $$status in \
	    0) echo "PASS: $$test" ;; \
	    77) echo "SKIP: $$test: `tail -1 installcheck/log`" ;; \
	    *) echo "FAIL: $$test"; cat installcheck/log; exit 1 ;; \
	    esac; \
	done && rm -rf installcheck

# --- Many machines ------------------------------------------------------------------------------

CLUSTER_TESTS = \
	tests/cluster/many.sh \
	tests/cluster/namespaces.sh \
	tests/cluster/slurm.sh
TESTS += $(CLUSTER_TESTS)
EXTRA_DIST += $(CLUSTER_TESTS) tests/cluster/words.sh

# --- Faults --------------------------------------------------------------------------------------

FAULT_TESTS = tests/fault/flipped_bits.py tests/fault/out-of-memory.sh
TESTS += $(FAULT_TESTS)
EXTRA_DIST += $(FAULT_TESTS) tests/fault/failing_malloc.c

# --- Modules, with check -------------------------------------------------------------------------

if WITH_FORWARD
if HAVE_CHECK
check_PROGRAMS += check_model check_runtime
UNIT_TESTS += check_model check_runtime
endif
endif
check_model_SOURCES = tests/unit/check_model.c
check_model_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
nodist_EXTRA_check_model_SOURCES = linked-by-the-cxx-compiler.cc
check_model_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_OWN)
check_model_LDADD = $(aoti_forward_LDADD) $(CHECK_LIBS)

check_runtime_SOURCES = tests/unit/check_runtime.c
check_runtime_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
check_runtime_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_OWN)
check_runtime_LDADD = $(RUNTIME_LIBS) libcommon.a $(CHECK_LIBS) -ldl -lm

if WITH_CUDA
if HAVE_CHECK
check_PROGRAMS += check_gpu
TESTS += check_gpu tests/gpu/kernels-on-host.sh
endif
endif
EXTRA_DIST += tests/gpu/kernels-on-host.sh
check_gpu_SOURCES = \
	tests/unit/check_gpu.c tests/unit/check_gpu.h tests/unit/check_gpu_picks.c \
	tests/unit/check_gpu_rows.c
check_gpu_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
check_gpu_LDADD = $(GPU_LIBS) $(RUNTIME_LIBS) libcommon.a $(CHECK_LIBS) -lpthread -ldl -lm

# --- Against the reference -----------------------------------------------------------------------

ORACLE_TESTS = \
	tests/oracle/build_errors.py \
	tests/oracle/cached_bfloat16.py \
	tests/oracle/cached_graphs.py \
	tests/oracle/checkpoints.py \
	tests/oracle/forward_against_eager.py \
	tests/oracle/hostile_checkpoints.py \
	tests/oracle/logits_graphs.py \
	tests/oracle/manual_examples.sh \
	tests/oracle/processor_features.py \
	tests/oracle/quantized_graphs.py \
	tests/oracle/recipes.sh \
	tests/oracle/runtime_against_torch.py \
	tests/oracle/same_package.py
EXTRA_DIST += $(ORACLE_TESTS) tests/oracle/reference.py
TESTS += $(ORACLE_TESTS)
if HAVE_CHECK
if WITH_FORWARD
check_PROGRAMS += operators_against_torch
TESTS += operators_against_torch
endif
endif
operators_against_torch_SOURCES = tests/oracle/operators_against_torch.c \
	tests/oracle/torch_tensors.c tests/oracle/torch_tensors.h
nodist_EXTRA_operators_against_torch_SOURCES = linked-by-the-cxx-compiler.cc
operators_against_torch_CPPFLAGS = $(AM_CPPFLAGS) -DDEFAULT_LIBTORCH='"$(aoti_libtorch)"'
operators_against_torch_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
operators_against_torch_LDFLAGS = $(AM_LDFLAGS) $(EXPORT_OWN)
operators_against_torch_LDADD = $(aoti_forward_LDADD) $(CHECK_LIBS)

# What is too long for every day: the same tests, with all cases.
GPU_TESTS = tests/gpu/ids_against_eager.py
EXTRA_DIST += $(GPU_TESTS) tests/bench/gpu.sh

check-gpu: all
	$(MAKE) check TESTS='check_gpu $(GPU_TESTS)'
.PHONY: check-gpu

check-long: all
	AOTI_LONG=1 AOTI_STREAM_MB=5000 AOTI_FUZZ_RUNS=5000 AOTI_STRINGS=60000 \
		$(MAKE) check TESTS='$(ORACLE_TESTS) $(FAULT_TESTS) $(TEXT_TESTS)'
.PHONY: check-long

# --- Measuring: no tests, since a busy machine would fail them -----------------------------------

# make bench [BENCH_PACKAGE=FILE] [BENCH_MODEL=DIR]: start-up and speed of a package of the cached
# form by all that runs it.  make bench-peer PEER=DIR: against llama.cpp, see peer.sh.
EXTRA_PROGRAMS = read_rate
CLEANFILES += read_rate
read_rate_SOURCES = tests/bench/read_rate.c
read_rate_CFLAGS = $(AM_CFLAGS) -O3
read_rate_LDADD = libruntime.a libcommon.a -ldl
BENCH_PACKAGE = demo.pt2
BENCH_MODEL = $(srcdir)/artifacts/demo
bench: all read_rate $(BENCH_PACKAGE)
	AOTI_BUILD_DIR='$(abs_top_builddir)' AOTI_SOURCE_DIR='$(abs_top_srcdir)' $(PYTHON) \
		$(srcdir)/tests/bench/forward_bench.py --model-id $(BENCH_MODEL) $(BENCH_PACKAGE)
bench-peer: all read_rate
	AOTI_BUILD_DIR='$(abs_top_builddir)' AOTI_SOURCE_DIR='$(abs_top_srcdir)' \
		PYTHON='$(PYTHON)' $(SHELL) $(srcdir)/tests/bench/peer.sh '$(PEER)'
# make bench-text [LLAMA3_RANKS=FILE] [BENCH_TEXT_FLAGS=...]: tokenizers beside the references.
LLAMA3_RANKS = $(AOTI_LLAMA3_RANKS)
bench-text: aoti-tokenize aoti-decode
	AOTI_BUILD_DIR='$(abs_top_builddir)' $(PYTHON) $(srcdir)/tests/bench/bench_text.py \
		--llama3 '$(LLAMA3_RANKS)' --sentencepiece $(BENCH_TEXT_FLAGS)
.PHONY: bench bench-peer bench-text
EXTRA_DIST += tests/bench/forward_bench.py tests/bench/python_runner.py tests/bench/peer.sh \
	tests/bench/to_gguf.py

# --- Common and text -----------------------------------------------------------------------------

if HAVE_CHECK
check_PROGRAMS += check_common check_pieces check_text
UNIT_TESTS += check_common check_pieces check_text
endif
check_common_SOURCES = tests/unit/check_common.c
check_common_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
check_common_LDADD = libcommon.a $(CHECK_LIBS) -lm
check_pieces_SOURCES = tests/unit/check_pieces.c
check_pieces_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
check_pieces_LDADD = libtext.a libcommon.a $(CHECK_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) -lm
check_text_SOURCES = tests/unit/check_text.c
check_text_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
check_text_LDADD = libtext.a libcommon.a $(CHECK_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) -lm

TEXT_TESTS = \
	tests/cli/bad-tokenizers.sh \
	tests/cli/split-patterns.sh \
	tests/cli/tokenizer-components.sh \
	tests/cli/chat.sh \
	tests/cli/compiled-tokenizers.sh \
	tests/cli/conformance.sh \
	tests/cli/decode-basics.sh \
	tests/cli/long-stream.sh \
	tests/cli/manual.sh \
	tests/cli/text-round-trip.sh \
	tests/cli/tokenize-basics.sh \
	tests/fuzz/fuzz-text.sh \
	tests/oracle/chat_against_templates.py \
	tests/oracle/pieces_against_sentencepiece.py \
	tests/oracle/ranks_against_tiktoken.py \
	tests/oracle/real_vocabularies.py \
	tests/oracle/split_against_reference.py \
	tests/oracle/tokenize_against_reference.py
TESTS += $(TEXT_TESTS)
EXTRA_DIST += $(TEXT_TESTS) \
	tests/cli/manual-examples.awk \
	tests/data/bpe.model \
	tests/data/bytes.json \
	tests/data/characters.json \
	tests/data/chat.json \
	tests/data/make_tokenizers.py \
	tests/data/unigram.model \
	tests/oracle/families.py \
	tests/oracle/nasty.py \
	tests/oracle/programs.py \
	tests/bench/bench_text.py

# Cuts texts as a pre-tokenizer says.
check_PROGRAMS += cut-words
cut_words_SOURCES = tests/oracle/cut_words.c
if HAVE_SENTENCEPIECE
nodist_EXTRA_cut_words_SOURCES = linked-by-the-cxx-compiler.cc
endif
cut_words_LDADD = $(TEXT_LIBS)

check_PROGRAMS += fuzz_text
fuzz_text_SOURCES = tests/fuzz/fuzz_text.c
if HAVE_SENTENCEPIECE
nodist_EXTRA_fuzz_text_SOURCES = linked-by-the-cxx-compiler.cc
endif
fuzz_text_LDADD = $(TEXT_LIBS)

# make fuzz [FUZZ_SECONDS=N]: the same by libFuzzer, for N seconds a target. Needs clang.
FUZZ_SECONDS = 600
FUZZ_TOKENIZERS = bytes.json characters.json bpe.model unigram.model
FUZZ_RUN = ASAN_OPTIONS=detect_leaks=0 ./fuzz_text_clang -fork=1 -ignore_ooms=1 -timeout=60 \
	-max_total_time=$(FUZZ_SECONDS)
CLEANFILES += fuzz_text_clang
fuzz_text_clang: $(fuzz_text_SOURCES) $(libtext_a_SOURCES) $(libcommon_a_SOURCES)
	clang $(DEFS) -I. -I$(srcdir)/src $(JANSSON_CFLAGS) -g -O1 -DAOTI_LIBFUZZER \
		-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o $@ \
		`printf '%s\n' $^ $(srcdir)/src/text/sentencepiece/library_absent.c | \
		grep '\.c$$' | sort -u` \
		$(JANSSON_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) -lm
fuzz: fuzz_text_clang
	$(MKDIR_P) fuzz-files fuzz-texts
	cp $(srcdir)/tests/data/bytes.json $(srcdir)/tests/data/characters.json \
		$(srcdir)/tests/data/bpe.model $(srcdir)/tests/data/unigram.model fuzz-files
	cp $(srcdir)/tests/data/chat.json $(srcdir)/NEWS fuzz-texts
	$(FUZZ_RUN) -max_len=65536 fuzz-files
	for name in $(FUZZ_TOKENIZERS); do \
		AOTI_FUZZ_TOKENIZER=$(abs_srcdir)/tests/data/$$name \
			$(FUZZ_RUN) -max_len=1024 fuzz-texts || exit 1; \
	done
.PHONY: fuzz

# --- Timing --------------------------------------------------------------------------------------

if HAVE_CHECK
check_PROGRAMS += check_timing
UNIT_TESTS += check_timing
endif
TESTS += $(UNIT_TESTS)
check_timing_SOURCES = tests/unit/check_timing.c
check_timing_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
check_timing_LDADD = libtiming.a libcommon.a $(CHECK_LIBS) $(JANSSON_LIBS) $(CRYPTO_LIBS) -lm

# A command whose times are known.
check_PROGRAMS += stand-in
stand_in_SOURCES = tests/timing/stand_in.c

TIMING_TESTS = \
	tests/cli/time-basics.sh \
	tests/cli/time-refuses.sh \
	tests/timing/recompute.py \
	tests/oracle/modes_agree.py
TESTS += $(TIMING_TESTS)
EXTRA_DIST += $(TIMING_TESTS) tests/bench/clock.py tests/bench/time.sh

# What aoti-time costs, and how far its figures are from those by a stand-in's own clock. No part of
# "make check", for it is the machine's load that decides.
bench-time: aoti-time stand-in
	AOTI_BUILD_DIR='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/time.sh
	AOTI_BUILD_DIR='$(abs_top_builddir)' $(PYTHON) $(srcdir)/tests/bench/clock.py
.PHONY: bench-time

# PACKAGE: a cached one, built for this machine's GPU.
bench-gpu: aoti-forward
	AOTI_BUILD_DIR='$(abs_top_builddir)' $(SHELL) $(srcdir)/tests/bench/gpu.sh '$(PACKAGE)'
.PHONY: bench-gpu
