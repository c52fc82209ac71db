#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The plant over IPv6: neighbour discovery on the firewall's own links, Modbus,
# refusals and echo. Real stacks on both sides; nothing is configured by hand
# that a neighbour cache would learn.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

plc6=fd00:20::11

reads()
{
	it peer_modbus --source fd00:10::20 --timeout-ms "$patience" read "$plc6" 0 2 |
		grep -x 'ok 1000 1001'
}

neighbour_learnt()
{
	it ip -6 neigh show fd00:10::1 | grep -q lladdr &&
		ot ip -6 neigh show fd00:20::1 | grep -q lladdr
}

pings()
{
	it ping -6 -c 2 -i 0.2 -W 5 -I fd00:10::20 "$plc6"
}

if [[ ! -e /proc/sys/net/ipv6 ]]; then
	ktap_skip_all "this kernel has no IPv6"
fi
e2e_begin 8 inet6
ktap "the historian reads over IPv6" reads
ktap "both sides learnt their gateway by neighbour discovery" neighbour_learnt
ktap "link-nd counts what passed" counted_beyond link-nd 0
ktap "echo over IPv6" pings
ktap "a write is refused: access" counts access \
	it peer_modbus --source fd00:10::20 --timeout-ms "$refusal" write "$plc6" 40 1
ktap "an unlisted host is refused: no-rule" counts no-rule \
	it peer_modbus --source fd00:10::99 --timeout-ms "$refusal" read "$plc6" 0 2
ktap "a source of the other side is refused: spoofed" counts spoofed \
	it peer_spoof --target-mac "$(firewall_mac it0)" --source fd00:20::12 \
	--target "$plc6" --port 502 eth0 tcp
ktap "nothing refused arrived" test "$(plc_requests '"function":6')" -eq 0
ktap_end
