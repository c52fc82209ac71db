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

swaps=${OTSEG_SWAPS:-200}
plc=192.168.10.11

start_traffic()
{
	plant_start echo ot peer_udp echo 7
	plant_start sink ot peer_udp sink 9
	wait_for 5 said echo listening && wait_for 5 said sink listening || return
	plant_start ping it peer_udp --source 10.10.5.20 --window 4 \
		--interval-ms "${OTSEG_PACE_MS:-0}" --timeout-ms 20000 ping "$plc" 7
	plant_start denied it peer_udp --source 10.10.5.20 --interval-ms 1 send "$plc" 9
	plant_start poll it peer_modbus --source 10.10.5.20 --interval-ms 5 \
		--timeout-ms 20000 poll "$plc" 0 60
	wait_for 20 beyond ping received 10 && wait_for 20 beyond poll poll 5 &&
		wait_for 20 beyond denied sent 5
}

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
	seen_grown=("$(last_number ping received)" "$(last_number poll poll)" "$(last_number denied sent)")
	wait_for 20 still_running "${seen_grown[@]}" && [[ $(flows_of_ping) == 1 ]] &&
		firewall_apply "$here/plant.yaml" && [[ $(flows_of_ping) == 1 ]]
}

# Traffic must have run all the time, or nothing was proved.
still_running()
{
	beyond ping received "$1" && beyond poll poll "$2" && beyond denied sent "$3"
}

none_lost()
{
	plant_stop ping
	tail -n 1 "$plant_dir/ping.out"
	tail -n 1 "$plant_dir/ping.out" | grep -q ' lost 0$'
}

no_poll_failed()
{
	plant_stop poll
	tail -n 1 "$plant_dir/poll.out"
	tail -n 1 "$plant_dir/poll.out" | grep -q ' failed 0$' &&
		(($(grep -c '"connected"' "$plant_dir/plc.log") == 1))
}

none_passed()
{
	plant_stop denied
	plant_stop sink
	tail -n 1 "$plant_dir/denied.out"
	tail -n 1 "$plant_dir/sink.out"
	tail -n 1 "$plant_dir/sink.out" | grep -q ' received 0 lost 0$'
}

e2e_begin 8
ktap "traffic runs" start_traffic
generation=$(firewall_generation)
seen=("$(last_number ping received)" "$(last_number poll poll)" "$(last_number denied sent)")
ktap "$swaps policy swaps" swap_all
ktap "each of them was a new generation" \
	test "$(firewall_generation)" -eq $((generation + swaps))
ktap "a policy that needs more memory, and back" grow
ktap "traffic ran all the time" wait_for 20 still_running "${seen[@]}"
ktap "no datagram of the allowed flow was lost" none_lost
ktap "no poll failed and no connection was made anew" no_poll_failed
ktap "no forbidden datagram passed" none_passed
ktap_end
