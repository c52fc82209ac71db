#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Modbus conversations cut into segments by a real TCP stack. Proves that cutting
# neither breaks what is allowed nor hides what is refused: the judge is the log
# of the server, not a counter. Does not cover lost segments (e2e_loss.sh).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

# Requests of the HMI, transaction first: read 0-3, write 1200 or 9999 to 40.
read_1=000100000006010300000004
read_2=000200000006010300280002
write_3=0003000000060106002804b0
write_4=00040000000b011000280002040001000f
read_5=000500000006010300280002
bad_write=00060000000601060028270f

conversation()
{
	it peer_modbus --source 10.10.5.30 --timeout-ms "$patience" "$@"
}

# answered N OPTION... -- HEX...: N answers, N more requests in the log.
answered()
{
	local n=$1 before said
	shift

	before=$(plc_requests)
	said=$(conversation --answers "$n" "$@")
	echo "$said"
	[[ $said == ok\ * && $said != *timeout* && $said != *reset* ]] &&
		(($(plc_requests) == before + n))
}

# A write of 9999 in two segments, cut behind byte N.
cut_at()
{
	conversation --timeout-ms "$refusal" raw 192.168.10.11 \
		"${bad_write:0:2*$1}" "${bad_write:2*$1}"
}

cut_everywhere()
{
	local n pids=()

	for n in {1..11}; do
		cut_at "$n" >"$plant_dir/cut.$n" &
		pids+=($!)
	done
	wait "${pids[@]}"
	for n in {1..11}; do
		if ! grep -qE '^(ok timeout|unsent .*)$' "$plant_dir/cut.$n"; then
			echo "cut behind byte $n: $(<"$plant_dir/cut.$n")"
			return 1
		fi
	done
	no_bad_write
}

no_bad_write()
{
	! grep '"function":\(6\|16\)' "$plant_dir/plc.log" | grep -q 270f
}

refused_raw()
{
	local before said

	before=$(plc_requests)
	said=$(conversation --timeout-ms "$refusal" "$@")
	echo "$said; requests $before -> $(plc_requests)"
	[[ $said == "ok timeout" || $said == unsent* ]] && no_bad_write
}

# The allowed read in front of a refused write is answered, in its own segment.
read_then_refused()
{
	local said before

	before=$(plc_requests 010300000004)
	said=$(conversation --timeout-ms "$refusal" --answers 2 raw 192.168.10.11 \
		"$read_1" "${bad_write:0:6}" "${bad_write:6}")
	echo "$said"
	(($(plc_requests 010300000004) == before + 1)) && no_bad_write
}

all=$read_1$read_2$write_3$write_4$read_5

e2e_begin 10
ktap "five requests in one segment each" \
	answered 5 raw 192.168.10.11 $read_1 $read_2 $write_3 $write_4 $read_5
ktap "five requests in one segment" answered 5 raw 192.168.10.11 $all
ktap "five requests in segments of one byte" answered 5 --every 1 raw 192.168.10.11 $all
ktap "five requests in segments of 7 bytes" answered 5 --every 7 raw 192.168.10.11 $all
ktap "five requests in segments of 13 bytes" answered 5 --every 13 raw 192.168.10.11 $all
ktap "a refused write, cut at each of its bytes, never arrives" cut_everywhere
ktap "a refused write in segments of one byte never arrives" \
	refused_raw --every 1 raw 192.168.10.11 $bad_write
ktap "a refused write behind an allowed one in the same segment never arrives" \
	refused_raw raw 192.168.10.11 $write_3$bad_write
ktap "an allowed read in front of a refused, cut write is answered" read_then_refused
ktap "the refusals are counted under their reason" counted_beyond value 0
ktap_end
