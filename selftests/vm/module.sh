# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the module tests. On the host, module_host boots a machine with the
# module, the test programs and compiled policies and runs the same script there
# with --guest; all results come from there.

module_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
sysfs=/sys/kernel/otseg

# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$module_dir/../ktap.sh"

# module_many RULES: a policy of that many rules, in conduits of 1,000 each.
module_many()
{
	local i conduit=-1

	printf 'otseg: 1\nname: many\nzones:\n'
	printf '  a: {level: 3, interfaces: [it0], prefixes: [10.1.0.0/16]}\n'
	for ((i = 0; i * 1000 < $1; i++)); do
		printf '  z%d: {level: 1, interfaces: [ot0], prefixes: [10.2.%d.0/24]}\n' "$i" "$i"
	done
	printf 'conduits:\n'
	for ((i = 0; i < $1; i++)); do
		if ((i / 1000 != conduit)); then
			conduit=$((i / 1000))
			printf '  c%d:\n    reason: "many"\n    from: a\n    to: z%d\n    rules:\n' \
				"$conduit" "$conduit"
		fi
		printf '      r%d: {service: tcp, port: %d}\n' "$i" $((i % 1000 + 1))
	done
}

# free_kb: memory that is free, in kB. Pages that processors keep at hand are free as well,
# and there are many of them.
free_kb()
{
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^MemFree:/ { kb += $2 } /^ +count:/ { kb += 4 * $2 } END { print kb }' \
		/proc/meminfo /proc/zoneinfo
}

# has_free KB: freed memory comes back late, and not at all for a while where KASAN watches
# it; there the leak detector is asked instead, in the end.
has_free()
{
	[[ -e /sys/kernel/debug/kmemleak ]] || (($(free_kb) >= $1))
}

# rounds N: how often what must take no memory for good is repeated. One loss is seen only
# among many; the leak detector finds it by itself, on a kernel that takes its time.
rounds()
{
	if [[ -e /sys/kernel/debug/kmemleak ]]; then
		echo $(($1 / 10))
	else
		echo "$1"
	fi
}

# module_host SCRIPT [ARGUMENT...]: boot, run SCRIPT --guest ARGUMENT... there; does not
# return. OTSEG_VM_TIMEOUT gives a run of many rounds more seconds.
module_host()
{
	local top out lane work policy script=$1
	shift

	top=$(cd "$module_dir/../.." && pwd)
	out=${O:-$top/build}
	lane=${LANE:-6.12}
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT

	module_many 32768 >"$work/many.yaml"
	cp "$module_dir"/module_[ab].yaml "$work/"
	for policy in module_a module_b many; do
		if ! "$out/otseg" policy compile "$work/$policy.yaml" output \
			"$work/$policy.img" >"$work/log" 2>&1; then
			sed 's/^/# /' "$work/log"
			echo "Bail out! $policy.yaml does not compile"
			exit 1
		fi
	done

	# What only one of them needs: a function of its own makes it.
	mkdir "$work/own"
	if declare -F prepare >/dev/null && ! prepare "$work/own" "$out" >"$work/log" 2>&1; then
		sed 's/^/# /' "$work/log"
		echo "Bail out! the files of this test cannot be made"
		exit 1
	fi

	# What only a debugger reads would have to be read at each load. And what a build without
	# pahole or vmlinux gives.
	strip -g -o "$work/otseg.ko" "$out/$lane/otseg.ko"
	objcopy -R .BTF -R .BTF.base "$work/otseg.ko" "$work/nobtf.ko"

	"$top/scripts/vm.sh" --lane "$lane" --name "$(basename "$script" .sh)" \
		--timeout "${OTSEG_VM_TIMEOUT:-900}" \
		--mem 1G \
		--file "$work/otseg.ko:/otseg/otseg.ko" \
		--file "$work/nobtf.ko:/otseg/nobtf.ko" \
		--file "$out/selftests/vm/genl_client:/usr/local/bin/genl_client" \
		--file "$out/selftests/vm/genl_fuzz:/usr/local/bin/genl_fuzz" \
		--file "$out/selftests/vm/module_traffic:/usr/local/bin/module_traffic" \
		--file "$out/selftests/vm/module_xdp.bpf.o:/otseg/module_xdp.bpf.o" \
		--file "$out/selftests/vm/module_hostile.bpf.o:/otseg/module_hostile.bpf.o" \
		--file "$work/module_a.img:/otseg/a.img" \
		--file "$work/module_b.img:/otseg/b.img" \
		--file "$work/many.img:/otseg/many.img" \
		--file "$work/own:/otseg/own" \
		--file "$top/Documentation/ABI/testing/sysfs-kernel-otseg:/otseg/abi" \
		--file "$top/include/otseg/reason.h:/otseg/reason.h" \
		--file "$top/selftests/ktap.sh:/otseg/selftests/ktap.sh" \
		--file "$top/selftests/vm:/otseg/selftests/vm" \
		-- "/otseg/selftests/vm/$(basename "$script")" --guest "$@"
	exit
}

# The functions below are for the guest.

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for()
{
	local end=$((SECONDS + $1))
	shift

	until "$@"; do
		if ((SECONDS >= end)); then
			return 1
		fi
		sleep 0.05
	done
}

# roles: of interfaces that are bound, each of which keeps the module.
roles()
{
	local role

	for role in "$sysfs"/interfaces/*/; do
		[[ -e ${role}bound && $(<"${role}bound") == 1 ]] && basename "$role"
	done
	return 0
}

# unused: nothing but bound interfaces keeps the module; a program does until it is freed.
unused()
{
	grep "^otseg [0-9]* $(roles | wc -l) " /proc/modules
}

# unload: lets go of all interfaces, and of the module.
unload()
{
	local role

	for role in $(roles); do
		genl_client "unbind-role $role" || return
	done
	rmmod otseg
}

# client STEP...: what it says is shown, its verdict is returned.
client()
{
	genl_client "$@"
}

# state: all that a refused request must not change.
state()
{
	(cd "$sysfs" && grep . state generation digest policy mode && ls zones conduits \
		conduits/*/rules)
}

# counter KIND INDEX: one counter as netlink tells it.
counter()
{
	genl_client "counters $1 $2 1" | sed -n 's/.* values=\([0-9]*\).*/\1/p'
}

# field NAME STEP: one value of an answer.
field()
{
	genl_client "$2" | sed -n "s/^answer.* $1=\([^ ]*\).*/\1/p"
}

reason_number()
{
	grep -o '^	X([A-Z0-9_]*, "[a-z0-9-]*"' /otseg/reason.h | grep -nx ".*\"$1\"" |
		sed 's/:.*//' | awk '{ print $1 - 1 }'
}

# The stand-in for the datapath, as xdp_load pins it; another one has another name.
xdp=module

# xdp_load: the stand-in, with maps of its own.
xdp_load()
{
	bpftool prog load /otseg/module_xdp.bpf.o "/sys/fs/bpf/${xdp}_xdp" type xdp \
		pinmaps "/sys/fs/bpf/${xdp}_maps"
}

xdp_attach()
{
	ip link set dev "$1" "${2:-xdpdrv}" pinned "/sys/fs/bpf/${xdp}_xdp"
}

xdp_detach()
{
	ip link set dev "$1" "${2:-xdpdrv}" off
}

xdp_unload()
{
	rm -rf "/sys/fs/bpf/${xdp}_xdp" "/sys/fs/bpf/${xdp}_maps"
}

le32()
{
	local n

	for n; do
		printf '%d %d %d %d ' $((n & 255)) $((n >> 8 & 255)) $((n >> 16 & 255)) \
			$((n >> 24 & 255))
	done
}

# xdp_config MARK [EVEN ODD [DELAY]]: what to leave, which counters to count in by parity
# of the generation, and how many microseconds late.
xdp_config()
{
	# shellcheck disable=SC2046 # bpftool wants each byte as a word
	bpftool map update pinned "/sys/fs/bpf/${xdp}_maps/config" key 0 0 0 0 \
		value $(le32 "$1" $(($# > 1)) "${2:-0}" "${3:-0}" "${4:-0}")
}

# xdp_result FIELD
xdp_result()
{
	bpftool -j map dump pinned "/sys/fs/bpf/${xdp}_maps/result" |
		jq ".[0].formatted.value.$1"
}

# suspend SECONDS: as far as the kernel's own test of it does, which wakes up by itself.
suspend()
{
	echo "$1" >/sys/module/suspend/parameters/pm_test_delay && echo core >/sys/power/pm_test &&
		echo mem >/sys/power/state
}

# wire DEVICE PEER: a veth from this host to a host of its own, 10.10.0.1 - 10.10.0.2.
wire()
{
	if [[ ! -e /run/netns/out ]]; then
		ip netns add out
		ip netns exec out sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1
		sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	fi
	ip link add "$1" address 02:00:00:00:00:01 type veth \
		peer name "$2" address 02:00:00:00:00:02 netns out
	ip addr add 10.10.0.1/24 dev "$1"
	ip link set "$1" up
	ip neigh replace 10.10.0.2 lladdr 02:00:00:00:00:02 dev "$1"
	ip -n out addr add 10.10.0.2/24 dev "$2"
	ip -n out link set "$2" up
	ip -n out neigh replace 10.10.0.1 lladdr 02:00:00:00:00:01 dev "$2"
	wait_for 10 grep -qx 1 "/sys/class/net/$1/carrier"
}

# station NAME NET: a host of that name, NET.2, behind NAME0 of this one, NET.1.
station()
{
	ip netns add "$1" && ip link add "$1"0 address 02:00:00:00:01:01 type veth \
		peer name "$1"1 address 02:00:00:00:01:02 netns "$1" && ip addr add "$2.1/24" dev "$1"0 &&
		ip link set "$1"0 up && ip -n "$1" addr add "$2.2/24" dev "$1"1 &&
		ip -n "$1" link set "$1"1 up &&
		ip -n "$1" neigh replace "$2.1" lladdr 02:00:00:00:01:01 dev "$1"1 &&
		wait_for 10 grep -qx 1 "/sys/class/net/$1"0/carrier && client "bind $1"0
}

traffic_is_up()
{
	grep -qx begun /tmp/traffic
}

# traffic_begin: until traffic_end what is allowed comes all the time, from a host whose frames
# the stand-in for the datapath marks; and what is not, as nothing marks it. A policy is active.
traffic_begin()
{
	local xdp=traffic

	station live 10.12.0 && station bare 10.13.0 && xdp_load && xdp_attach live0 &&
		xdp_config 1 || return
	module_traffic live 10.12.0.1 bare 10.13.0.1 >/tmp/traffic 2>&1 &
	traffic_pid=$!
	wait_for 60 traffic_is_up
}

# traffic_end: not one of the allowed ones was lost, and not one of the others has come.
traffic_end()
{
	local sent received refused arrived dropped name xdp=traffic

	kill "$traffic_pid" && wait "$traffic_pid"
	cat /tmp/traffic
	{ read -r sent received && read -r refused arrived; } < <(tail -n 2 /tmp/traffic)
	dropped=$(<$sysfs/interfaces/bare0/unguarded)
	echo "allowed: $sent sent, $received came; refused: $refused sent, $arrived came, $dropped dropped"
	xdp_detach live0
	xdp_unload
	for name in live bare; do
		client "unbind ${name}0" && ip link del "$name"0 && ip netns del "$name" || return
	done
	# The program that needed the module is gone when it is freed.
	((sent > 20 && received == sent && arrived == 0 && dropped >= refused)) &&
		! grep comes /tmp/traffic && wait_for 60 unused
}

answers()
{
	ip netns exec out ping -q -n -c "${1:-1}" -i 0.01 -W "${2:-10}" 10.10.0.1
}

silent()
{
	! ip netns exec out ping -q -n -c 1 -W 2 10.10.0.1
}
