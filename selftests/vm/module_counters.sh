#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Counters and sysfs: every file is documented and there, swaps lose no count and
# none ever goes back, directories of names that stay are the same ones. The
# datapath is a stand-in that counts where it is told to.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

kind_conduit=4 kind_rule=5
rule_block=$((166016 - 32768 * 4)) # OTSEG_CTR_RULE
conduit_block=$((rule_block - 4096 * 8)) # OTSEG_CTR_CONDUIT
web=$sysfs/conduits/telemetry/rules/web/packets

setup()
{
	insmod /otseg/otseg.ko && wire it0 peer0 && client "bind it0" "push /otseg/a.img" &&
		xdp_load && xdp_attach it0 && xdp_config 1
}

# The ABI file as patterns, one for each What.
abi_patterns()
{
	sed -n 's/^What:[[:space:]]*//p' /otseg/abi |
		sed -E 's/[.]/\\./g; s/<[a-z]+>/[^\/]+/g; s/.*/^&$/'
}

all_documented()
{
	abi_patterns >/tmp/patterns
	find "$sysfs" -type f | sort >/tmp/files
	[[ -s /tmp/patterns ]] && ! grep -vE -f /tmp/patterns /tmp/files
}

all_there()
{
	local pattern missing=0

	while read -r pattern; do
		if ! grep -qE "$pattern" /tmp/files; then
			echo "no file matches $pattern"
			missing=1
		fi
	done </tmp/patterns
	return "$missing"
}

all_read_only()
{
	! find "$sysfs" -type f ! -perm 444 | grep . &&
		while read -r file; do
			(($(wc -l <"$file") == 1)) || {
				echo "$file: not one line"
				return 1
			}
		done </tmp/files
}

# One file for each reason, in the folder of its class.
all_reasons()
{
	grep -o '^	X([A-Z0-9_]*, "[^"]*", [A-Z]*' /otseg/reason.h |
		sed -E 's/.*"(.*)", PASS/passes\/\1/; s/.*"(.*)", .*/drops\/\1/' |
		sort >/tmp/expected
	(cd "$sysfs" && ls -d drops/* passes/*) | sort >/tmp/found
	(($(wc -l </tmp/expected) > 50)) && diff /tmp/expected /tmp/found
}

values()
{
	[[ $(<$sysfs/zones/cell/level) == 1.5 && $(<$sysfs/zones/enterprise/level) == 4 ]] &&
		[[ $(<$sysfs/conduits/telemetry/from) == enterprise ]] &&
		[[ $(<$sysfs/conduits/telemetry/to) == cell ]] &&
		[[ $(<$sysfs/conduits/telemetry/reason) == "stays, with another rule first" ]] &&
		[[ $(<$sysfs/conduits/telemetry/state) == enabled ]] &&
		[[ $(<$sysfs/conduits/telemetry/mode) == enforce ]] &&
		[[ $(<$sysfs/conduits/leaving/mode) == monitor && $(<$sysfs/mode) == mixed ]] &&
		[[ $(<$sysfs/interfaces/it0/device) == it0 && $(<$sysfs/interfaces/it0/bound) == 1 ]] &&
		[[ $(<$sysfs/interfaces/it0/guard) == active ]]
}

# Counts 20 frames in the first rule of telemetry's second one, by netlink and sysfs alike.
counts()
{
	xdp_config 1 $((rule_block + 4)) $((rule_block + 4))
	answers 20 || return
	xdp_config 1
	echo "sysfs $(<$web), netlink $(counter $kind_rule 4)"
	(($(<$web) == 20)) && (($(counter $kind_rule 4) == 20)) &&
		(($(counter 0 $((rule_block + 4))) == 20))
}

counts_conduit()
{
	# Monitored frames, the fourth counter of the first conduit.
	xdp_config 1 $((conduit_block + 3)) $((conduit_block + 3))
	answers 5 || return
	xdp_config 1
	(($(<$sysfs/conduits/telemetry/monitored) == 5)) && (($(counter $kind_conduit 3) == 5))
}

# An index that no record of the policy has: it lands nowhere.
counts_nowhere()
{
	grep -r . "$sysfs"/{conduits,zones} >/tmp/before
	xdp_config 1 $((rule_block + 4 * 30000)) $((rule_block + 4 * 30000))
	answers 5 || return
	xdp_config 1
	grep -r . "$sysfs"/{conduits,zones} >/tmp/after
	(($(counter $kind_rule 120000) == 0)) && diff /tmp/before /tmp/after
}

wrong_ranges()
{
	client "fail:ERANGE counters 0 166016 1" "fail:ERANGE counters 0 166015 2" \
		"fail:ANY counters 0 0 4097" "fail:ANY counters 6 0 1" "fail:ERANGE counters 1 128 1" \
		"fail:ERANGE counters 0 4294967295 4096" "fail:ESTALE counters 0 0 1 77" \
		"counters 0 166015 1" "counters 0 0 4096 1" >/dev/null
}

# The rule lies elsewhere now, and its counts with it.
survives_swap()
{
	local inode

	inode=$(stat -c %i "$(dirname "$web")")
	cd "$(dirname "$web")" || return
	client "push /otseg/b.img" || return
	[[ $(stat -c %i "$(dirname "$web")") == "$inode" && $(<packets) == 20 ]] || return
	cd /
	# In b.img it is the third rule.
	(($(counter $kind_rule 8) == 20)) && (($(<$sysfs/conduits/telemetry/monitored) == 5)) &&
		[[ ! -e $sysfs/conduits/leaving && ! -e $sysfs/conduits/telemetry/rules/alone ]] &&
		[[ $(<$sysfs/conduits/first/rules/web/packets) == 0 ]] &&
		[[ $(<$sysfs/conduits/telemetry/state) == disabled ]]
}

# Another rule of that name in another conduit is another rule; one that left starts anew.
starts_anew()
{
	xdp_config 1 $((rule_block + 0)) $((rule_block + 0))
	answers 3 || return
	xdp_config 1
	(($(<$sysfs/conduits/first/rules/web/packets) == 3)) || return
	client "push /otseg/a.img" "push /otseg/b.img" &&
		(($(<$sysfs/conduits/first/rules/web/packets) == 0)) && (($(<$web) == 20))
}

reading=
# never_back FILE: reads until told to stop; fails if a value was lower than before.
never_back()
{
	local last=0 now reads=0

	while [[ ! -e /tmp/stop ]]; do
		read -r now <"$1"
		if ((now < last)); then
			echo "$1 went from $last to $now" >>/tmp/back
			return 1
		fi
		last=$now
		reads=$((reads + 1))
	done
	echo "$reads reads"
}

# Frames are counted while the policy is swapped, most swaps overtaking a frame: none is
# lost, none counted twice.
swaps_under_load()
{
	local before frames i parity

	rm -f /tmp/stop /tmp/back
	client "push /otseg/a.img" || return
	# a.img has the parity of the present generation; web lies elsewhere in b.img.
	parity=$(($(<$sysfs/generation) & 1))
	before=$(<$web)
	frames=$(xdp_result frames)
	if ((parity)); then
		xdp_config 1 $((rule_block + 8)) $((rule_block + 4)) 3000
	else
		xdp_config 1 $((rule_block + 4)) $((rule_block + 8)) 3000
	fi
	never_back "$web" >/tmp/reads &
	reading=$!
	ip netns exec out ping -q -n -f -w 60 10.10.0.1 >/tmp/ping &
	for ((i = 0; i < 60; i++)); do
		genl_client "push /otseg/b.img" "push /otseg/a.img" >/dev/null || return
	done
	kill -INT $!
	wait $!
	touch /tmp/stop
	wait "$reading" || {
		cat /tmp/back
		return 1
	}
	xdp_config 1
	frames=$(($(xdp_result frames) - frames))
	echo "$frames frames counted, the rule has $(($(<$web) - before)); $(cat /tmp/reads)"
	((frames > 500 && $(<$web) - before == frames)) && (($(xdp_result no_counters) == 0))
}

# Before the first policy reasons are counted too, and go on from there.
counts_without_policy()
{
	xdp_detach it0
	xdp_unload
	unload && insmod /otseg/otseg.ko && xdp_load && xdp_attach it0 || return
	local no_policy
	no_policy=$(reason_number no-policy)
	xdp_config 0 "$no_policy" "$no_policy"
	answers 7 || return
	xdp_config 0
	(($(<$sysfs/drops/no-policy) == 7)) && [[ $(xdp_result has_region) == 0 ]] &&
		client "push /otseg/a.img" "push /otseg/b.img" &&
		(($(<$sysfs/drops/no-policy) == 7))
}

many_rules()
{
	client "push /otseg/many.img" || return
	(($(find "$sysfs" -path '*/rules/r*' -type d | wc -l) == 32768)) &&
		(($(<$sysfs/conduits/c32/rules/r32767/packets) == 0)) &&
		client "push /otseg/b.img" && [[ ! -e $sysfs/conduits/c0 ]] &&
		[[ $(<$sysfs/drops/no-policy) == 7 ]]
}

unloads()
{
	xdp_detach it0
	xdp_unload
	unload && [[ ! -e $sysfs ]]
}

ktap_begin 17
ktap "a policy, an interface and a stand-in for the datapath" setup
ktap "every file has an entry in the ABI file" all_documented
ktap "every entry of the ABI file has a file" all_there
ktap "all files are read-only and hold one value" all_read_only
ktap "there is a file for each reason" all_reasons
ktap "the values are the policy's" values
ktap "what the datapath counts, sysfs and netlink tell" counts
ktap "of a conduit as well" counts_conduit
ktap "what is counted past the policy's records is nowhere" counts_nowhere
ktap "runs of counters that do not exist are refused" wrong_ranges
ktap "counters and directories survive a swap by name" survives_swap
ktap "a name that left and came back starts anew" starts_anew
ktap "swaps under load lose no count, and none goes back" swaps_under_load
ktap "frames dropped for want of a policy are counted, for good" counts_without_policy
ktap "32,768 rules have their directories" many_rules
ktap "the module unloads, its files are gone" unloads
ktap "the kernel has not complained" bash -c '! dmesg | grep -E "WARNING:|BUG:|Oops|sysfs: cannot"'
ktap_end
