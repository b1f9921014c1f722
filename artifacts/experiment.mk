# SPDX-License-Identifier: BSD-2-Clause
# From a model to a table of figures, one file per step: GNU make repeats only what changed.
#
#   make -f artifacts/smollm2-instruct.mk
#   make -f artifacts/random.mk SHAPE=1b BUILD_OPTIONS='--dtype bfloat16' MAX_NEW_TOKENS=64
#   make -f artifacts/llama-3.2-1b.mk package           this step and those before it
#
# A recipe sets NAME and one of MODEL (a checkpoint's folder), MODEL_ID (a model of the Hugging Face
# hub; REVISION is a commit or branch) and SHAPE (random weights, see random-llama). These files are
# made below artifacts/results/NAME, or OUT, of the current folder:
#
#   checkpoint/     the model
#   package.pt2     compiled by aoti-build with BUILD_OPTIONS for DEVICE
#   prompts         NUM_REQUESTS lines of text, or a copy of PROMPTS
#   requests        their ids; for random models, REQUEST_LENGTH random ids each
#   compiled.json   aoti-time's report of aoti-forward
#   libtorch.json   the same with libtorch's kernels (--runtime=torch)
#   eager.json      of aoti-eager
#   table           all of MODES compared
# Programs are taken from BUILD, or from PATH. They are not dependencies: figures measured with an
# older program stay until "make -B" or rm.
# program stays until "make -B" or rm.

RECIPES := $(dir $(lastword $(MAKEFILE_LIST)))
BUILD ?= $(abspath $(RECIPES)/../build)
PYTHON ?= $(or $(shell sed -n 's/^PYTHON = //p' '$(BUILD)/Makefile' 2>/dev/null),python3)
OUT ?= artifacts/results/$(NAME)
DEVICE ?= cpu
REVISION ?= main
ARCHITECTURE ?= llama
DTYPE ?= bfloat16
BUILD_OPTIONS ?= --max-seq-len 512
NUM_REQUESTS ?= 20
REQUEST_LENGTH ?= 32
REPEATS ?= 2
MAX_NEW_TOKENS ?= 32
MODES ?= compiled libtorch eager
FORWARD_OPTIONS ?= $(if $(SHAPE),--ignore-eos)
export PATH := $(BUILD):$(PATH)

CHECKPOINT := $(or $(MODEL),$(OUT)/checkpoint)

all: $(OUT)/table
	@cat $<
checkpoint: $(CHECKPOINT)/config.json
package: $(OUT)/package.pt2
clean:
	rm -rf '$(OUT)'
FORCE:
.PHONY: all checkpoint package clean FORCE
.DELETE_ON_ERROR:

# $(call settings,NAME,WORDS): the file NAME.settings, as old as the last change of WORDS.
define settings
$(if $(filter-out x$(strip $2),x$(strip $(file <$(OUT)/$1.settings))),$(OUT)/$1.settings: FORCE)
$(OUT)/$1.settings:
	@mkdir -p $(OUT) && printf '%s\n' '$(strip $2)' >$$@
endef
SOURCE = $(or $(MODEL),$(and $(MODEL_ID),$(MODEL_ID)@$(REVISION)),$(SHAPE):$(ARCHITECTURE):$(DTYPE))
$(eval $(call settings,checkpoint,$(subst /,:,$(SOURCE))))
$(eval $(call settings,build,--device $(DEVICE) $(BUILD_OPTIONS)))
$(eval $(call settings,prompts,$(NUM_REQUESTS):$(REQUEST_LENGTH):$(subst /,:,$(PROMPTS))))
$(eval $(call settings,measure,--repeats $(REPEATS) -n $(MAX_NEW_TOKENS) $(FORWARD_OPTIONS)))

# --- Model -------------------------------------------------------------------------------------

ifdef MODEL_ID
FETCH = $(PYTHON) -c 'import sys, huggingface_hub as hub; hub.snapshot_download(sys.argv[1], \
	revision=sys.argv[2], local_dir=sys.argv[3], allow_patterns=["*.json", "*.safetensors"])' \
	'$(MODEL_ID)' '$(REVISION)' $(CHECKPOINT)
else
FETCH = $(PYTHON) $(RECIPES)random-llama --shape $(SHAPE) --architecture $(ARCHITECTURE) \
	--dtype $(DTYPE) $(CHECKPOINT)
endif
$(OUT)/checkpoint/config.json: $(OUT)/checkpoint.settings
	rm -rf $(CHECKPOINT)
	$(FETCH)
	touch $@

$(OUT)/package.pt2: $(CHECKPOINT)/config.json $(OUT)/checkpoint.settings $(OUT)/build.settings
	$(PYTHON) "$$(command -v aoti-build)" --model-id $(CHECKPOINT) --package-path $@ \
		--device $(DEVICE) $(BUILD_OPTIONS)

# --- Requests ----------------------------------------------------------------------------------

$(OUT)/prompts: $(OUT)/prompts.settings $(PROMPTS)
	$(if $(PROMPTS),cp '$(PROMPTS)' $@, \
		$(PYTHON) $(RECIPES)demo/text.py prompts --count $(NUM_REQUESTS) >$@)

ifdef SHAPE
$(OUT)/requests: $(CHECKPOINT)/config.json $(OUT)/prompts.settings
	$(PYTHON) -c 'import json, random, sys; random.seed(1); \
		size = json.load(open(sys.argv[1]))["vocab_size"] - 256; \
		[print(*random.choices(range(size), k=$(REQUEST_LENGTH))) \
		for _ in range($(NUM_REQUESTS))]' $(CHECKPOINT)/config.json >$@
else
$(OUT)/requests: $(OUT)/prompts $(CHECKPOINT)/config.json $(OUT)/checkpoint.settings
	aoti-tokenize -l -t $(CHECKPOINT) $(OUT)/prompts >$@
endif

# --- Figures -----------------------------------------------------------------------------------

MEASURE = aoti-time --quiet --label $(basename $(@F)) --requests $(OUT)/requests \
	--num-requests $(NUM_REQUESTS) --repeats $(REPEATS) --stats $(OUT)/stats --json $@
FORWARD = aoti-forward -n $(MAX_NEW_TOKENS) --stats $(OUT)/stats $(FORWARD_OPTIONS)
MEASURED = $(OUT)/requests $(OUT)/measure.settings
$(OUT)/compiled.json: $(OUT)/package.pt2 $(MEASURED)
	$(MEASURE) -- $(FORWARD) $(OUT)/package.pt2 >/dev/null
$(OUT)/libtorch.json: $(OUT)/package.pt2 $(MEASURED)
	$(MEASURE) -- $(FORWARD) --runtime=torch $(OUT)/package.pt2 >/dev/null
$(OUT)/eager.json: $(CHECKPOINT)/config.json $(OUT)/checkpoint.settings $(MEASURED)
	$(MEASURE) -- $(PYTHON) "$$(command -v aoti-eager)" -n $(MAX_NEW_TOKENS) \
		--stats $(OUT)/stats --device $(DEVICE) $(filter --ignore-eos,$(FORWARD_OPTIONS)) \
		$(CHECKPOINT) >/dev/null
$(OUT)/table: $(MODES:%=$(OUT)/%.json)
	cd $(OUT) && aoti-time --compare $(MODES:%=%.json) >table

# One at a time: parallel runs would slow each other down.
.NOTPARALLEL:
