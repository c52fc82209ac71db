#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Print a policy for the benchmark.
#
#   policy.sh [-c CELLS] [-p PREFIXES] [-f FLOWS] [-u PORT] [-w] RULES
#
# One zone asks, "office"; CELLS zones (1) answer, and one more, "store", has no
# conduit to it unless -c is given. 10.20.0.0/14 is cut into equal blocks, a power of
# two that is at least PREFIXES and CELLS, but no more than a policy can have; they
# belong to the cells in turn, and the traffic's destinations (frame.h) lie in as
# many of them as there are destinations.
#
# Every cell has the rule that the UDP traffic meets, the first one those of the
# other frames. The rest, up to RULES in all, permit other hosts of the office
# other ports and registers of some of the destinations; no two of them concern the
# same frame. Each conduit may have FLOWS flows.
#
# All zones live behind it0 as well as where they belong, because a test run's
# frames come in by one interface only; with -w they live at the two ends of a
# wire, and nowhere else.
set -euo pipefail

usage()
{
	echo "usage: policy.sh [-c CELLS] [-p PREFIXES] [-f FLOWS] [-u PORT] [-w] RULES" >&2
	exit 2
}

cells=1 prefixes=0 flows=100000 port=4000 wire='' store=1
while getopts c:p:f:u:w option; do
	case $option in
	c)	cells=$OPTARG store='' ;;
	p)	prefixes=$OPTARG ;;
	f)	flows=$OPTARG ;;
	u)	port=$OPTARG ;;
	w)	wire=1 ;;
	*)	usage ;;
	esac
done
shift $((OPTIND - 1))
if (($# != 1)) || (($1 < cells || cells < 1)); then
	usage
fi

exec awk -v rules="$1" -v cells="$cells" -v prefixes="$prefixes" -v flows="$flows" \
	-v port="$port" -v wire="$wire" -v store="$store" '
function address(n)
{
	return "10." 20 + int(n / 65536) "." int(n / 256) % 256 "." n % 256
}

function prefix_list(cell,	block, text)
{
	for (block = cell; block < blocks && block < most; block += cells)
		text = text (text ? ", " : "") address(block * size) "/" 32 - bits
	return text
}

# An address in a block of @cell; a destination (frame.h) where blocks hold one.
function asset(cell, n,	per_block, block)
{
	per_block = size > 32 ? size / 32 : 1
	block = cell + cells * int(n / per_block)
	return address(block * size + n % per_block * 32 + 1)
}

# Rules for others than the traffic: the same host and asset meet only once.
function others(cell, count,	n, host, place)
{
	for (n = 0; n < count; n++) {
		host = n % hosts
		place = int(n / hosts)
		print "      other-" n ":"
		print "        from: host-" host
		print "        to: place-" cell "-" place
		if (n % 2) {
			print "        service: udp"
			print "        port: " 4000 + n % 50
		} else {
			print "        service: modbus"
			print "        access: read"
			print "        objects: {holding-register: " n % 900 "-" n % 900 + 99 "}"
		}
	}
}

function rule(name, service, rest)
{
	printf "      %s: {from: historian, service: %s, %s}\n", name, service, rest
}

BEGIN {
	hosts = 60
	if (prefixes < cells)
		prefixes = cells
	most = 65534 # the office and the historian have one each
	for (bits = 18; 2 ^ (18 - bits) < prefixes; bits--)
		;
	size = 2 ^ bits
	blocks = 2 ^ (18 - bits)
	sessions = int(4096 / cells) # inspected flows; the traffic of one cell has 1,000
	own = cells + (rules >= cells + 2 ? 2 : 0)
	near = wire ? "" : "it0, "

	print "otseg: 1"
	print "name: bench"
	if (wire)
		print "wires: {line: [it0, ot0]}"
	print "zones:"
	print "  office: {level: 4, interfaces: [it0], prefixes: [10.10.0.0/16]}"
	for (c = 0; c < cells; c++)
		printf "  cell-%d: {level: 1, interfaces: [%sot0], prefixes: [%s]}\n", c, near,
			prefix_list(c)
	if (store)
		print "  store: {level: 1, interfaces: [ot0], prefixes: [10.30.0.0/16]}"

	print "assets:"
	print "  historian: {zone: office, address: 10.10.5.20}"
	for (c = 0; c < cells; c++)
		count[c] = int((rules - own) / cells) + (c < (rules - own) % cells)
	for (h = 0; h < hosts && h < count[0]; h++)
		print "  host-" h ": {zone: office, address: 10.10.100." 1 + h "}"
	for (c = 0; c < cells; c++) {
		for (n = 0; n * hosts < count[c]; n++)
			print "  place-" c "-" n ": {zone: cell-" c ", address: " asset(c, n) "}"
	}

	print "conduits:"
	for (c = 0; c < cells; c++) {
		print "  to-" c ":"
		print "    reason: \"What the benchmark sends\""
		print "    from: office"
		print "    to: cell-" c
		print "    flows: " flows
		print "    sessions: " sessions
		print "    rules:"
		others(c, count[c])
		rule("telemetry", "udp", "port: " port)
		if (c || own == cells)
			continue
		rule("levels", "modbus", "access: read, units: [1], " \
			"objects: {holding-register: 0-99}")
		rule("web", "tcp", "port: 443")
	}
}'
