# SPDX-License-Identifier: GPL-2.0-only
#
# Dispatches only: each world has its own makefile and builds into $(O).

MAKEFLAGS += --no-print-directory

O       ?= $(CURDIR)/build
V       ?=
CLANG   ?= clang
BPFTOOL ?= bpftool
CFLAGS  ?= -O2 -g
PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib

# LANE names a kernel of scripts/lane.sh to build for instead of the running one.
LANE    ?=
KVER    ?= $(shell uname -r)
KDIR    ?= /lib/modules/$(KVER)/build
KOUT    ?= $(O)/$(KVER)
KMAKE   ?= $(MAKE)

override O := $(abspath $(O))
override BUILD := $(O)
export O BUILD V CC CLANG BPFTOOL CFLAGS LDFLAGS DESTDIR PREFIX

ifeq ($(V),1)
Q   :=
msg  =
else
Q   := @
msg  = @printf '  %-8s %s\n' '$(1)' '$(2)';
endif

.PHONY: all
all: userspace bpf $(if $(wildcard $(KDIR)/Makefile)$(LANE),kmod,no-kmod)

.PHONY: userspace bpf
userspace bpf: | $(O)
	$(Q)$(MAKE) -C $@

$(O):
	$(Q)mkdir -p $@

.PHONY: no-kmod
no-kmod:
	@echo "  SKIP     otseg.ko: no headers for the running kernel in $(KDIR) (try LANE=6.12)"

# kbuild leaves its objects beside the sources, so it is given a tree of links.
.PHONY: kmod
ifneq ($(LANE),)
kmod:
	$(Q)scripts/lane.sh $(LANE)
	$(Q). $(CURDIR)/build/lanes/$(LANE)/lane.env && \
		$(MAKE) kmod LANE= KVER="$$KVER" KDIR="$$KDIR" KMAKE="$$KMAKE" KOUT=$(O)/$(LANE)
else
kmod:
	$(call msg,KMOD,$(patsubst $(CURDIR)/%,%,$(KOUT))/otseg.ko)
	$(Q)mkdir -p $(KOUT)
	$(Q)cp -rs --remove-destination $(CURDIR)/kmod $(CURDIR)/include \
		$(CURDIR)/Kbuild $(CURDIR)/VERSION $(KOUT)/
	$(Q)find $(KOUT) -xtype l -delete
	$(Q)$(KMAKE) -C $(KDIR) M=$(KOUT) O= V=$(V) $(KFLAGS) modules
	$(Q)readelf -SW $(KOUT)/otseg.ko | grep -q '\.BTF ' || \
		echo "warning: otseg.ko has no BTF: $(KDIR) lacks vmlinux, or pahole is missing" >&2
endif

# The module goes along if `make` built it for the kernel that runs.
.PHONY: install
install:
	$(Q)$(MAKE) -C userspace install
	$(call msg,INSTALL,$(DESTDIR)$(LIBDIR)/otseg/otseg.bpf.o)
	$(Q)install -D -m 644 $(O)/otseg.bpf.o $(DESTDIR)$(LIBDIR)/otseg/otseg.bpf.o
	$(Q)if [ -f $(KOUT)/otseg.ko ]; then $(MAKE) modules_install; \
	else echo "  SKIP     otseg.ko: not built (make kmod)"; fi

# Without the kernel builder's key there is nothing to sign with. Kernel headers lack
# the System.map without which kbuild leaves depmod out.
.PHONY: modules_install
modules_install:
	$(call msg,INSTALL,otseg.ko for $(KVER))
	$(Q)$(MAKE) -C $(KDIR) M=$(KOUT) O= V=$(V) \
		$(if $(wildcard $(KDIR)/certs/signing_key.*),,CONFIG_MODULE_SIG_ALL=) \
		$(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	$(Q)$(if $(DESTDIR),,depmod -a $(KVER))

# What the tests run: everything, and the module for the kernels they boot.
LANES ?= 6.12
lanes = $(if $(filter all,$(LANES)),$(shell scripts/lane.sh --list),$(LANES))
.PHONY: check-build check-deps check-tests $(addprefix check-kmod-,$(lanes))
check-build: check-tests $(addprefix check-kmod-,$(lanes))

check-deps:
	$(Q)scripts/deps.sh build check vm

check-tests: check-deps
	$(Q)$(MAKE) userspace bpf
	$(Q)$(MAKE) -C selftests

$(addprefix check-kmod-,$(lanes)): check-kmod-%: check-deps
	$(Q)$(MAKE) kmod LANE=$*

.PHONY: check
check: check-build
	$(Q)LANES="$(LANES)" scripts/check.sh $(TESTS)

# What a firewall may meet, as often as it is meant to stand it, with the module and without: hours.
FAULTS := net/e2e_faults.sh net/e2e_swap.sh net/tool_life.sh \
	vm/module_netlink.sh vm/module_memory.sh vm/e2e_changes.sh
.PHONY: check-faults
check-faults: check-build
	$(Q)LANES="$(LANES)" LIMITS=12 OTSEG_FAULT_ROUNDS=200 OTSEG_SWAPS=10000 \
		TOOL_FAIL_SAMPLES=1000 OTSEG_NETLINK_MESSAGES=1000000 OTSEG_VM_TIMEOUT=10000 \
		scripts/check.sh $(FAULTS)

# Against tshark, over the captures of ../shared/captures or CAPTURES=DIR; minutes.
.PHONY: check-captures
check-captures: userspace
	$(Q)scripts/deps.sh build check
	$(Q)selftests/captures/compare.py $(SERVICES) || [ $$? -eq 4 ]

.PHONY: lint
lint:
	$(Q)scripts/deps.sh build lint
	$(Q)scripts/lint.sh

.PHONY: format
format:
	$(Q)scripts/deps.sh lint
	$(Q)scripts/lint.sh --format

.PHONY: fuzz
fuzz:
	$(Q)scripts/deps.sh build check
	$(Q)$(MAKE) -C selftests fuzz

.PHONY: demo
demo:
	$(Q)scripts/demo.sh

# Minutes; half an hour; and their figures into the documentation.
.PHONY: bench bench-full bench-report
bench bench-full: userspace bpf
	$(Q)scripts/deps.sh build bench
	$(Q)$(MAKE) -C selftests/bench run $(if $(filter bench-full,$@),FULL=1)

bench-report:
	$(Q)selftests/bench/report.sh write $(O)/bench Documentation/benchmarks.md

# What was downloaded stays; each user of it verifies it first.
.PHONY: clean distclean
clean:
	$(Q)if [ -d $(O) ]; then \
		find $(O) -mindepth 1 -maxdepth 1 ! -name lanes ! -name vm ! -name lint \
			! -name ynl -exec rm -rf {} +; \
	fi

distclean:
	$(Q)rm -rf $(O)

.PHONY: help
help:
	@echo 'make                  the tool, the BPF object, and the module for the running kernel'
	@echo 'make userspace|bpf    one of them'
	@echo 'make kmod             the module, for KVER, KDIR or LANE=6.12; LLVM=1 for clang'
	@echo 'make install          tool, BPF object, manual, systemd units (DESTDIR, PREFIX)'
	@echo 'make modules_install  the module, as built by make kmod'
	@echo 'make check            build and run every test (root); TESTS="unit net/x.sh" for some'
	@echo 'make check-faults     faults, each a great many times'
	@echo 'make check-captures   the tool against tshark; CAPTURES=DIR, SERVICES="modbus dnp3"'
	@echo 'make lint             style and static checks; make format to reformat C'
	@echo 'make fuzz|demo        fuzzers; a plant in network namespaces'
	@echo 'make bench            benchmark, minutes; bench-full: half an hour; PARTS="cost swap"'
	@echo 'make bench-report     their figures and plots into Documentation/benchmarks.md'
	@echo 'make clean|distclean  keep or drop cached kernels'
	@echo 'V=1 shows commands, O=DIR builds elsewhere, scripts/deps.sh installs packages'
