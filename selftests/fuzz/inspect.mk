# SPDX-License-Identifier: GPL-2.0-only
#
# The inspectors, once for each service. The first inputs are the messages of the suite.

INSPECTORS := $(addprefix fuzz_inspect-,$(shell ../proto/services.sh | cut -d ' ' -f 1))
FUZZERS += $(INSPECTORS)
fuzz_inspect_SRCS := $(addprefix userspace/policy/,words.c arena.c)
fuzz_inspect_FLAGS := -D_GNU_SOURCE -I$(TOP) $(shell pkg-config --cflags yaml-0.1)

$(OUT)/fuzz_inspect: ../proto/ask.h \
	$(wildcard $(TOP)/bpf/engine/*.h $(TOP)/bpf/proto/*.h $(TOP)/include/otseg/*.h)

SUITE := $(abspath $(OUT)/../proto/suite)
$(addprefix seeds-,$(INSPECTORS)): seeds-fuzz_inspect-%:
	@$(MAKE) -s -C ../proto $(SUITE)
	@mkdir -p $(OUT)/seeds/fuzz_inspect-$*
	@$(SUITE) --seeds $(OUT)/seeds/fuzz_inspect-$* $*
