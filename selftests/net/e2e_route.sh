#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A firewall that routes by itself: what the policy allows is sent on between it0
# and ot0 as the host's routes say, one hop older, and the firewall's stack sees
# only what is not plain forwarding. Real stacks and libmodbus on both sides.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

plc=192.168.10.11
plc6=fd00:20::11
swaps=10

# A veth hands over frames whose checksums nobody has computed, and takes frames
# of native XDP only for a far end that polls.
sides_make()
{
	local where

	for where in it ot; do
		"$where" ethtool -K eth0 tx off gro on >/dev/null || return
	done
	# As long as the host believes in a neighbour, so do we.
	fw sysctl -q -w net.ipv4.neigh.ot0.base_reachable_time_ms=2000 \
		net.ipv4.neigh.ot0.delay_first_probe_time=1 || return
	{
		cat "$here/plant.yaml"
		echo "routed: [it0, ot0]"
	} | sed 's/^name: plant/name: routed/' >"$plant_dir/routed.yaml"
}

shown()
{
	fw otseg -j interface show | jq -r --arg key "$1" '[.interfaces[] | .[$key]] | join(" ")'
}

# Frames that the datapath has routed, and those that the host has.
routed()
{
	fw otseg -j -s interface show | jq '[.interfaces[].routed // 0] | add'
}

forwarded()
{
	fw awk '/^Ip:/ && $7 ~ /[0-9]/ { print $7 }' /proc/net/snmp
}

forwarded6()
{
	fw awk '/^Ip6OutForwDatagrams/ { print $2 }' /proc/net/snmp6
}

reads()
{
	it peer_modbus --source "${1:-10.10.5.20}" --timeout-ms "$patience" read "${2:-$plc}" 0 2 |
		grep -x 'ok 1000 1001'
}

reads6()
{
	reads fd00:10::20 "$plc6"
}

polls()
{
	plant_start polls it peer_modbus --source "${1:-10.10.5.20}" --interval-ms 2 \
		--timeout-ms 5000 poll "${2:-$plc}" 0 60
	wait_for 20 beyond polls poll 200 || return
	plant_stop polls
	tail -n 1 "$plant_dir/polls.out"
	tail -n 1 "$plant_dir/polls.out" | grep -q ' failed 0$'
}

# by_datapath COUNTER COMMAND...: nearly all of its frames are routed past the
# host, whose COUNTER moves only for those that keep the neighbours alive.
by_datapath()
{
	local counter=$1 before_routed before_host by_us by_host
	shift

	before_routed=$(routed)
	before_host=$("$counter")
	"$@" || return
	by_us=$(($(routed) - before_routed))
	by_host=$(($("$counter") - before_host))
	echo "by the datapath: $by_us, by the host: $by_host"
	((by_us > 200 && by_host * 10 < by_us))
}

# by_host COMMAND...: it succeeds, and the datapath routes nothing meanwhile.
by_host()
{
	local before

	before=$(routed)
	"$@" || return
	echo "routed: $before before, $(routed) after"
	(($(routed) == before))
}

routes_again()
{
	local before

	before=$(routed)
	reads || return
	(($(routed) > before))
}

tell_start()
{
	plant_stop wire
	plant_start wire ot peer_spoof eth0 listen
	wait_for 5 said wire listening
}

ot_mac()
{
	ot ip -j link show eth0 | jq -r '.[0].address' | tr -d :
}

# crosses HEX COMMAND...: the command has frames of the IP header HEX arrive from
# ot0's own address, once the neighbour is not due for the host (every other time).
crosses()
{
	local before head
	head=$(ot_mac)$(firewall_mac ot0 | tr -d :)$1
	shift

	before=$(routed)
	while (($(routed) == before)); do
		"$@" || return
	done
	wait_for 3 grep -q "^$head" "$plant_dir/wire.out" || {
		echo "not $head"
		tail -n 3 "$plant_dir/wire.out"
		return 1
	}
}

# Bytes 14 to 23 of an IPv4 frame and 14 to 21 of an IPv6 one: TTL 64 is 63 on arrival.
aged()
{
	crosses 08004500002e123440003f11 spoof --source 10.10.5.20 --target "$plc" --port 8 \
		eth0 udp
}

aged6()
{
	crosses 86dd6[0-9a-f]*3a3f it ping -6 -c 2 -i 0.1 -W 2 -I fd00:10::20 "$plc6"
}

spoof()
{
	it peer_spoof --source-mac 02:00:00:00:00:01 --target-mac "${target:-$(firewall_mac it0)}" \
		"$@"
}

# The stack of the other side has taken what it echoes: checksums are right.
echoes()
{
	plant_start echo ot peer_udp echo 7
	wait_for 5 said echo listening || return
	it peer_udp --source 10.10.5.20 --count 500 ping "$plc" 7
	local code=$?
	plant_stop echo
	return "$code"
}

# says PATTERN COMMAND...
says()
{
	local pattern=$1 said
	shift

	said=$("$@" 2>&1)
	echo "$said"
	grep -q -- "$pattern" <<<"$said"
}

ping_plc()
{
	it ping -c 1 -W 2 -I 10.10.5.20 "$@" "$plc"
}

ping6_plc()
{
	it ping -6 -c 1 -W 2 -I fd00:10::20 "$@" "$plc6"
}

set_mtu()
{
	fw ip link set ot0 mtu "$1" && ot ip link set eth0 mtu "$1"
}

# What may be fragmented and no longer fits. (The answer, in fragments, is refused.)
fragmented()
{
	local before

	before=$(fragments)
	ping_plc -M dont -s 1380
	(($(fragments) > before))
}

fragments()
{
	fw awk '/^Ip:/ && $7 ~ /[0-9]/ { print $18 }' /proc/net/snmp
}

not_mine()
{
	local before lines
	tell_start || return
	before=$(routed)
	target=02:00:00:00:00:99 spoof --count 5 --source 10.10.5.20 --target "$plc" \
		--port 8 eth0 udp || return
	reads || return
	lines=$(grep -c 123440003f11 "$plant_dir/wire.out")
	echo "$lines arrived"
	((lines == 0))
}

# The neighbour is another device from one moment to the next, and says nothing.
replaced()
{
	ot ip link set eth0 address 02:00:00:00:0b:0b && known
}

heals()
{
	! reads_soon && wait_for 40 reads_soon
}

reads_soon()
{
	it peer_modbus --source 10.10.5.20 --timeout-ms 300 read "$plc" 0 2
}

known()
{
	fw ip neigh show "$plc" dev ot0 | grep lladdr
}

tries()
{
	it peer_modbus --source 10.10.5.20 --timeout-ms "$refusal" read "$plc" 0 2
	true
}

fails()
{
	! it peer_modbus --source 10.10.5.20 --timeout-ms "$refusal" read "$plc" 0 2
}

# One connection while the datapath routes, the host does, and so on.
poll_lives()
{
	local connected i

	connected=$(grep -c '"connected"' "$plant_dir/plc.log")
	for ((i = 0; i < swaps; i++)); do
		firewall_apply "$here/plant.yaml" && firewall_apply "$plant_dir/routed.yaml" ||
			return
	done
	plant_stop poll
	tail -n 1 "$plant_dir/poll.out"
	tail -n 1 "$plant_dir/poll.out" | grep -q ' failed 0$' &&
		(($(grep -c '"connected"' "$plant_dir/plc.log") == connected))
}

flood_stopped()
{
	local name

	for name in flood flood-ot sink sink-it; do
		plant_stop "$name"
		tail -n 1 "$plant_dir/$name.out"
	done
	tail -n 1 "$plant_dir/sink.out" | grep -q ' received 0 lost 0$' &&
		tail -n 1 "$plant_dir/sink-it.out" | grep -q ' received 0 lost 0$'
}

# A host whose own rules let nothing through: it sees one frame in 2 s for each neighbour.
few_dropped()
{
	local received

	fw nft add table inet own && fw nft add chain inet own forward \
		'{ type filter hook forward priority 0; policy drop; }' || return
	received=$(it ping -q -n -c 60 -i 0.1 -W 1 -I 10.10.5.20 "$plc" |
		sed -n 's/.* transmitted, \([0-9]*\) received.*/\1/p')
	fw nft delete table inet own
	echo "$received of 60 came back"
	((received >= 30 && received < 60))
}

sides_poll()
{
	it ethtool -K eth0 gro "$1" && ot ethtool -K eth0 gro "$1"
}

apply_warns()
{
	says "what leaves by ot0 is routed by the host" fw otseg policy apply \
		"$plant_dir/routed.yaml"
}

attach_generic()
{
	fw otseg policy detach && firewall_apply "$here/plant.yaml" &&
		fw otseg interface detach it0 && fw otseg interface attach it0 mode generic &&
		fw otseg interface detach ot0 && fw otseg interface attach ot0 mode generic &&
		firewall_apply "$plant_dir/routed.yaml"
}

if [[ ! -e /proc/sys/net/ipv6 ]]; then
	ktap_skip_all "this kernel has no IPv6"
fi
if ! command -v ethtool >/dev/null; then
	ktap_skip_all "no ethtool"
fi
e2e_begin 45 inet6
sides_make
ktap "in pass mode the host routes" by_host reads
ktap "route mode comes in force" firewall_apply "$plant_dir/routed.yaml"
ktap "in native mode" test "$(shown xdp)" == "native native"
ktap "the tool shows the mode" test "$(shown mode)" == "route route"
ktap "the historian reads" reads
ktap "a poll passes the firewall's stack by" by_datapath forwarded polls
ktap "the same over IPv6" by_datapath forwarded6 polls fd00:10::20 "$plc6"
ktap "UDP too, checksums are right, none is lost" by_datapath forwarded echoes
tell_start
ktap "a frame arrives one hop older, from the firewall's address" aged
ktap "over IPv6 too" aged6
plant_stop wire
ktap "the last hop is the host's: time exceeded" by_host says "exceeded" ping_plc -t 1
ktap "over IPv6 too" by_host says "exceeded" ping6_plc -t 1
set_mtu 1400
ktap "too large: the host fragments" fragmented
ktap "too large and not to be fragmented: the host says so" says "mtu = 1400" \
	ping_plc -M "do" -s 1380
ktap "over IPv6: packet too big" says "mtu *= *1400" ping6_plc -M "do" -s 1380
set_mtu 1500
it ip route flush cache
it ip -6 route flush cache
ktap "frames of the largest size" eval 'ping_plc -M "do" -s 1472 && routes_again'
ktap "a frame for another station is not routed" not_mine
ktap "a write is refused: access" counts access it peer_modbus --source 10.10.5.20 \
	--timeout-ms "$refusal" write "$plc" 40 1
ktap "an unlisted host is refused: no-rule" counts no-rule it peer_modbus \
	--source 10.10.9.99 --timeout-ms "$refusal" read "$plc" 0 2
ktap "a source of the other side is refused: spoofed" counts spoofed \
	spoof --source 192.168.10.12 --target "$plc" --port 502 eth0 tcp
ktap "no write arrived" test "$(plc_requests '"function":6')" -eq 0
fw ip neigh flush dev ot0
ktap "the neighbour is forgotten: the host finds it again" reads
ktap "and the datapath routes again" wait_for 10 routes_again
fw ip neigh flush dev it0
ktap "so on the other side" eval 'reads && wait_for 10 routes_again'
ktap "the neighbour is another device, and says nothing" replaced
ktap "the host finds out" heals
ktap "and the datapath routes again" wait_for 10 routes_again
fw ip route add blackhole "$plc/32"
ktap "a route into a black hole counts at once" by_host fails
fw ip route del blackhole "$plc/32"
fw ip route add "$plc/32" dev it0
ktap "the way out is the way in: the datapath does not turn it around" by_host fails
fw ip route del "$plc/32" dev it0
ktap "the old route is back" wait_for 10 routes_again
ktap "rules of the host drop only what still goes up" few_dropped
fw sysctl -q -w net.ipv4.conf.it0.forwarding=0
ktap "a host that does not forward: neither do we" by_host fails
fw sysctl -q -w net.ipv4.conf.it0.forwarding=1
ktap "it forwards again" wait_for 10 routes_again
ot ip link set eth0 down
ktap "the way out has no carrier: the datapath leaves it to the host" by_host tries
ot ip link set eth0 up
ot ip route replace default via 192.168.10.1
ktap "it is back" wait_for 20 routes_again
ktap "a flood that no rule allows, in both directions" traffic_flood 10.10.5.20 "$plc"
ktap "a poll" traffic_poll 10.10.5.20 "$plc"
ktap "one connection lives through $((2 * swaps)) changes of the mode" poll_lives
ktap "nothing of the flood has passed" flood_stopped
sides_poll off
ktap "drivers that send no frames of native XDP: the tool says so" apply_warns
ktap "then the host routes" by_host polls
sides_poll on
ktap "and the datapath as soon as they do" by_datapath forwarded polls
sides_poll off
ktap "generic mode, attached by hand" attach_generic
ktap "there the datapath routes by any driver" by_datapath forwarded polls
ktap "and refuses as ever" counts access it peer_modbus --source 10.10.5.20 \
	--timeout-ms "$refusal" write "$plc" 40 1
ktap_end
