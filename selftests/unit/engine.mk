# SPDX-License-Identifier: GPL-2.0-only
#
# The engine in this process. Included by Makefile beside policy.mk, whose
# objects it needs to compile policies.

ENGINE_TESTS := test_engine test_adopt test_diff
PROGRAMS += $(ENGINE_TESTS)

test_engine_CASES := $(addprefix ../bpf/,cases.c frames.c subject.c)
test_adopt_CASES := $(addprefix ../bpf/,adoption.c frames.c subject.c)
test_diff_CASES := ../bpf/frames.c

# Once for all: it takes a minute.
$(OUT)/engine.o: $(TOP)/userspace/engine.c $(wildcard $(TOP)/bpf/engine/*.h $(TOP)/bpf/proto/*.h \
		$(TOP)/include/otseg/*.h $(TOP)/userspace/engine.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) -c -o $@ $<

.SECONDEXPANSION:
$(addprefix $(OUT)/,$(ENGINE_TESTS)): $(OUT)/%: %.c ktap.h $(wildcard ../bpf/*.h) $$($$*_CASES) \
		$(OUT)/engine.o $$(POLICY_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< $($*_CASES) \
		$(OUT)/engine.o $(POLICY_OBJS) $(POLICY_LIBS)
