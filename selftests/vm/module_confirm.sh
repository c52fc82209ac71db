#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Commits that have to be confirmed: what comes back, when, and what is left of
# it. The client stands for a tool that may be gone by then; that nothing in
# userspace is needed is the point. It does not prove that a deadline is kept to
# the second: an emulated machine has no such clock.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

# is_active NAME GENERATION CONFIRMATION
is_active()
{
	local now

	now="$(<$sysfs/policy) $(<$sysfs/generation) $(<$sysfs/confirmation)"
	echo "$now"
	[[ $now == "$1 $2 $3" ]]
}

nothing_to_return_to()
{
	insmod /otseg/otseg.ko && [[ $(<$sysfs/confirmation) == none ]] &&
		client "fail:ENOENT confirm" "fail:ENOENT rollback" \
			"load /otseg/a.img" stage chunks verify "fail:ENOENT try 60" commit &&
		is_active module-a 1 confirmed &&
		client "fail:ENOENT confirm" "fail:ENOENT rollback"
}

bad_requests()
{
	# Seconds and lists outside their range, and who may not.
	client "load /otseg/b.img" stage chunks verify "fail:ERANGE try 0" \
		"fail:ERANGE try 604801" "fail:ERANGE raw 4 14 3" "fail:ERANGE raw 4 14 1028" \
		"fail:ANY raw 14 13 4" "fail:ANY raw 13 1 4" abort "user 65534" \
		"fail:EPERM confirm" "fail:EPERM rollback" get && is_active module-a 1 confirmed
}

waits()
{
	client "push-try /otseg/b.img 600" && is_active module-b 2 unconfirmed || return
	(($(<$sysfs/seconds_left) > 0 && $(<$sysfs/seconds_left) <= 600)) &&
		[[ $(field confirm-state get) == 1 && $(field fallback-name get) == module-a ]] &&
		(($(field seconds-left get) > 0)) &&
		client "fail:ESTALE confirm 1" "fail:ESTALE rollback 3"
}

confirms()
{
	client "confirm 2" && is_active module-b 2 confirmed && [[ $(<$sysfs/seconds_left) == 0 ]] &&
		[[ ! $(field fallback-name get) ]] && client "fail:ENOENT confirm" "fail:ENOENT rollback"
}

back()
{
	[[ $(<$sysfs/confirmation) == rolled-back ]]
}

unguarded()
{
	cat $sysfs/drops/unguarded
}

drops_more()
{
	local before

	before=$(unguarded)
	silent >/dev/null || return
	echo "unguarded $before -> $(unguarded)"
	(($(unguarded) > before))
}

# The client is killed as soon as its policy is active, and the time of day jumps. What is
# counted is carried along.
returns_by_itself()
{
	local pid digest before start=$EPOCHSECONDS

	digest=$(field digest get)
	wire it0 peer0 && client "bind it0" && drops_more || return
	rm -f /tmp/ready
	mkfifo /tmp/hold
	genl_client "push-try /otseg/a.img 2" "ready /tmp/ready" <>/tmp/hold &
	pid=$!
	wait_for 20 test -e /tmp/ready
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	rm -f /tmp/hold
	before=$(unguarded)
	date -s "@$((start - 1000000))" && wait_for 60 back && date -s "@$start" &&
		is_active module-b 4 rolled-back && [[ $(<$sysfs/digest) == "$digest" ]] &&
		client "read /tmp/back" && cmp /otseg/b.img /tmp/back &&
		(($(unguarded) >= before && before > 0)) && drops_more &&
		dmesg | grep 'policy module-a was not confirmed in time' &&
		dmesg | grep 'policy module-a is rolled back: policy module-b is active, generation 4'
}

# Directories follow as after any other swap.
shows_what_is_back()
{
	local before

	before=$(cd $sysfs && ls zones conduits conduits/*/rules)
	client "push-try /otseg/many.img 600" || return
	[[ $(cd $sysfs && ls zones conduits conduits/*/rules) != "$before" ]] &&
		client "rollback 5" && is_active module-b 6 rolled-back &&
		[[ $(cd $sysfs && ls zones conduits conduits/*/rules) == "$before" ]] &&
		grep . $sysfs/zones/*/packets $sysfs/conduits/*/rules/*/packets
}

# The last confirmed one stays what comes back; the clock begins anew.
second_commit()
{
	client "push-try /otseg/a.img 12" "push-try /otseg/many.img 600" || return
	is_active many 8 unconfirmed && [[ $(field fallback-name get) == module-b ]] || return
	# Neither the first one's time nor the time of day ends it.
	date -s "@$((EPOCHSECONDS + 1000000))" && sleep 13 && date -s "@$((EPOCHSECONDS - 1000000))" &&
		is_active many 8 unconfirmed && client "push-try /otseg/a.img 2" && wait_for 60 back &&
		is_active module-b 10 rolled-back
}

plain_commit_confirms()
{
	client "push-try /otseg/a.img 12" "push /otseg/a.img" || return
	sleep 13
	is_active module-a 12 confirmed && client "fail:ENOENT rollback"
}

is_gone()
{
	[[ ! -e $sysfs/interfaces/$1 ]]
}

# What is bound for a policy that never comes into force goes with its transaction, whoever ends
# that; what was bound before stays, and so does what a commit has made a policy's.
goes_unborn()
{
	ip link add d0 type dummy && ip link add d1 type dummy && client "bind d1" &&
		client "load /otseg/b.img" stage "bind d0" "bind d1" "interface d0" &&
		is_gone d0 && ! is_gone d1 && ! is_gone it0 || return
	# What somebody else binds meanwhile for its own sake is his.
	rm -f /tmp/bound && mkfifo /tmp/go || return
	genl_client "load /otseg/b.img" stage "bind d0" "ready /tmp/bound" </tmp/go >/dev/null &
	exec 7>/tmp/go
	wait_for 20 test -e /tmp/bound && client "bind d0" || return
	exec 7>&-
	wait $!
	! is_gone d0 && client "unbind d0" &&
		client "load /otseg/b.img" stage chunks verify "bind d0" abort \
			"fail:ENODEV interface d0" "fail:ENOENT verify" || return
	client "load /otseg/a.img" stage chunks verify "bind d0" commit && ! is_gone d0 &&
		client "unbind d0" "unbind d1" && ip link del d0 && ip link del d1
}

# Whoever binds for the sake of a policy that has been rolled back meanwhile comes too late: but not
# what the policy names that is back, nor what is bound for another reason.
binds_too_late()
{
	ip link add d0 type dummy && client "fail:ESTALE bind d0 d0 provisional" \
		"fail:ESTALE expect d1 provisional" "bind d0 d0" "bind d0 d0 provisional" \
		"unbind-role d0" "expect ot0 provisional" "unbind-role ot0" &&
		ip link del d0
}

# A commit that is refused leaves the clock alone.
refused_meanwhile()
{
	client "push-try /otseg/b.img 600" "load /otseg/many.img" stage chunks verify \
		"fail:ESTALE commit 12" abort && is_active module-b 13 unconfirmed &&
		client "rollback" && is_active module-a 14 rolled-back
}

# What is over when the host wakes comes back at once.
outlasts_suspend()
{
	client "push-try /otseg/b.img 12" && suspend 13 && wait_for 5 back &&
		is_active module-a 16 rolled-back
}

time_is_over()
{
	[[ $(<$sysfs/seconds_left) == 0 ]]
}

# busy_processor COMMAND...: while nothing that is not urgent runs on the second one.
busy_processor()
{
	local fair=/sys/kernel/debug/sched/fair_server/cpu1/runtime share hog code=0

	sysctl -qw kernel.sched_rt_runtime_us=-1 || return
	if [[ -e $fair ]]; then
		share=$(<$fair)
		echo 0 >$fair
	fi
	taskset -c 1 chrt -f 1 bash -c 'while :; do :; done' &
	hog=$!
	"$@" || code=$?
	kill "$hog"
	wait "$hog" 2>/dev/null
	if [[ -e $fair ]]; then
		echo "$share" >$fair
	fi
	return "$code"
}

is_too_late()
{
	wait_for 60 time_is_over && taskset -c 0 genl_client "fail:ETIME confirm" &&
		is_active module-b 17 unconfirmed
}

# The rollback is due, and kept from the only processor that may carry it out.
too_late()
{
	local works=/sys/devices/virtual/workqueue/cpumask all

	all=$(<$works) && echo 2 >$works && client "push-try /otseg/b.img 3" &&
		busy_processor is_too_late && wait_for 60 back && is_active module-a 18 rolled-back &&
		echo "$all" >$works
}

no_growth()
{
	local before steps

	steps=("push-try /otseg/b.img 600" rollback "push-try /otseg/b.img 600"
		"push-try /otseg/a.img 600" confirm "push-try /otseg/b.img 600" "push /otseg/a.img")
	client -r "$(rounds 20)" "${steps[@]}" >/dev/null || return
	before=$(free_kb)
	client -r "$(rounds 100)" "${steps[@]}" >/dev/null || return
	echo "$before kB free before, $(free_kb) kB after"
	wait_for 20 has_free $((before - 500))
}

unloads_waiting()
{
	client "push-try /otseg/b.img 2" && unload && [[ ! -e $sysfs ]] || return
	sleep 4
	insmod /otseg/otseg.ko && client "push /otseg/a.img" "push-try /otseg/b.img 600" &&
		unload && [[ ! -e $sysfs ]]
}

ktap_begin 18
ktap "without a policy to return to, none can be tried" nothing_to_return_to
ktap "bad requests are refused" bad_requests
ktap "an unconfirmed policy is active and says so" waits
ktap "confirmed in time it stays" confirms
ktap "allowed and refused frames come from here on" traffic_begin
ktap "the client is killed, the clock set back: the policy before comes back by itself" returns_by_itself
ktap "rolled back by request: the tree shows what is back" shows_what_is_back
ktap "a second one leaves the way back as it was, and waits anew" second_commit
ktap "what is bound for a policy that is gone is refused" binds_too_late
ktap "a plain commit ends the waiting" plain_commit_confirms
ktap "a refused commit does not" refused_meanwhile
ktap "the time goes on while the host is suspended" outlasts_suspend
ktap "a confirmation after the time is over is refused" too_late
ktap "what is bound for a policy that never comes goes with its transaction" goes_unborn
ktap "700 such commits take no memory for good" no_growth
ktap "of the allowed frames none was lost, of the others none has passed" traffic_end
ktap "the module unloads while a policy waits" unloads_waiting
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
