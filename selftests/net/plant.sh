# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the demo and by the end-to-end tests: a small plant made of network
# namespaces, and the life of everything that runs in it.
#
#   IT side (namespace)        firewall                  OT side (namespace)
#   historian 10.10.5.20  --- it0            ot0 ---     PLC 192.168.10.11
#   HMI       10.10.5.30      10.10.0.1      192.168.10.1
#   office    10.10.9.99
#
# The firewall routes.  It is a namespace too (plant_make private), or, because
# the module governs the initial namespace only, this one (plant_make here).
# plant_end, which belongs into a trap, ends what was started and nothing else.

plant_tag=otseg-$$
plant_it=$plant_tag-it
plant_ot=$plant_tag-ot
plant_fw=
plant_dir=
declare -A plant_pids=()

# in_net NAMESPACE COMMAND...: /sys and /sys/fs/bpf stay those of the caller.
in_net()
{
	local space=$1
	shift

	nsenter --net="/run/netns/$space" -- "$@"
}

it()
{
	in_net "$plant_it" "$@"
}

ot()
{
	in_net "$plant_ot" "$@"
}

fw()
{
	if [[ $plant_fw ]]; then
		in_net "$plant_fw" "$@"
	else
		"$@"
	fi
}

# wait_for SECONDS COMMAND...: try until it succeeds; fail when time is up.
wait_for()
{
	local seconds=$1 deadline=$((SECONDS + $1 + 1))
	shift

	until "$@" >/dev/null; do
		if ((SECONDS >= deadline)); then
			echo "waited $seconds s in vain for: $*"
			return 1
		fi
		sleep 0.05
	done
}

# plant_start NAME NAMESPACE COMMAND...: in the background, output in
# $plant_dir/NAME.out; NAMESPACE is it, ot or fw.
plant_start()
{
	local name=$1 where=$2
	shift 2

	case $where in
	it)	set -- nsenter --net="/run/netns/$plant_it" -- "$@" ;;
	ot)	set -- nsenter --net="/run/netns/$plant_ot" -- "$@" ;;
	fw)	if [[ $plant_fw ]]; then
			set -- nsenter --net="/run/netns/$plant_fw" -- "$@"
		fi ;;
	esac
	: >"$plant_dir/$name.out" # for those who look at once
	"$@" >"$plant_dir/$name.out" 2>"$plant_dir/$name.err" </dev/null &
	plant_pids[$name]=$!
}

# plant_stop NAME [SIGNAL]: returns the exit code of what was started.
plant_stop()
{
	local pid=${plant_pids[$1]:-} code=0

	if [[ -z $pid ]]; then
		return 0
	fi
	unset "plant_pids[$1]"
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null || code=$?
	return "$code"
}

# said NAME PATTERN: what was started under NAME has printed such a line.
said()
{
	grep -q -- "$2" "$plant_dir/$1.out"
}

# last_number NAME WORD: the number after the last "WORD" at a line's start.
last_number()
{
	sed -n "s/^$2 \([0-9]*\).*/\1/p" "$plant_dir/$1.out" | tail -n 1
}

# Counts from where the other one now is: has NAME's WORD passed FLOOR?
beyond()
{
	local now

	now=$(last_number "$1" "$2")
	((${now:-0} > $3))
}

plant_forwarding()
{
	fw sysctl -q -w "net.ipv4.ip_forward=$1" || return
	if [[ -e /proc/sys/net/ipv6 ]]; then
		fw sysctl -q -w "net.ipv6.conf.all.forwarding=$1" || return
	fi
}

# plant_wire DEVICE NAMESPACE: a cable between the firewall and a side.
plant_wire()
{
	local device=$1 side=$2

	ip link add "$device" ${plant_fw:+netns "$plant_fw"} type veth \
		peer name eth0 netns "$side"
}

# plant_quiet NAMESPACE: no chatter of IPv6 that a test did not ask for.
plant_quiet()
{
	if [[ -e /proc/sys/net/ipv6 ]]; then
		in_net "$1" sysctl -q -w net.ipv6.conf.default.disable_ipv6=1 \
			net.ipv6.conf.all.disable_ipv6=1
	fi
}

plant_address_it()
{
	fw ip -batch - <<-END || return
		address add 10.10.0.1/16 dev it0
		link set it0 up
	END
	it ip -batch - <<-END
		address add 10.10.5.20/16 dev eth0
		address add 10.10.5.30/16 dev eth0
		address add 10.10.9.99/16 dev eth0
		link set lo up
		link set eth0 up
		route add default via 10.10.0.1
	END
}

# plant_rewire_it: the IT side's cable anew, after somebody has removed it.
plant_rewire_it()
{
	plant_wire it0 "$plant_it" && plant_address_it
}

# plant_make here|private
plant_make()
{
	local device

	plant_dir=$(mktemp -d "${TMPDIR:-/tmp}/$plant_tag.XXXXXX") || return
	# The history of the host is no business of a test.
	export OTSEG_STATE_DIR=$plant_dir/state
	if [[ $1 == here ]]; then
		for device in it0 ot0; do
			if [[ -e /sys/class/net/$device ]]; then
				echo "plant: this host has a device $device already" >&2
				return 1
			fi
		done
		plant_forwarded=$(sysctl -n net.ipv4.ip_forward)
	else
		plant_fw=$plant_tag-fw
		ip netns add "$plant_fw" || return
		plant_quiet "$plant_fw"
	fi
	ip netns add "$plant_it" && ip netns add "$plant_ot" || return
	plant_quiet "$plant_it"
	plant_quiet "$plant_ot"
	plant_wire it0 "$plant_it" && plant_wire ot0 "$plant_ot" || return
	if [[ $1 == here && -e /proc/sys/net/ipv6 ]]; then
		sysctl -q -w net.ipv6.conf.it0.disable_ipv6=1 \
			net.ipv6.conf.ot0.disable_ipv6=1
	fi
	plant_address_it || return
	fw ip -batch - <<-END || return
		address add 192.168.10.1/24 dev ot0
		link set ot0 up
	END
	ot ip -batch - <<-END || return
		address add 192.168.10.11/24 dev eth0
		link set lo up
		link set eth0 up
		route add default via 192.168.10.1
	END
	if [[ $1 == here ]]; then
		sysctl -q -w net.ipv4.ip_forward=1
	else
		fw sysctl -q -w net.ipv4.ip_forward=1
	fi
}

# plant_inet6: the same plant, its IPv6 half.
plant_inet6()
{
	local space

	for space in "$plant_it" "$plant_ot"; do
		in_net "$space" sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 \
			net.ipv6.conf.eth0.accept_dad=0 || return
	done
	if [[ $plant_fw ]]; then
		fw sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 || return
	fi
	fw sysctl -q -w net.ipv6.conf.it0.disable_ipv6=0 \
		net.ipv6.conf.ot0.disable_ipv6=0 net.ipv6.conf.it0.accept_dad=0 \
		net.ipv6.conf.ot0.accept_dad=0 net.ipv6.conf.all.forwarding=1 || return
	fw ip -batch - <<-END || return
		address add fd00:10::1/64 dev it0 nodad
		address add fd00:20::1/64 dev ot0 nodad
	END
	it ip -batch - <<-END || return
		address add fd00:10::20/64 dev eth0 nodad
		address add fd00:10::99/64 dev eth0 nodad
		route add default via fd00:10::1
	END
	ot ip -batch - <<-END || return
		address add fd00:20::11/64 dev eth0 nodad
		route add default via fd00:20::1
	END
}

# plant_plc: the controller; what reached it is in $plant_dir/plc.log.
plant_plc()
{
	: >"$plant_dir/plc.log"
	plant_start plc ot peer_plc --log "$plant_dir/plc.log"
	wait_for 10 grep -q listening "$plant_dir/plc.log" || {
		cat "$plant_dir/plc.err"
		return 1
	}
}

# plc_requests [PATTERN]: how many requests, of that kind, arrived there.
plc_requests()
{
	grep '"request"' "$plant_dir/plc.log" | grep -c -- "${1:-}"
}

plant_end()
{
	local name space

	for name in "${!plant_pids[@]}"; do
		plant_stop "$name" KILL
	done
	if [[ -z $plant_fw ]]; then
		for name in it0 ot0; do
			# Only a cable of this plant ends in one of its namespaces.
			if [[ -e /run/netns/$plant_it ]]; then
				ip link del "$name" 2>/dev/null
			fi
		done
		if [[ ${plant_forwarded:-} ]]; then
			sysctl -q -w "net.ipv4.ip_forward=$plant_forwarded"
		fi
	fi
	for space in "$plant_it" "$plant_ot" ${plant_fw:+"$plant_fw"}; do
		if [[ -e /run/netns/$space ]]; then
			ip netns del "$space"
		fi
	done
	if [[ $plant_dir ]]; then
		rm -rf "$plant_dir"
	fi
	plant_dir=
}
