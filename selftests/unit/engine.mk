# SPDX-License-Identifier: GPL-2.0-only
#
# The engine in this process. Included by Makefile beside policy.mk, whose
# objects it needs to compile policies.

PROGRAMS += test_engine test_adopt test_diff

ENGINE_CASES := $(addprefix ../bpf/,cases.c frames.c subject.c) $(TOP)/userspace/engine.c
ENGINE_DEPS := $(wildcard ../bpf/*.h $(TOP)/bpf/engine/*.h $(TOP)/bpf/proto/*.h \
	$(TOP)/userspace/engine.h)

.SECONDEXPANSION:
$(OUT)/test_engine: test_engine.c ktap.h $(ENGINE_CASES) $(ENGINE_DEPS) $$(POLICY_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< $(ENGINE_CASES) \
		$(POLICY_OBJS) $(POLICY_LIBS)

ADOPT_CASES := $(addprefix ../bpf/,adoption.c frames.c subject.c) $(TOP)/userspace/engine.c

$(OUT)/test_adopt: test_adopt.c ktap.h $(ADOPT_CASES) $(ENGINE_DEPS) $$(POLICY_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< $(ADOPT_CASES) \
		$(POLICY_OBJS) $(POLICY_LIBS)

$(OUT)/test_diff: test_diff.c ktap.h ../bpf/frames.c $(TOP)/userspace/engine.c $(ENGINE_DEPS) \
		$$(POLICY_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< ../bpf/frames.c \
		$(TOP)/userspace/engine.c $(POLICY_OBJS) $(POLICY_LIBS)
