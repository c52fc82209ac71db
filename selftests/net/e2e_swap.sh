#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Policy swaps under traffic. Two policies that place everything differently are
# applied in turn while datagrams are echoed and Modbus is polled through rules
# that both have, and forbidden datagrams are sent all the time. Proves that no
# packet of the allowed flows is lost and no forbidden one passes; it is counted
# at the receivers. OTSEG_SWAPS says how many (200). The last ones change to a policy that
# needs far more memory, and back.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"
# shellcheck source=traffic.sh
. "$here/traffic.sh"

swaps=${OTSEG_SWAPS:-200}

swap_all()
{
	local i policies=("$here/plant-other.yaml" "$here/plant.yaml")

	for ((i = 0; i < swaps; i++)); do
		firewall_apply "${policies[i % 2]}" || return
	done
}

# The plant's policy with more of everything: budgets, prefixes, rules.
policy_large()
{
	local i

	sed 's/^    to: cell$/&\n    flows: 100000/; s/^name: .*/name: large/' "$here/plant.yaml"
	echo "  wide:"
	echo "    reason: \"rules\""
	echo "    from: enterprise"
	echo "    to: tagged-cell"
	echo "    rules:"
	for ((i = 1; i <= 3000; i++)); do
		echo "      r$i: {service: udp, port: [$((10000 + 2 * i)), $((30000 + 2 * i))]}"
	done
}

flows_of_ping()
{
	fw otseg -j flow show | jq '[.flows[] | select(.protocol == "udp" and .dst_port == 7)] | length'
}

# One flow, one entry, also where the table has grown since it began.
grow()
{
	local room

	policy_large >"$plant_dir/large.yaml"
	room=$(fw otseg -j status | jq -c .room)
	firewall_apply "$plant_dir/large.yaml" || return
	[[ $(flows_of_ping) == 1 ]] || return
	if [[ $firewall_mode == map ]]; then
		echo "$room"
		fw otseg -j status | jq -c .room
		fw otseg -j status | jq -e --argjson was "$room" '.room.flows > $was.flows and
			.room.image_size > $was.image_size and .room.rules > $was.rules' || return
	fi
	mapfile -t seen_grown < <(traffic_seen)
	wait_for 20 traffic_goes_on "${seen_grown[@]}" && [[ $(flows_of_ping) == 1 ]] &&
		firewall_apply "$here/plant.yaml" && [[ $(flows_of_ping) == 1 ]]
}

e2e_begin 8
ktap "traffic runs" traffic_start
generation=$(firewall_generation)
mapfile -t seen < <(traffic_seen)
ktap "$swaps policy swaps" swap_all
ktap "each of them was a new generation" \
	test "$(firewall_generation)" -eq $((generation + swaps))
ktap "a policy that needs more memory, and back" grow
ktap "traffic ran all the time" wait_for 20 traffic_goes_on "${seen[@]}"
ktap "no datagram of the allowed flow was lost" traffic_none_lost
ktap "no poll failed and no connection was made anew" traffic_no_poll_failed
ktap "no forbidden datagram passed" traffic_none_passed
ktap_end
