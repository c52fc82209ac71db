# SPDX-License-Identifier: GPL-2.0-only
#
# Modbus, rules and streams in userspace: the datapath's own source.

MODBUS_TESTS := test_modbus test_match test_memory test_stream test_stream_random
PROGRAMS += $(MODBUS_TESTS)

$(addprefix $(OUT)/,$(MODBUS_TESTS)): $(OUT)/%: %.c rig.c rig.h ktap.h modbus.mk \
		$(wildcard $(TOP)/bpf/engine/*.h $(TOP)/bpf/proto/*.h $(TOP)/include/otseg/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARNINGS) -std=gnu11 -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -o $@ $< $(if $(filter %/test_modbus,$@),,rig.c)
