# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the end-to-end tests: a plant (plant.sh) whose firewall enforces
# plant.yaml, the PLC in it, and the counters. OTSEG_TEST_MODE says how: map
# (default: no module, the firewall is a namespace) or module (this namespace).

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../ktap.sh
. "$tests/../ktap.sh"
# shellcheck source=plant.sh
. "$tests/plant.sh"
# shellcheck source=firewall.sh
. "$tests/firewall.sh"

# In the virtual machine these folders are missing and the programs installed.
built=${O:-$(cd "$tests/../.." && pwd)/build}
PATH=$built:$built/selftests/net:$PATH

# Milliseconds: until an answer must be there, and until none counts as refused.
# shellcheck disable=SC2034 # for the sourcing test
patience=${OTSEG_TEST_PATIENCE:-5000}
# shellcheck disable=SC2034
refusal=${OTSEG_TEST_REFUSAL:-500}

# counted_beyond REASON FLOOR: more frames than that have met it.
counted_beyond()
{
	local now

	now=$(firewall_reason "$1")
	echo "$1: $now, was $2"
	((now > $2))
}

# counts REASON COMMAND...: the command makes that counter grow.
counts()
{
	local reason=$1 before
	shift

	before=$(firewall_reason "$reason")
	"$@"
	wait_for 5 counted_beyond "$reason" "$before"
}

ktap_autopsy()
{
	firewall_reasons | grep -v ' 0$'
}

# e2e_begin TESTS [inet6]
e2e_begin()
{
	if ((EUID != 0)); then
		ktap_skip_all "needs root"
	fi
	trap 'firewall_end; plant_end' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	if ! e2e_make "${2:-}" >/tmp/$plant_tag.setup 2>&1; then
		sed 's/^/# /' "/tmp/$plant_tag.setup"
		rm -f "/tmp/$plant_tag.setup"
		echo "Bail out! the plant could not be made"
		exit 1
	fi
	rm -f "/tmp/$plant_tag.setup"
	ktap_begin "$1"
}

e2e_make()
{
	if [[ $firewall_mode == module ]]; then
		firewall_load && plant_make here || return
	else
		plant_make private || return
	fi
	if [[ $1 == inet6 ]]; then
		plant_inet6 || return
	fi
	plant_plc && firewall_apply "$tests/plant.yaml"
}

# traffic_flood HMI PLC: datagrams in both directions, as fast as they go
traffic_flood()
{
	plant_start sink ot peer_udp sink 9
	plant_start sink-it it peer_udp sink 9
	wait_for 5 said sink listening && wait_for 5 said sink-it listening || return
	plant_start flood it peer_udp --source "$1" send "$2" 9
	plant_start flood-ot ot peer_udp --source "$2" send "$1" 9
	wait_for 20 beyond flood sent 1000 && wait_for 20 beyond flood-ot sent 1000
}

# traffic_poll HMI PLC: one connection that polls
traffic_poll()
{
	plant_start poll it peer_modbus --source "$1" --interval-ms 5 \
		--timeout-ms 20000 poll "$2" 0 60
	wait_for 20 beyond poll poll 5
}
