# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by bench.sh: the namespaces of the throughput measurement, one
# firewall namespace (a lane) for each peer.
#
#   PREFIX-gen                PREFIX-LANE                PREFIX-sink
#   g0 10.8.0.2  -----------  it0 10.8.0.1
#                             ot0 10.9.0.1  -----------  s0 10.9.0.2
#   10.10.0.0/16 behind it0                              10.20.0.0/16 behind ot0
#
# Everything is static: routes, neighbours, MAC addresses (frame.c has the same
# ones). lanes_end, which belongs into a trap, removes what was made.

lanes_prefix=otseg-bench-$$
lanes_spaces=()

lane_space()
{
	ip netns add "$lanes_prefix-$1" || return
	lanes_spaces+=("$lanes_prefix-$1")
	ip netns exec "$lanes_prefix-$1" sysctl -q -w \
		net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 \
		net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
}

lanes_end()
{
	local space

	for space in "${lanes_spaces[@]}"; do
		ip netns del "$space"
	done
	lanes_spaces=()
}

lanes_begin()
{
	lane_space gen && lane_space sink
}

# lane_make NUMBER NAME
lane_make()
{
	local space=$lanes_prefix-$2 gen=$lanes_prefix-gen
	local sink=$lanes_prefix-sink

	lane_space "$2" || return
	ip -n "$space" link add it0 address 02:00:00:00:00:01 type veth \
		peer name "g$1" address 02:00:00:00:00:04 netns "$gen" &&
	ip -n "$space" link add ot0 address 02:00:00:00:00:02 type veth \
		peer name "s$1" address 02:00:00:00:00:03 netns "$sink" &&
	ip netns exec "$space" ethtool -K it0 gro on &&
	ip netns exec "$space" ethtool -K ot0 gro on &&
	ip -n "$gen" link set "g$1" up &&
	ip -n "$sink" link set "s$1" up &&
	ip -n "$space" addr add 10.8.0.1/24 dev it0 &&
	ip -n "$space" addr add 10.9.0.1/24 dev ot0 &&
	ip -n "$space" link set it0 up &&
	ip -n "$space" link set ot0 up &&
	ip -n "$space" neigh add 10.8.0.2 lladdr 02:00:00:00:00:04 dev it0 &&
	ip -n "$space" neigh add 10.9.0.2 lladdr 02:00:00:00:00:03 dev ot0 &&
	ip -n "$space" route add 10.10.0.0/16 via 10.8.0.2 &&
	ip -n "$space" route add 10.20.0.0/16 via 10.9.0.2 &&
	ip netns exec "$space" sysctl -q -w net.ipv4.ip_forward=1
}

# lane_nft NAME: the rule set comes on standard input
lane_nft()
{
	ip netns exec "$lanes_prefix-$1" nft -f -
}

# Connection tracking and the one rule that the traffic needs.
nft_conntrack()
{
	cat <<-EOT
	table inet bench {
		chain forward {
			type filter hook forward priority 0; policy drop;
			ct state established,related accept
			ip saddr 10.10.5.20 udp dport 4000 ct state new accept
		}
	}
	EOT
}

# 999 rules that do not match, one by one, then the one that does; no
# connection tracking, so that every frame walks the list.
nft_linear()
{
	local n

	echo "table inet bench {"
	echo "	chain forward {"
	echo "		type filter hook forward priority 0; policy drop;"
	for ((n = 0; n < 999; n++)); do
		echo "		ip saddr 10.11.$((n / 250)).$((n % 250)) udp dport 4000 accept"
	done
	echo "		ip saddr 10.10.5.20 udp dport 4000 accept"
	echo "	}"
	echo "}"
}

# The same 1,000 permissions as one set: nftables as it is meant to be written.
nft_set()
{
	local n

	echo "table inet bench {"
	echo "	set allowed {"
	echo "		type ipv4_addr . inet_service"
	echo "		elements = {"
	for ((n = 0; n < 999; n++)); do
		echo "			10.11.$((n / 250)).$((n % 250)) . 4000,"
	done
	echo "			10.10.5.20 . 4000 }"
	echo "	}"
	echo "	chain forward {"
	echo "		type filter hook forward priority 0; policy drop;"
	echo "		ct state established,related accept"
	echo "		ip saddr . udp dport @allowed ct state new accept"
	echo "	}"
	echo "}"
}
