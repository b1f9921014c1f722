# SPDX-License-Identifier: BSD-2-Clause
# Requires accepting the license on the hub and "hf auth login".
NAME = llama-3.2-1b
MODEL_ID = meta-llama/Llama-3.2-1B
BUILD_OPTIONS ?= --dtype bfloat16 --max-seq-len 2048
include $(dir $(lastword $(MAKEFILE_LIST)))experiment.mk
