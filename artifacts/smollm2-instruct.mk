# SPDX-License-Identifier: BSD-2-Clause
# Other sizes: SIZE=360M, 1.7B.
SIZE ?= 135M
NAME = smollm2-$(SIZE)-instruct
MODEL_ID = HuggingFaceTB/SmolLM2-$(SIZE)-Instruct
BUILD_OPTIONS ?= --dtype bfloat16 --max-seq-len 2048
include $(dir $(lastword $(MAKEFILE_LIST)))experiment.mk
