# SPDX-License-Identifier: BSD-2-Clause
# Random weights of a known shape: tiny, 100m, 1b, 3b or 8b.
SHAPE ?= tiny
NAME ?= random-$(SHAPE)
include $(dir $(lastword $(MAKEFILE_LIST)))experiment.mk
