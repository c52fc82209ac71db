#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the machine that e2e_module.sh boots. What `otseg event monitor` tells of the module: what
# becomes of conduits, by hand or by itself, of island mode, and what is not enforced; to people
# and to programs.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../net/e2e.sh source-path=SCRIPTDIR/../net
. "$here/../net/e2e.sh"

# variant NAME SED_SCRIPT: plant.yaml, changed
variant()
{
	sed "$2" "$tests/plant.yaml" >"$plant_dir/$1.yaml"
}

apply()
{
	otseg policy apply "$1" >"$plant_dir/said" 2>&1 || {
		cat "$plant_dir/said"
		return 1
	}
}

# It has begun once it has said what is not enforced. There is one at a time.
begin()
{
	variant loose 's/^zones:/mode: monitor\n&/' && variant open 's/^zones:/fail-open: [it0]\n&/' &&
		variant hours 's/^  telemetry:/&\n    when: "Mon-Sun 06:00-18:00 UTC"/' &&
		apply "$plant_dir/loose.yaml" || return
	plant_start text fw otseg event monitor
	tells 'NOT ENFORCED: every conduit is in monitor mode' && apply "$tests/plant.yaml"
}

# tells PATTERN: to people, at the end of a line
tells()
{
	wait_for 30 said text "$1\$" || {
		cat "$plant_dir/text.out" "$plant_dir/text.err"
		return 1
	}
}

by_hand()
{
	otseg conduit grant maintenance for 10m reason "ticket 4711" &&
		tells 'conduit maintenance is granted for [0-9]* s: ticket 4711' &&
		otseg conduit revoke maintenance &&
		tells 'conduit maintenance is no longer granted: revoked.*' &&
		otseg conduit disable telemetry && tells 'conduit telemetry is disabled' &&
		otseg conduit enable telemetry && tells 'conduit telemetry is enabled'
}

by_itself()
{
	otseg conduit grant maintenance for 2s reason short &&
		tells 'conduit maintenance is no longer granted: its time is over.*'
}

with_another_policy()
{
	otseg conduit enable maintenance && apply "$plant_dir/open.yaml" &&
		tells 'conduit maintenance is what the new policy says.*' &&
		tells 'FAIL OPEN: interface it0 passes everything while .*; 0 frames passed unseen'
}

island()
{
	otseg island on reason drill && tells 'island mode is on: drill' && otseg island off &&
		tells 'island mode is off'
}

# The shell's own seconds go by the time of day.
uptime_s()
{
	cut -d . -f 1 /proc/uptime
}

# A window that begins, and one that ends, by a clock that is set to shortly before.
hours()
{
	local now=$EPOCHSECONDS start code=0

	start=$(uptime_s)
	date -u -s '2026-11-27 05:59:55' && apply "$plant_dir/hours.yaml" &&
		tells 'conduit telemetry is within its window from now on' &&
		date -u -s '2026-11-27 17:59:58' &&
		tells 'conduit telemetry is out of its window from now on' || code=$?
	date -s "@$((now + $(uptime_s) - start))"
	return "$code"
}

# heard FILTER WANTED: the latest event that the filter makes something of
heard()
{
	local found

	found=$(jq -r "$1" "$plant_dir/json.out" | tail -n 1)
	echo "$found"
	[[ $found == "$2" ]]
}

programs()
{
	local change='select(.event == "conduit") | "\(.change) \(.conduit // "-") \(.why // "-")"'

	plant_stop text
	apply "$plant_dir/open.yaml" || return
	plant_start json fw otseg -j event monitor
	wait_for 30 heard 'select(.event == "not-enforced") | ."fail-open"[0] |
		"\(.name) \(.failed_open)"' 'it0 0' &&
		otseg conduit grant maintenance for 10m reason "ticket 4711" &&
		wait_for 30 heard "$change" 'grant maintenance ticket 4711' &&
		otseg island on reason drill && wait_for 30 heard "$change" 'island-on - drill' &&
		otseg island off && wait_for 30 heard "$change" 'island-off - -'
}

e2e_begin 7
ktap "it begins with what is not enforced" begin
ktap "conduits are opened and closed by hand" by_hand
ktap "a grant ends" by_itself
ktap "another policy ends it, and has an interface fail open" with_another_policy
ktap "island mode" island
ktap "hours begin and end" hours
ktap "to programs, too" programs
ktap_end
