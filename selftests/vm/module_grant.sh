#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The state of conduits in the module: grants and their end, conduits that are enabled and
# disabled, island mode, and what becomes of all that with other policies. The client
# stands for a tool that may be gone by then; that nothing in userspace is needed is the
# point. What it does to traffic is in net/e2e_island.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

# enum otseg_conduit_change
enable=0 disable=1 grant=2 revoke=3 island_on=4 island_off=5 expire=6 drop=7

# is CONDUIT ENABLED [STATE]: whether it is in force, and what its policy says.
is()
{
	local dir=$sysfs/conduits/$1

	echo "$1: enabled $(<"$dir/enabled"), state $(<"$dir/state"), $(<"$dir/grant_left") s left"
	[[ $(<"$dir/enabled") == "$2" && $(<"$dir/state") == "${3:-$(<"$dir/state")}" ]]
}

left()
{
	cat "$sysfs/conduits/$1/grant_left"
}

generation()
{
	cat $sysfs/generation
}

# unchanged COMMAND...: the command succeeds and nothing has changed.
unchanged()
{
	local before after

	before=$(state; grep . $sysfs/conduits/*/enabled)
	"$@" || return
	after=$(state; grep . $sysfs/conduits/*/enabled)
	diff <(echo "$before") <(echo "$after")
}

without_policy()
{
	insmod /otseg/otseg.ko && [[ $(<$sysfs/island) == 0 ]] &&
		client "fail:ENOENT change $grant telemetry 60 x" "fail:ENOENT change $enable first" \
			"fail:ENOENT change $revoke first" "fail:EALREADY change $island_off" conduits \
			"push /otseg/b.img" && is telemetry 0 disabled && is first 1 enabled
}

# Out of range, without a name or a time, attributes that are none, and who may not.
bad_requests()
{
	client "fail:ERANGE change $grant telemetry 0 x" \
		"fail:ERANGE change $grant telemetry 2592001 x" \
		"fail:EINVAL change $grant telemetry - x" "fail:EINVAL change $grant" \
		"fail:ERANGE change $expire telemetry" "fail:ERANGE change $drop telemetry" \
		"fail:ANY change $enable $(printf '%064d' 0)" \
		"fail:ANY change $enable telemetry - $(printf '%0256d' 0)" \
		"fail:EINVAL raw 15 1 4" "fail:ANY raw 15 99 4" \
		"user 65534" "fail:EPERM change $grant telemetry 60 x" "fail:EPERM change $island_on" \
		conduits
}

nothing_to_change()
{
	client "fail:ENOENT change $grant nothing 60 x" "fail:EALREADY change $enable first" \
		"fail:EALREADY change $disable telemetry" "fail:ENOENT change $revoke telemetry" \
		"fail:EALREADY change $grant first 60 x" "fail:EALREADY change $island_off"
}

# The same policy under another generation.
grants()
{
	local digest

	digest=$(<$sysfs/digest)
	client listen "change $grant telemetry 600 ticket-4711" "heard $grant telemetry" conduits \
		>/tmp/said || return
	cat /tmp/said
	grep 'answer generation=2 name=telemetry flags=33 seconds-left=.* reason=ticket-4711 since=' \
		/tmp/said && is telemetry 1 disabled && (($(left telemetry) > 0)) &&
		(($(left telemetry) <= 600)) && [[ $(left first) == 0 ]] &&
		[[ $(<$sysfs/digest) == "$digest" && $(generation) == 2 ]] &&
		[[ $(field since-generation get) == 1 && $(field generation get) == 2 ]]
}

stands_in_the_way()
{
	client "fail:EBUSY change $grant telemetry 60 x" "fail:EBUSY change $enable telemetry" \
		"fail:EBUSY change $disable telemetry"
}

# What is read back is the policy again.
revokes()
{
	client listen "change $revoke telemetry" "heard $revoke telemetry" conduits >/tmp/said &&
		! grep 'name=telemetry.*since' /tmp/said && is telemetry 0 && [[ $(left telemetry) == 0 ]] &&
		client "read /tmp/back" && cmp /otseg/b.img /tmp/back
}

closed()
{
	is telemetry 0
}

unguarded()
{
	cat $sysfs/drops/unguarded
}

# Who has granted is killed at once. The time of day jumps, to no effect; what is counted
# is carried along.
ends_by_itself()
{
	local pid before start=$EPOCHSECONDS

	wire it0 peer0 && client "bind it0" && silent && before=$(unguarded) || return
	rm -f /tmp/ready
	mkfifo /tmp/hold
	genl_client "change $grant telemetry 600 x" "change $revoke telemetry" \
		"change $grant telemetry 4 x" "ready /tmp/ready" <>/tmp/hold &
	pid=$!
	wait_for 60 test -e /tmp/ready
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	rm -f /tmp/hold
	date -s "@$((start - 1000000))" && wait_for 60 closed && [[ $(left telemetry) == 0 ]] &&
		dmesg | grep 'the grant of conduit telemetry is over' &&
		(($(unguarded) >= before && before > 0)) || return
	date -s "@$start"
}

# Not before its time, either.
outlives_jump()
{
	local start=$EPOCHSECONDS

	client "change $grant telemetry 600 x" && date -s "@$((start + 1000000))" || return
	sleep 1
	is telemetry 1 && date -s "@$start" && client "change $revoke telemetry"
}

ends_in_suspend()
{
	client "change $grant telemetry 12 x" && is telemetry 1 && suspend 13 && wait_for 5 closed
}

tells_of_end()
{
	client listen "change $grant telemetry 1 x" "heard $grant telemetry" \
		"heard $expire telemetry" >/tmp/said || return
	cat /tmp/said
	grep 'name=telemetry flags=0 .*change=6' /tmp/said && closed
}

several_ends()
{
	client "change $disable first" "change $grant first 600 x" "change $grant telemetry 2 x" ||
		return
	is first 1 && wait_for 60 closed && is first 1 && (($(left first) > 0)) &&
		client "change $revoke first" && is first 0 && client "change $enable first" && is first 1
}

# A grant goes on, and ends, in island mode; its end restores what was.
island()
{
	client "change $grant telemetry 600 x" listen "change $island_on - - worm" \
		"heard $island_on" "fail:EALREADY change $island_on" || return
	[[ $(<$sysfs/island) == 1 && $(field flags status) == 4 ]] && is telemetry 0 && is first 0 &&
		(($(left telemetry) > 0)) && client "push /otseg/a.img" && [[ $(<$sysfs/island) == 1 ]] &&
		is telemetry 0 enabled && is leaving 0 && client "push /otseg/b.img" &&
		client "change $island_off" && [[ $(<$sysfs/island) == 0 && $(field flags status) == 0 ]] &&
		is first 1 && is telemetry 0
}

island_restores()
{
	client "change $grant telemetry 600 x" "change $disable first" "change $island_on" &&
		is telemetry 0 && client "change $enable first" && is first 0 &&
		client "change $disable first" "change $island_off" &&
		is telemetry 1 && is first 0 && (($(left telemetry) > 0)) &&
		client "change $island_on" "change $revoke telemetry" "change $grant telemetry 1 x" || return
	wait_for 60 no_grant && client "change $island_off" && is telemetry 0 && is first 0 &&
		client "change $enable first" && is first 1
}

no_grant()
{
	[[ $(left telemetry) == 0 ]]
}

# What closes stays, what ends by itself stays, what was opened by hand ends.
another_policy()
{
	client "push /otseg/b.img" "change $enable telemetry" && is telemetry 1 &&
		client listen "push /otseg/b.img" "heard $drop telemetry" && is telemetry 0 &&
		client "change $grant telemetry 600 x" "push /otseg/b.img" && is telemetry 1 &&
		client listen "push /otseg/a.img" "heard $drop telemetry" && is telemetry 1 enabled &&
		[[ $(left telemetry) == 0 ]] && client "change $disable telemetry" "push /otseg/b.img" \
			"push /otseg/a.img" && is telemetry 0 enabled && client "change $enable telemetry" &&
		is telemetry 1
}

# The policy before comes back with the state that conduits have by then.
unconfirmed()
{
	client "push /otseg/a.img" "change $disable telemetry" "change $disable leaving" \
		"push-try /otseg/b.img 600" && [[ $(<$sysfs/confirmation) == unconfirmed ]] &&
		client "change $grant telemetry 600 x" && is telemetry 1 &&
		[[ $(<$sysfs/confirmation) == unconfirmed ]] && client "change $island_on" rollback &&
		[[ $(<$sysfs/policy) == module-a && $(<$sysfs/island) == 1 ]] &&
		client "change $island_off" && is leaving 0 && is telemetry 1 &&
		client "change $revoke telemetry" && is telemetry 0 &&
		client "change $enable telemetry" "change $enable leaving" && is telemetry 1 && is leaving 1
}

# granted_back CONDUIT: as before, with what is left of its time, and what it was for.
granted_back()
{
	is "$1" 1 && (($(left "$1") > 0)) && client conduits >/tmp/said &&
		grep "name=$1 .*seconds-left=.* reason=ticket" /tmp/said
}

# What was granted or opened is so again with the policy that comes back, whatever those
# between have for it: an enabled conduit, or none.
returns_with_policy()
{
	client "push /otseg/b.img" "change $grant telemetry 600 ticket" "change $disable first" \
		"change $grant first 600 ticket" listen "push-try /otseg/a.img 600" \
		"heard $drop telemetry" "heard $drop first" && is telemetry 1 enabled &&
		[[ $(left telemetry) == 0 ]] && client "push-try /otseg/many.img 600" listen rollback \
			"heard $grant telemetry" "heard $grant first" && granted_back telemetry &&
		granted_back first && is first 1 && client "change $revoke telemetry" \
			"change $revoke first" && is first 0 && client "change $enable first" \
			"change $enable telemetry" "push-try /otseg/a.img 1" || return
	wait_for 60 grep -qx rolled-back $sysfs/confirmation && is telemetry 1 disabled &&
		client "change $disable telemetry" && is telemetry 0
}

# Not if it has ended meanwhile, or the policy has stayed.
does_not_return()
{
	client "change $grant telemetry 2 ticket" "push-try /otseg/a.img 600" && sleep 3 &&
		client rollback && is telemetry 0 && [[ $(left telemetry) == 0 ]] &&
		client "change $grant telemetry 600 ticket" "push-try /otseg/a.img 600" confirm \
			"push-try /otseg/b.img 600" && is telemetry 0 && client rollback \
			"push /otseg/b.img" && is telemetry 0 &&
		client "change $grant telemetry 600 ticket" "push-try /otseg/a.img 600" \
			"push /otseg/a.img" "push /otseg/b.img" && is telemetry 0
}

# What closes it meanwhile counts, also where it is closed, or unknown, by then.
closed_meanwhile()
{
	client "change $grant telemetry 600 ticket" "push-try /otseg/many.img 600" \
		"fail:ENOENT change $grant telemetry 60 x" "change $revoke telemetry" \
		"fail:ENOENT change $revoke telemetry" rollback && is telemetry 0 &&
		client "change $grant telemetry 600 ticket" "push-try /otseg/a.img 600" \
			"change $revoke telemetry" && is telemetry 1 && client rollback && is telemetry 0 &&
		client "change $enable telemetry" "push-try /otseg/b.img 600" && is telemetry 0 &&
		client "change $disable telemetry" "fail:EALREADY change $disable telemetry" \
			rollback && is telemetry 0 && client "change $grant telemetry 600 ticket" \
			"push-try /otseg/a.img 600" "change $disable telemetry" && is telemetry 0 &&
		client "change $grant telemetry 60 x" rollback && is telemetry 1 &&
		(($(left telemetry) <= 60)) && client "change $revoke telemetry" "push /otseg/a.img" &&
		is telemetry 0 && client "change $enable telemetry" "push-try /otseg/b.img 600" \
			"change $enable telemetry" "change $disable telemetry" rollback &&
		is telemetry 0 enabled && client "change $enable telemetry" && is telemetry 1 &&
		client "push /otseg/b.img" "change $enable telemetry" "push-try /otseg/b.img 600" &&
		is telemetry 0 && client "change $grant telemetry 600 x" "change $revoke telemetry" \
			rollback && is telemetry 0
}

# The end of a grant does not settle whether a policy stays, nor does it hold it up.
ends_unconfirmed()
{
	client "push /otseg/b.img" "push-try /otseg/b.img 600" "change $grant telemetry 1 x" &&
		wait_for 60 closed && [[ $(<$sysfs/confirmation) == unconfirmed ]] && client confirm &&
		is telemetry 0
}

# The state is not the policy's: an image that bears one is refused.
refuses_state()
{
	client "change $grant telemetry 600 x" "read /tmp/granted" "change $revoke telemetry" &&
		! cmp /otseg/b.img /tmp/granted &&
		client "load /tmp/granted" digest stage chunks "fail:EINVAL verify" >/tmp/said &&
		grep 'it bears the state that conduits had' /tmp/said
}

large_policy()
{
	client "push /otseg/many.img" "change $disable c7" "change $grant c7 600 x" && is c7 1 &&
		client "change $island_on" && is c7 0 && is c8 0 && client "change $island_off" &&
		is c7 1 && is c8 1 && client "change $revoke c7" "change $enable c7" "read /tmp/back" &&
		cmp /otseg/many.img /tmp/back && client "push /otseg/b.img"
}

no_growth()
{
	local before steps

	steps=("change $grant telemetry 600 x" "change $island_on" "push /otseg/b.img"
		"change $island_off" "push-try /otseg/b.img 600" "change $disable first" rollback
		"change $enable first" "change $revoke telemetry" "change $enable telemetry"
		"push /otseg/a.img" "push /otseg/b.img")
	client -r "$(rounds 10)" "${steps[@]}" >/dev/null || return
	before=$(free_kb)
	client -r "$(rounds 40)" "${steps[@]}" >/dev/null || return
	echo "$before kB free before, $(free_kb) kB after"
	wait_for 20 has_free $((before - 500))
}

unloads_waiting()
{
	client "change $grant telemetry 2 x" "change $disable first" "change $island_on" &&
		unload && [[ ! -e $sysfs ]] || return
	sleep 3
	insmod /otseg/otseg.ko && client "push /otseg/b.img" && is first 1 && is telemetry 0 &&
		[[ $(<$sysfs/island) == 0 ]] && unload && [[ ! -e $sysfs ]]
}

ktap_begin 24
ktap "without a policy there is nothing to change" without_policy
ktap "bad requests are refused, and change nothing" unchanged bad_requests
ktap "so is what changes nothing" unchanged nothing_to_change
ktap "a granted conduit is open, and says so" grants
ktap "a grant stands in the way of other changes" unchanged stands_in_the_way
ktap "revoked, the policy is what it was" revokes
ktap "the client is killed, the clock set back: the grant ends by itself" ends_by_itself
ktap "the clock set forward does not end it" outlives_jump
ktap "what ends while the host is suspended is over when it wakes" ends_in_suspend
ktap "begin and end are told" tells_of_end
ktap "each grant ends in its own time" several_ends
ktap "island mode cuts, and outlives other policies" island
ktap "its end restores what was, and grants go on meanwhile" island_restores
ktap "what of it another policy takes over" another_policy
ktap "a policy that comes back takes it over as well" unconfirmed
ktap "what was open under it is open again" returns_with_policy
ktap "but not for good, nor what has ended" does_not_return
ktap "nor what was closed meanwhile" closed_meanwhile
ktap "a grant that ends leaves a policy unconfirmed" ends_unconfirmed
ktap "an image that bears a state is refused" refuses_state
ktap "a policy of 32768 rules" large_policy
ktap "480 changes and commits take no memory for good" no_growth
ktap "the module unloads while a conduit is granted" unloads_waiting
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
