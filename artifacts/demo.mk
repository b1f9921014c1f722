# SPDX-License-Identifier: BSD-2-Clause
# The demo model of the project: half a minute.
NAME = demo
MODEL := $(dir $(lastword $(MAKEFILE_LIST)))demo
include $(dir $(lastword $(MAKEFILE_LIST)))experiment.mk
