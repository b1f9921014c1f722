# SPDX-License-Identifier: BSD-2-Clause
# Other sizes: SIZE=1.5B, 3B, 7B.
SIZE ?= 0.5B
NAME = qwen2.5-$(SIZE)-instruct
MODEL_ID = Qwen/Qwen2.5-$(SIZE)-Instruct
BUILD_OPTIONS ?= --dtype bfloat16 --max-seq-len 2048
include $(dir $(lastword $(MAKEFILE_LIST)))experiment.mk
