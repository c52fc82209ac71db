# SPDX-License-Identifier: GPL-2.0-only
#
# Fuzzers of policy texts and images. Included by Makefile, which says TOP, OUT,
# CLANG, FUZZ_CFLAGS and makes each of FUZZERS from its .c file and its _SRCS.

include $(TOP)/userspace/policy/Makefile.inc

FUZZERS += fuzz_policy fuzz_image

fuzz_policy_SRCS := $(POLICY_SRCS) selftests/unit/image_walk.c
fuzz_image_SRCS := $(fuzz_policy_SRCS)
fuzz_policy_FLAGS := -D_GNU_SOURCE -I$(TOP) $(shell pkg-config --cflags --libs $(POLICY_PACKAGES))
fuzz_image_FLAGS := $(fuzz_policy_FLAGS)

# Texts that say everything; of images, a change of nothing, of the header and of a text's length.
seeds-fuzz_policy:
	@mkdir -p $(OUT)/seeds/fuzz_policy
	@cp $(TOP)/Documentation/examples/*.yaml $(OUT)/seeds/fuzz_policy/

seeds-fuzz_image:
	@mkdir -p $(OUT)/seeds/fuzz_image
	@printf '\001' >$(OUT)/seeds/fuzz_image/unchanged
	@printf '\001\033\000\010\000\005\000\000\000' >$(OUT)/seeds/fuzz_image/header
	@printf '\001\025\001\002\000\002\000\000\000' >$(OUT)/seeds/fuzz_image/text
