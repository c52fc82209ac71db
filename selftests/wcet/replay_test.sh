#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# No frame of adversary.c takes more instructions than worst_case says, on the
# very instructions that the kernel runs; and each meets the engine's verdict, so it was
# the datapath that was counted.  What is denied takes fewer than what is allowed: of a
# frame without a flow, fewer than one that opens a flow; of a message on a live
# connection, fewer than one that passes.  Needs root, as loading programs does.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

if ((EUID)); then
	ktap_skip_all "loading BPF programs needs root"
fi

table=$(mktemp)
trap 'rm -f "$table"' EXIT

within()
{
	"$here/replay.sh" >"$table"
}

too_low()
{
	if BOUNDS_FILTER='.entries[].instructions = 500' "$here/replay.sh" plain >"$table" 2>&1; then
		echo "a bound of 500 instructions was met"
		return 1
	fi
	grep "instructions are over the bound of 'flow'" "$table"
}

# taken NAME: instructions of that frame
taken()
{
	awk -v name="$1" 'index($0, name "  ") == 1 { print $(split(name, words, " ") + 1) }' "$table"
}

# cheaper DENIED ALLOWED
cheaper()
{
	local denied allowed

	denied=$(taken "$1") allowed=$(taken "$2")
	echo "$1: ${denied:-none} instructions; $2: ${allowed:-none}"
	((${denied:-0} > 0 && denied < ${allowed:-0}))
}

denied_is_cheaper()
{
	local frame

	for frame in "no conduit" "no rule" "no zone" spoofed fragment "TCP without a flow" "flow budget"; do
		cheaper "denied: $frame" "allowed: new flow" || return
	done
	cheaper "denied: one request" "allowed: one request"
}

ktap_begin 3
ktap "frames made to be dear stay within the bounds" within
ktap_note "$(cat "$table")"
ktap "what is denied takes fewer instructions than what is allowed" denied_is_cheaper
ktap "a bound that is too low is noticed" too_low
ktap_end
