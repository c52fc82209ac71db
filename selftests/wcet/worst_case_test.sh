#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The datapath is within its budget, and worst_case can be believed: the longest
# paths of small programs are found to the instruction, and what has no bound, has
# grown or has become stale is an error.  Needs root, as loading programs does.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${O:-$here/../../build}
small=$build/selftests/wcet/small.bpf.o

# shellcheck source=../ktap.sh source-path=SCRIPTDIR
. "$here/../ktap.sh"

if ((EUID)); then
	ktap_skip_all "loading BPF programs needs root"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ask PROGRAM ARGUMENT...: worst_case for a program of small.bpf.c without any bounds
ask()
{
	"$here/worst_case" -b "${bounds:-/dev/null}" -e "${entries:-/dev/null}" -p "$@" "$small"
}

# entry_has NUMBER PROGRAM METRIC FIGURE [ARGUMENT]...
entry_has()
{
	local got

	got=$(ask "$2" "${@:5}" -j | jq ".entries[$1].$3")
	if [[ $got != "$4" ]]; then
		echo "$2 has $got $3, not $4"
		return 1
	fi
}

# has PROGRAM METRIC FIGURE [ARGUMENT]...
has()
{
	entry_has 0 "$@"
}

# refuses CODE TEXT COMMAND...: it ends with this exit code and says this
refuses()
{
	local code=0 said wanted=$1 text=$2
	shift 2

	said=$("$@" 2>&1) || code=$?
	if ((code != wanted)) || [[ $said != *"$text"* ]]; then
		printf 'exit code %d instead of %d, or not "%s":\n%s\n' "$code" "$wanted" "$text" "$said"
		return 1
	fi
}

# with FILE TEXT COMMAND...: the variable FILE names a file with this text
with()
{
	local bounds=${bounds:-} entries=${entries:-}

	printf '%s\n' "$2" >"$work/$1"
	printf -v "$1" '%s' "$work/$1"
	"${@:3}"
}

# budget METRIC=MOST: of the program "counted"
budget()
{
	echo "everything | $1" >"$work/budget"
	ask counted --budget "$work/budget"
}

every_service()
{
	local name missing=0

	while read -r name _; do
		if ! grep -q "^$name | " "$here/entries"; then
			echo "there is no entry '$name'"
			missing=1
		fi
	done < <("$here/../proto/services.sh")
	return "$missing"
}

# What the kernel would not load: a function that calls itself.
recursion()
{
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here python3 - <<-'PYTHON'
		import struct
		from bounds import Bounds, Constants
		from path import Paths
		from program import Program, decode, resolve

		call_self = struct.pack("<BBhi", 0x85, 0x10, -1, 0)
		leave = struct.pack("<BBhi", 0x95, 0, 0, 0)
		insns, functions = decode(call_self + leave), {0: "again"}
		resolve(insns, functions, {}, 0)
		Paths(Program(insns, functions), Bounds(), Constants("/", {})).whole()
	PYTHON
}

loop='loop | endless | bpf_iter_num_new(&it, 0, end);'
total='total | counted | asm volatile("r6 = 0;" | turns | 1 | why'

ktap_begin 33
ktap "datapath: every loop has a bound, and every budget holds" \
	"$here/worst_case" "$build/otseg.bpf.o" --budget "$here/budget"
ktap "each inspected service has an entry" every_service
ktap "straight on: to the instruction" has straight instructions 2
ktap "the longer one of two ways" has fork instructions 7
ktap "a helper call on one of them" has fork helpers 1
ktap "a counted loop" has counted instructions 23
ktap "a loop in a loop" has nested instructions 42
ktap "a loop that is left before its end" has left instructions 40
ktap "calls of functions" has caller instructions 9
ktap "a call chain" has caller "chain | length" 2
ktap "a look-up that is put in line" has lookup lookups 1
ktap "what a helper calls back" has called_back helpers 10
ktap "a loop without a bound is an error" refuses 2 "a loop without a bound: endless" ask endless
ktap "it is none with a bound" with bounds "$loop | 7 | why not" ask endless
ktap "so many turns, each with one question to its iterator" \
	with bounds "$loop | 14 | why not" has endless kfuncs 17
# Five on the way with no turn of two instructions; a pool of four yields four of them.
ktap "turns that are counted once" with bounds "pool | turns | 4 | counted | why
$total" has counted instructions 13
ktap "turns that are counted in a function that is not on the way" \
	refuses 2 "its total is one of gone()" with bounds "pool | turns | 4 | gone | why
$total" ask counted
ktap "turns of a pool that there is not" refuses 2 "no pool 'turns'" \
	with bounds "$total" ask counted
ktap "a part of a function that an entry leaves out" \
	with bounds 'part | one | asm volatile("call leaf; call leaf; exit;"); | why' \
	with entries "x | one | | why" refuses 2 "there is no such way" ask caller
ktap "a part that there is not" refuses 2 "the program has no such part" \
	with bounds "part | one | gone(); | why" ask caller
ktap "a bound of no loop is an error" refuses 2 "the program has no such loop" \
	with bounds "loop | counted | for (;;) | 7 | gone" ask counted
ktap "a bound without a reason is an error" refuses 2 "not one of" \
	with bounds "$loop | 7 |" ask endless
ktap "a bound of what the code bounds is an error" refuses 2 "the code itself bounds this loop" \
	with bounds 'loop | counted | asm volatile("r6 = 0;" | 7 | why' ask counted
ktap "a bound of an unknown name is an error" refuses 2 "no constant of the source" \
	with bounds "$loop | OTSEG_NO_SUCH_NAME | why" ask endless
ktap "a loop with two entries is an error" refuses 2 "irreducible" ask two_entries
ktap "recursion is an error" refuses 1 "recursion: again()" recursion
ktap "a path within its budget" budget instructions=23
ktap "a path that has grown past it" refuses 1 \
	"everything: instructions 23, over its budget of 22" budget instructions=22
ktap "an entry without a budget" refuses 1 "there is no budget for 'x'" \
	with entries "x | | | why" budget instructions=23
ktap "two programs, one after the other" has counted instructions 30 -p fork
ktap "of which an entry leaves one out" \
	with entries "x | counted | | why" entry_has 1 counted instructions 7 -p fork
ktap "a budget of no figure is an error" refuses 2 "'weight=1' is not one of" budget weight=1
ktap "an entry without a function that there is not" refuses 2 "no such function: gone" \
	with entries "x | gone | | why" ask caller
ktap_end
