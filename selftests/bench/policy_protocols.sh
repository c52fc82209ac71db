#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print a policy that permits every message of all inspected services: those with IP from an office
# to a cell, both behind it0, because a test run's frames come in by one interface only; those
# without IP within the office, which then has it0 for itself.
#
#   policy_protocols.sh ip|link
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

access='[read, diagnostic, write, control, program, vendor]'

# What is measured of it is a datagram.
carrier()
{
	case $1 in
	fins | ethercat) echo ", carrier: udp" ;;
	esac
}

# rules ip|link: of the services with IP, or without
rules()
{
	local name

	"$here/../proto/services.sh" | while read -r name _; do
		case $name in
		goose | sv | profinet)	[[ $1 == link ]] || continue ;;
		*)			[[ $1 == ip ]] || continue ;;
		esac
		echo "      ${name//./-}: {service: $name, access: $access$(carrier "$name")}"
	done
}

case ${1:-} in
ip)	cat <<-EOT
	otseg: 1
	name: protocols
	zones:
	  office: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
	  cell: {level: 1, interfaces: [it0], prefixes: [10.20.0.0/14]}
	conduits:
	  all:
	    reason: What the benchmark sends
	    from: office
	    to: cell
	    rules:
	$(rules ip)
	EOT
	;;
link)	cat <<-EOT
	otseg: 1
	name: protocols
	zones:
	  office: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}
	intra:
	  office:
	    reason: What the benchmark sends
	    rules:
	$(rules link)
	EOT
	;;
*)	echo "usage: policy_protocols.sh ip|link" >&2
	exit 2
	;;
esac
