#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The policy store through its netlink family: transactions, refusals, reading
# back, many commits. Proves that nothing but a whole, verified image becomes
# active and that a refused request changes nothing; not what a policy does.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=module.sh source-path=SCRIPTDIR
. "$here/module.sh"

if [[ ${1:-} != --guest ]]; then
	module_host "$0"
fi

# unchanged COMMAND...: the command succeeds and the state stays.
unchanged()
{
	state >/tmp/before
	"$@" || return
	state >/tmp/after
	diff /tmp/before /tmp/after
}

# Without BTF the kernel would load it and no program could use it.
refuses_no_btf()
{
	! insmod /otseg/nobtf.ko && [[ ! -e $sysfs ]] && ! lsmod | grep otseg &&
		dmesg | grep 'otseg: .*no BTF of this module' && dmesg | grep 'otseg: .*pahole'
}

loads()
{
	insmod /otseg/otseg.ko && [[ $(<$sysfs/state) == none && $(<$sysfs/generation) == 0 ]] &&
		client status "fail:ENOENT read /dev/null"
}

refuses_others()
{
	client "load /otseg/a.img" "user 65534" "fail:EPERM stage" "fail:EPERM chunk 0 64" \
		"fail:EPERM verify" "fail:EPERM commit" "fail:EPERM abort" "fail:EPERM bind lo" \
		"fail:EPERM unbind lo" "fail:EPERM read /dev/null" status get interfaces \
		"counters 1 0 10"
}

commits()
{
	client "push $1" && [[ $(<$sysfs/state) == active && $(<$sysfs/policy) == "$2" &&
		$(<$sysfs/generation) == "$3" ]]
}

# reads_back FILE: what the kernel hands out is what it was given.
reads_back()
{
	client "read /tmp/back" && cmp "$1" /tmp/back &&
		[[ $(field digest get) == $(<$sysfs/digest) ]]
}

out_of_order()
{
	client "load /otseg/a.img" stage "fail:EINVAL chunk 64 64" "chunk 0 64" \
		"fail:EINVAL chunk 0 64" "fail:EINVAL chunk 128 64" "fail:ENODATA verify" \
		"fail:EINVAL commit" "chunk 64 64" abort "fail:ENOENT chunk 128 64" \
		"fail:ENOENT verify" "fail:ENOENT commit" "fail:ENOENT abort"
}

bad_sizes()
{
	client "load /otseg/a.img" "fail:ANY stage 0" "fail:ANY stage 256" \
		"fail:EINVAL stage 1000" "fail:ANY stage 33554496" "fail:ANY stage 4294967295" \
		"stage 640" "fail:EMSGSIZE chunk 0 704" "chunk 0 640" "fail:EINVAL chunk 640 64" \
		abort "stage 33554432" "fail:ERANGE chunk 0 0" "fail:ERANGE chunk 0 32832" abort
}

bad_attributes()
{
	# Digest too short, an attribute of another operation, one that does not
	# exist, any at all where none is taken.
	client "fail:ANY raw 1 3 31" "fail:ANY raw 1 7 4" "fail:ANY raw 2 99 4" "fail:ANY raw 3 1 4" \
		"fail:ANY raw 6 1 4" "fail:ANY raw 8 1 3" "fail:ANY raw 12 3 4" "fail:ANY raw 1 5 8"
}

truncated()
{
	local size

	size=$(stat -c %s /otseg/a.img)
	client "load /otseg/a.img" "length $((size - 64))" stage chunks "fail:EBADMSG verify" \
		"fail:ENOENT verify" "load /otseg/a.img" "length $((size - 64))" digest stage \
		chunks "fail:ANY verify" "load /otseg/a.img" "length $((size + 64))" digest stage \
		chunks "fail:ANY verify" "load /otseg/a.img" "length 320" digest stage chunks \
		"fail:ANY verify"
}

# Every flipped bit changes the digest; with a digest to match, the verifier decides.
flipped()
{
	local size i at steps=()

	size=$(stat -c %s /otseg/a.img)
	RANDOM=1
	for ((i = 0; i < 150; i++)); do
		at=$(((RANDOM << 15 | RANDOM) % size))
		steps+=("load /otseg/a.img" "flip $at $((i % 8))" stage chunks "fail:EBADMSG verify")
		if ((i < 100)); then
			# The header, then anywhere: what it accepts is not committed.
			((i < 50)) && at=$((i * 6))
			steps+=("load /otseg/a.img" "flip $at $((i % 8))" digest stage chunks
				"may verify" "may abort")
		fi
	done
	client "${steps[@]}" >/tmp/flipped || {
		tail -n 3 /tmp/flipped
		return 1
	}
	grep -c '^verify: E' /tmp/flipped
	! grep '^verify: [^E]' /tmp/flipped
}

# One socket holds the transaction until it dies, however it dies.
dies_with_socket()
{
	local pid

	rm -f /tmp/ready
	mkfifo /tmp/hold
	genl_client "load /otseg/a.img" stage "chunk 0 640" "ready /tmp/ready" <>/tmp/hold &
	pid=$!
	wait_for 20 test -e /tmp/ready || return
	client "load /otseg/b.img" "fail:EBUSY stage" "fail:ENOENT chunk 640 64" \
		"fail:ENOENT verify" "fail:ENOENT commit" "fail:ENOENT abort" || return
	[[ $(field staged-received get) == 640 ]] || return
	(($(field flags status) & 1)) || return
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	rm -f /tmp/hold
	[[ $(field staged-state get) == 0 ]] && client "load /otseg/b.img" stage abort
}

starts_over()
{
	client "load /otseg/b.img" stage "chunk 0 640" "load /otseg/a.img" stage chunks verify \
		"load /otseg/b.img" stage "fail:ENODATA verify" abort
}

expected_generation()
{
	local generation

	generation=$(<$sysfs/generation)
	client "load /otseg/a.img" stage chunks verify "fail:ESTALE commit $((generation + 1))" \
		"fail:ESTALE commit 0" "commit $generation" &&
		[[ $(<$sysfs/generation) == $((generation + 1)) ]]
}

same_again()
{
	local generation

	generation=$(<$sysfs/generation)
	client "push /otseg/a.img" && (($(<$sysfs/generation) == generation + 1)) &&
		reads_back /otseg/a.img
}

# A reader sees one image or is told to start over, never a mixture.
reads_during_swaps()
{
	local pid i whole=0 interrupted=0

	genl_client -r 400 "push /otseg/many.img" "push /otseg/a.img" >/dev/null 2>&1 &
	pid=$!
	for ((i = 0; i < 40; i++)); do
		if ! genl_client "read /tmp/part" >/tmp/said; then
			cat /tmp/said
			kill "$pid"
			return 1
		fi
		if grep -q interrupted /tmp/said; then
			interrupted=$((interrupted + 1))
		elif cmp -s /tmp/part /otseg/many.img || cmp -s /tmp/part /otseg/a.img; then
			whole=$((whole + 1))
		else
			echo "a mixture of $(stat -c %s /tmp/part) bytes"
			kill "$pid"
			return 1
		fi
	done
	kill "$pid"
	wait "$pid" 2>/dev/null
	echo "$whole whole, $interrupted interrupted"
	((whole))
}

# Freed memory comes back late: wait for it before calling it lost.
no_growth()
{
	local before

	client -r "$(rounds 100)" "push /otseg/a.img" "push /otseg/b.img" >/dev/null || return
	before=$(free_kb)
	client -r "$(rounds 500)" "push /otseg/a.img" "push /otseg/b.img" >/dev/null || return
	echo "$before kB free before, $(free_kb) kB after"
	# 500 bytes lost with each commit would be as much.
	wait_for 20 has_free $((before - 500))
}

no_growth_refused()
{
	local before steps

	steps=("load /otseg/a.img" "flip 700 1" stage chunks "fail:EBADMSG verify"
		"load /otseg/a.img" "flip 700 1" digest stage chunks "may verify" "may abort"
		"load /otseg/a.img" stage chunks abort)
	client -r "$(rounds 100)" "${steps[@]}" >/dev/null || return
	before=$(free_kb)
	client -r "$(rounds 300)" "${steps[@]}" >/dev/null || return
	echo "$before kB free before, $(free_kb) kB after"
	wait_for 20 has_free $((before - 500))
}

unloads()
{
	unload && [[ ! -e $sysfs ]] && ! lsmod | grep otseg
}

# A transaction under way does not outlive the module.
unloads_staged()
{
	insmod /otseg/otseg.ko || return
	rm -f /tmp/ready
	mkfifo /tmp/hold
	genl_client "load /otseg/a.img" stage "chunk 0 640" "ready /tmp/ready" <>/tmp/hold &
	wait_for 20 test -e /tmp/ready && unloads
	echo >/tmp/hold
	wait
}

ktap_begin 22
ktap "a module without BTF does not load and says why" refuses_no_btf
ktap "the module loads, no policy is active" loads
ktap "whoever is not admin may look, not touch" refuses_others
ktap "out of order, cut short or without a transaction: refused" out_of_order
ktap "sizes that no image has are refused" bad_sizes
ktap "attributes that do not belong are refused" bad_attributes
ktap "a first policy is committed" commits /otseg/a.img module-a 1
ktap "it reads back byte for byte" reads_back /otseg/a.img
ktap "images cut short or padded are refused, nothing changes" unchanged truncated
ktap "flipped bits are refused, nothing changes" unchanged flipped
ktap "a transaction belongs to a socket and dies with it" unchanged dies_with_socket
ktap "a socket may start over" unchanged starts_over
ktap "a commit for another generation is refused" expected_generation
ktap "a second policy is committed" commits /otseg/b.img module-b 3
ktap "it reads back byte for byte" reads_back /otseg/b.img
ktap "the largest number of rules is committed" commits /otseg/many.img many 4
ktap "it reads back byte for byte" reads_back /otseg/many.img
ktap "the same image again is a new generation" same_again
ktap "a reader gets one image or is told so" reads_during_swaps
ktap "many commits take no memory for good" no_growth
ktap "many refused or aborted images take none either" no_growth_refused
ktap "the module unloads, also amid a transaction" eval "unloads && unloads_staged"
ktap_end
