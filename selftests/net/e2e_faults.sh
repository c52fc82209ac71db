#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What happens to a firewall at work: the tool is killed at any moment of an apply,
# interfaces are renamed, the datapath is taken off or another program put in its place,
# somebody tries to unload the module, interfaces are unplugged. All the time allowed and
# forbidden traffic is sent: nothing forbidden passes, and nothing allowed is lost but what
# an interface that is not there, or is closed, has to lose. OTSEG_FAULT_ROUNDS says how
# often each (20).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"
# shellcheck source=traffic.sh
. "$here/traffic.sh"

rounds=${OTSEG_FAULT_ROUNDS:-20}

digest()
{
	fw otseg -j status | jq -r .policy.digest
}

# The tool itself, in the background: its process is the one to kill.
apply_start()
{
	(
		if [[ $plant_fw ]]; then
			exec nsenter --net="/run/netns/$plant_fw" -- otseg policy apply "$1"
		fi
		exec otseg policy apply "$1"
	) >/dev/null 2>&1 &
	apply_pid=$!
}

# What apply has pinned, whichever of its two sets is in use.
pins()
{
	find "${OTSEG_PIN_DIR:-/sys/fs/bpf/otseg}" | sed 's/set[01]/set/' | sort
}

# Old or new, and whole: there is no third digest, and the next apply is as good as ever.
kill_tool()
{
	local i begin duration policies digests=() now killed=0 pins

	policies=("$here/plant-other.yaml" "$here/plant.yaml")
	begin=${EPOCHREALTIME/[.,]/}
	for i in 0 1 0 1; do
		firewall_apply "${policies[i]}" || return
		digests[i]=$(digest)
	done
	duration=$(((${EPOCHREALTIME/[.,]/} - begin) / 4))
	pins=$(pins)
	for ((i = 0; i < rounds; i++)); do
		apply_start "${policies[i % 2]}"
		sleep "$(printf '0.%06d' $((RANDOM * 32768 % (duration < 900000 ? duration : 900000))))"
		kill -KILL "$apply_pid" 2>/dev/null && ((killed++))
		wait "$apply_pid" 2>/dev/null
		now=$(digest)
		if [[ $now != "${digests[0]}" && $now != "${digests[1]}" ]]; then
			echo "digest $now"
			return 1
		fi
		# Also what is half done already may be interrupted.
		if ((i % 3 == 0)); then
			firewall_apply "${policies[1]}" && [[ $(digest) == "${digests[1]}" ]] || return
		fi
	done
	echo "an apply takes $duration us, $killed of $rounds were killed in time"
	firewall_apply "${policies[1]}" && ((killed > 0)) && diff <(echo "$pins") <(pins)
}

# By name a policy knows the interface, not the device.
rename()
{
	local i

	for ((i = 0; i < rounds; i++)); do
		fw ip link set ot0 name plantbus && fw ip link set plantbus name ot0 || return
	done
	firewall_apply "$here/plant.yaml"
}

# As another operator does, or an update.
two_operators()
{
	local i codes=0 code

	for ((i = 0; i < rounds / 4; i++)); do
		apply_start "$here/plant.yaml"
		code=0
		fw otseg policy apply "$here/plant.yaml" >"$plant_dir/said" 2>&1 || code=$?
		if ((code)) && ! grep -q 'another' "$plant_dir/said"; then
			cat "$plant_dir/said"
			return 1
		fi
		wait "$apply_pid" || code=$((code + 1))
		((codes += code > 0))
		((code < 2)) || return
	done
	echo "$codes times one was told of the other"
	firewall_is_active plant
}

unload()
{
	local i

	for ((i = 0; i < rounds; i++)); do
		! rmmod otseg 2>/dev/null || return
	done
}

all_went_on()
{
	mapfile -t seen < <(traffic_seen)
	wait_for 20 traffic_goes_on "${seen[@]}" && traffic_none_lost && traffic_no_poll_failed
}


# Behind the tool's back. The guard is there; what is allowed has to wait for the next apply.
program_detached()
{
	local i before

	for ((i = 0; i < rounds / 4 + 1; i++)); do
		before=$(firewall_reason unguarded)
		firewall_detach_link it0 && wait_for 20 counted_beyond unguarded "$before" &&
			firewall_apply "$here/plant.yaml" || return
	done
}


# The new interface is closed until it is governed, and the apply governs it.
unplugged()
{
	local i

	for ((i = 0; i < rounds; i++)); do
		ip link del it0 && plant_rewire_it || return
		if ((i % 5 == 4)); then
			firewall_apply "$here/plant.yaml" || return
		fi
	done
	firewall_apply "$here/plant.yaml"
}

answered()
{
	it peer_modbus --source 10.10.5.20 --timeout-ms "$patience" read "$traffic_plc" 0 2 |
		grep -x 'ok 1000 1001'
}

module=$([[ $firewall_mode == module ]] && echo 1)
e2e_begin $((module ? 9 : 6))
ktap "traffic runs" traffic_start
ktap "the tool is killed $rounds times" kill_tool
ktap "two operators at once" two_operators
ktap "an interface is renamed $((2 * rounds)) times" rename
if [[ $module ]]; then
	ktap "somebody tries to unload the module" unload
fi
ktap "nothing allowed was lost" all_went_on
if [[ $module ]]; then
	ktap "the datapath is detached, at each time" program_detached
	ktap "an interface is unplugged $rounds times, and answers" eval "unplugged && answered"
fi
ktap "nothing forbidden passed" traffic_none_passed
ktap_end
