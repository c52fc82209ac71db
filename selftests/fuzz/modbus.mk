# SPDX-License-Identifier: GPL-2.0-only
#
# The Modbus inspector; its first inputs are the ADUs of its unit test.

FUZZERS += fuzz_modbus
fuzz_modbus_SRCS := selftests/unit/rig.c

seeds-fuzz_modbus: $(TOP)/selftests/unit/test_modbus.c
	@mkdir -p $(OUT)/seeds/fuzz_modbus
	$(CC) -std=gnu11 -DWRITE_SEEDS -o $(OUT)/modbus_seeds $<
	$(OUT)/modbus_seeds $(OUT)/seeds/fuzz_modbus >/dev/null

$(OUT)/fuzz_modbus: $(wildcard $(TOP)/bpf/engine/*.h $(TOP)/bpf/proto/*.h $(TOP)/include/otseg/*.h) \
	$(TOP)/selftests/unit/rig.h
