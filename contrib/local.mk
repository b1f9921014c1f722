# SPDX-License-Identifier: BSD-2-Clause
# Scripts around the programs.

EXTRA_DIST += contrib/aoti-plot contrib/benchmark.sh contrib/build.sh \
	contrib/compare.sh contrib/run.sh

# The demo model, or another by BENCH_FLAGS='--model DIR --package FILE', in the three modes.
# Reports go to artifacts/results/*.json of the build folder, the table to the terminal.
BENCH_FLAGS = --num-requests 100 --repeats 2
bench-modes: aoti-forward aoti-time aoti-tokenize demo.pt2
	AOTI_BUILD_DIR='$(abs_top_builddir)' PYTHON='$(PYTHON)' \
		$(srcdir)/contrib/benchmark.sh --package demo.pt2 $(BENCH_FLAGS)
.PHONY: bench-modes
