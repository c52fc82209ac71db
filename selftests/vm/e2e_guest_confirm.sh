#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the machine that e2e_module.sh boots. Policies that have to be
# confirmed: what is enforced and which interfaces are governed when nobody
# confirms them, whatever has become of the tool; and what the history says of it.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../net/e2e.sh source-path=SCRIPTDIR/../net
. "$here/../net/e2e.sh"

plc=192.168.10.11
hmi=10.10.5.30
preload=/usr/local/bin/tool_fail.so

answered()
{
	it peer_modbus --source "$hmi" --timeout-ms "$patience" read "$plc" 0 2 |
		grep -x 'ok 1000 1001'
}

refused()
{
	local said

	said=$(it peer_modbus --source "$hmi" --timeout-ms "$refusal" read "$plc" 0 2)
	echo "$said"
	[[ $said == *timeout* ]]
}

confirmation()
{
	cat "$firewall_sysfs/confirmation"
}

is()
{
	echo "confirmation $(confirmation)"
	[[ $(confirmation) == "$1" ]]
}

try()
{
	local name=$1
	shift

	otseg policy apply "$plant_dir/$name.yaml" "$@" >"$plant_dir/said" 2>&1 || {
		cat "$plant_dir/said"
		return 1
	}
}

told()
{
	grep -- "$1" "$plant_dir/said" || {
		cat "$plant_dir/said"
		return 1
	}
}

# last FILTER: what the history says of the last event.
last()
{
	otseg -j policy history | jq -r ".history[-1]$1"
}

runs_xdp()
{
	[[ $(ip -j link show "$1" | jq '.[0].xdp.prog.id') != null ]]
}

governed()
{
	runs_xdp "$1" && [[ $(<"$firewall_sysfs/interfaces/$1/guard") == active ]]
}

untouched()
{
	! runs_xdp "$1" && [[ ! -e $firewall_sysfs/interfaces/$1 ]]
}

policies()
{
	cp "$tests/plant.yaml" "$tests/plant-other.yaml" "$plant_dir/" || return
	# One more interface.
	sed 's/^name: plant/name: more/; s/^zones:/&\n  lab: {level: 2, interfaces: [lab0], prefixes: [172.16.0.0\/24]}/' \
		"$tests/plant.yaml" >"$plant_dir/more.yaml"
	# One fewer.
	cat >"$plant_dir/less.yaml" <<-END
		otseg: 1
		name: less
		zones:
		  enterprise: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
		conduits: {}
	END
	ip link add lab0 type dummy && ip link set lab0 up && try plant reason "the usual one"
}

killed()
{
	local pid generation

	generation=$(firewall_generation)
	otseg policy apply "$plant_dir/plant-other.yaml" --confirm 3s >/dev/null 2>&1 &
	pid=$!
	until [[ $(confirmation) != confirmed ]]; do
		kill -0 "$pid" || return
	done
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	wait_for 120 is rolled-back && firewall_is_active plant && answered &&
		(($(firewall_generation) == generation + 2)) &&
		[[ $(otseg -j status | jq -r .confirm.state) == rolled-back ]] &&
		otseg status | grep 'confirm  *rolled back' || return
	[[ $(last .result) == "rolled back" && $(last .policy) == plant &&
		$(last .generation) == "$(firewall_generation)" ]]
}

too_late()
{
	local code=0

	otseg policy confirm >"$plant_dir/said" 2>&1 || code=$?
	((code == 1)) && told 'too late: the policy was rolled back' && [[ $(last .result) == refused ]]
}

confirmed()
{
	try plant-other confirm 10m reason "spare controller" && told 'unconfirmed: policy plant comes back in 600 s' &&
		is unconfirmed && refused || return
	[[ $(last .result) == unconfirmed && $(last .reason) == "spare controller" &&
		$(last .confirm_s) == 600 ]] &&
		otseg status | grep 'confirm  *unconfirmed: policy plant comes back in' &&
		otseg policy confirm && is confirmed && refused && [[ $(last .result) == confirmed ]]
}

# The policy before is on disk: back, and back again.
previous()
{
	otseg policy rollback reason "not after all" && firewall_is_active plant && answered &&
		[[ $(last .command) == rollback && $(last .result) == applied ]] &&
		otseg policy rollback && firewall_is_active plant-other && refused &&
		otseg policy rollback && firewall_is_active plant
}

# refuses SENTENCE ARGUMENT...: the tool does, says why, and nothing has changed.
refuses()
{
	local generation code=0

	generation=$(firewall_generation)
	otseg "${@:2}" >"$plant_dir/said" 2>&1 || code=$?
	((code == 1)) && told "$1" && [[ $(last .result) == refused ]] &&
		(($(firewall_generation) == generation))
}

# Who asks for what has just happened by itself does not go back one too far.
rolled_back_already()
{
	try less confirm 10m && refuses 'policy less is unconfirmed' policy rollback to previous &&
		try less confirm 2s && wait_for 120 is rolled-back &&
		refuses 'already rolled back [0-9]* s ago, policy plant is active' policy rollback &&
		is rolled-back && otseg policy rollback to previous && firewall_is_active plant-other &&
		otseg policy rollback to previous && firewall_is_active plant
}

# Nothing lets go of what is another owner's by then.
owner_stays()
{
	try more confirm 10m && refuses 'policy more is unconfirmed: .* another owner' \
		policy apply "$plant_dir/more.yaml" backend map && governed lab0 &&
		otseg policy rollback && untouched lab0
}

replaced()
{
	try plant-other confirm 10m && try less confirm 10m &&
		told 'warning: policy plant-other was unconfirmed and is replaced' &&
		told 'policy plant comes back' && otseg policy rollback >"$plant_dir/said" &&
		told 'rolled back: policy plant is active' && answered
}

# What came with the policy goes with it, without the tool.
more_goes()
{
	untouched lab0 && try more confirm 4s && wait_for 120 is rolled-back &&
		wait_for 20 untouched lab0 && governed it0 && governed ot0 && answered || return
	# And again: what the first one has left behind is in nobody's way.
	try more confirm 10m && governed lab0 && otseg policy confirm && governed lab0 &&
		try plant && untouched lab0
}

# Nor does the history need anybody who asks for it.
written_by_watch()
{
	tail -n 1 "$OTSEG_STATE_DIR/history.jsonl" | grep '"result":"rolled back"'
}

# So does what comes, or comes back, meanwhile and is attached then.
late_goes()
{
	local code=0

	sed 's/^name: more/name: late/; s/\[lab0\]/[lab0, lab1]/' "$plant_dir/more.yaml" \
		>"$plant_dir/late.yaml"
	plant_start watch fw otseg interface watch
	try late confirm 40s && told 'interface lab1 does not exist' && ip link del lab0 &&
		ip link add lab0 type dummy && ip link set lab0 up && ip link add lab1 type dummy &&
		ip link set lab1 up && wait_for 30 governed lab0 && wait_for 30 governed lab1 &&
		is unconfirmed && wait_for 120 is rolled-back && wait_for 20 untouched lab0 &&
		wait_for 20 untouched lab1 && wait_for 30 written_by_watch &&
		governed it0 && governed ot0 && answered || code=$?
	plant_stop watch
	ip link del lab1
	((code == 0)) && try late && governed lab0 && try plant && untouched lab0
}

is_guarded()
{
	[[ $(cat "$firewall_sysfs/interfaces/$1/guard" 2>/dev/null) == active ]]
}

# Killed between all that can be taken back and the commit: what is not in force governs nothing.
unborn()
{
	local code=0

	LD_PRELOAD=$preload TOOL_KILL_COMMIT=1 \
		otseg policy apply "$plant_dir/more.yaml" confirm 10m || code=$?
	((code == 137)) && is confirmed && firewall_is_active plant && wait_for 20 untouched lab0 &&
		answered && try more && governed lab0 && try plant && untouched lab0 || return
	# What ran for another owner goes on.
	try plant backend map && [[ ! -e $firewall_sysfs/interfaces/it0 ]] && answered || return
	code=0
	LD_PRELOAD=$preload TOOL_KILL_COMMIT=1 \
		otseg policy apply "$plant_dir/plant.yaml" backend module || code=$?
	((code == 137)) && wait_for 20 test ! -e "$firewall_sysfs/interfaces/it0" && runs_xdp it0 &&
		runs_xdp ot0 && answered && try plant backend module && governed it0
}

# One that cannot be attached keeps no other one waiting; and who guards nothing is found out.
one_is_stuck()
{
	local code=0

	try late && told 'interface lab1 does not exist' && ip link del lab0 &&
		ip link add lab0 type dummy && ip link set lab0 up &&
		ip link set lab0 xdpgeneric pinned /sys/fs/bpf/otseg/set0/otseg_xdp &&
		genl_client "unbind-role lab1" && [[ ! -e $firewall_sysfs/interfaces/lab1 ]] || return
	plant_start watch fw otseg interface watch
	wait_for 30 test -e "$firewall_sysfs/interfaces/lab1" && ip link add lab1 type dummy &&
		is_guarded lab1 && wait_for 30 governed lab1 && grep lab0 "$plant_dir/watch.err" &&
		ip link set lab0 xdpgeneric off && wait_for 90 governed lab0 || code=$?
	plant_stop watch
	((code == 0)) && try plant && ip link del lab1
}

# appears DEVICE COMMAND...: what is so as soon as it is there
appears()
{
	local code=0

	ip link add "$1" type dummy || return
	"${@:2}" || code=$?
	ip link del "$1"
	return "$code"
}

# What is not there yet is closed from its first moment on, as long as a policy may need it; under
# another one it is not, nor without the module, nor where the policy says so.
absent_is_guarded()
{
	try late && told 'interface lab1 does not exist; it passes nothing when it comes' &&
		appears lab1 is_guarded lab1 && try plant && appears lab1 untouched lab1 &&
		try late && try plant confirm 10m && appears lab1 is_guarded lab1 &&
		otseg policy confirm && appears lab1 untouched lab1 && try late &&
		try late backend map && appears lab1 untouched lab1 && try plant backend module &&
		sed 's/^zones:/fail-open: [lab1]\n&/' "$plant_dir/late.yaml" >"$plant_dir/loose.yaml" &&
		try loose && told 'lab1 does not exist; it passes everything, as the policy says, when' &&
		try plant
}

# Not what somebody has attached by hand.
by_hand_stays()
{
	try late confirm 20s && ip link add lab1 type dummy && otseg interface attach lab1 &&
		is unconfirmed && wait_for 120 is rolled-back && wait_for 20 untouched lab0 &&
		governed lab1 && otseg interface detach lab1 && untouched lab1 && ip link del lab1
}

waits_at()
{
	[[ " $(readlink /proc/"$1"/fd/*) " == *"$2"* ]]
}

# The kernel lets go of an interface that an apply has found attached. A history that is a
# pipe keeps the apply in between.
overtaken()
{
	local pipe=$plant_dir/pipe/history.jsonl pid code=0

	mkdir "$plant_dir/pipe" && mkfifo "$pipe" && exec 7<>"$pipe" && try more confirm 8s &&
		governed lab0 || return
	OTSEG_STATE_DIR=$plant_dir/pipe otseg policy apply "$plant_dir/more.yaml" \
		>"$plant_dir/said" 2>&1 7>&- &
	pid=$!
	wait_for 20 waits_at "$pid" "$pipe" && is unconfirmed && wait_for 120 is rolled-back &&
		wait_for 20 untouched lab0
	code=$?
	rm "$pipe"
	exec 7>&-
	((code == 0)) || return
	wait "$pid" || code=$?
	((code == 1)) && told 'policy plant has become active meanwhile: apply again' &&
		firewall_is_active plant && untouched lab0 && try more && governed lab0 && try plant
}

# maintenance: what becomes of that conduit, and what for.
maintenance()
{
	otseg -j conduit show name maintenance | jq -r '.conduits[] | "\(.now) \(.change_reason)"'
}

# The policy between does not know the conduit, and what it is granted is granted again.
grant_returns()
{
	otseg conduit grant maintenance for 10m reason "ticket 4711" && try less confirm 10m &&
		otseg policy history | grep 'ended .*maintenance' && otseg policy rollback &&
		[[ $(maintenance) == "granted ticket 4711" ]] &&
		otseg policy history | grep 'granted .*maintenance for .*ticket 4711: with the policy' &&
		try less confirm 10m && otseg conduit revoke maintenance &&
		refuses 'the policy has no conduit' conduit revoke maintenance &&
		refuses 'the policy has no conduit' conduit grant maintenance for 10m reason x &&
		otseg policy rollback && [[ $(maintenance) == disabled* ]]
}

is_over()
{
	[[ $(maintenance) == disabled* ]]
}

# The kernel ends it by a clock that nobody sets; so does the history.
grant_expires()
{
	local code=0

	otseg conduit grant maintenance for 4s reason "ticket 4712" &&
		date -s "@$((EPOCHSECONDS - 7200))" && wait_for 60 is_over &&
		otseg policy history | grep 'expired .*maintenance' || code=$?
	date -s "@$((EPOCHSECONDS + 7200))"
	return "$code"
}

# wired NAME END: plant.yaml with a wire from lab0 to END.
wired()
{
	sed "s/^name: plant/name: $1/; s/^zones:/wires: {line: [lab0, $2]}\n&\n$(
		printf '  lab%s: {level: 2, interfaces: [lab%s], prefixes: [172.16.%s.0\/24]}\\n' \
			0 0 0 1 1 1 2 2 2
	)/" "$tests/plant.yaml" >"$plant_dir/$1.yaml"
}

# One hint for two ends: what would be dead after a rollback is refused.
wires_differ()
{
	local code=0

	ip link add lab1 type dummy && ip link add lab2 type dummy && wired wired-1 lab1 &&
		wired wired-2 lab2 && try wired-1 || return
	otseg policy apply "$plant_dir/wired-2.yaml" confirm 10m >"$plant_dir/said" 2>&1 || code=$?
	((code == 1)) && told 'wire line: .* wired to another interface.*without confirm' &&
		is confirmed && firewall_is_active wired-1 || return
	# The wire that may come back is heeded by a plain apply too.
	code=0
	try more confirm 10m || return
	otseg policy apply "$plant_dir/wired-2.yaml" >"$plant_dir/said" 2>&1 || code=$?
	((code == 1)) && told 'wired to another interface.*confirm the policy in force first' &&
		is unconfirmed && firewall_is_active more && otseg policy rollback &&
		firewall_is_active wired-1 && try wired-2 && try plant && ip link del lab1 &&
		ip link del lab2 && answered
}

# joined DEVICE PEER: the datapath knows that its wire leads there.
joined()
{
	local ifindex peer

	ifindex=$(firewall_ifindex "$1") && peer=$(firewall_ifindex "$2") || return
	bpftool -j map dump pinned /sys/fs/bpf/otseg/set0/otseg_links |
		jq -e "[.[].formatted.value | select(.ifindex == $ifindex).peer] == [$peer]"
}

# Whatever is attached meanwhile, the wire of the policy that comes back leads where it did.
wire_returns()
{
	local code=0

	ip link add lab1 type dummy && ip link add lab2 type dummy && wired wired-1 lab1 &&
		try wired-1 && joined lab0 lab1 && joined lab1 lab0 &&
		sed 's/^name: more/name: unwired/; s/\[lab0\]/[lab0, lab1]/' "$plant_dir/more.yaml" \
			>"$plant_dir/unwired.yaml" && try unwired confirm 10m &&
		ip link add lab3 type dummy && otseg interface attach lab3 && joined lab0 lab1 &&
		joined lab1 lab0 && otseg interface detach lab3 && ip link del lab3 || return
	plant_start watch fw otseg interface watch
	# The new one has no hint, and the other one leads nowhere.
	ip link del lab0 && ip link add lab0 type dummy && wait_for 30 governed lab0 &&
		is unconfirmed && otseg policy rollback && wait_for 30 joined lab0 lab1 &&
		joined lab1 lab0 || code=$?
	plant_stop watch
	ip link set lab0 up
	((code == 0)) && try plant && ip link del lab1 && ip link del lab2 && answered
}

# What the policy does without stays until it is confirmed.
less_stays()
{
	try less confirm 10m && governed ot0 && refused && otseg policy rollback && governed ot0 &&
		answered && try less confirm 10m && otseg policy confirm >"$plant_dir/said" &&
		told 'interface ot0: released' && untouched ot0 && governed it0 && try plant && answered
}

# Somebody else's program has taken the place by then: it is not touched.
others_program_stays()
{
	local other

	try more confirm 10m && firewall_detach_link lab0 &&
		ip link set lab0 xdpgeneric pinned /sys/fs/bpf/otseg/set0/otseg_xdp || return
	other=$(ip -j link show lab0 | jq '.[0].xdp.prog.id')
	otseg policy rollback && answered &&
		[[ $(ip -j link show lab0 | jq '.[0].xdp.prog.id') == "$other" ]] &&
		ip link set lab0 xdpgeneric off
}

# A tool that hangs with the lock in its hand stops no rollback by request either.
hung_tool()
{
	local pid code

	try plant-other confirm 10m || return
	flock /sys/fs/bpf/otseg sleep 600 &
	pid=$!
	sleep 1
	otseg policy rollback >"$plant_dir/said" 2>&1
	code=$?
	kill "$pid" "$(pgrep -P "$pid")" 2>/dev/null
	wait "$pid" 2>/dev/null
	cat "$plant_dir/said"
	((code == 0)) && is rolled-back && answered && try plant && answered
}

# No disk is needed to apply, nor to come back.
full_disk()
{
	mkdir -p "$plant_dir/full" && mount -t tmpfs -o size=16k none "$plant_dir/full" || return
	dd if=/dev/zero of="$plant_dir/full/ballast" bs=4k count=8 2>/dev/null
	OTSEG_STATE_DIR=$plant_dir/full try plant-other confirm 10m &&
		told 'warning: the history in .* does not know of this: No space left' && refused &&
		OTSEG_STATE_DIR=$plant_dir/full otseg policy rollback && answered
	local code=$?
	umount "$plant_dir/full"
	return "$code"
}

# Ending enforcement ends the waiting too.
unloads_waiting()
{
	try plant-other confirm 2s && ! rmmod otseg && otseg policy detach && is confirmed &&
		wait_for 20 rmmod otseg && sleep 3 && insmod "$OTSEG_MODULE" &&
		[[ $(<"$firewall_sysfs/state") == none ]]
}

refused_first()
{
	local code=0

	otseg policy apply "$plant_dir/plant-other.yaml" confirm 10m >"$plant_dir/said" 2>&1 || code=$?
	((code == 1)) && told 'enforces no policy that could come back' && untouched it0 &&
		[[ $(last .result) == refused ]]
}

e2e_begin 26
ktap "the policies" policies
ktap "the tool is killed: the policy before comes back and is enforced" killed
ktap "a confirmation comes too late and says so" too_late
ktap "confirmed in time it stays" confirmed
ktap "a confirmed one is rolled back from disk" previous
ktap "a rollback that comes too late does not go back one more" rolled_back_already
ktap "an unconfirmed one does not get another owner" owner_stays
ktap "a second one replaces the first, the way back stays" replaced
ktap "an interface that came with it is let go by the kernel" more_goes
ktap "and so is one that has come late" late_goes
ktap "and so is one of a policy that never came, as the tool was killed" unborn
ktap "one that cannot be attached keeps no other waiting" one_is_stuck
ktap "one that is attached by hand stays" by_hand_stays
ktap "an interface that is not there yet is guarded when it comes" absent_is_guarded
ktap "an apply that the kernel overtakes is refused" overtaken
ktap "an interface that it does without is kept until confirmed" less_stays
ktap "what is granted is granted again after a rollback" grant_returns
ktap "a grant is over when the kernel says so, whatever time it is" grant_expires
ktap "the wire of the policy that comes back is there" wire_returns
ktap "wires that a rollback could not restore are refused" wires_differ
ktap "another program on such an interface is not touched" others_program_stays
ktap "a tool that hangs does not keep a rollback off" hung_tool
ktap "a full disk does not either" full_disk
ktap "a program keeps the module, detached it unloads" unloads_waiting
ktap "nothing is tried where nothing could come back" refused_first
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops"'
ktap_end
