#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Windows of conduits in the module: they begin and end by themselves, whatever the clock
# does meanwhile, beside grants, island mode and policies that come back. Also what the module
# says by itself of conduits in monitor mode. The clock is set to just before each edge.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

# prepare FOLDER OUT: the policy with hours.
prepare()
{
	"$2/otseg" policy compile "$here/module_when.yaml" output "$1/when.img"
}

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

when=/otseg/own/when.img

# enum otseg_conduit_change
enable=0 disable=1 grant=2 revoke=3 island_on=4 island_off=5 expire=6 begin=8 end=9

# clock TEXT: what time it is, in UTC.
clock()
{
	TZ=UTC date -s "$1"
}

# open CONDUIT..., shut CONDUIT...: all of them are in force, none of them is.
open()
{
	local conduit

	for conduit; do
		[[ $(<"$sysfs/conduits/$conduit/enabled") == 1 ]] || return
	done
}

shut()
{
	local conduit

	for conduit; do
		[[ $(<"$sysfs/conduits/$conduit/enabled") == 0 ]] || return
	done
}

# hours CONDUIT WORD: what is told of its windows
hours()
{
	[[ $(<"$sysfs/conduits/$1/window") == "$2" ]]
}

# soon COMMAND...: within ten seconds of a busy machine.
soon()
{
	wait_for 10 "$@" || { grep . $sysfs/conduits/*/enabled; TZ=UTC date; return 1; }
}

# holds COMMAND...: for two seconds.
holds()
{
	local until=$((SECONDS + 3))

	while ((SECONDS < until)); do
		"$@" || return
		sleep 0.2
	done
}

# As at the start of a host: what closes is there before the policy, and before the device.
before_a_policy()
{
	insmod /otseg/otseg.ko && client "expect late0" "expect late0" "fail:EINVAL expect a/b" \
		"change $island_on" "fail:EALREADY change $island_on" \
		"change $disable always" "fail:EALREADY change $disable always" \
		"fail:ENOENT change $enable always" "fail:ENOENT change $grant shift 60 x" \
		"push $when" && shut always && [[ $(<$sysfs/island) == 1 ]] &&
		client "change $island_off" && shut always && client "change $enable always" &&
		open always && [[ $(<$sysfs/interfaces/late0/guard) == absent ]] &&
		ip link add late0 type dummy && [[ $(<$sysfs/interfaces/late0/device) == late0 &&
		$(<$sysfs/interfaces/late0/guard) == active ]] && client "unbind-role late0" &&
		[[ ! -e $sysfs/interfaces/late0 ]] && ip link del late0 && unload
}

# A Friday in November: Berlin is an hour ahead.
not_set()
{
	clock '1970-01-02 07:00' && insmod /otseg/otseg.ko && client "push $when" &&
		shut shift watch vendor && open always && holds shut shift watch vendor &&
		clock '2025-12-31 07:00' && holds shut shift &&
		clock '2026-11-27 12:00' && soon open shift && shut watch vendor &&
		clock '2066-01-01 12:00' && soon shut shift && clock '1970-01-02 07:00' && holds shut shift
}

# Without anybody in userspace, to the second, and each generation tells of one edge.
edges()
{
	local generation

	clock '2026-11-27 16:59:57' && soon open shift && generation=$(<$sysfs/generation) || return
	client listen "heard $end shift" && shut shift && open always &&
		[[ $(TZ=UTC date +%T) == 17:00:0* && $(<$sysfs/generation) == $((generation + 1)) ]] &&
		clock '2026-11-30 04:59:57' && soon shut watch && client listen "heard $begin shift" &&
		open shift && [[ $(TZ=UTC date +%T) == 05:00:0* ]]
}

# Summer time begins on 2027-03-28 at 01:00 UTC: 02:00 to 02:30 is left out. It ends on
# 2027-10-31 at 01:00 UTC: 02:00 to 02:30 comes twice.
changes_of_clocks()
{
	clock '2027-03-28 00:59:58' && soon open shift && soon shut shift &&
		[[ $(TZ=UTC date +%T) == 01:00:0* ]] && clock '2027-10-31 00:29:58' && soon open shift &&
		soon shut shift && clock '2027-10-31 00:59:58' && holds true && soon open shift &&
		clock '2027-10-31 01:29:58' && open shift && soon shut shift
}

# Back and forth across edges, into windows and out of them; and steps that cross none.
jumps()
{
	clock '2026-11-27 12:00' && soon open shift && hours shift within && hours watch outside &&
		hours always always && clock '2026-11-27 02:00' &&
		soon shut shift && open watch && hours shift outside && hours watch within && clock '2026-11-27 12:00' && soon open shift && soon shut watch &&
		clock '2026-11-27 20:30' && soon shut shift && soon open watch &&
		clock '2026-11-27 16:59:55' && soon open shift && soon shut shift &&
		clock '2026-11-27 12:00' && soon open shift && clock '2026-11-27 13:00' && holds open shift
}

# A grant opens beyond the hours, and ends in its own time.
grants()
{
	clock '2026-11-28 12:00' && soon shut shift && client "change $grant shift 600 x" && open shift && hours shift outside &&
		clock '2026-11-27 12:00' && holds open shift && clock '2026-11-27 16:59:58' &&
		holds open shift && client "change $revoke shift" && soon shut shift &&
		clock '2026-11-27 12:00' && soon open shift && client "change $grant shift 600 x" \
		"change $revoke shift" && open shift && client listen "change $grant shift 1 x" \
		"heard $grant shift" "heard $expire shift" && open shift
}

# What is enabled by hand has its hours; what is disabled by hand stays closed in them.
by_hand()
{
	clock '2026-11-27 12:00' && soon open shift && client "fail:EALREADY change $enable shift" \
		"change $disable shift" && shut shift && clock '2026-11-28 12:00' &&
		clock '2026-11-27 12:00' && holds shut shift && client "change $enable shift" && open shift &&
		client "change $enable vendor" && shut vendor && clock '2026-11-27 08:30' &&
		soon open vendor && clock '2026-11-27 08:59:58' && soon shut vendor &&
		client "change $disable vendor" && clock '2026-11-27 08:30' && holds shut vendor
}

# What was changed while a window was open ends with it all the same.
changed_within()
{
	local generation

	clock '2026-11-27 12:00' && soon open shift && client "change $disable shift" \
		"change $enable shift" "change $grant shift 600 x" "change $revoke shift" &&
		open shift && clock '2026-11-27 16:59:58' && soon shut shift &&
		generation=$(<$sysfs/generation) && holds shut shift &&
		[[ $(<$sysfs/generation) == "$generation" ]]
}

island()
{
	clock '2026-11-27 12:00' && soon open shift && client "change $island_on" && shut shift watch always &&
		clock '2026-11-27 21:00' && soon open watch && shut shift && clock '2026-11-27 12:00' &&
		soon shut watch && holds shut shift && client "change $island_off" && open shift always && shut watch
}

# A policy that is not confirmed comes back with the windows of that moment.
unconfirmed()
{
	clock '2026-11-27 12:00' && soon open shift && client "push-try /otseg/a.img 600" &&
		clock '2026-11-27 20:30' && client rollback && [[ $(<$sysfs/policy) == hours ]] &&
		soon open watch && shut shift && client "push-try $when 600" && clock '2026-11-27 12:00' &&
		soon open shift && [[ $(<$sysfs/confirmation) == unconfirmed ]] && client confirm &&
		clock '2026-11-27 16:59:58' && open shift && soon shut shift
}

# The state is not the policy's.
same_policy()
{
	clock '2026-11-27 12:00' && soon open shift && client "read /tmp/open" && ! cmp $when /tmp/open &&
		client "load /tmp/open" digest stage chunks "fail:EINVAL verify" >/tmp/said &&
		grep 'it bears the state that conduits had' /tmp/said && client "push /otseg/b.img" &&
		client "push $when" && open shift && clock '2026-11-28 12:00' && soon shut shift &&
		client "read /tmp/shut" && cmp $when /tmp/shut
}

# When it begins, changes and ends; and each minute, of which one is enough.
says_what_is_not_enforced()
{
	clock '2026-11-27 12:00' && client "push $when" && dmesg -C && client listen_enforcement \
		"push /otseg/a.img" "heard_unenforced 1" "push $when" "heard_unenforced 0" || return
	dmesg | grep 'NOT ENFORCED: 1 of 2 conduits of policy module-a' &&
		dmesg | grep 'policy hours is enforced' || return
	clock '2026-11-27 19:59:58'
	client listen_enforcement "heard_unenforced 1" "heard_unenforced 1"
}

no_growth()
{
	local before i

	client "push $when" >/dev/null || return
	for i in {1..12}; do
		[[ $i != 3 ]] || before=$(free_kb)
		clock '2026-11-27 12:00' >/dev/null && soon open shift && clock '2026-11-27 20:30' >/dev/null &&
			soon shut shift || return
	done
	echo "$before kB free before, $(free_kb) kB after"
	wait_for 20 has_free $((before - 500))
}

unloads_waiting()
{
	clock '2026-11-27 16:59:59' && client "push $when" && unload && [[ ! -e $sysfs ]] || return
	sleep 2
	insmod /otseg/otseg.ko && client "push $when" && shut shift && unload
}

# An edge and the end of a grant, each about now, while somebody reads how long that is.
unloads_at_work()
{
	local i reader code=0

	while :; do
		cat $sysfs/conduits/*/grant_left
	done >/dev/null 2>&1 &
	reader=$!
	for i in {1..20}; do
		insmod /otseg/otseg.ko && client "push $when" >/dev/null &&
			clock '2026-11-27 16:59:59' >/dev/null &&
			client "change $disable always" "change $grant vendor $((1 + i % 3)) x" >/dev/null &&
			sleep "0.$((70 + RANDOM % 30))" && unload || code=$?
	done
	kill "$reader"
	wait "$reader" 2>/dev/null
	# Nor is anything about to happen.
	sleep 3
	return "$code"
}

ktap_begin 18
ktap "what closes can be asked for before there is a policy" before_a_policy
ktap "a clock that is not set opens nothing" not_set
ktap "allowed and refused frames come from here on" traffic_begin
ktap "windows begin and end by themselves, and it is told" edges
ktap "clocks go forward and back" changes_of_clocks
ktap "a clock that is set is followed, whichever way" jumps
ktap "a grant opens beyond the hours" grants
ktap "what is opened and closed by hand" by_hand
ktap "a window ends, whatever was changed within it" changed_within
ktap "island mode" island
ktap "a policy that comes back has the windows of then" unconfirmed
ktap "an image that bears a state is refused, and it is none of the policy's" same_policy
ktap "what is not enforced is told, and told again" says_what_is_not_enforced
ktap "edges take no memory for good" no_growth
ktap "of the allowed frames none was lost, of the others none has passed" traffic_end
ktap "the module unloads before an edge" unloads_waiting
ktap "it unloads at an edge and at the end of a grant" unloads_at_work
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
