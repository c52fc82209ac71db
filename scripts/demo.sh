#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Show otseg at work: a PLC, an HMI, a historian and an office PC around a
# firewall, every refusal with its reason. Installs and builds what is missing.
#
#   scripts/demo.sh            in a small virtual machine, with the module
#   NATIVE=1 scripts/demo.sh   with the module, on this kernel
#   MAP=1 scripts/demo.sh      without the module, on this kernel, in seconds
#
# Exit code 0 only if everything happened as announced.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
lane=${LANE:-6.12}
out=${O:-$top/build}

say()
{
	echo "demo: $*"
}

# Says why not, and fails, where the module cannot be had on this kernel.
can_load_modules()
{
	local kdir
	kdir=/lib/modules/$(uname -r)/build

	if [[ ! -e /proc/modules ]]; then
		say "this kernel cannot load modules"
	elif [[ ! -e /sys/kernel/btf/vmlinux ]]; then
		say "this kernel tells no types (BTF)"
	elif [[ $(printf '6.12\n%s\n' "$(uname -r)" | sort -V | head -n 1) != 6.12 ]]; then
		say "this kernel is older than 6.12"
	elif [[ ! -e $kdir/Makefile ]]; then
		say "there are no headers of this kernel (linux-headers-$(uname -r))"
	else
		return 0
	fi
	return 1
}

build()
{
	say "building $*"
	if ! make -s -C "$top" O="$out" "$@" >"$out/demo.log" 2>&1; then
		tail -n 40 "$out/demo.log" >&2
		say "the build failed; all of it: $out/demo.log" >&2
		exit 1
	fi
}

if ((EUID != 0)); then
	echo "demo: needs root: sudo make demo" >&2
	exit 1
fi

path=vm
if [[ ${MAP:-} ]]; then
	path=map
elif [[ ${NATIVE:-} ]]; then
	if can_load_modules; then
		path=native
	else
		say "so it goes to the virtual machine"
	fi
fi

mkdir -p "$out"
groups=(build pkg:libmodbus-dev pkg:iproute2 pkg:jq pkg:procps)
if [[ $path == vm ]]; then
	groups+=(vm)
fi
"$top/scripts/deps.sh" "${groups[@]}"

build userspace bpf
make -s -C "$top/selftests/net" O="$out" peers >"$out/demo.log" 2>&1 || {
	cat "$out/demo.log" >&2
	exit 1
}

export OTSEG_DEMO_COLOR=
if [[ -t 1 ]]; then
	OTSEG_DEMO_COLOR=1
fi

case $path in
map)
	say "map-backed mode on this kernel: no module"
	export PATH=$out:$out/selftests/net:$PATH
	exec "$top/scripts/demo-scenario.sh" map
	;;
native)
	build kmod
	say "on this kernel, with the module"
	export PATH=$out:$out/selftests/net:$PATH
	OTSEG_MODULE=$out/$(uname -r)/otseg.ko exec "$top/scripts/demo-scenario.sh" module
	;;
vm)
	build kmod LANE="$lane"
	say "in a virtual machine, kernel lane $lane"
	files=(
		"$out/otseg:/usr/local/sbin/otseg"
		"$out/otseg.bpf.o:/usr/local/lib/otseg/otseg.bpf.o"
		"$out/$lane/otseg.ko:/demo/otseg.ko"
		"$top/scripts/demo-scenario.sh:/demo/scripts/demo-scenario.sh"
		"$top/selftests/net/plant.sh:/demo/selftests/net/plant.sh"
		"$top/selftests/net/firewall.sh:/demo/selftests/net/firewall.sh"
		"$top/Documentation/examples/demo.yaml:/demo/Documentation/examples/demo.yaml"
	)
	for peer in modbus plc scan spoof; do
		files+=("$out/selftests/net/peer_$peer:/usr/local/bin/peer_$peer")
	done
	# Software emulation is slow: patience is for what will not be answered.
	options=()
	for file in "${files[@]}"; do
		options+=(--file "$file")
	done
	exec "$top/scripts/vm.sh" --lane "$lane" --name demo --timeout 300 \
		"${options[@]}" -- \
		env OTSEG_DEMO_COLOR="$OTSEG_DEMO_COLOR" OTSEG_MODULE=/demo/otseg.ko \
		OTSEG_DEMO_PATIENCE=1500 /demo/scripts/demo-scenario.sh module
	;;
esac
