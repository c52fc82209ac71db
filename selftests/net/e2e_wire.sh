#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A firewall without an address in the middle of one subnet: what the policy
# allows crosses from it0 to ot0 and back, bytes and tags as they were sent, and
# nothing of it touches the firewall's stack. Real stacks and libmodbus on both
# sides, which find each other by ARP and neighbour discovery.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

plc=10.20.0.211
plc6=fd00:20::1d3
swaps=20

# A veth hands over frames whose checksums nobody has computed, and takes frames
# of native XDP only for a far end that polls.
side_make()
{
	local where=$1
	shift

	"$where" ip address flush dev eth0
	"$where" ethtool -K eth0 tx off >/dev/null || return
	"$where" sysctl -q -w net.ipv6.conf.all.disable_ipv6=0 \
		net.ipv6.conf.eth0.disable_ipv6=0 net.ipv6.conf.eth0.accept_dad=0 || return
	printf 'address add %s dev eth0 nodad\n' "$@" | sed '/\./s/ nodad//' |
		"$where" ip -batch -
}

line_make()
{
	plant_stop plc
	fw sysctl -q -w net.ipv4.ip_forward=0
	fw ip address flush dev it0 && fw ip address flush dev ot0 || return
	side_make it 10.20.0.20/24 10.20.0.30/24 10.20.0.99/24 fd00:20::20/64 &&
		side_make ot "$plc/24" "$plc6/64" && plant_plc || return
	it ip route add 10.20.1.0/24 dev eth0
}

sides_poll()
{
	it ethtool -K eth0 gro "$1" && ot ethtool -K eth0 gro "$1"
}

modes()
{
	fw otseg -j interface show | jq -r '[.interfaces[] | .wire + ":" + .xdp] | join(" ")'
}

reads()
{
	it peer_modbus --source "${1:-10.20.0.20}" --timeout-ms "$patience" read "${2:-$plc}" 0 2 |
		grep -x 'ok 1000 1001'
}

no_address()
{
	[[ -z $(fw ip -4 address show dev it0) && -z $(fw ip -4 address show dev ot0) ]]
}

# Whoever listens on the firewall's interfaces hears nothing of what crosses.
stack_is_untouched()
{
	local device

	for device in it0 ot0; do
		plant_start "stack-$device" fw peer_spoof "$device" listen
		wait_for 5 said "stack-$device" listening || return
	done
	reads && it ping -c 1 -W 2 -I 10.20.0.20 "$plc" || return
	for device in it0 ot0; do
		plant_stop "stack-$device"
		cat "$plant_dir/stack-$device.out"
		if grep -qv listening "$plant_dir/stack-$device.out"; then
			return 1
		fi
	done
}

# The far side's own address, not the firewall's.
resolved()
{
	local mac

	mac=$(ot ip -j link show eth0 | jq -r '.[0].address')
	it ip neigh show "$1"
	it ip neigh show "$1" | grep -q "$mac"
}

reads6()
{
	reads fd00:20::20 "$plc6" && resolved "$plc6"
}

pings()
{
	it ping -c 2 -i 0.2 -W 5 "$@"
}

largest()
{
	pings -M "do" -s 1472 -I 10.20.0.20 "$plc"
}

set_mtu()
{
	local where

	fw ip link set it0 mtu "$1" && fw ip link set ot0 mtu "$1" || return
	for where in it ot; do
		"$where" ip link set eth0 mtu "$1" || return
	done
}

# Too large for one page: several buffers a frame.
jumbo()
{
	local code=0

	set_mtu 9000 && pings -M "do" -s 8972 -I 10.20.0.20 "$plc" || code=$?
	set_mtu 1500
	return "$code"
}

# What the kernel will lose without a word is told before.
mtu_differs()
{
	local said

	fw ip link set it0 mtu 9000 && said=$(fw otseg policy apply "$here/line.yaml" 2>&1)
	fw ip link set it0 mtu 1500
	echo "$said"
	[[ $said == *": it0 takes frames that are too long for ot0 (MTU 9000 and 1500): they are lost"* &&
		$said != *"ot0 takes frames that are too long"* ]] &&
		! fw otseg policy apply "$here/line.yaml" 2>&1 | grep 'too long'
}

tagged()
{
	it peer_spoof --source-mac 02:00:00:00:00:01 --target-mac "$plc_mac" --port 7 \
		--source 10.110.0.5 --target 10.110.0.133 "$@" eth0 udp
}

more_on_wire()
{
	(($(grep -c "$1" "$plant_dir/wire.out") > $2))
}

arrives()
{
	local tags=$1 before
	shift

	before=$(grep -c "020000000001${tags}0800" "$plant_dir/wire.out")
	"$@" || return
	wait_for 3 more_on_wire "020000000001${tags}0800" "$before"
}

refused()
{
	local lines

	lines=$(grep -c 020000000001 "$plant_dir/wire.out")
	counts "$@" && (($(grep -c 020000000001 "$plant_dir/wire.out") == lines))
}

spoof()
{
	it peer_spoof --source-mac 02:00:00:00:00:01 --target-mac "$plc_mac" "$@"
}

tell_start()
{
	plc_mac=$(ot ip -j link show eth0 | jq -r ".[0].address")
	plant_stop wire
	plant_start wire ot peer_spoof eth0 listen
	wait_for 5 said wire listening
}

# Floods with what no rule allows, in both directions, while the policy is changed
# between one with the wire and one without, and a poll of the PLC goes on.
flood_start()
{
	it ping -c 1 -W 2 -I 10.20.0.20 "$plc" >/dev/null
	traffic_flood 10.20.0.20 "$plc"
}

other_line()
{
	sed -e 's/^name: line/name: line-other/' -e 's/^  store:/  archive:/' \
		-e 's/^  telemetry:/  readings:/' "$here/line.yaml" >"$plant_dir/line-other.yaml"
}

swap_with()
{
	local i

	for ((i = 0; i < swaps; i++)); do
		firewall_apply "$1" && firewall_apply "$here/line.yaml" || return
	done
}

poll_lives()
{
	local connected

	connected=$(grep -c '"connected"' "$plant_dir/plc.log")
	swap_with "$plant_dir/line-other.yaml" || return
	plant_stop poll
	tail -n 1 "$plant_dir/poll.out"
	tail -n 1 "$plant_dir/poll.out" | grep -q ' failed 0$' &&
		(($(grep -c '"connected"' "$plant_dir/plc.log") == connected))
}

flood_stopped()
{
	local name

	beyond flood sent "$1" || return
	for name in flood flood-ot sink sink-it; do
		plant_stop "$name"
		tail -n 1 "$plant_dir/$name.out"
	done
	tail -n 1 "$plant_dir/sink.out" | grep -q ' received 0 lost 0$' &&
		tail -n 1 "$plant_dir/sink-it.out" | grep -q ' received 0 lost 0$'
}

tries()
{
	it peer_modbus --source 10.20.0.20 --timeout-ms "$refusal" read "$plc" 0 2
	true
}

unplug()
{
	ot ip link del eth0
}

replug()
{
	plant_wire ot0 "$plant_ot" && fw ip link set ot0 up &&
		ot ip link set eth0 up && ot ethtool -K eth0 gro on &&
		side_make ot "$plc/24" "$plc6/64" && it ip neigh flush dev eth0
}

carrier()
{
	ot ip link set eth0 "$1" || return
	if [[ $1 == up ]]; then
		it ip neigh flush dev eth0
		ot ip address replace "$plc6/64" dev eth0 nodad
	fi
}

in_generic_mode()
{
	fw otseg policy detach && sides_poll off && firewall_apply "$here/line.yaml" || return
	modes
	[[ $(modes) == "line3:generic line3:generic" ]]
}

refused_apply()
{
	local code=0

	fw otseg policy apply "$here/line.yaml" >"$plant_dir/apply.out" 2>&1 || code=$?
	cat "$plant_dir/apply.out"
	((code == 3)) && grep -q "sends no frames of native XDP" "$plant_dir/apply.out" &&
		firewall_is_active plant
}

if [[ ! -e /proc/sys/net/ipv6 ]]; then
	ktap_skip_all "this kernel has no IPv6"
fi
if ! command -v ethtool >/dev/null; then
	ktap_skip_all "no ethtool"
fi
e2e_begin 33
ktap "one subnet, no address on the firewall" line_make
ktap "a wire that the drivers cannot serve is refused, the old policy stays" refused_apply
sides_poll on
ktap "the wire comes in force" firewall_apply "$here/line.yaml"
ktap "in native mode" test "$(modes)" == "line3:native line3:native"
ktap "the firewall has no address" no_address
ktap "the historian reads" reads
ktap "it has resolved the PLC itself" resolved "$plc"
ktap "the firewall's stack sees nothing of it" stack_is_untouched
ktap "the historian reads over IPv6, the PLC found by neighbour discovery" reads6
ktap "echo over IPv6" pings -6 -I fd00:20::20 "$plc6"
ktap "nobody finds a zone that has no conduit: no-conduit" counts no-conduit \
	it ping -c 1 -W 1 10.20.1.5
ktap "a write is refused: access" counts access \
	it peer_modbus --source 10.20.0.30 --timeout-ms "$refusal" write "$plc" 40 1
ktap "an unlisted host is refused: no-rule" counts no-rule \
	it peer_modbus --source 10.20.0.99 --timeout-ms "$refusal" read "$plc" 0 2
ktap "no write arrived" test "$(plc_requests '"function":6')" -eq 0
tell_start
ktap "a source of the other side is refused: spoofed" refused spoofed \
	spoof --source 10.20.0.212 --target "$plc" --port 502 eth0 tcp
ktap "VLAN 10 crosses with its tag" arrives 8100000a tagged --vlan 10
ktap "VLAN 10 inside 20 crosses with both tags" arrives 8100000a81000014 tagged --vlan 10 --vlan 20
ktap "VLAN 11 does not: unknown-link" refused unknown-link tagged --vlan 11
ktap "frames of the largest size cross" largest
ktap "jumbo frames cross" jumbo
ktap "ends of different MTU are told of" mtu_differs
plant_stop wire
ktap "a flood that no rule allows, in both directions" flood_start
ktap "a poll" traffic_poll 10.20.0.20 "$plc"
other_line
ktap "one connection lives through $((2 * swaps)) policy swaps" poll_lives
flooded=$(last_number flood sent)
ktap "$swaps swaps with a policy without the wire" swap_with "$here/plant.yaml"
ktap "nothing of the flood has passed" wait_for 20 flood_stopped "$flooded"
ktap "the historian reads again" reads
carrier down
ktap "the far end has no carrier: wire-down" counts wire-down tries
carrier up
ktap "it comes back by itself" wait_for 10 reads
unplug
ktap "the far end unplugged: wire-down" counts wire-down tries
replug
firewall_apply "$here/line.yaml"
ktap "plugged in again and applied: the historian reads" wait_for 10 reads
ktap "for drivers that send no frames of native XDP: generic mode" in_generic_mode
ktap "there the historian reads too, and frames of the largest size cross" \
	eval 'wait_for 10 reads && largest && counts access it peer_modbus \
	--source 10.20.0.30 --timeout-ms "$refusal" write "$plc" 40 1'
ktap_end
