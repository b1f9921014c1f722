# SPDX-License-Identifier: BSD-2-Clause
# aoti-build and aoti-eager, the Python package that they use, and the demo model.

PYTHON_LIBRARY = \
	artifacts/aoti_artifacts/__init__.py \
	artifacts/aoti_artifacts/archive.py \
	artifacts/aoti_artifacts/build_command.py \
	artifacts/aoti_artifacts/cached_form.py \
	artifacts/aoti_artifacts/checkpoint.py \
	artifacts/aoti_artifacts/compiler.py \
	artifacts/aoti_artifacts/decoder.py \
	artifacts/aoti_artifacts/diagnostics.py \
	artifacts/aoti_artifacts/eager_command.py \
	artifacts/aoti_artifacts/gpu.py \
	artifacts/aoti_artifacts/inductor.py \
	artifacts/aoti_artifacts/libraries.py \
	artifacts/aoti_artifacts/logits_form.py \
	artifacts/aoti_artifacts/metadata.py \
	artifacts/aoti_artifacts/output.py \
	artifacts/aoti_artifacts/pretrained.py \
	artifacts/aoti_artifacts/quantization.py \
	artifacts/aoti_artifacts/random_command.py \
	artifacts/aoti_artifacts/safetensors_layout.py \
	artifacts/aoti_artifacts/stream.py \
	artifacts/aoti_artifacts/tokenizer.py \
	artifacts/aoti_artifacts/weights.py
pythonlibdir = $(pkgdatadir)/aoti_artifacts
EXTRA_DIST += $(PYTHON_LIBRARY)
if WITH_PYTHON
pythonlib_DATA = $(PYTHON_LIBRARY)
demodir = $(pkgdatadir)/demo
demo_DATA = $(DEMO_CHECKPOINT)
noinst_SCRIPTS = aoti-build aoti-eager
bin_SCRIPTS += installed/aoti-build installed/aoti-eager
endif

# Byte code that Python wrote when root ran a program.
uninstall-hook:
	rm -rf "$(DESTDIR)$(pythonlibdir)/__pycache__"

# The scripts name the interpreter found by configure and the folder of their library: the source's
# for scripts in the build folder, the installed one for the others.
CLEANFILES += $(noinst_SCRIPTS) $(bin_SCRIPTS)
EXTRA_DIST += artifacts/aoti-build artifacts/aoti-eager artifacts/random-llama artifacts/ruff.toml

make_script = echo '  GEN      $@'; $(MKDIR_P) $(@D) && \
	$(SED) -e '1s|.*|\#!$(PYTHON)|' -e "s|@pkgdatadir[@]|$$library|" \
		$(srcdir)/artifacts/$(@F) >$@.new && chmod +x $@.new && mv $@.new $@

aoti-build installed/aoti-build: artifacts/aoti-build Makefile
aoti-eager installed/aoti-eager: artifacts/aoti-eager Makefile
aoti-build aoti-eager:
	@library='$(abs_top_srcdir)/artifacts'; $(make_script)
installed/aoti-build installed/aoti-eager:
	@library='$(pkgdatadir)'; $(make_script)

# Recipes: from a model to a table, see experiment.mk.
EXTRA_DIST += \
	artifacts/demo.mk \
	artifacts/experiment.mk \
	artifacts/llama-3.2-1b-instruct.mk \
	artifacts/llama-3.2-1b.mk \
	artifacts/llama-3.2-3b-instruct.mk \
	artifacts/llama-3.2-3b.mk \
	artifacts/qwen2.5-instruct.mk \
	artifacts/random.mk \
	artifacts/smollm2-instruct.mk

# A model to start with is installed with aoti-build.
DEMO_CHECKPOINT = \
	artifacts/demo/config.json \
	artifacts/demo/generation_config.json \
	artifacts/demo/model.safetensors \
	artifacts/demo/tokenizer.json \
	artifacts/demo/tokenizer_config.json
DEMO = artifacts/demo/README $(DEMO_CHECKPOINT) artifacts/demo/text.py artifacts/demo/train.py
EXTRA_DIST += $(DEMO)

# The demo packages, in the build folder. Each takes half a minute.
demo.pt2: $(DEMO) $(PYTHON_LIBRARY) aoti-build aoti-tokenize
	$(AM_V_GEN)./aoti-build --model-id $(srcdir)/artifacts/demo \
		--package-path $@ --max-seq-len 512 --device cpu
demo-dynamic.pt2: $(DEMO) $(PYTHON_LIBRARY) aoti-build aoti-tokenize
	$(AM_V_GEN)./aoti-build --model-id $(srcdir)/artifacts/demo \
		--package-path $@ --form logits --dynamic-seq-len --max-seq-len 512 --device cpu
demo-static.pt2: $(DEMO) $(PYTHON_LIBRARY) aoti-build aoti-tokenize
	$(AM_V_GEN)./aoti-build --model-id $(srcdir)/artifacts/demo \
		--package-path $@ --form logits --device cpu
CLEANFILES += demo.pt2 demo_meta.json demo-dynamic.pt2 demo-dynamic_meta.json \
	demo-static.pt2 demo-static_meta.json
