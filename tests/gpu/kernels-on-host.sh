#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# check_gpu on machines without a GPU: the kernels, compiled for the host, run there one thread at a
# time, see tests/stub/on_host; as on GPUs of capability 9.0, and on older ones.
set -e
libraries=$AOTI_BUILD_DIR/tests/stub/on_host
LD_LIBRARY_PATH=$libraries "$AOTI_BUILD_DIR/check_gpu"
STUB_CUDA_CAPABILITY=8.0 LD_LIBRARY_PATH=$libraries/old "$AOTI_BUILD_DIR/check_gpu"
