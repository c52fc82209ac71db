#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `on-deny`: who is refused hears of it. Real stacks and libmodbus: a client learns at once that
# a port, a message or a connection is refused, the controller gets rid of the connection, and
# what is sent is right in every checksum. With `drop` nothing is sent.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=e2e.sh
. "$here/e2e.sh"

plc=192.168.10.11

# policy ON-DENY [without]: that of the plant; without its Modbus rules
policy()
{
	local file=$plant_dir/policy.yaml

	sed "0,/^    to: cell\$/s//&\n    on-deny: $1/" "$here/plant.yaml" >"$file.all"
	if [[ ${2:-} == without ]]; then
		sed '/^      levels:/,/^      echo:/{/^      echo:/!d}' "$file.all" >"$file"
	else
		cp "$file.all" "$file"
	fi
	firewall_apply "$file"
}

# A veth takes frames of native XDP only for a far end that polls.
sides_set()
{
	local where

	for where in it ot; do
		"$where" ethtool -K eth0 "$@" >/dev/null || return
	done
}

# client WANTED ARGUMENT...: what libmodbus makes of it
client()
{
	local wanted=$1 said
	shift

	said=$(it peer_modbus --source 10.10.5.20 --timeout-ms "$patience" "$@")
	echo "$* -> $said, wanted $wanted"
	[[ $said == "$wanted" ]]
}

# No connection to the PLC is left on either side, though somebody may be in the last steps of one.
unconnected()
{
	local where left

	for where in it ot; do
		left=$("$where" ss -Htn state established '( sport = :502 or dport = :502 )')
		if [[ $left ]]; then
			echo "$where: $left"
			return 1
		fi
	done
}

# denials COUNTER: how many
denials()
{
	fw otseg -j -s status | jq ".denials.$1"
}

dropped()
{
	local before

	policy drop && before=$(denials told) || return
	patience=$refusal client connect-timeout --port 503 read "$plc" 0 1 &&
		patience=$refusal client timeout write "$plc" 50 1 && (($(denials told) == before))
}

refused_port()
{
	policy reset && client refused --port 503 read "$plc" 0 1
}

reset_message()
{
	policy reset && client reset write "$plc" 50 1 && wait_for 5 unconnected &&
		client "ok 1000" read "$plc" 0 1
}

exceptions()
{
	policy exception && client "exception 1" write "$plc" 50 1 && wait_for 5 unconnected &&
		client "exception 2" read "$plc" 200 1 && wait_for 5 unconnected &&
		client "ok 1000" read "$plc" 0 1 && client refused --port 503 read "$plc" 0 1
}

# The rule that a live connection goes by is taken away, under its polls.
swapped()
{
	policy "$1" || return
	plant_start poll it peer_modbus --source 10.10.5.20 --interval-ms 20 \
		--timeout-ms "$refusal" poll "$plc" 0 10
	wait_for 10 beyond poll poll 3 || return
	# allowed by this one, too: it goes on
	policy "$1" && wait_for 10 beyond poll poll "$(last_number poll poll)" || return
	if unconnected >/dev/null; then
		echo "nothing is connected"
		return 1
	fi
	policy "$1" without
}

cut_and_told()
{
	local code=0

	swapped reset && wait_for 5 unconnected || code=$?
	plant_stop poll
	return "$code"
}

cut_in_silence()
{
	local code=0 before

	swapped drop && before=$(denials told) && wait_for 5 beyond_gone "$(firewall_reason tcp-no-flow)" ||
		code=$?
	if unconnected >/dev/null || (($(denials told) != before)); then
		code=1
	fi
	plant_stop poll
	# what is left of it is no other test's
	ot ss -K state established sport = :502 >/dev/null
	return "$code"
}

beyond_gone()
{
	(($(firewall_reason tcp-no-flow) > $1))
}

capture_begin()
{
	local where

	for where in it ot; do
		plant_start "capture-$where" "$where" tcpdump -U -i eth0 -w "$plant_dir/$where.pcap" tcp
		wait_for 10 listening "$where" || return
	done
}

listening()
{
	grep -q listening "$plant_dir/capture-$1.err"
}

# frames SIDE FILTER: how many were captured there
frames()
{
	tshark -r "$plant_dir/$1.pcap" -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE \
		-Y "$2" 2>/dev/null | wc -l
}

# Resets and exceptions on both sides, and not one wrong checksum, sequence number or byte more.
capture_right()
{
	local where first

	for where in it ot; do
		plant_stop "capture-$where" INT
		if (($(frames "$where" 'tcp.flags.reset == 1') < 2)); then
			echo "$where: no resets"
			return 1
		fi
		if (($(frames "$where" 'tcp.checksum.status == "Bad" || ip.checksum.status == "Bad"'))); then
			echo "$where: wrong checksums"
			return 1
		fi
		if (($(frames "$where" 'tcp.flags.reset == 1 && tcp.len > 0'))); then
			echo "$where: a reset bears data"
			return 1
		fi
	done
	# Who is in a hurry asks again, and gets the same answer again.
	first='!tcp.analysis.retransmission && !tcp.analysis.spurious_retransmission'
	# nothing that was refused has reached the controller
	(($(frames ot 'modbus.func_code == 6') == 0 && $(frames ot 'tcp.port == 503') == 0)) &&
		(($(frames it "modbus.exception_code == 1 && $first") == 1 && \
		  $(frames it "modbus.exception_code == 2 && $first") == 1))
}

# A driver that sends nothing for XDP: as with `drop`, and it is counted.
unsendable()
{
	local before code=0

	policy reset && before=$(denials failed) && it ethtool -K eth0 gro off || return
	patience=$refusal client connect-timeout --port 503 read "$plc" 0 1 &&
		(($(denials failed) > before)) || code=$?
	it ethtool -K eth0 gro on
	return "$code"
}

checks()
{
	ktap "drop: nobody is told" dropped
	ktap "reset: a port that no rule has is refused at once" refused_port
	ktap "reset: a message that no rule covers ends its connection on both sides" reset_message
	ktap "exception: the client hears it in its own protocol" exceptions
	ktap "a change of policy cuts a live connection, and both sides are told" cut_and_told
}

e2e_begin 14
sides_set gro on tx off
ktap "captures begin" capture_begin
checks
ktap "what was sent is right" capture_right
ktap "drop: a change of policy cuts in silence" cut_in_silence
ktap "an interface that cannot send" unsendable
# Checksums that the sender leaves to others.
sides_set tx on
checks
ktap_end
