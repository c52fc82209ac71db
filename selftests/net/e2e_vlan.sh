#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tagged frames through a firewall that bridges instead of routing: each VLAN of
# an interface is a link of its own, the tags arrive as they were sent. Frames
# come from raw sockets, because the kernel need not know VLANs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

make_bridge()
{
	fw ip link add br0 type bridge &&
		fw ip address flush dev it0 && fw ip address flush dev ot0 &&
		fw ip link set it0 master br0 && fw ip link set ot0 master br0 &&
		fw ip link set br0 up &&
		wait_for 40 bridge_forwards
}

bridge_forwards()
{
	local states

	states=$(fw bridge link show)
	[[ $(grep -c 'state forwarding' <<<"$states") == 2 ]]
}

frame_to_plc()
{
	it peer_spoof --source-mac 02:00:00:00:00:01 --target-mac "$plc_mac" --port 7 "$@" eth0 udp
}

tagged()
{
	frame_to_plc --source 10.110.0.5 --target 192.168.110.5 "$@"
}

# arrives TAGS COMMAND...: the other side sees a frame with these tags (hex).
arrives()
{
	local tags=$1 before
	shift

	before=$(grep -c "020000000001${tags}0800" "$plant_dir/wire.out")
	"$@" || return
	wait_for 3 more_on_wire "020000000001${tags}0800" "$before"
}

more_on_wire()
{
	(($(grep -c "$1" "$plant_dir/wire.out") > $2))
}

# refused REASON COMMAND...: counted under it, and the wire behind stays silent.
refused()
{
	local lines

	lines=$(grep -c 020000000001 "$plant_dir/wire.out")
	counts "$@" && (($(grep -c 020000000001 "$plant_dir/wire.out") == lines))
}

e2e_begin 9
plc_mac=$(ot ip -j link show eth0 | jq -r ".[0].address")
ktap "the firewall bridges it0 and ot0" make_bridge
plant_start wire ot peer_spoof eth0 listen
wait_for 5 said wire listening || ktap_note "nobody listens on the wire"
ktap "VLAN 10 is a link of its own, its tag stays" arrives 8100000a tagged --vlan 10
ktap "VLAN 10 inside 20: another link, both tags stay" \
	arrives 8100000a81000014 tagged --vlan 10 --vlan 20
ktap "a priority tag is no VLAN" arrives 81006000 \
	frame_to_plc --source 10.10.5.20 --target 192.168.10.11 --vlan 0x6000
ktap "VLAN 11 is behind nothing: unknown-link" refused unknown-link tagged --vlan 11
ktap "its addresses without the tag: spoofed" refused spoofed tagged
ktap "untagged addresses with the tag: spoofed" refused spoofed \
	frame_to_plc --source 10.10.5.20 --target 192.168.10.11 --vlan 10
ktap "three tags: vlan-depth" refused vlan-depth tagged --vlan 10 --vlan 20 --vlan 30
ktap "another port on VLAN 10: no-rule" refused no-rule tagged --vlan 10 --port 8
ktap_end
