# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the policy: loader, compiler, verifier. Included by Makefile, which
# says TOP, OUT, CC, CFLAGS and WARNINGS. The capacity test is built without
# sanitizers: it measures time.

include $(TOP)/userspace/policy/Makefile.inc

POLICY_TESTS  := test_policy_errors test_policy_image test_policy_lookup test_state test_when
POLICY_HELPERS := test_policy_capacity gen_policy policy_keys
PROGRAMS += $(POLICY_TESTS) $(POLICY_HELPERS)

POLICY_FLAGS := -std=gnu11 -D_GNU_SOURCE $(WARNINGS) -I$(TOP)/include -I$(TOP) \
	$(shell pkg-config --cflags $(POLICY_PACKAGES))
POLICY_LIBS := $(shell pkg-config --libs $(POLICY_PACKAGES))
POLICY_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
POLICY_OBJS := $(POLICY_SRCS:%.c=$(OUT)/policy/%.o)
POLICY_DEPS := $(wildcard $(TOP)/userspace/policy/*.[ch] $(TOP)/include/otseg/*.h \
	$(TOP)/kmod/*verify*.[ch] $(TOP)/kmod/image_state.[ch] \
	$(TOP)/kmod/image_when.[ch]) $(wildcard $(TOP)/bpf/proto/*.h) $(TOP)/bpf/engine/message.h

$(POLICY_OBJS): $(OUT)/policy/%.o: $(TOP)/%.c $(POLICY_DEPS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) -c -o $@ $<

$(addprefix $(OUT)/,$(POLICY_TESTS)): $(OUT)/%: %.c image_walk.c image_walk.h ktap.h $(POLICY_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< image_walk.c \
		$(POLICY_OBJS) $(POLICY_LIBS)

$(OUT)/test_policy_capacity: test_policy_capacity.c image_walk.c image_walk.h ktap.h $(POLICY_DEPS)
	@mkdir -p $(@D)
	$(CC) -O2 -g $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< image_walk.c \
		$(addprefix $(TOP)/,$(POLICY_SRCS)) $(POLICY_LIBS)

$(OUT)/gen_policy: gen_policy.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -std=gnu11 $(WARNINGS) $(LDFLAGS) -o $@ $<

$(OUT)/policy_keys: policy_keys.c $(POLICY_OBJS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(POLICY_SANITIZE) $(POLICY_FLAGS) $(LDFLAGS) -o $@ $< \
		$(POLICY_OBJS) $(POLICY_LIBS)
