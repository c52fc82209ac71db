#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The guard and the life of interfaces: governed and bound ones pass nothing that
# the datapath has not marked, whatever happens to their devices. Also what pins
# the module. The datapath is a stand-in that marks as it is told.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

# prepare FOLDER BUILD: the second policy, with one or the other interface that fails open.
prepare()
{
	local interface

	for interface in it0 ot0; do
		sed "s/^zones:/fail-open: [$interface]\n&/" "$here/module_b.yaml" \
			>"$1/open-$interface.yaml" &&
			"$2/otseg" policy compile "$1/open-$interface.yaml" output \
				"$1/open-$interface.img" || return
	done
}

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

island_on=4 island_off=5

unguarded()
{
	cat "$sysfs/interfaces/$1/unguarded"
}

# drops_exactly INTERFACE: one frame is dropped, and counted once everywhere.
drops_exactly()
{
	local before reasons

	before=$(unguarded "$1")
	reasons=$(<$sysfs/drops/unguarded)
	silent >/dev/null || return
	echo "unguarded $before -> $(unguarded "$1"), reason $reasons -> $(<$sysfs/drops/unguarded)"
	(($(unguarded "$1") == before + 1)) && (($(<$sysfs/drops/unguarded) == reasons + 1)) &&
		(($(field unguarded "interface $1") == before + 1)) &&
		(($(counter 1 "$(reason_number unguarded)") == reasons + 1))
}

passes()
{
	local before

	before=$(unguarded "$1")
	answers 3 >/dev/null && (($(unguarded "$1") == before))
}

refuses_loopback()
{
	! insmod /otseg/otseg.ko governed=lo && [[ ! -e $sysfs ]] &&
		! insmod /otseg/otseg.ko governed=a/b && [[ ! -e $sysfs ]]
}

# An interface that is there and one that is not yet.
loads_governed()
{
	wire it0 peer0 && answers && insmod /otseg/otseg.ko governed=it0,ot0 &&
		[[ $(<$sysfs/interfaces/it0/governed) == 1 ]] &&
		[[ $(<$sysfs/interfaces/it0/guard) == active ]] &&
		[[ $(<$sysfs/interfaces/ot0/guard) == absent ]] &&
		[[ $(<$sysfs/state) == none ]] && (($(field flags status) & 2))
}

appears_governed()
{
	ip link add ot0 type dummy && [[ $(<$sysfs/interfaces/ot0/guard) == active ]] || return
	ip link del ot0 && [[ $(<$sysfs/interfaces/ot0/guard) == absent ]] || return
	# By renaming, as device managers do it.
	ip link add eth7 type dummy && ip link set eth7 name ot0 &&
		[[ $(<$sysfs/interfaces/ot0/guard) == active ]]
}

# Two devices cannot be one governed interface: the second is refused.
name_is_taken()
{
	ip link set ot0 name moved || return
	[[ $(<$sysfs/interfaces/ot0/device) == moved ]] || return
	! ip link add ot0 type dummy && ip link add eth7 type dummy && ! ip link set eth7 name ot0 &&
		ip link del eth7 || return
	# Nobody can refuse one that comes from another namespace; it cannot be used.
	ip -n out link add ot0 type dummy && ip -n out link set ot0 netns 1 &&
		! ip link set ot0 up && ip link del ot0 && ip link set moved up &&
		ip link set moved name ot0 && ip link del ot0
}

unbound_stays_governed()
{
	client "bind it0" "unbind it0" "fail:ENOENT unbind it0" &&
		[[ $(<$sysfs/interfaces/it0/guard) == active ]]
}

binds()
{
	client "fail:EOPNOTSUPP bind lo" "fail:ENODEV bind 4711" "fail:EINVAL bind it0 a/b" \
		"fail:ANY bind it0 sixteen-letters-" "fail:EEXIST bind it0 other" "bind it0" \
		"bind it0 it0" "fail:ENODEV interface none" "interface it0" || return
	ip link add d0 type dummy && client "bind d0 role0" "fail:EEXIST bind d0 it0" \
		"fail:EEXIST bind d0 ot0" || return
	ip link add d1 type dummy && client "fail:EBUSY bind d1 role0" "bind d1" \
		"unbind-role d1" && ip link del d1 && [[ ! -e $sysfs/interfaces/d1 ]] &&
		[[ $(<$sysfs/interfaces/role0/device) == d0 ]]
}

# The binding goes with the device, the role stays; an heir by the role's name is taken.
follows()
{
	ip link set d0 name d9 && [[ $(<$sysfs/interfaces/role0/device) == d9 ]] &&
		[[ $(field device "interface role0") == d9 ]] || return
	ip link del d9 && [[ $(<$sysfs/interfaces/role0/guard) == absent ]] &&
		[[ ! $(field ifindex "interface role0") ]] || return
	ip link add role0 type dummy && [[ $(<$sysfs/interfaces/role0/device) == role0 ]] &&
		[[ $(<$sysfs/interfaces/role0/guard) == active ]] &&
		client "unbind-role role0" && [[ ! -e $sysfs/interfaces/role0 ]] && ip link del role0
}

ifindex()
{
	cat "/sys/class/net/$1/ifindex"
}

# is_guarded ROLE DEVICE
is_guarded()
{
	[[ $(<$sysfs/interfaces/$1/guard) == active && $(<$sysfs/interfaces/$1/device) == "$2" ]] &&
		[[ $(field ifindex "interface $1") == "$(ifindex "$2")" ]]
}

# While a host starts, a name is one device's for a moment, and then another's; it may be one of
# several; and one that is free again may be in use already.
awaits_name()
{
	client "expect tn0" "expect alt0" && ip link add tn0 type dummy && is_guarded tn0 tn0 &&
		ip link set tn0 name tmp0 && is_guarded tn0 tmp0 && ip link add tn0 type dummy &&
		is_guarded tn0 tn0 && client "bind tn0 tn0" && ip link set tn0 name said0 &&
		ip link add tn0 type dummy && is_guarded tn0 said0 && client "fail:EBUSY expect tn0" &&
		ip link del said0 && is_guarded tn0 tn0 && client "unbind-role tn0" &&
		ip link del tn0 && ip link del tmp0 || return
	# Two that wait find each other, by whatever names they came; and one that came as the other.
	client "expect sw0" "expect sw1" && ip link add sw0 type dummy && ip link add sw1 type dummy &&
		ip link set sw0 name swt && ip link set sw1 name sw0 && ip link set swt name sw1 &&
		is_guarded sw0 sw0 && is_guarded sw1 sw1 && ip link del sw1 &&
		ip link set sw0 name sw1 && is_guarded sw1 sw1 && ip link add sw0 type dummy &&
		is_guarded sw0 sw0 && is_guarded sw1 sw1 && client "bind sw1 sw1" "unbind-role sw0" &&
		ip link set sw0 name sw2 && client "expect sw2" && ip link set sw2 name sw3 &&
		client "bind sw3 sw3" && is_guarded sw3 sw3 && client "unbind-role sw1" \
		"unbind-role sw2" "unbind-role sw3" && ip link del sw1 && ip link del sw3 || return
	ip link add eth8 type dummy && ip link property add dev eth8 altname alt0 &&
		[[ $(<$sysfs/interfaces/alt0/guard) == absent ]] && ip link set eth8 up &&
		is_guarded alt0 eth8 && client "unbind-role alt0" && ip link del eth8
}

# Into another network namespace: gone for us.
leaves_namespace()
{
	ip link add d0 type dummy && client "bind d0" && ip link set d0 netns out &&
		[[ $(<$sysfs/interfaces/d0/guard) == absent ]] &&
		ip -n out link set d0 netns 1 && [[ $(<$sysfs/interfaces/d0/guard) == active ]] &&
		client "unbind d0" && ip link del d0
}

lists_many()
{
	local i steps=() before

	before=$(field interfaces status)
	for ((i = 0; i < 150; i++)); do
		ip link add "m$i" type dummy
		steps+=("bind m$i")
	done
	client "${steps[@]}" && (($(field interfaces status) == before + 150)) || return
	(($(client interfaces | grep -c 'role=m[0-9]* .*bound=yes guarded=yes') == 150)) || return
	for ((i = 0; i < 150; i++)); do
		ip link del "m$i"
	done
	client "${steps[@]/bind/unbind-role}" && (($(field interfaces status) == before))
}

attach()
{
	xdp_load && xdp_attach it0 "$1" && xdp_config 1
}

sees_policy()
{
	[[ $(xdp_result has_region) == 1 && $(xdp_result generation) == $(<$sysfs/generation) ]] &&
		(($(xdp_result image_magic) == 0x4753544f)) && [[ $(xdp_result tail) == 0 ]] &&
		[[ $(xdp_result has_wrong_size) == 0 && $(xdp_result has_unknown) == 0 ]]
}

tells_xdp()
{
	local id

	id=$(bpftool -j prog show pinned /sys/fs/bpf/module_xdp | jq .id)
	[[ $(field xdp-prog-id "interface it0") == "$id" ]] &&
		[[ $(field xdp-mode "interface it0") == "$1" ]]
}

wrong_marks()
{
	local mark

	for mark in 0 2 4 5; do
		xdp_config "$mark"
		drops_exactly it0 || {
			echo "mark $mark"
			return 1
		}
	done
	# A frame may have waited while the policy was swapped.
	xdp_config 3
	passes it0 && xdp_config 1 && passes it0
}

# is_proof MARKED LOST: what is told of the marks of it0, by netlink and in sysfs.
is_proof()
{
	local said

	said=$(client "interface it0")
	if [[ $(<$sysfs/interfaces/it0/marked) != "$1" || " $said " != *" lost=$2 "* ]]; then
		echo "marked in sysfs: $(<$sysfs/interfaces/it0/marked); $said"
		return 1
	fi
	if (($1)); then
		[[ " $said " == *" marked=yes "* ]]
	else
		[[ " $said " != *" marked=yes "* ]]
	fi
}

# native_proof: what the driver's own XDP has seen and has no mark is lost; a mark is the proof;
# another binding begins anew.
native_proof()
{
	client "bind it0" >/dev/null && is_proof 0 0 && xdp_config 0 && drops_exactly it0 &&
		is_proof 0 1 && xdp_config 1 && passes it0 && is_proof 1 1 &&
		client "bind it0" >/dev/null && is_proof 0 0 && passes it0 && is_proof 1 0
}

# Without a program, or with one of the stack's own receive path, no driver loses anything.
generic_proof()
{
	client "bind it0" >/dev/null && drops_exactly it0 && is_proof 0 0 &&
		xdp_attach it0 xdpgeneric && xdp_config 0 && drops_exactly it0 && is_proof 0 0 &&
		xdp_config 1 && passes it0 && is_proof 1 0 && xdp_detach it0 xdpgeneric
}

detached()
{
	xdp_detach it0 "$1"
	drops_exactly it0 && drops_exactly it0 && [[ $(field xdp-mode "interface it0") == 0 ]]
}

# While frames are captured, the stack clones them: the mark must be seen all the same.
captured()
{
	local pid

	tcpdump -q -p -n -i it0 -w /tmp/capture 2>/tmp/said &
	pid=$!
	wait_for 20 grep -q 'listening on' /tmp/said && passes it0
	local code=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return "$code"
}

generic()
{
	xdp_attach it0 xdpgeneric && xdp_config 1 && passes it0 && tells_xdp 2 && wrong_marks &&
		detached xdpgeneric
}

failed_open()
{
	cat "$sysfs/interfaces/$1/failed_open"
}

# passes_unseen COUNT: so many answers come, and all that asks for them is counted once.
passes_unseen()
{
	local before drops

	before=$(failed_open it0) drops=$(unguarded it0)
	answers "$1" >/dev/null || return
	echo "failed open $before -> $(failed_open it0)"
	(($(failed_open it0) >= before + $1)) && (($(unguarded it0) == drops)) &&
		(($(field failed-open "interface it0") == $(failed_open it0)))
}

# Where the policy says so, and nowhere else: what no datapath has seen passes, counted and told.
fails_open()
{
	local told

	[[ $(<$sysfs/interfaces/it0/fail_open) == 0 ]] && drops_exactly it0 &&
		client listen_enforcement "push /otseg/own/open-ot0.img" "heard_unenforced 0 1" \
			"push /otseg/own/open-it0.img" "heard_unenforced 0 1" || return
	dmesg | grep 'FAIL OPEN: 1 interfaces of policy module-b let pass what no datapath' &&
		[[ $(<$sysfs/interfaces/it0/fail_open) == 1 ]] &&
		[[ $(<$sysfs/interfaces/ot0/fail_open) == 0 ]] &&
		[[ $(field fail-open "interface it0") == yes && ! $(field fail-open "interface ot0") ]] &&
		passes_unseen 3 || return
	# Island mode outweighs it.
	client listen_enforcement "change $island_on" "heard_unenforced 0 0" && drops_exactly it0 &&
		[[ $(<$sysfs/interfaces/it0/fail_open) == 0 ]] &&
		client listen_enforcement "change $island_off" "heard_unenforced 0 1" &&
		passes_unseen 1 || return
	# The program's word counts where it runs: what it has seen is not counted.
	xdp_attach it0 && xdp_config 1 && told=$(failed_open it0) && passes it0 &&
		(($(failed_open it0) == told)) && xdp_config 2 && passes_unseen 1 && xdp_detach it0 &&
		client listen_enforcement "heard_unenforced 0 1" &&
		dmesg | grep 'NOT GUARDED: [0-9]* frames that no datapath has seen have passed'
}

told_of_frames()
{
	(($(dmesg | grep -c 'NOT GUARDED: [0-9]* frames that no datapath has seen') > $1))
}

# What has passed last is told all the same.
closes_again()
{
	local before

	before=$(dmesg | grep -c 'NOT GUARDED: [0-9]* frames that no datapath has seen')
	passes_unseen 1 && client listen_enforcement "push /otseg/b.img" "heard_unenforced 0 0" && drops_exactly it0 &&
		[[ $(<$sysfs/interfaces/it0/fail_open) == 0 ]] &&
		dmesg | grep 'policy module-b is guarded: no interface fails open any more' &&
		wait_for 120 told_of_frames "$before"
}

hostile()
{
	! bpftool prog load /otseg/module_hostile.bpf.o /sys/fs/bpf/hostile type xdp 2>/tmp/said &&
		grep -iE 'read.?only|rdonly|cannot write' /tmp/said
}

pinned()
{
	! rmmod otseg 2>/tmp/said && grep -i 'in use\|temporarily unavailable' /tmp/said &&
		passes it0
}

reappears()
{
	ip link del it0 && [[ $(<$sysfs/interfaces/it0/guard) == absent ]] && wire it0 peer0 &&
		[[ $(<$sysfs/interfaces/it0/guard) == active ]] && drops_exactly it0 &&
		xdp_attach it0 && passes it0
}

# Devices come and go, are bound and unbound while frames arrive: no complaint.
churn()
{
	local i

	for ((i = 0; i < 20; i++)); do
		ip netns exec out ping -q -n -f -c 200 -w 1 10.10.0.1 >/dev/null &
		genl_client "bind it0" "unbind it0" "bind it0" >/dev/null || return
		xdp_detach it0
		xdp_attach it0
		if ((i % 10 == 0)); then
			ip link del it0
			wire it0 peer0
			xdp_attach it0
		fi
		wait $!
	done
	passes it0
}

# Without any program the guard alone keeps the interface closed.
kept_by_guard()
{
	xdp_detach it0
	xdp_unload
	# The last program is freed after grace periods, and they are long in an emulation.
	wait_for 60 unused && ! rmmod otseg && drops_exactly it0
}

unloads_under_traffic()
{
	local pid

	ip netns exec out ping -q -n -f -w 120 10.10.0.1 >/dev/null &
	pid=$!
	unload && [[ ! -e $sysfs ]] && wait_for 30 answers >/dev/null
	local code=$?
	kill "$pid"
	wait "$pid" 2>/dev/null
	return "$code"
}

ktap_begin 31
ktap "loopback or nonsense cannot be governed" refuses_loopback
ktap "governed from load on, with or without a device" loads_governed
ktap "nothing passes a governed interface without a policy" drops_exactly it0
ktap "a governed interface that appears is guarded" appears_governed
ktap "a governed name is one device's only" name_is_taken
ktap "unbound, a governed interface stays guarded" unbound_stays_governed
ktap "what cannot be bound is refused with a sentence" binds
ktap "a binding follows its device, a role its name" follows
ktap "a name is waited for, whichever device has it, and by whatever way" awaits_name
ktap "a device that moves to another namespace is gone" leaves_namespace
ktap "150 interfaces are listed" lists_many
ktap "two policies are committed" client "push /otseg/a.img" "push /otseg/b.img"
ktap "a stand-in for the datapath marks its frames" attach xdpdrv
ktap "marked frames pass" passes it0
ktap "the datapath is handed the policy, and no more" sees_policy
ktap "netlink tells of the program" tells_xdp 1
ktap "frames with a wrong mark do not pass" wrong_marks
ktap "marks that reach the guard are told, and frames that have lost theirs" native_proof
ktap "marked frames pass while they are captured" captured
ktap "no program may write to the policy" hostile
ktap "the module cannot be unloaded while a program uses it" pinned
ktap "the interface goes and comes back: guarded before anything else" reappears
ktap "detached: the very next frame is dropped" detached xdpdrv
ktap "the same in the stack's own receive path" generic
ktap "only a driver's own XDP loses marks" generic_proof
ktap "where the policy says so, and there alone, unseen frames pass, counted and told" fails_open
ktap "and not under the next policy" closes_again
ktap "devices and bindings come and go under traffic" eval "xdp_attach it0 && xdp_config 1 && churn"
ktap "a bound interface keeps the module, and the module keeps it closed" kept_by_guard
ktap "the module unloads under traffic" unloads_under_traffic
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
