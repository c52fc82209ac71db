#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Run the tests and count what they report.
#
#   scripts/check.sh [--also COMMAND]... [GROUP | GROUP/TEST]...
#
# Each selftests/GROUP/TESTS lists one test per line, with its time limit in seconds
# where the default does not do, "once" if the first lane is enough, and "alone" if it
# takes all processors or is about time.  The other ones run as many at a time as there are
# processors.  A test is a script of that folder or a program of build/selftests/GROUP.
# It prints KTAP and exits 0, 1 or 4 (skipped).
# --also counts a command by its exit code, as one test.
# Tests of the group vm run on each lane of LANES (scripts/lane.sh); `all` is every test
# on every lane but `debug`.
# LIMITS multiplies time limits, for tests that were told to do more.
# The last line of output is "N passed, N failed, N skipped".
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
cd "$top"
out=${O:-$top/build}
logs=$out/check
mkdir -p "$logs"

# Debian's tools, not another version that comes earlier in the path.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

groups=(unit proto bpf wcet net vm captures fuzz bench)
declare -A default_limit=([unit]=120 [proto]=300 [captures]=900 [fuzz]=300 [bpf]=180 [wcet]=120 [net]=300 [bench]=120 [vm]=1000)

lanes=${LANES:-6.12} once=once
if [[ $lanes == all ]]; then
	lanes=$(scripts/lane.sh --list) once=never
fi

also=() chosen=()
while (($#)); do
	case $1 in
	--also)
		also+=("${2:?usage: check.sh [--also COMMAND]... [GROUP[/TEST]]...}")
		shift
		;;
	*)	chosen+=("$1") ;;
	esac
	shift
done

work=$(mktemp -d)
stop()
{
	local children

	mapfile -t children < <(jobs -rp)
	if ((${#children[@]})); then
		kill "${children[@]}" 2>/dev/null || :
		wait "${children[@]}" 2>/dev/null || :
	fi
}

trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# report NAME SECONDS CODE PASSED FAILED SKIPPED LOG NOTE
report()
{
	local verdict=ok failures

	echo "$4 $5 $6" >>"$work/counts"
	if (($5)); then
		verdict=FAIL
	elif (($4 == 0)); then
		verdict=skip
	fi
	printf '%-4s %-40s %4d passed %3d failed %3d skipped %4d s%s\n' \
		"$verdict" "$1" "$4" "$5" "$6" "$2" "${8:+  ($8)}"
	if (($5)); then
		failures=$(grep -E '^not ok ' "$7" | sed 's/^/     | /' || :)
		printf '%s\n' "FAIL $1${8:+  ($8)}" ${failures:+"$failures"} >>"$work/failed"
		printf '%s' "${failures:+$failures$'\n'}"
		tail -n 30 "$7" | sed 's/^/     > /'
		echo "     log: ${7#"$top/"}"
	elif (($6)); then
		grep -E '# SKIP' "$7" | sed 's/^/     | /' || :
	fi
}

# run NAME SECONDS COMMAND...: sets code, took and log.
run()
{
	local name=$1 limit=$2 start=$SECONDS
	shift 2

	log=$logs/${name//\//-}.log
	code=0
	timeout -k 20 "$limit" "$@" </dev/null >"$log" 2>&1 &
	wait $! 2>/dev/null || code=$?
	took=$((SECONDS - start))
}

run_test()
{
	local test=$1 limit=$(($2 * ${LIMITS:-1})) name=$1${LANE:+@$LANE}
	local path ok bad skip plan note='' again=''

	for path in "selftests/$test" "$out/selftests/$test"; do
		if [[ -x $path && -f $path ]]; then
			break
		fi
	done
	run "$name" "$limit" "$path"
	# Nothing is known of what was tested then.
	if ((code == 125)) && grep -q '^vm.sh: the emulator stumbled' "$log"; then
		again='the emulator stumbled, second run'
		run "$name" "$limit" "$path"
	fi

	# Only the outermost level counts: a subtest is indented.
	read -r ok bad skip plan < <(awk '
		/^ok / && /# SKIP/	{ skip++; next }
		/^ok /			{ ok++ }
		/^not ok /		{ bad++ }
		/^1\.\.0 *# SKIP/	{ skip++; next }
		/^1\.\.[0-9]+/		{ plan = substr($1, 4) }
		END { print ok + 0, bad + 0, skip + 0, plan == "" ? -1 : plan }
	' "$log")

	if ((code == 124 || code == 137)); then
		note="out of time after $limit s"
	elif ((code == 4 && bad == 0)); then
		((skip)) || skip=1
	elif ((code != 0 && bad == 0)); then
		note="exit code $code"
	elif ((code == 0 && ok + bad + skip == 0)); then
		note="printed no result"
	elif ((code == 0 && plan > 0 && plan != ok + bad + skip)); then
		note="planned $plan results, printed $((ok + bad + skip))"
	fi
	if [[ -n $note ]]; then
		bad=$((bad + 1))
	fi
	report "$name" "$took" "$code" "$ok" "$bad" "$skip" "$log" "$again${again:+${note:+, }}$note"
}

wanted()
{
	local choice

	if ((${#chosen[@]} == 0)); then
		return 0
	fi
	for choice in "${chosen[@]}"; do
		if [[ $1 == "$choice" || $1 == "$choice"/* ]]; then
			return 0
		fi
	done
	return 1
}

# list_group GROUP: "TEST LIMIT WORDS..." of the chosen ones
list_group()
{
	local group=$1 test rest

	while read -r test rest; do
		if [[ -n $test && $test != \#* ]] && wanted "$group/$test"; then
			[[ $rest =~ ^[0-9] ]] || rest="${default_limit[$group]} $rest"
			echo "$group/$test $rest"
		fi
	done <"selftests/$group/TESTS"
}

count_command()
{
	run "${1##*/}" 900 bash -c "$1"
	report "$1" "$took" "$code" "$((code == 0))" "$((code != 0))" 0 "$log" ''
}

# beside COMMAND...: as soon as a processor is free; what it says comes in one piece.
number=0
beside()
{
	while (($(jobs -rp | wc -l) >= $(nproc))); do
		wait -n || :
	done
	number=$((number + 1))
	(
		trap stop EXIT
		"$@" >"$work/said.$number"
		cat "$work/said.$number"
	) &
}

# run_group GROUP [COST]
run_group()
{
	local test limit words

	while read -r -u 5 test limit words; do
		case " $words " in
		*" $once "*)
			[[ -z ${LANE:-} || $LANE == "${lanes%% *}" ]] || continue
			;;&
		*" alone "*)
			wait
			run_test "$test" "$limit"
			;;
		*)	beside run_test "$test" $((limit * ${2:-1})) ;;
		esac
	done 5< <(list_group "$1")
}

unset LANE
for command in "${also[@]}"; do
	beside count_command "$command"
done
for group in "${groups[@]}"; do
	if [[ $group != vm ]]; then
		run_group "$group"
		continue
	fi
	for LANE in $lanes; do
		export LANE
		run_group vm "$(scripts/lane.sh --cost "$LANE")"
	done
	unset LANE
done
wait

# Once more, where a reader of a long log looks first.
if [[ -e $work/failed ]]; then
	cat "$work/failed"
fi
read -r passed failed skipped < <(awk '{ p += $1; f += $2; s += $3 }
	END { print p + 0, f + 0, s + 0 }' "$work/counts" 2>/dev/null || echo 0 0 0)
echo "$passed passed, $failed failed, $skipped skipped"
# A run that tested nothing has not passed.
((failed == 0 && passed > 0))
