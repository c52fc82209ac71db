#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the benchmark's policy with about RULES rules.
#
#   policy.sh RULES [wire]
#
# The three rules that the traffic meets come last; the others are of the same
# kind, for other hosts of the same zone and for other zones. Both zones of the
# traffic live behind it0 as well as where they belong, because a test run's
# frames come in by one interface only; with "wire" they live at the two ends of a
# wire, and nowhere else. Addresses: frame.h.
set -euo pipefail

if (($# < 1)) || (($1 < 3)) || [[ ${2:-wire} != wire ]]; then
	echo "usage: policy.sh RULES [wire]" >&2
	exit 2
fi
near='it0, '
if [[ ${2:-} ]]; then
	near=
fi
others=$(($1 - 3))
per_conduit=50
conduits=$(((others + per_conduit - 1) / per_conduit))

echo "otseg: 1"
echo "name: bench"
if [[ ${2:-} ]]; then
	echo "wires: {line: [it0, ot0]}"
fi
echo "zones:"
echo "  office: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}"
echo "  plant: {level: 1, interfaces: [${near}ot0], prefixes: [10.20.0.0/16]}"
echo "  store: {level: 1, interfaces: [ot0], prefixes: [10.30.0.0/16]}"
for ((c = 1; c < conduits; c++)); do
	echo "  cell-$c: {level: 1, interfaces: [ot0], prefixes: [10.100.$c.0/24]}"
done

echo "assets:"
echo "  historian: {zone: office, address: 10.10.5.20}"
for ((n = 0; n < others; n++)); do
	echo "  host-$n: {zone: office, address: 10.10.$((100 + n / 250)).$((1 + n % 250))}"
done

rule()
{
	echo "      rule-$1:"
	echo "        from: host-$1"
	if (($1 % 2)); then
		echo "        service: udp"
		echo "        port: $((4000 + $1 % per_conduit))"
	else
		echo "        service: modbus"
		echo "        access: read"
		echo "        objects: {holding-register: $(($1 % 900))-$(($1 % 900 + 99))}"
	fi
}

echo "conduits:"
for ((c = 1; c < conduits; c++)); do
	echo "  others-$c:"
	echo "    reason: \"Other traffic, cell $c\""
	echo "    from: office"
	echo "    to: cell-$c"
	echo "    rules:"
	for ((n = c * per_conduit; n < (c + 1) * per_conduit && n < others; n++)); do
		rule "$n"
	done
done
echo "  measured:"
echo "    reason: \"What the benchmark sends\""
echo "    from: office"
echo "    to: plant"
echo "    flows: 100000"
echo "    rules:"
for ((n = 0; n < per_conduit && n < others; n++)); do
	rule "$n"
done
cat <<-EOT
      telemetry:
        from: historian
        service: udp
        port: 4000
      levels:
        from: historian
        service: modbus
        access: read
        units: [1]
        objects: {holding-register: 0-99}
      web:
        from: historian
        service: tcp
        port: 443
EOT
