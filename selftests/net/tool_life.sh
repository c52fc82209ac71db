#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The tool in map-backed mode, from the first apply to the detach: what is
# attached and when, what passes meanwhile, what the counters say, and what is
# left when a step fails or the tool is killed. It does not judge the engine's
# verdicts beyond one permission and one refusal.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tool.sh
. "$here/tool.sh"

object=${OTSEG_BPF_OBJECT:-$built/selftests/net/lean/otseg.bpf.o}
export OTSEG_BPF_OBJECT=$object
plc=192.168.10.11
hmi=10.10.5.30
office=10.10.9.99

# policy NAME SOURCE [OT_INTERFACE]: SOURCE alone may ping the PLC.
policy()
{
	cat <<END
otseg: 1
name: $1
zones:
  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
  ot: {level: 1, interfaces: [${3:-ot0}], prefixes: [192.168.10.0/24]}
assets:
  one: {zone: it, address: $2}
  plc: {zone: ot, address: $plc}
conduits:
  telemetry:
    reason: "who may ping"
    from: it
    to: ot
    rules:
      ping: {from: one, to: plc, service: icmp, types: [echo]}
END
}

passes()
{
	it ping -n -q -c 1 -W 2 -I "$1" "$plc" >/dev/null || {
		echo "no answer for $1"
		return 1
	}
}

refused()
{
	if it ping -n -q -c 1 -W 0.15 -I "$1" "$plc" >/dev/null; then
		echo "$1 got an answer"
		return 1
	fi
}

# apply NAME [ARGUMENT...]: $plant_dir/NAME.yaml; output in $plant_dir/said.
apply()
{
	local name=$1 code=0
	shift

	fw otseg policy apply "$plant_dir/$name.yaml" "$@" >"$plant_dir/said" 2>&1 || code=$?
	if ((code)); then
		cat "$plant_dir/said"
	fi
	return "$code"
}

told()
{
	if ! grep -q -- "$1" "$plant_dir/said"; then
		echo "not told '$1' but:"
		cat "$plant_dir/said"
		return 1
	fi
}

status()
{
	fw otseg -j -s status | jq -r "$1"
}

is_active()
{
	local name

	name=$(status '.policy.name // "none"')
	if [[ $name != "$1" ]]; then
		echo "active is $name, not $1"
		return 1
	fi
}

# The two policies of the test can be told apart by who gets an answer.
enforces()
{
	case $1 in
	first)	is_active first && passes "$hmi" && refused "$office" ;;
	second)	is_active second && passes "$office" && refused "$hmi" ;;
	none)	is_active none && passes "$hmi" && passes "$office" ;;
	esac
}

xdp_of()
{
	fw ip -j link show "$1" | jq -r '.[0].xdp.prog.id // "none"'
}

first_apply()
{
	enforces none && apply first && enforces first &&
		[[ $(xdp_of it0) != none && $(xdp_of ot0) != none ]] &&
		told 'interface it0: governed from now on' &&
		[[ $(status '.backend') == map && $(status '.policy.generation') == 1 ]]
}

counters()
{
	local drops

	drops=$(status '[.reasons[] | select(.name == "icmp-type") | .packets] | add // 0')
	refused "$office"
	if (($(status '[.reasons[] | select(.name == "icmp-type") | .packets] | add // 0') <= drops)); then
		status '.reasons'
		return 1
	fi
	(($(fw otseg -j -s conduit show name telemetry | jq '.conduits[0].drops') > 0)) &&
		(($(fw otseg -j -s rule show name telemetry/ping | jq '.rules[0].packets') > 0)) &&
		(($(fw otseg -j -s zone show name it | jq '.zones[0].drops') > 0)) &&
		(($(fw otseg -j -s interface show name it0 | jq '.interfaces[0].packets') > 0)) &&
		passes "$hmi" &&
		fw otseg -j -s flow show | jq -e --arg hmi "$hmi" 'any(.flows[]; .src == $hmi and
			.conduit == "telemetry" and .rule == "ping" and .protocol == "icmp")'
}

# What keeps its name keeps its counters; nothing runs backwards.
counters_carried()
{
	local before after

	before=$(fw otseg -j -s rule show name telemetry/ping | jq '.rules[0].packets')
	apply second || return
	after=$(fw otseg -j -s rule show name telemetry/ping | jq '.rules[0].packets')
	echo "before $before, after $after"
	((before > 0 && after >= before)) && apply first &&
		(($(fw otseg -j -s rule show name telemetry/ping | jq '.rules[0].packets') >= after))
}

reapply_in_place()
{
	local it0 ot0 generation i

	it0=$(xdp_of it0) ot0=$(xdp_of ot0) generation=$(status '.policy.generation')
	for ((i = 0; i < 5; i++)); do
		apply second && enforces second && apply first && enforces first || return
	done
	told 'governed as before' && [[ $(xdp_of it0) == "$it0" && $(xdp_of ot0) == "$ot0" ]] &&
		(($(status '.policy.generation') == generation + 10))
}

# with_fault HOW N [NAME]: apply second, or NAME, with that bpf() call going wrong.
with_fault()
{
	TOOL_FAIL_HOW=$1 TOOL_FAIL_AT=$2 TOOL_FAIL_LOG=$plant_dir/calls \
		LD_PRELOAD=$built/selftests/net/tool_fail.so \
		fw otseg policy apply "$plant_dir/${3:-second}.yaml" >"$plant_dir/said" 2>&1
}

# Either all of it happened or nothing, and the next apply is as good as ever.
swap_interrupted()
{
	local how=$1 at calls code now tried=0 failures=0 step

	apply first && with_fault fail 0 && calls=$(<"$plant_dir/calls") && enforces second ||
		return
	step=$((calls / (4 * ${TOOL_FAIL_SAMPLES:-6}) + 1))
	for ((at = 1 + RANDOM % step; at <= calls; at += step)); do
		code=0
		apply first || return
		with_fault "$how" "$at" || code=$?
		now=$(status '.policy.name')
		if ((code && code != 137)) && [[ $now != first ]]; then
			echo "call $at of $calls: exit code $code, but $now is active"
			cat "$plant_dir/said"
			return 1
		fi
		enforces "$now" || {
			echo "call $at of $calls: exit code $code"
			cat "$plant_dir/said"
			return 1
		}
		((failures += code != 0, tried++))
	done
	echo "$failures of $tried calls made it fail"
	# What only tells, and what tidies up after the commit, may fail.
	((failures > tried / 4))
}

nothing_left()
{
	if ! enforces none || [[ -e $OTSEG_PIN_DIR ]]; then
		echo "call $1 failed"
		find "$OTSEG_PIN_DIR"
		cat "$plant_dir/said"
		return 1
	fi
}

# From nothing: before the commit nothing may be governed by a policy, and
# what is governed already is closed, never open.
first_interrupted()
{
	local how=$1 at calls code step

	detach_all && with_fault fail 0 && calls=$(<"$plant_dir/calls") || return
	step=$((calls / ${TOOL_FAIL_SAMPLES:-6} + 1))
	for ((at = 1 + RANDOM % step; at <= calls; at += step)); do
		code=0
		detach_all || return
		with_fault "$how" "$at" || code=$?
		case $code in
		0)	enforces second || return ;;
		137)	fw otseg status >"$plant_dir/said" 2>&1 || return ;;
		*)	nothing_left "$at" || return ;;
		esac
		echo "after call $at of $calls:"
		apply first && enforces first || return
	done
}

detach_all()
{
	fw otseg policy detach >"$plant_dir/said" 2>&1 || {
		cat "$plant_dir/said"
		return 1
	}
}

# with_layout BYTE: the object whose state is of another layout.
with_layout()
{
	local at

	at=$(python3 - "$object" <<-'END'
		import re, subprocess, sys
		run = lambda *words: subprocess.run(["readelf", "-W", *words, sys.argv[1]],
		                                    capture_output=True, text=True).stdout
		symbol = re.search(r"([0-9a-f]{16}) +1 OBJECT .* (\d+) otseg_state_layout", run("-s"))
		section = re.search(r"\[ *%s\] .rodata +PROGBITS +\w+ (\w+)" % symbol[2], run("-S"))
		print(int(symbol[1], 16) + int(section[1], 16))
	END
	) || return
	cp "$object" "$plant_dir/layout.bpf.o"
	printf '%b' "\\x$1" | dd of="$plant_dir/layout.bpf.o" bs=1 seek="$at" conv=notrunc status=none
}

# A datapath that keeps its state otherwise takes over in place too, and says what that costs.
layout_replaced()
{
	apply first && with_layout 7f || return
	OTSEG_BPF_OBJECT=$plant_dir/layout.bpf.o apply first &&
		told 'connections that were open have to be opened anew' && enforces first &&
		apply first && told 'connections that were open have to be opened anew' &&
		enforces first
}

# An image made elsewhere; a damaged one changes nothing.
image_applied()
{
	local code=0

	otseg policy compile "$plant_dir/second.yaml" output "$plant_dir/second.img" >/dev/null &&
		fw otseg policy apply "$plant_dir/second.img" >/dev/null && enforces second || return
	printf x | dd of="$plant_dir/second.img" bs=1 seek=9000 conv=notrunc status=none
	fw otseg policy apply "$plant_dir/second.img" >"$plant_dir/said" 2>&1 || code=$?
	((code == 1)) && told 'not a usable policy image' && enforces second && apply first
}

# Another build of the datapath takes over in place, and hands back: of pings that
# go on all the time, none is lost, and their flow is the one it was.
object_replaced()
{
	local before replies last flow

	apply first || return
	before=$(xdp_of it0)
	if grep -q 'opened anew' "$plant_dir/said"; then
		echo "the first apply of this test replaced a datapath"
		return 1
	fi
	cp "$object" "$plant_dir/next.bpf.o" && echo >>"$plant_dir/next.bpf.o"
	plant_start ping it ping -n -i 0.01 -W 2 -I "$hmi" "$plc"
	wait_for 5 said ping 'icmp_seq=20 ' || return
	OTSEG_BPF_OBJECT=$plant_dir/next.bpf.o apply first && [[ $(xdp_of it0) != "$before" ]] &&
		! grep 'opened anew' "$plant_dir/said" && apply first && told 'governed as before' &&
		! grep 'opened anew' "$plant_dir/said" || return
	flow=$(fw otseg -j flow show | jq '[.. | objects | select(.service? == "icmp") | .packets] | max')
	plant_stop ping INT
	replies=$(grep -c 'icmp_seq=' "$plant_dir/ping.out")
	last=$(sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$plant_dir/ping.out" | tail -n 1)
	echo "$replies replies up to number $last"
	echo "the flow has counted $flow packets"
	((replies == last && flow > 40)) && enforces first &&
		[[ $(find "$OTSEG_PIN_DIR" -name 'set?' | wc -l) == 1 ]]
}

unanswered_beyond()
{
	(($(grep -c 'no answer yet' "$plant_dir/open.out") > $1))
}

# A ping that the office has had open all the time gets no answer any more.
open_flow_refused()
{
	local replies

	wait_for 5 unanswered_beyond "$(grep -c 'no answer yet' "$plant_dir/open.out")" || return
	replies=$(grep -c 'bytes from' "$plant_dir/open.out")
	wait_for 5 unanswered_beyond $(($(grep -c 'no answer yet' "$plant_dir/open.out") + 3)) &&
		(($(grep -c 'bytes from' "$plant_dir/open.out") == replies))
}

# Whatever was half done under the policy that did not come into force, no flow of it
# passes under the next one.
replace_interrupted()
{
	local at calls code step

	apply first || return
	plant_start open it ping -n -O -i 0.02 -W 1 -I "$office" "$plc"
	cp "$object" "$plant_dir/next.bpf.o"
	echo >>"$plant_dir/next.bpf.o"
	OTSEG_BPF_OBJECT=$plant_dir/next.bpf.o with_fault fail 0 && enforces second || return
	calls=$(<"$plant_dir/calls")
	apply first || return
	step=$((calls / ${TOOL_FAIL_SAMPLES:-6} + 1))
	for ((at = calls; at >= 1; at -= at > calls - 12 ? 1 : step)); do
		code=0
		OTSEG_BPF_OBJECT=$plant_dir/next.bpf.o with_fault fail "$at" || code=$?
		if ((code)); then
			enforces first && apply first && open_flow_refused || {
				echo "call $at of $calls"
				cat "$plant_dir/said"
				return 1
			}
		else
			enforces second && apply first && open_flow_refused || return
		fi
	done
	plant_stop open INT
	enforces first
}

# The policy second, with more of everything: it needs another datapath and larger tables.
policy_large()
{
	local i

	policy second "$office" | sed 's/^    to: ot$/&\n    flows: 100000/'
	for ((i = 1; i <= 600; i++)); do
		echo "      r$i: {service: modbus, port: $((1000 + i)), access: read}"
	done
}

pings_counted()
{
	fw otseg -j -s rule show name telemetry/ping | jq '.rules[0].packets'
}

# none_lost BEFORE WHEN
none_lost()
{
	local now

	now=$(pings_counted)
	if (($1 < 4 || now < $1)); then
		echo "$2: counted $1, then $now"
		return 1
	fi
}

# large_interrupted HOW: a policy that needs more than there is, step by step. Whatever happens,
# no count is lost, neither of this generation nor of those before.
large_interrupted()
{
	local how=$1 at calls code step refused=0 before

	detach_all && apply first && with_fault fail 0 large && calls=$(<"$plant_dir/calls") &&
		enforces second && (($(status .room.flows) > 100000)) || return
	step=$((calls / ${TOOL_FAIL_SAMPLES:-3} + 1))
	for ((at = calls; at >= 1; at -= at > calls - 6 ? 1 : step)); do
		code=0
		detach_all && apply first && passes "$hmi" && apply first && passes "$hmi" || return
		before=$(pings_counted)
		with_fault "$how" "$at" large || code=$?
		none_lost "$before" "call $at of $calls" || return
		if grep -q 'cannot make room for' "$plant_dir/said"; then
			((refused++))
		fi
		if ((code && code != 137)); then
			enforces first
		else
			enforces "$(status .policy.name)"
		fi && apply first && enforces first && apply large && enforces second &&
			none_lost "$before" "after call $at of $calls" || {
			echo "call $at of $calls: exit code $code"
			cat "$plant_dir/said"
			return 1
		}
	done
	echo "$refused times there was no room"
	[[ $how == kill ]] || ((refused > 0))
}

set_program()
{
	bpftool -j prog show pinned "$OTSEG_PIN_DIR/set$1/otseg_xdp" 2>/dev/null | jq .id
}

# Which set the state names: its fourth number.
state_set()
{
	bpftool -j map lookup pinned "$OTSEG_PIN_DIR/state" key 0 0 0 0 | jq -r '.value[12][2:]'
}

# Each of these pings is a flow of its own, and all but Ethernet's shortest way.
pings_new()
{
	local code sent=0

	trap 'echo "sent $sent"; exit 0' TERM
	while :; do
		ping -n -q -c 1 -W 1 -I "$hmi" "$plc" >/dev/null || echo lost
		echo "sent $((++sent))"
	done
}

# as_large HOW N: apply large, while flows are opened; whatever happens, all of them pass.
as_large()
{
	local code=0 before

	plant_start new it bash -c "$(declare -f pings_new); hmi=$hmi plc=$plc; pings_new"
	wait_for 5 said new 'sent 5' || return
	with_fault "$1" "$2" large || code=$?
	before=$(last_number new sent)
	wait_for 5 beyond new sent "$((before + 5))"
	plant_stop new
	if said new lost; then
		echo "flows lost: $(grep -c lost "$plant_dir/new.out")"
		return 125
	fi
	return "$code"
}

# Interfaces run a set that the state does not name, killed before it could: half of them, or all.
switch_killed()
{
	detach_all && apply first || return
	with_fault kill "$1" large
	[[ -e $OTSEG_PIN_DIR/set1 && $(state_set) == 00 && $(xdp_of it0) != "$(set_program 0)" ||
		-e $OTSEG_PIN_DIR/set1 && $(state_set) == 00 && $(xdp_of ot0) != "$(set_program 0)" ]]
}

# last_before_state CALLS: the last call of that change at which, killed, it leaves the state as it was.
last_before_state()
{
	local before=$(($1 / 2)) after=$1 at

	while ((after - before > 1)); do
		at=$(((before + after) / 2))
		detach_all && apply first || return
		with_fault kill "$at" large
		if [[ $(state_set) == 00 ]]; then
			before=$at
		else
			after=$at
		fi
	done >&2
	echo "$before"
}

# The next apply makes that set anew, or fails to, and the interfaces never miss it.
switch_interrupted()
{
	local at calls code killed=0 second step

	# The policy that is the same but for its size lets the same source in all the time.
	policy_large | sed "s/address: $office/address: $hmi/" >"$plant_dir/large.yaml"
	detach_all && apply first && with_fault fail 0 large && calls=$(<"$plant_dir/calls") || return
	step=$((calls / ${TOOL_FAIL_SAMPLES:-3} + 1))
	at=$(last_before_state "$calls") || return
	for ((; at > calls / 2 && killed < 2; at--)); do
		switch_killed "$at" || continue
		((killed++))
		as_large fail 0 && is_active second && passes "$hmi" || {
			echo "killed at call $at of $calls"
			cat "$plant_dir/said"
			return 1
		}
		for ((second = calls; second >= 1; second -= step)); do
			switch_killed "$at" || return
			code=0
			as_large fail "$second" || code=$?
			if ((code == 125)) || ! passes "$hmi"; then
				echo "killed at call $at, failed at $second of $calls"
				cat "$plant_dir/said"
				return 1
			fi
		done
	done
	policy_large >"$plant_dir/large.yaml"
	echo "$killed times between the switch and the state"
	((killed >= 2)) && apply first && enforces first
}

# What is given stays: flows may live there.
nothing_taken_away()
{
	local before

	before=$(status .room)
	apply first && enforces first && [[ $(status .room) == "$before" ]] &&
		! grep 'opened anew' "$plant_dir/said" && detach_all && apply first &&
		[[ $(status .room) != "$before" ]]
}

# Whatever has become of the table's memory: nothing passes that cannot be remembered.
segments_missing()
{
	local table i n

	detach_all && apply first && enforces first && table=$(echo "$OTSEG_PIN_DIR"/set?/otseg_table) &&
		n=$(inner_maps "$table" | wc -l) && ((n)) || return
	for ((i = 0; i < n; i++)); do
		bpftool map delete pinned "$table" key "$i" 0 0 0 || return
	done
	refused "$hmi" && (($(status '[.reasons[] | select(.name == "flow-table") | .packets] | add') > 0)) &&
		detach_all && apply first && enforces first
}

# inner_maps MAP: ids of the maps in an array of maps.
inner_maps()
{
	local id

	for id in $(bpftool -j map dump pinned "$1" | jq -r '.[].value | arrays | reverse |
			"0x\(map(.[2:]) | join(""))"'); do
		echo $((id))
	done
}

# kernel_memory: bytes of all maps of the datapath.
kernel_memory()
{
	local set map id

	set=$(echo "$OTSEG_PIN_DIR"/set?)
	{
		for map in otseg_table otseg_sessions otseg_policy; do
			inner_maps "$set/$map"
		done
		bpftool -j prog show pinned "$set/otseg_xdp" | jq '.map_ids[]'
		for map in "$set/otseg_sweep" "$OTSEG_PIN_DIR"/{carry,state}; do
			bpftool -j map show pinned "$map" | jq .id
		done
	} | sort -u | while read -r id; do
		bpftool -j map show id "$id" | jq .bytes_memlock
	done | awk '{ sum += $1 } END { printf "%d\n", sum }'
}

# Three conduits of the usual size, all of them inspected.
policy_line()
{
	cat <<END
otseg: 1
name: line
zones:
  it: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
  vendor: {level: 3, interfaces: [it0], prefixes: [10.20.30.0/28]}
  ot: {level: 1, interfaces: [ot0], prefixes: [192.168.10.0/24]}
conduits:
  telemetry:
    reason: "levels and counters"
    from: it
    to: ot
    rules:
      levels: {service: modbus, access: read, rate: {packets: 200/s}}
  maintenance:
    reason: "programs"
    from: vendor
    to: ot
    state: disabled
    rules:
      engineering: {service: s7comm, access: [read, write, program]}
  alarms:
    reason: "alarms"
    from: ot
    to: it
    rules:
      push: {service: mqtt, access: [session, write]}
END
}

# A plant's policy takes a plant's memory. Counters and refusals come once more with each processor.
memory_by_need()
{
	local small large processors

	processors=$(nproc --all)
	policy_line >"$plant_dir/line.yaml"
	detach_all && apply line && small=$(kernel_memory) || return
	"$built/selftests/unit/gen_policy" >"$plant_dir/capacity.yaml"
	detach_all && apply capacity && large=$(kernel_memory) && detach_all || return
	echo "$((small / 1024)) KiB, at full capacity $((large / 1024)) KiB"
	processors=$((processors > 2 ? processors - 2 : 0))
	((small > 1 << 20 && small <= (16 << 20) + processors * 400000)) &&
		((large > 64 << 20 && large <= (96 + 3 * processors) << 20))
}

# with_flows N: apply first with so many flows; what there is room for then.
with_flows()
{
	sed "s/^    to: ot$/&\n    flows: $1/" "$plant_dir/first.yaml" >"$plant_dir/flows.yaml"
	apply flows >&2 && enforces first >&2 && status .room.flows
}

# The table begins with what is needed, and grows by four times at least.
table_sizes()
{
	detach_all && [[ $(with_flows 2500) == 4096 && $(with_flows 5000) == 16384 ]] &&
		detach_all && [[ $(with_flows 5000) == 8192 && $(with_flows 10000) == 32768 &&
		$(with_flows 30000) == 262144 && $(with_flows 5000) == 262144 ]] &&
		detach_all && [[ $(with_flows 40000) == 65536 && $(with_flows 50000) == 262144 ]]
}

other_xdp_program()
{
	local code=0

	detach_all && fw ip link set ot0 xdpgeneric off || return
	fw bpftool prog load "$object" "$OTSEG_PIN_DIR-x" type xdp >/dev/null 2>&1
	# Any program will do: the datapath itself, under another owner.
	OTSEG_PIN_DIR=$OTSEG_PIN_DIR-y fw otseg policy apply "$plant_dir/first.yaml" >/dev/null &&
		OTSEG_PIN_DIR=$OTSEG_PIN_DIR-y fw otseg interface detach it0 >/dev/null || return
	apply second || code=$?
	((code == 1)) && told 'ot0: cannot attach' && told 'another XDP program' &&
		[[ $(xdp_of it0) == none && ! -e $OTSEG_PIN_DIR ]] || return
	OTSEG_PIN_DIR=$OTSEG_PIN_DIR-y detach_all && enforces none
}

wrong_policy_changes_nothing()
{
	local code=0

	apply first || return
	sed 's/from: it/from: nowhere/' "$plant_dir/second.yaml" >"$plant_dir/wrong.yaml"
	apply wrong || code=$?
	((code == 1)) && told 'wrong.yaml:[0-9]*:[0-9]*: error' && enforces first
}

# A named interface that is not there is a warning; it comes, and is governed.
absent_interface()
{
	policy absent "$hmi" '[ot0, ot1]' | sed 's/\[\[/[/; s/\]\]/]/' >"$plant_dir/absent.yaml"
	apply absent && told 'warning: interface ot1 does not exist' &&
		[[ $(fw otseg -j interface show name ot1 | jq -r '.interfaces[0].state') == absent ]] ||
		return
	fw ip link add ot1 type ifb && fw ip link set ot1 up &&
		[[ $(fw otseg -j interface show name ot1 | jq -r '.interfaces[0].state') == open ]] &&
		apply absent && told 'interface ot1: governed from now on, generic' &&
		[[ $(fw otseg -j interface show name ot1 | jq -r '.interfaces[0].state') == enforcing ]]
}

released_interface()
{
	apply first && told 'interface ot1: released' && [[ $(xdp_of ot1) == none ]] &&
		enforces first && fw ip link del ot1
}

# A device that goes and comes again is another device: apply attaches it.
replugged_interface()
{
	fw ip link add ot1 type ifb && apply absent && fw ip link del ot1 &&
		fw ip link add ot1 type ifb && apply absent &&
		told 'interface ot1: governed from now on' &&
		[[ $(find "$OTSEG_PIN_DIR/links" -type f | wc -l) == 3 ]] &&
		apply first && fw ip link del ot1
}

by_hand()
{
	fw ip link add dev7 type ifb &&
		fw otseg interface attach dev7 name ot1 mode generic >"$plant_dir/said" &&
		[[ $(fw otseg -j interface show name ot1 | jq -r '.interfaces[0] |
			"\(.device) \(.state) \(.xdp)"') == "dev7 closed generic" ]] &&
		apply absent && told 'interface ot1: governed as before' &&
		[[ $(fw otseg -j interface show name ot1 | jq -r '.interfaces[0].state') == enforcing ]] &&
		apply first && [[ $(xdp_of dev7) != none ]] &&
		! fw otseg interface attach dev7 2>/dev/null &&
		fw otseg interface detach dev7 >"$plant_dir/said" && told 'passes everything' &&
		[[ $(xdp_of dev7) == none ]] && fw ip link del dev7
}

renamed_device()
{
	fw ip link set ot0 down && fw ip link set ot0 name plantbus && fw ip link set plantbus up &&
		enforces first && apply second && enforces second &&
		fw ip link set plantbus down && fw ip link set plantbus name ot0 &&
		fw ip link set ot0 up && apply first && enforces first
}

# One of them does it, the other ones are told; nobody does half of it.
concurrent()
{
	local i done=0 busy=0 code

	for ((i = 0; i < 8; i++)); do
		fw otseg policy apply "$plant_dir/second.yaml" >"$plant_dir/said.$i" 2>&1 &
		pids[i]=$!
	done
	for ((i = 0; i < 8; i++)); do
		code=0
		wait "${pids[i]}" || code=$?
		case $code in
		0)	((done++)) ;;
		1)	grep -q 'another otseg' "$plant_dir/said.$i" && ((busy++)) ;;
		esac
	done
	echo "$done done, $busy busy"
	((done >= 1 && busy >= 1 && done + busy == 8)) && enforces second
}

other_namespace()
{
	local code=0

	it otseg status >"$plant_dir/said" 2>&1 || code=$?
	((code == 3)) && told 'another network namespace' || return
	code=0
	it otseg policy apply "$plant_dir/first.yaml" >"$plant_dir/said" 2>&1 || code=$?
	((code == 3)) && told 'another network namespace' && enforces second
}

vlan_offload_off()
{
	apply first && ! fw ethtool -k ot0 | grep -q '^rx-vlan-offload: on$'
}

show_is_what_was_applied()
{
	apply first && fw otseg policy diff active "$plant_dir/first.yaml" &&
		fw otseg policy show >"$plant_dir/shown.yaml" &&
		fw otseg policy diff active "$plant_dir/shown.yaml" &&
		fw otseg policy diff "$plant_dir/second.yaml" active >/dev/null
	(($? == 1))
}

detached()
{
	apply first && detach_all && told 'interface it0: detached, it passes everything' &&
		enforces none && [[ $(xdp_of it0) == none && ! -e $OTSEG_PIN_DIR ]] &&
		detach_all && told 'nothing was attached'
}

if ((EUID != 0)); then
	ktap_skip_all "needs root"
fi
pids=()
trap 'rm -rf "$OTSEG_PIN_DIR" "$OTSEG_PIN_DIR"-[xy]; plant_end' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
plant_make private || exit
policy first "$hmi" >"$plant_dir/first.yaml"
policy second "$office" >"$plant_dir/second.yaml"
policy_large >"$plant_dir/large.yaml"

ktap_begin 31
ktap "the first apply governs" first_apply
ktap "counters" counters
ktap "counters survive a change of policy" counters_carried
ktap "another apply replaces the policy in place" reapply_in_place
ktap "VLAN tags stay in frames" vlan_offload_off
ktap "what is shown is what was applied" show_is_what_was_applied
ktap "an image is applied as it is" image_applied
ktap "a wrong policy changes nothing" wrong_policy_changes_nothing
ktap "a change that fails at any bpf() call changes nothing" swap_interrupted fail
ktap "a change that is killed at any bpf() call is done or not" swap_interrupted kill
ktap "an interface that is not there" absent_interface
ktap "an interface that is named no longer" released_interface
ktap "an interface that is replugged" replugged_interface
ktap "an interface attached by hand" by_hand
ktap "a device that is renamed" renamed_device
ktap "eight at once" concurrent
ktap "another network namespace" other_namespace
ktap "another datapath takes over" object_replaced
ktap "another datapath with state of another layout" layout_replaced
ktap "another datapath that fails to take over" replace_interrupted
ktap "a policy that needs more, and fails at any bpf() call" large_interrupted fail
ktap "a policy that needs more, and is killed at any bpf() call" large_interrupted kill
ktap "killed between the switch and the state, then at once again" switch_interrupted
ktap "a policy that needs less takes nothing away" nothing_taken_away
ktap "segments that are missing" segments_missing
ktap "sizes of the flow table" table_sizes
ktap "memory by need" memory_by_need
ktap "another program on the interface" other_xdp_program
ktap "a first apply that fails" first_interrupted fail
ktap "a first apply that is killed" first_interrupted kill
ktap "detach" detached
ktap_end
