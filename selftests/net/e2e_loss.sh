#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Modbus over a wire that loses, doubles and reorders, in front of the firewall
# and behind it. Proves that retransmission gets every allowed request through
# and no refused one. Where the kernel has no netem, every eighth packet is lost
# by a rule of nftables, and the case of reordering is skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

has_netem()
{
	it tc qdisc add dev eth0 root netem loss 0% 2>/dev/null &&
		it tc qdisc del dev eth0 root
}

# Loss by count is the same in every run; the two directions are not in step.
lossy_wire()
{
	local side

	for side in it ot; do
		"$side" nft -f - <<-END || return
			table inet loss {
				chain in {
					type filter hook input priority 0;
					tcp dport 502 numgen inc mod 8 == 3 drop
					tcp sport 502 numgen inc mod 7 == 2 drop
				}
				chain out {
					type filter hook postrouting priority 0;
					tcp dport 502 numgen inc mod 9 == 4 drop
					tcp sport 502 numgen inc mod 11 == 5 drop
				}
			}
		END
	done
}

whole_wire()
{
	it nft delete table inet loss
	ot nft delete table inet loss
}

# Loss must cost milliseconds, not the 200 of an ordinary network.
impatient()
{
	it ip route change default via 10.10.0.1 rto_min 10ms &&
		ot ip route change default via 192.168.10.1 rto_min 10ms
}

polls()
{
	local count=$1

	plant_start poll it peer_modbus --source 10.10.5.20 --interval-ms 1 \
		--timeout-ms $((patience * 10)) poll 192.168.10.11 0 60
	wait_for $((patience / 10)) beyond poll poll "$count"
	plant_stop poll || {
		tail -n 3 "$plant_dir/poll.out"
		return 1
	}
}

many_in_flight()
{
	local i all=''

	for i in {1..40}; do
		all+=$(printf '%04x00000006010300000028' "$i")
	done
	it peer_modbus --source 10.10.5.20 --timeout-ms $((patience * 10)) --every 17 \
		--answers 40 raw 192.168.10.11 "$all" | grep -v -e timeout -e reset -e unsent
}

refused_write()
{
	it peer_modbus --source 10.10.5.20 --timeout-ms "$refusal" write 192.168.10.11 40 9999
	it peer_modbus --source 10.10.5.20 --timeout-ms "$refusal" --every 5 \
		raw 192.168.10.11 00060000000601060028270f
	(($(plc_requests '"function":6') == 0))
}

was_retransmitted()
{
	local n

	n=$(it nstat -asz TcpRetransSegs | awk '/TcpRetransSegs/ {print $2}')
	echo "$n segments were sent again"
	((n > 10))
}

e2e_begin 7
impatient || ktap_note "no shorter retransmission time here: this takes longer"
if lossy_wire; then
	ktap "200 polls with loss on both sides" polls 200
	ktap "40 requests in flight, in segments of 17 bytes, with loss" many_in_flight
	ktap "segments really were lost" was_retransmitted
	ktap "a refused write does not get through with loss" refused_write
	whole_wire
else
	for name in "200 polls" "40 requests in flight" "loss" "a refused write with loss"; do
		ktap_skip "$name" "no nftables numgen"
	done
fi
if has_netem; then
	it tc qdisc add dev eth0 root netem loss 5% duplicate 5% delay 2ms 1ms reorder 25%
	ot tc qdisc add dev eth0 root netem loss 5% duplicate 5% delay 2ms 1ms reorder 25%
	ktap "200 polls with loss, doubles and reordering" polls 200
	ktap "40 requests in flight, in segments of 17 bytes, reordered" many_in_flight
	ktap "a refused write does not get through" refused_write
else
	ktap_skip "200 polls with loss, doubles and reordering" "no sch_netem in this kernel"
	ktap_skip "40 requests in flight, reordered" "no sch_netem in this kernel"
	ktap_skip "a refused write does not get through" "no sch_netem in this kernel"
fi
ktap_end
