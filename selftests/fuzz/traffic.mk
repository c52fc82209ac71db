# SPDX-License-Identifier: GPL-2.0-only
#
# The engine over frames. Its first inputs are runs of untouched conversations
# under each policy, with pauses short and long.

FUZZERS += fuzz_engine

fuzz_engine_SRCS := $(POLICY_SRCS) userspace/engine.c selftests/bpf/traffic.c \
	selftests/bpf/frames.c selftests/bpf/subject.c
fuzz_engine_FLAGS := $(fuzz_policy_FLAGS)

$(OUT)/fuzz_engine: $(wildcard $(TOP)/bpf/engine/*.h $(TOP)/bpf/proto/*.h $(TOP)/selftests/bpf/*.h)

seeds-fuzz_engine:
	@mkdir -p $(OUT)/seeds/fuzz_engine
	@for policy in 0 1 2 3 4 5 6 7 8; do \
		{ printf "\\$$(printf %o $$policy)"; \
		  for i in $$(seq 200); do printf '\000\004'; done; \
		} >$(OUT)/seeds/fuzz_engine/traffic$$policy; \
	done
