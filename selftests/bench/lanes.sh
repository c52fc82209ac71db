# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by bench.sh: the namespaces that frames travel through, one firewall
# namespace (a lane) for each peer, and what else forwards there: otseg, nftables,
# Suricata.
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
lanes_governed=()
lanes_suricata=

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

# in_lane NAME COMMAND...: /sys and /sys/fs/bpf stay those of the caller.
in_lane()
{
	local space=$lanes_prefix-$1
	shift

	nsenter --net="/run/netns/$space" -- "$@"
}

lanes_end()
{
	local name space

	if [[ $lanes_suricata ]]; then
		kill "$lanes_suricata" 2>/dev/null
		wait "$lanes_suricata" 2>/dev/null
		lanes_suricata=
	fi
	for name in "${lanes_governed[@]}"; do
		lane_release "$name" >/dev/null 2>&1
	done
	for space in "${lanes_spaces[@]}"; do
		ip netns del "$space"
	done
	lanes_governed=()
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
	ip netns exec "$gen" ethtool -K "g$1" gro on &&
	ip netns exec "$sink" ethtool -K "s$1" gro on &&
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

# lane_parks NAME: a namespace that forwards nothing, with devices to attach programs
# to (cost.c)
lane_parks()
{
	local n

	lane_space "$1" || return
	for ((n = 0; n < 24; n += 2)); do
		ip -n "$lanes_prefix-$1" link add "park$n" type veth \
			peer name "park$((n + 1))" || return
	done
}

# Where otseg keeps what governs a lane.
lane_pins()
{
	echo "/sys/fs/bpf/$lanes_prefix-$1"
}

# lane_otseg NAME ARGUMENT...: the tool at work in that lane, with $tool and $object.
lane_otseg()
{
	local name=$1
	shift

	# shellcheck disable=SC2154 # bench.sh sets them
	OTSEG_PIN_DIR=$(lane_pins "$name") OTSEG_BPF_OBJECT=$object in_lane "$name" "$tool" "$@"
}

# lane_govern NAME IMAGE
lane_govern()
{
	lanes_governed+=("$1")
	lane_otseg "$1" policy apply "$2" backend map >/dev/null
}

lane_release()
{
	lane_otseg "$1" policy detach
}

# lane_nft NAME: the rule set comes on standard input
lane_nft()
{
	in_lane "$1" nft -f -
}

# lane_has_flowtable NAME: can nftables forward established flows by itself?
lane_has_flowtable()
{
	lane_nft "$1" <<-EOT 2>/dev/null && in_lane "$1" nft delete table inet probe
	table inet probe {
		flowtable fast { hook ingress priority 0; devices = { it0, ot0 }; }
	}
	EOT
}

# nft_conntrack [FLOWTABLE]: connection tracking, one verdict map for its states, and
# a verdict map of concatenated addresses, protocol and port for what may be new.
nft_conntrack()
{
	local define='' offload=''

	if [[ ${1:-} ]]; then
		define='flowtable fast { hook ingress priority 0; devices = { it0, ot0 }; }'
		offload='ct state established meta l4proto { tcp, udp } flow add @fast'
	fi
	cat <<-EOT
	table inet bench {
		$define
		map permitted {
			type ipv4_addr . inet_proto . inet_service : verdict
			elements = { 10.10.5.20 . udp . 4000 : accept, 10.10.5.20 . tcp . 502 : accept }
		}
		chain forward {
			type filter hook forward priority 0; policy drop;
			$offload
			ct state vmap { established : accept, related : accept, invalid : drop }
			ip saddr . meta l4proto . th dport vmap @permitted
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

# 1,000 permissions in the verdict map: nftables as it is meant to be written.
nft_set()
{
	local n

	nft_conntrack
	for ((n = 0; n < 999; n++)); do
		echo "add element inet bench permitted {" \
		     "10.11.$((n / 250)).$((n % 250)) . udp . 4000 : accept }"
	done
}

# What the rule "levels" of policy.sh does not permit: each request of the sessions is
# parsed, and held against all three.
suricata_rules()
{
	local to='10.10.5.20 any -> 10.20.0.0/14 502'

	cat <<-EOT
	drop modbus $to (msg:"a write"; modbus: access write; sid:1; rev:1;)
	drop modbus $to (msg:"another unit"; modbus: unit >1; sid:2; rev:1;)
	drop modbus $to (msg:"other registers"; modbus: access read, address >99; sid:3; rev:1;)
	EOT
}

# Inline between the two interfaces, with as little beside Modbus as it can do.
suricata_config()
{
	local pair

	cat <<-EOT
	%YAML 1.1
	---
	default-rule-path: $1
	max-pending-packets: 4096
	runmode: workers
	# A veth end without GRO takes no redirected frames.
	capture: {disable-offloading: no}
	outputs:
	  - stats: {enabled: yes, filename: stats.log, append: no, totals: yes, threads: no}
	stats: {enabled: yes, interval: 1}
	logging:
	  default-log-level: notice
	  outputs:
	    - file: {enabled: yes, filename: suricata.log}
	app-layer:
	  protocols:
	    modbus: {enabled: yes, detection-ports: {dp: 502}, stream-depth: 0, request-flood: 0}
	stream:
	  memcap: 256mb
	  inline: yes
	  checksum-validation: yes
	  reassembly: {memcap: 256mb, depth: 0}
	af-packet:
	EOT
	for pair in "it0 ot0 98" "ot0 it0 97"; do
		# shellcheck disable=SC2086 # three words
		set -- $pair
		cat <<-EOT
		  - interface: $1
		    copy-iface: $2
		    copy-mode: ips
		    cluster-id: $3
		    cluster-type: cluster_flow
		    threads: 1
		    use-mmap: yes
		    tpacket-v3: no
		    defrag: no
		    ring-size: 8192
		    buffer-size: 8388608
		EOT
	done
}

# lane_suricata NAME FOLDER: both workers on processor 1, ahead of other processes; the
# kernel forwards nothing. With real-time priority its threads would spin, and starve
# the other lanes.
lane_suricata()
{
	local tries

	mkdir -p "$2" && rm -f "$2"/*.log &&
		suricata_rules >"$2/otseg.rules" &&
		suricata_config "$2" >"$2/suricata.yaml" &&
		in_lane "$1" sysctl -q -w net.ipv4.ip_forward=0 || return
	# Not by in_lane, whose shell would be what is killed in the end.
	nsenter --net="/run/netns/$lanes_prefix-$1" -- nice -n -20 taskset -c 1 \
		suricata -c "$2/suricata.yaml" -S "$2/otseg.rules" -k all --af-packet --runmode workers -l "$2" \
		>"$2/output.log" 2>&1 &
	lanes_suricata=$!
	for ((tries = 0; tries < 300; tries++)); do
		if grep -q 'Engine started' "$2/suricata.log" 2>/dev/null; then
			return 0
		fi
		sleep 0.1
	done
	cat "$2/output.log" >&2
	return 1
}

# suricata_count FOLDER COUNTER: how far it has counted
suricata_count()
{
	awk -F '|' -v name="$2" '{ gsub(/ /, "") } $1 == name { n = $3 } END { print n + 0 }' \
		"$1/stats.log"
}
