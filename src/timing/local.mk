# SPDX-License-Identifier: BSD-2-Clause
# libtiming.a: running commands, recording their answers, and reports of aoti-time.

noinst_LIBRARIES += libtiming.a
libtiming_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(CRYPTO_CFLAGS)
libtiming_a_SOURCES = \
	src/timing/bandwidth.c src/timing/bandwidth.h \
	src/timing/command.c src/timing/command.h \
	src/timing/comparison.c src/timing/comparison.h \
	src/timing/figures.c src/timing/figures.h \
	src/timing/host.c src/timing/host.h \
	src/timing/page_cache.c src/timing/page_cache.h \
	src/timing/progress.c src/timing/progress.h \
	src/timing/quantiles.c src/timing/quantiles.h \
	src/timing/recording.c src/timing/recording.h \
	src/timing/report.c src/timing/report.h \
	src/timing/requests.c src/timing/requests.h \
	src/timing/scan.c src/timing/scan.h \
	src/timing/session.c src/timing/session.h \
	src/timing/signals.c src/timing/signals.h \
	src/timing/stages.c src/timing/stages.h \
	src/timing/table.c src/timing/table.h \
	src/timing/tally.c src/timing/tally.h
