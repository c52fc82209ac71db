#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Floods beside cyclic traffic. A guest behind a cable of its own floods, in one way after
# the other, through or against conduits of his, while Modbus is polled and datagrams
# are echoed every few milliseconds through another conduit. Proves that the cyclic flows
# lose no packet, are never opened anew, and that each flood is counted under its own
# reason and within its own budget; that no map grows; that budgets come back; and
# that events are bounded and account for every frame dropped. It is counted at the senders.
#
# The floods are bounded: OTSEG_FLOOD frames each (40,000), OTSEG_FLOOD_RATE a second
# (20,000). A firewall without processor time left loses packets of anybody; how much it
# can take is a matter of benchmarks, not of this test.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

frames=${OTSEG_FLOOD:-40000}
rate=${OTSEG_FLOOD_RATE:-20000}
plc=192.168.10.11
nobody=02:00:00:00:00:99 # behind the guest's cable, and answers nothing
at=$plant_tag-at
pins=${OTSEG_PIN_DIR:-/sys/fs/bpf/otseg}

guest_make()
{
	local i

	ip netns add "$at" && plant_quiet "$at" && plant_wire at0 "$at" || return
	if [[ -z $plant_fw && -e /proc/sys/net/ipv6 ]]; then
		sysctl -q -w net.ipv6.conf.at0.disable_ipv6=1
	fi
	fw ip -batch - <<-END || return
		address add 10.20.0.1/16 dev at0
		link set at0 up
	END
	in_net "$at" ip -batch - <<-END || return
		address add 10.20.9.10/16 dev eth0
		link set lo up
		link set eth0 up
		route add default via 10.20.0.1
	END
	# The flood's sources: who answers them is sent nowhere, without asking who they are.
	for ((i = 64; i < 80; i++)); do
		fw ip neigh replace "10.20.9.$i" lladdr $nobody dev at0 nud permanent || return
	done
	firewall_apply "$here/flood.yaml"
}

guest_end()
{
	if [[ -e /run/netns/$at ]]; then
		ip netns del "$at"
	fi
}

cyclic_start()
{
	plant_start echo ot peer_udp echo 7
	wait_for 5 said echo listening || return
	plant_start ping it peer_udp --source 10.10.5.20 --window 4 --interval-ms 1 \
		--timeout-ms 20000 ping "$plc" 7
	plant_start poll it peer_modbus --source 10.10.5.20 --interval-ms 2 \
		--timeout-ms 20000 poll "$plc" 0 60
	wait_for 20 beyond ping received 100 && wait_for 20 beyond poll poll 50
}

# conduit NAME COUNTER
conduit()
{
	fw otseg -j -s conduit show name "$1" | jq ".conduits[0].$2"
}

live()
{
	fw otseg -j flow show name "$1" | jq '.flows | length'
}

# total REASON...: frames that met one of them
total()
{
	local reason sum=0

	for reason; do
		sum=$((sum + $(firewall_reason "$reason")))
	done
	echo $sum
}

# flood LEAST REASONS OPTION...: from the guest's side; of the frames, LEAST parts in a
# hundred must meet the reasons, and meanwhile the cyclic flows must go on.
flood()
{
	local least=$1 reasons=$2 before sent met pings polls
	shift 2

	# shellcheck disable=SC2086 # a list of words
	before=$(total $reasons)
	pings=$(last_number ping received) polls=$(last_number poll poll)
	sent=$(in_net "$at" peer_flood --target-mac "$(firewall_mac at0)" --source 10.20.9.64 \
		--sources 16 --target $plc --rate "$rate" --count "$frames" "$@" |
		sed -n 's/^sent //p')
	# shellcheck disable=SC2086
	met=$(($(total $reasons) - before))
	echo "sent ${sent:-nothing}, $met met $reasons; meanwhile" \
		"$(($(last_number ping received) - pings)) echoes, $(($(last_number poll poll) - polls)) polls"
	((${sent:-0} == frames && met * 100 >= frames * least)) &&
		wait_for 20 beyond ping received $((pings + 100)) &&
		wait_for 20 beyond poll poll $((polls + 50))
}

# within CONDUIT FLOWS: no more live flows than that
within()
{
	local now

	now=$(live "$1")
	echo "$1: $now live flows"
	((now > 0 && now <= $2))
}

syn_flood()
{
	flood 95 flow-budget --port 80 eth0 syn && within guest-tcp 200
}

udp_spray()
{
	flood 90 flow-budget --target 192.168.10.2 --targets 100 --port 1000 --ports 50000 eth0 udp &&
		within guest-udp 200
}

handshakes()
{
	flood 95 session-budget --port 502 eth0 syn && within guest-modbus 40 &&
		it peer_modbus --source 10.10.5.20 --timeout-ms "$patience" read $plc 0 1
}

malformed()
{
	local drops

	drops=$(conduit guest-modbus drops)
	flood 100 "pdu-protocol pdu-length pdu-malformed" --source 10.20.9.10 --sources 1 --port 502 \
		--connections 20 eth0 pdu && (($(conduit guest-modbus drops) - drops >= frames))
}

over_rate()
{
	local limited

	limited=$(conduit guest-paced limited)
	flood 50 conduit-rate --sources 1 --source-port 5000 --port 17 eth0 udp &&
		(($(conduit guest-paced limited) - limited >= frames / 2)) && within guest-paced 1
}

# The datapath's maps, by what they take of memory.
map_sizes()
{
	local map

	for map in "$pins"/set?/otseg_*; do
		bpftool -j map show pinned "$map" 2>/dev/null |
			jq -r 'select(.bytes_key != null) | "\(.name) \(.max_entries) \(.bytes_memlock)"'
	done
}

none_lost()
{
	plant_stop ping
	tail -n 1 "$plant_dir/ping.out"
	tail -n 1 "$plant_dir/ping.out" | grep -q ' lost 0$'
}

none_failed()
{
	plant_stop poll
	tail -n 1 "$plant_dir/poll.out"
	tail -n 1 "$plant_dir/poll.out" | grep -q ' failed 0$'
}

come_back()
{
	(($(live guest-tcp) == 0 && $(live guest-udp) == 0 && $(live guest-paced) == 0))
}

# Every dropped frame was told of, or is counted among those that were not.
events_account()
{
	local drops told

	drops=$(firewall_drops | awk '{ sum += $2 } END { print sum + 0 }')
	told=$(fw otseg -j event show | jq '.told + .suppressed + .lost')
	fw otseg event show
	echo "$drops dropped, $told accounted for"
	((drops == told))
}

# A flood is told of: by whom, from where to where, and how often it was not.
told_of()
{
	jq -se "any(.reason == \"flow-budget\" and .verdict == \"drop\" and .device == \"at0\" and
		.conduit == \"guest-tcp\" and .src_zone == \"guest\" and .dst_zone == \"cell\" and
		.protocol == \"tcp\" and .dst == \"$plc\" and .dst_port == 80 and .suppressed > 100)" \
		"$plant_dir/events.out"
}

reasons_told()
{
	local reason

	for reason in flow-budget no-rule no-zone spoofed ip-fragment session-budget conduit-rate; do
		if ! said events "\"reason\":\"$reason\""; then
			echo "no event tells of $reason"
			return 1
		fi
	done
	said events '"reason":"pdu-'
}

# One reader gets them all, and they are few beside what was dropped.
events_bounded()
{
	local lines told drops

	wait_for 5 events_read || return
	plant_stop events
	lines=$(wc -l <"$plant_dir/events.out")
	told=$(fw otseg -j event show | jq .told)
	drops=$(firewall_drops | awk '{ sum += $2 } END { print sum + 0 }')
	echo "$drops frames dropped, $told told of, $lines read"
	((lines == told && told * 20 < drops)) && [[ $(fw otseg -j event show | jq .lost) == 0 ]]
}

events_read()
{
	(($(wc -l <"$plant_dir/events.out") == $(fw otseg -j event show | jq .told)))
}

# The first one has the lock of this folder.
events_locked()
{
	! flock -n "$pins/links" true
}

one_reader()
{
	local code=0

	wait_for 5 events_locked || return
	fw timeout 10 otseg event monitor count 1 2>"$plant_dir/second.err" || code=$?
	cat "$plant_dir/second.err"
	((code == 1)) && grep -q 'another otseg reads them' "$plant_dir/second.err"
}

# While a flood uses up its share of events, what somebody else is refused for the same
# reason is told of.
refused_beside()
{
	local code=0

	plant_start flood fw nsenter --net="/run/netns/$at" -- peer_flood \
		--target-mac "$(firewall_mac at0)" --source 10.20.9.64 --sources 16 --target $plc \
		--port 60000 --ports 5000 --rate "$rate" --count "$((5 * frames))" eth0 udp
	wait_for 5 said flood ready && sleep 0.5
	it peer_udp --source 10.10.5.20 --count 1 send "$plc" 9
	wait_for 5 said events '"src":"10.10.5.20"' || code=1
	beyond flood sent 0 && code=1 # it must not have ended before
	plant_stop flood
	return $code
}

e2e_begin 23
trap 'guest_end; firewall_end; plant_end' EXIT
if ! guest_make >"$plant_dir/guest.log" 2>&1; then
	ktap_note "$(cat "$plant_dir/guest.log")"
fi
ktap "cyclic traffic runs" cyclic_start
opened=$(conduit telemetry flows)
sizes=$(map_sizes)
plant_start events fw otseg -j event monitor
ktap "only one reads events" one_reader
ktap "SYN flood: flow-budget" syn_flood
ktap "events tell of it" wait_for 5 told_of
ktap "UDP spray through a conduit: flow-budget" udp_spray
ktap "UDP spray against a conduit: no-rule" flood 100 no-rule --port 60000 --ports 5000 eth0 udp
ktap "an event tells of what another conduit refuses" refused_beside
ktap "UDP spray of addresses of nobody: no-zone" \
	flood 100 no-zone --target 203.0.113.0 --targets 256 --port 1000 --ports 50000 eth0 udp
ktap "forged sources: spoofed" flood 100 spoofed --source 10.10.5.0 --sources 256 --port 7 eth0 udp
ktap "fragments: ip-fragment" flood 100 ip-fragment --port 1000 eth0 fragment
ktap "messages that are none, on live connections: pdu-*" malformed
ktap "handshakes with an inspected service: session-budget" handshakes
ktap "one flow over its conduit's rate: conduit-rate" over_rate
ktap "broadcast storm: no-zone" flood 100 no-zone --target-mac ff:ff:ff:ff:ff:ff \
	--target 255.255.255.255 --port 67 eth0 udp
ktap "ARP storm on the guest's own link" \
	flood 100 link-arp --target 10.20.0.2 --targets 256 eth0 arp
ktap "no echo of the cyclic flow was lost" none_lost
ktap "no poll failed" none_failed
# A connection for the polls, the echoes, and the one that handshakes() made.
ktap "no cyclic flow was opened anew" test "$(conduit telemetry flows)" -eq $((opened + 1))
ktap "no map has grown" test "$(map_sizes)" = "$sizes"
ktap "events tell of each flood" reasons_told
ktap "events are few, and one reader has them all" events_bounded
ktap "events account for every frame that was dropped" events_account
ktap "budgets come back" wait_for 90 come_back
ktap_note "echoes: $(tail -n 1 "$plant_dir/ping.out"); Modbus: $(tail -n 1 "$plant_dir/poll.out")"
ktap_end
