#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check_gpu where there is no GPU: its kernels, compiled for the host, run there one thread after the
# other, see tests/stub/on_host.
LD_LIBRARY_PATH=$AOTI_BUILD_DIR/tests/stub/on_host exec "$AOTI_BUILD_DIR/check_gpu"
