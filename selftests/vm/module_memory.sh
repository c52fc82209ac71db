#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Memory that is missing: the first allocation of an operation fails, then the second, until
# none is left. Each failure is refused with a sentence and changes nothing. Then what the
# module does by itself, with no memory at all. A kernel that can have memory missing (lane
# "debug") does so in all that the module's code leads to, and looks for leaks in the end;
# on others the calls of the module itself fail, in a build of it with module_fail.c.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

# enum otseg_conduit_change
enable=0 disable=1 grant=2 revoke=3 island_on=4 island_off=5

# build_module FOLDER: the module whose allocations can be made to fail
build_module()
{
	local tree=$1

	mkdir -p "$tree/fail"
	# shellcheck disable=SC2154 # module_host, which calls this, knows them
	cp -rs --remove-destination "$top/kmod" "$top/include" "$top/VERSION" "$tree/" &&
		cp "$top/Kbuild" "$tree/module.kbuild" &&
		cp "$top/selftests/vm/module_fail.kbuild" "$tree/Kbuild" &&
		cp "$top"/selftests/vm/module_fail.[ch] "$tree/fail/" || return
	# shellcheck source=/dev/null
	(. "$top/build/lanes/$lane/lane.env" &&
		$KMAKE -s -C "$KDIR" M="$tree" O= modules)
}

# prepare FOLDER OUT: that module; somebody who signs, and what was signed.
prepare()
{
	# shellcheck disable=SC2154
	build_module "$(realpath -m "$2")/selftests/vm/fail-$lane" &&
		strip -g -o "$1/otseg.ko" "$2/selftests/vm/fail-$lane/otseg.ko" && cd "$1" || return
	openssl req -x509 -nodes -sha256 -newkey rsa:2048 -days 30 -subj /CN=signer \
		-keyout key.pem -out cert.pem && openssl x509 -in cert.pem -outform DER -out cert.der &&
		openssl cms -sign -binary -md sha256 -outform DER -in ../module_a.img -signer cert.pem \
			-inkey key.pem -noattr -nocerts -out a.sig
}

if [[ ${1:-} != --guest ]]; then
	# Where the kernel does it there are many more allocations to fail.
	OTSEG_VM_TIMEOUT=${OTSEG_VM_TIMEOUT:-2400}
	module_host "$0"
fi
debug=/sys/kernel/debug endless=1000000000
if [[ -e $debug/failslab ]]; then
	by_kernel=1 module=/otseg/otseg.ko
else
	by_kernel='' module=/otseg/own/otseg.ko
fi

# Which allocations may fail: those of a module, and there is only this one; but not the
# thousand pages that KASAN wants for each mapping.
choose_allocations()
{
	local kind shadow

	[[ $by_kernel ]] || return 0
	shadow=$(sed -n 's/^\([0-9a-f]*\) . kasan_populate_vmalloc_pte.*/0x\1/p' /proc/kallsyms)
	for kind in failslab fail_page_alloc; do
		cd "$debug/$kind" && echo N >ignore-gfp-wait && echo 0 >verbose &&
			echo "$endless" >./times && echo 32 >stacktrace-depth &&
			echo 0xffffffffa0000000 >require-start && echo 0xffffffffff000000 >require-end &&
			echo "$shadow" >reject-start &&
			printf '0x%x\n' $((shadow + 0x200)) >reject-end || return
	done
	cd "$debug/fail_page_alloc" && echo N >ignore-gfp-highmem && echo 0 >min-order && cd /
}

# may_fail_yet: whether the failure that was asked for has not come about. A kernel counts how
# many it may still make, a module of ours when.
may_fail_yet()
{
	if [[ $by_kernel ]]; then
		[[ $(<$debug/failslab/times) == "$endless" &&
			$(<$debug/fail_page_alloc/times) == "$endless" ]]
	else
		[[ $(</sys/module/otseg/parameters/fail_at) != 0 ]]
	fi
}

# no_memory 0|1: whether all allocations of the module fail, whoever needs them.
no_memory()
{
	if [[ $by_kernel ]]; then
		echo $(($1 * 100)) >$debug/failslab/probability &&
			echo $(($1 * 100)) >$debug/fail_page_alloc/probability
	else
		echo "$1" >/sys/module/otseg/parameters/fail_all
	fi
}

# load N: with the N-th allocation failing
load()
{
	if [[ $by_kernel ]]; then
		echo "$endless" | tee $debug/failslab/times >$debug/fail_page_alloc/times
	fi
	(
		options=(certificates=/otseg/own/cert.der governed=it0)
		if [[ $by_kernel ]]; then
			echo "$1" >/proc/self/fail-nth
		else
			options+=(fail_at="$1")
		fi
		exec insmod "$module" "${options[@]}"
	)
}

# What was refused is gone; a certificate that cannot be loaded is only told of.
loads()
{
	local n refused=0 left=''

	for ((n = 1; ! left; n++)); do
		if load "$n"; then
			may_fail_yet && left=1
			[[ $by_kernel ]] || echo 0 >/sys/module/otseg/parameters/fail_at
			[[ -e $sysfs ]] && client status >/dev/null && unload || return
		elif [[ $by_kernel ]] && may_fail_yet; then
			return 1
		else
			refused=$((refused + 1))
		fi
		[[ ! -e $sysfs ]] && ! lsmod | grep otseg || return
	done
	echo "loading: $((n - 2)) allocations, refused without $refused of them" >>/tmp/failing
	cat /tmp/failing
	((refused > 10)) && load 0
}

# failing STEP...: each of them is tried with every allocation failing.
failing()
{
	local step

	for step; do
		client "failing $step" >/tmp/said || {
			tail -n 30 /tmp/said
			return 1
		}
		grep '^failing' /tmp/said >>/tmp/failing
	done
}

is_active()
{
	[[ $(<$sysfs/policy) == "$1" ]]
}

commits()
{
	failing "push /otseg/a.img" "push /otseg/b.img" "push /otseg/a.img /otseg/own/a.sig" &&
		is_active module-a && grep . $sysfs/conduits/*/packets
}

tries()
{
	client "push /otseg/b.img" && failing "push-try /otseg/a.img 600000 | rollback" \
		"rollback | push-try /otseg/a.img 600000" && is_active module-b &&
		client "push-try /otseg/a.img 600000" &&
		failing "confirm | push-try /otseg/a.img 600000" && is_active module-a
}

no_growth()
{
	local before

	before=$(free_kb)
	failing "push /otseg/b.img" "push /otseg/a.img /otseg/own/a.sig" \
		"change $disable telemetry | change $enable telemetry" &&
		client "change $enable telemetry" && client "push /otseg/b.img" "push /otseg/a.img" || return
	echo "$before kB free before, $(free_kb) kB after"
	wait_for 20 has_free $((before - 500))
}

# The policy has telemetry, which is disabled, and first, which is enabled.
changes()
{
	client "push /otseg/b.img" && failing \
		"change $grant telemetry 600000 x | change $revoke telemetry" \
		"change $revoke telemetry | change $grant telemetry 600000 x" \
		"change $disable first | change $enable first" \
		"change $island_on | change $island_off" "change $island_off | change $island_on" \
		"change $enable first | change $disable first" \
		"change $grant telemetry 600000 x | change $revoke telemetry" "push /otseg/b.img" \
		"push-try /otseg/a.img 600000 | rollback" && client rollback &&
		[[ $(<$sysfs/conduits/first/enabled) == 1 ]] && client "may change $revoke telemetry"
}

binds()
{
	ip link add dev0 type dummy && failing "bind dev0 role0 | unbind-role role0" \
		"interface role0" interfaces "unbind dev0 | bind dev0 role0"
}

reads()
{
	failing status get conduits "counters 0 0 64" "read /tmp/back" &&
		client "read /tmp/back" && cmp /otseg/b.img /tmp/back
}

closed()
{
	[[ $(<$sysfs/conduits/telemetry/enabled) == 0 ]]
}

# What its end needs was set aside when it was given.
grant_ends()
{
	client "change $grant telemetry 2 x" && no_memory 1 || return
	wait_for 60 closed
	local code=$?
	no_memory 0
	((code == 0)) && client conduits && is_active module-b
}

# Another policy meanwhile, without the memory to set it aside again: it is asked for again.
grant_ends_later()
{
	client "change $grant telemetry 2 x" "push /otseg/b.img" && no_memory 1 || return
	wait_for 60 closed
	local code=$?
	no_memory 0
	((code == 0)) && is_active module-b
}

back()
{
	[[ $(<$sysfs/confirmation) == rolled-back ]]
}

returns()
{
	client "push-try /otseg/many.img 2" && no_memory 1 || return
	wait_for 60 back
	local code=$?
	no_memory 0
	((code == 0)) && is_active module-b
}

# Directories that could not be made are there after the next commit.
shows_all()
{
	client "push /otseg/a.img" "push /otseg/b.img" &&
		[[ $(ls $sysfs/conduits) == $'first\ntelemetry' ]] && grep . $sysfs/zones/*/packets
}

# A device that cannot be guarded does not come into being.
never_open()
{
	no_memory 1 || return
	ip link add it0 type dummy
	local code=$? guard
	guard=$(<$sysfs/interfaces/it0/guard)
	no_memory 0
	echo "exit code $code, guard $guard"
	if ((code)); then
		[[ $guard == absent && ! -e /sys/class/net/it0 ]] && ip link add it0 type dummy || return
	fi
	[[ $(<$sysfs/interfaces/it0/guard) == active ]]
}

renames()
{
	no_memory 1 || return
	ip link set it0 name moved
	no_memory 0
	[[ $(<$sysfs/interfaces/it0/guard) == active ]] && ip link del "$(<$sysfs/interfaces/it0/device)"
}

unloads()
{
	unload && [[ ! -e $sysfs ]]
}

ktap_begin 17
ktap "memory can be missing" choose_allocations
ktap "the module loads or not" loads
ktap "allowed and refused frames come from here on" eval \
	'client "push /otseg/a.img" && traffic_begin'
ktap "a commit, signed or not" commits
ktap "a commit to be confirmed, its confirmation, its way back" tries
ktap "what was refused takes no memory for good" no_growth
ktap "changes of conduits" changes
ktap "interfaces are bound and unbound" binds
ktap "what only reads" reads
sed 's/^/# /' /tmp/failing
ktap "without any memory a grant ends" grant_ends
ktap "also after another commit" grant_ends_later
ktap "without any memory an unconfirmed policy goes back" returns
ktap "what sysfs could not show, it shows after the next commit" shows_all
ktap "of the allowed frames none was lost, of the others none has passed" traffic_end
ktap "without any memory a governed interface is guarded or does not appear" never_open
ktap "so when it is renamed" renames
ktap "the module unloads" unloads
ktap_end
