#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The demonstration: a plant around an otseg firewall, what its people try, and
# the counter that proves what became of it. Started by demo.sh, in the virtual
# machine or on the host.
#
#   demo-scenario.sh module|map
#
# module: otseg.ko holds the policy, this namespace is the firewall.
# map:    no module, the firewall is a namespace, the policy lies in BPF maps.
#
# Wants otseg and the peers in PATH, and in the environment: OTSEG_DEMO_ROOT,
# where the repository's files lie; OTSEG_MODULE, the module to load;
# OTSEG_DEMO_COLOR=1 for a terminal; OTSEG_DEMO_PATIENCE, milliseconds until an
# unanswered request counts as refused. Exit code 0: every expectation held.
set -uo pipefail

mode=${1:-}
root=${OTSEG_DEMO_ROOT:-$(cd "$(dirname "$0")/.." && pwd)}
patience=${OTSEG_DEMO_PATIENCE:-1000}
policy=$root/Documentation/examples/demo.yaml
plc=192.168.10.11
historian=10.10.5.20
hmi=10.10.5.30
office=10.10.9.99
sysfs=/sys/kernel/otseg

if [[ $mode != module && $mode != map ]]; then
	echo "usage: demo-scenario.sh module|map" >&2
	exit 2
fi

export OTSEG_TEST_MODE=$mode
# shellcheck source=../selftests/net/plant.sh
. "$root/selftests/net/plant.sh"
# shellcheck source=../selftests/net/firewall.sh
. "$root/selftests/net/firewall.sh"

good='' bad='' bold='' plain=''
if [[ ${OTSEG_DEMO_COLOR:-} == 1 ]]; then
	good=$'\e[32m' bad=$'\e[31m' bold=$'\e[1m' plain=$'\e[0m'
fi

said=$(mktemp)
steps=0
failures=0
held=1
began=$SECONDS

finish()
{
	firewall_end
	plant_end
	rm -f "$said"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

say()
{
	printf '      %-9s %s\n' "$1" "$2"
}

# step TITLE EXPECTATION: what follows until done_step belongs to it.
step()
{
	steps=$((steps + 1))
	held=1
	printf '\n%s%2d. %s%s\n' "$bold" "$steps" "$1" "$plain"
	say expected "$2"
}

done_step()
{
	if ((held)); then
		printf '      %sok%s\n' "$good" "$plain"
	else
		printf '      %sNOT AS EXPECTED%s\n' "$bad" "$plain"
		failures=$((failures + 1))
	fi
}

# A step of the set-up that fails makes every later one pointless.
must()
{
	if "$@" >"$said" 2>&1; then
		return
	fi
	say failed "$*"
	sed 's/^/      /' "$said"
	exit 1
}

# attempt modbus ARGUMENT...: its last line is what happened.
attempt()
{
	firewall_drops >"$plant_dir/drops.before"
	requests_before=$(plc_requests)
	happened=$("$@" 2>"$plant_dir/attempt.err" | tail -n 1)
	say tried "peer_modbus --source ${*:2}"
	say happened "${happened:-nothing} $(head -n 1 "$plant_dir/attempt.err")"
}

check()
{
	if ! "$@"; then
		held=0
	fi
}

is_answered()
{
	[[ $happened == ok* ]]
}

is_unanswered()
{
	[[ $happened == timeout || $happened == connect-timeout || $happened == unsent* ]]
}

plc_saw()
{
	local now

	now=$(plc_requests)
	say plc "requests that reached it: $requests_before -> $now"
	((now - requests_before == $1))
}

# only_grew REASON...: of all drop counters exactly these grew since the attempt.
only_grew()
{
	local reason now strange=0 wanted=" $* " grown=''
	local -A before=()

	while read -r reason now; do
		before[$reason]=$now
	done <"$plant_dir/drops.before"
	firewall_drops >"$plant_dir/drops.now"
	while read -r reason now; do
		if ((now == ${before[$reason]:-0})); then
			continue
		fi
		say counter "drops/$reason ${before[$reason]:-0} -> $now"
		grown+=" $reason "
		if [[ $wanted != *" $reason "* ]]; then
			say but "drops/$reason should not have grown"
			strange=1
		fi
	done <"$plant_dir/drops.now"
	for reason; do
		if [[ $grown != *" $reason "* ]]; then
			say but "drops/$reason did not grow"
			strange=1
		fi
	done
	return "$strange"
}

drops_nothing()
{
	only_grew && say counter "no drop counter grew"
}

# refused REASON COMMAND...: the whole of a step that tries what policy forbids.
refused()
{
	local reason=$1
	shift

	attempt "$@"
	check is_unanswered
	check plc_saw 0
	check only_grew "$reason"
	done_step
}

# allowed RULE COMMAND...: the same for what policy permits.
allowed()
{
	local rule=$1 before now
	shift

	before=$(firewall_rule_messages telemetry "$rule")
	attempt "$@"
	now=$(firewall_rule_messages telemetry "$rule")
	say counter "messages that telemetry/$rule allowed: $before -> $now"
	check is_answered
	check plc_saw 1
	check test "$now" -gt "$before"
	check drops_nothing
	done_step
}

modbus()
{
	it peer_modbus --timeout-ms "$patience" --source "$@"
}

set_up()
{
	step "A plant: IT side, OT side, a firewall between them, a Modbus/TCP server as the PLC" \
		"before the firewall is on, the office PC reaches the PLC"
	if [[ $mode == module ]]; then
		must firewall_load
		must plant_make here
	else
		must plant_make private
	fi
	must plant_plc
	happened=$(it peer_modbus --timeout-ms 5000 --source "$office" read "$plc" 0 2)
	say happened "office PC reads registers 0-1 of the PLC: $happened"
	check is_answered
	done_step

	step "otseg attaches to it0 and ot0 and applies ${policy##*/}" \
		"the policy is active and enforced"
	must firewall_apply "$policy"
	firewall_status | sed 's/^/      | /'
	check firewall_is_active bottling-demo
	done_step
}

try_permissions()
{
	step "The historian reads holding registers 0-3" "answered"
	allowed levels modbus "$historian" read "$plc" 0 4

	step "The HMI writes 1200 into setpoint register 40" "answered"
	allowed setpoint modbus "$hmi" write "$plc" 40 1200
}

try_refusals()
{
	step "The HMI writes 9999 into setpoint register 40; the rule says 0-1500" \
		"refused because of the value; the PLC never sees it"
	refused value modbus "$hmi" write "$plc" 40 9999

	step "The historian writes 1200 into setpoint register 40; it may only read" \
		"refused because of the access class"
	refused access modbus "$historian" write "$plc" 40 1200

	step "An office PC reads holding registers 0-3; no rule names it" \
		"refused: no rule"
	refused no-rule modbus "$office" read "$plc" 0 4

	step "The office PC scans ports 1-100 and 502 of the PLC" \
		"not one port answers, open or closed"
	firewall_drops >"$plant_dir/drops.before"
	requests_before=$(plc_requests)
	happened=$(it peer_scan --source "$office" --timeout-ms 500 "$plc" 1 100)
	say happened "ports 1-100: $happened"
	check test "$happened" = "open 0 closed 0 silent 100"
	happened=$(it peer_scan --source "$office" --timeout-ms 500 "$plc" 502 502)
	say happened "port 502: $happened"
	check test "$happened" = "open 0 closed 0 silent 1"
	check only_grew no-rule
	check plc_saw 0
	done_step

	step "The IT side sends 5 datagrams that claim to come from the PLC's neighbour 192.168.10.12" \
		"refused: that address does not live behind it0"
	firewall_drops >"$plant_dir/drops.before"
	requests_before=$(plc_requests)
	say tried "peer_spoof --source 192.168.10.12 --target $plc --count 5"
	check it peer_spoof --count 5 --target-mac "$(firewall_mac it0)" \
		--source 192.168.10.12 --target "$plc" --port 502 eth0 udp
	check wait_for 5 drops_reached spoofed 5
	check only_grew spoofed
	done_step
}

# drops_reached REASON N: since the last snapshot that many more.
drops_reached()
{
	local before now

	before=$(sed -n "s/^$1 //p" "$plant_dir/drops.before")
	now=$(firewall_drops | sed -n "s/^$1 //p")
	((${now:-0} - ${before:-0} >= $2))
}

swap_policy()
{
	local polls connections

	step "The HMI polls the PLC; meanwhile a tighter policy is applied (setpoint 0-1000)" \
		"not one poll fails, the connection stays, and the new limit holds"
	firewall_drops >"$plant_dir/drops.before"
	plant_start poll it peer_modbus --timeout-ms $((patience * 5)) --source "$hmi" \
		--interval-ms 50 poll "$plc" 0 4
	must wait_for 20 beyond poll poll 5
	connections=$(grep -c '"connected"' "$plant_dir/plc.log")
	sed 's/values: 0-1500/values: 0-1000/' "$policy" >"$plant_dir/tighter.yaml"
	say policy "generation $(firewall_generation)"
	must firewall_apply "$plant_dir/tighter.yaml"
	say policy "generation $(firewall_generation)"
	polls=$(last_number poll poll)
	must wait_for 20 beyond poll poll $((polls + 10))
	check plant_stop poll
	say happened "$(tail -n 1 "$plant_dir/poll.out"), $polls of them before the swap was done"
	connections=$(($(grep -c '"connected"' "$plant_dir/plc.log") - connections))
	say happened "new connections meanwhile: $connections"
	check test "$connections" -eq 0
	check drops_nothing
	done_step

	step "The HMI writes 1200 again; a moment ago that was allowed" \
		"refused because of the value"
	refused value modbus "$hmi" write "$plc" 40 1200
}

detach_guarded()
{
	step "Somebody detaches the XDP program from it0 (bpftool link detach)" \
		"the guard drops the very next packet"
	firewall_drops >"$plant_dir/drops.before"
	requests_before=$(plc_requests)
	check firewall_detach_link it0
	happened=$(modbus "$historian" read "$plc" 0 4)
	say tried "the historian reads holding registers 0-3"
	say happened "$happened"
	check is_unanswered
	check only_grew unguarded
	check plc_saw 0
	done_step
}

detach_unguarded()
{
	step "Somebody detaches the XDP programs from it0 and ot0 (bpftool link detach)" \
		"no module, no guard: the host now routes everything, even the office PC"
	check firewall_detach_link it0
	check firewall_detach_link ot0
	happened=$(modbus "$office" read "$plc" 0 4)
	say happened "the office PC reads registers 0-3: $happened"
	check is_answered
	say note "in module mode the guard drops the very next packet instead"
	done_step
}

heal()
{
	step "The policy is applied again" "the historian is answered, the office PC is not"
	must firewall_apply "$policy"
	happened=$(modbus "$historian" read "$plc" 0 4)
	say happened "historian: $happened"
	check is_answered
	happened=$(modbus "$office" read "$plc" 0 4)
	say happened "office PC: $happened"
	check is_unanswered
	done_step
}

show_counters()
{
	step "The counters of all that" "each refusal above is in them"
	if [[ $mode == module ]]; then
		say tried "grep . $sysfs/drops/* and the rules of telemetry"
		grep -H . "$sysfs"/drops/* | grep -v ':0$' | sed 's/^/      | /'
		grep -rH . "$sysfs/conduits/telemetry/rules" | sort | sed 's/^/      | /'
	else
		firewall_drops | grep -v ' 0$' | sed 's/^/      | drops\//'
	fi
	for reason in value access no-rule spoofed; do
		check test "$(firewall_drops | sed -n "s/^$reason //p")" -gt 0
	done
	if [[ $mode == module ]]; then
		check test "$(<"$sysfs/drops/unguarded")" -gt 0
	fi
	done_step
}

set_up
try_permissions
try_refusals
swap_policy
if [[ $mode == module ]]; then
	detach_guarded
else
	detach_unguarded
fi
heal
show_counters

echo
if ((failures)); then
	printf '%s%d of %d steps were not as expected%s (%d s)\n' "$bad" "$failures" "$steps" \
		"$plain" $((SECONDS - began))
	exit 1
fi
printf '%sall %d steps as expected%s (%d s)\n' "$good" "$steps" "$plain" $((SECONDS - began))
