#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# UDP and ICMP through the firewall: replies ride the flow, an idle flow ends,
# errors pass only if they are about an allowed flow, a rate is held.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

plc=192.168.10.11

echoes()
{
	it peer_udp --source 10.10.5.20 --count 2000 --timeout-ms "$patience" ping "$plc" 7 |
		tail -n 1 | grep -x 'sent 2000 received 2000 lost 0'
}

# What comes from the PLC's side without a flow has no conduit to go by; what
# comes by a flow that has ended has none either.
reply_without_flow()
{
	counts no-conduit ot peer_spoof --target-mac "$(firewall_mac ot0)" --source "$plc" \
		--target 10.10.5.20 --source-port 7 --port 5555 eth0 udp
}

# A reply within the idle time (2 s) passes, one after it does not.
idle_flow_ends()
{
	local mac_it mac_ot passed

	mac_it=$(firewall_mac it0)
	mac_ot=$(firewall_mac ot0)
	it peer_spoof --target-mac "$mac_it" --source 10.10.5.20 --target "$plc" \
		--source-port 4444 --port 8 eth0 udp || return
	passed=$(firewall_reason flow)
	ot peer_spoof --target-mac "$mac_ot" --source "$plc" --target 10.10.5.20 \
		--source-port 8 --port 4444 eth0 udp || return
	wait_for 3 counted_beyond flow "$passed" || return
	wait_for 15 late_reply_refused "$mac_ot"
}

# Each try that passes keeps the flow alive, so tries are further apart than 2 s.
late_reply_refused()
{
	local before

	before=$(firewall_reason no-conduit)
	sleep 4
	ot peer_spoof --target-mac "$1" --source "$plc" --target 10.10.5.20 \
		--source-port 8 --port 4444 eth0 udp
	wait_for 1 counted_beyond no-conduit "$before"
}

pings()
{
	it ping -c 2 -i 0.2 -W 5 -I 10.10.5.20 "$plc"
}

# Nobody listens on port 8: the PLC's host says so, and the sender must hear it.
related_error()
{
	counts related \
		it peer_udp --source 10.10.5.20 --count 1 --timeout-ms 300 ping "$plc" 8
}

unrelated_error()
{
	counts icmp-unrelated ot peer_spoof --target-mac "$(firewall_mac ot0)" \
		--source "$plc" --target 10.10.5.20 --source-port 6666 --port 7 eth0 unreachable
}

# fragmentation needed, about the echo flow that a ping keeps open
related_path_mtu()
{
	it peer_spoof --target-mac "$(firewall_mac it0)" --source 10.10.5.20 --target "$plc" \
		--source-port 7777 --port 7 eth0 udp
	counts related ot peer_spoof --target-mac "$(firewall_mac ot0)" --source "$plc" --target 10.10.5.20 \
		--source-port 7777 --port 7 eth0 unreachable
}

rate_is_held()
{
	local got

	plant_start limited ot peer_udp sink 17
	wait_for 5 said limited listening || return
	it peer_udp --source 10.10.5.20 --count 50 send "$plc" 17
	plant_stop limited
	got=$(sed -n 's/^sent .* received \([0-9]*\) lost .*/\1/p' "$plant_dir/limited.out")
	echo "of 50 datagrams at once $got arrived"
	# A burst of 5, one more each second that this takes.
	((got >= 5 && got <= 5 + 20)) && counted_beyond rate-limit 0
}

e2e_begin 11
plant_start echo ot peer_udp echo 7
wait_for 5 said echo listening || ktap_note "the echo server did not start"
ktap "2000 datagrams are echoed" echoes
ktap "a datagram to an unlisted port is refused: no-rule" counts no-rule \
	it peer_udp --source 10.10.5.20 --count 1 send "$plc" 9
ktap "an unlisted host is refused: no-rule" counts no-rule \
	it peer_udp --source 10.10.9.99 --count 1 send "$plc" 7
ktap "a reply without a flow is refused: no-conduit" reply_without_flow
ktap "an idle flow ends" idle_flow_ends
ktap "ICMP echo" pings
ktap "echo of an unlisted host is refused: icmp-type" counts icmp-type \
	it ping -c 1 -W 1 -I 10.10.9.99 "$plc"
ktap "an ICMP error about an allowed flow passes: related" related_error
ktap "fragmentation needed about an allowed flow passes: related" related_path_mtu
ktap "an ICMP error about no flow is refused: icmp-unrelated" unrelated_error
ktap "a rate is held" rate_is_held
ktap_end
