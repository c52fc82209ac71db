#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# End-to-end tests with the module, all in one virtual machine: those of
# ../net in module mode, and the e2e_guest_* of this folder; or those that are named. Each
# one's KTAP is a subtest of this one's. A machine that is emulated is slow: nothing here
# depends on how long something takes, and the datapath has one inspector, since it is
# loaded many times (verifier.sh loads the whole one).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

tests=(
	vm/e2e_guest_guard.sh
	vm/e2e_guest_mark.sh
	vm/e2e_guest_life.sh
	vm/e2e_guest_confirm.sh
	vm/e2e_guest_monitor.sh
	net/e2e_stream.sh
	net/e2e_datagrams.sh
	net/e2e_inet6.sh
	net/e2e_vlan.sh
	net/e2e_loss.sh
	net/e2e_wire.sh
)

# In the machine: one test after the other.
guest()
{
	local number=0 failed=0 test code start

	export OTSEG_TEST_MODE=module OTSEG_MODULE=/e2e/otseg.ko
	export OTSEG_TEST_PATIENCE=20000 OTSEG_TEST_REFUSAL=3000
	export OTSEG_SWAPS=${OTSEG_SWAPS:-100} OTSEG_FAULT_ROUNDS=${OTSEG_FAULT_ROUNDS:-5}
	echo "TAP version 13"
	echo "1..$#"
	for test; do
		number=$((number + 1))
		echo "# Subtest: $test"
		code=0 start=$SECONDS
		"$here/../$test" 2>&1 | sed -u 's/^/    /' || code=$?
		case $code in
		0)	echo "ok $number - $test" ;;
		4)	echo "ok $number - $test # SKIP as a whole" ;;
		*)
			echo "not ok $number - $test"
			failed=1
			;;
		esac
		echo "# $((SECONDS - start)) s"
	done
	return "$failed"
}

if [[ ${1:-} == --guest ]]; then
	shift
	guest "$@"
	exit
fi

top=$(cd "$here/../.." && pwd)
out=${O:-$top/build}
lane=${LANE:-6.12}
files=(
	--file "$out/otseg:/usr/local/sbin/otseg"
	--file "$out/selftests/net/lean/otseg.bpf.o:/usr/local/lib/otseg/otseg.bpf.o"
	--file "$out/$lane/otseg.ko:/e2e/otseg.ko"
	--file "$top/selftests/ktap.sh:/e2e/selftests/ktap.sh"
	--file "$top/selftests/net:/e2e/selftests/net"
	--file "$top/selftests/vm:/e2e/selftests/vm"
	--file "$out/selftests/net:/usr/local/bin"
	--file "$out/selftests/vm/genl_client:/usr/local/bin/genl_client"
	--file "$top/userspace/systemd:/e2e/systemd"
)
if (($#)); then
	tests=("$@")
fi
exec "$top/scripts/vm.sh" --lane "$lane" --name "${OTSEG_VM_NAME:-e2e_module}" --timeout "${OTSEG_VM_TIMEOUT:-2900}" "${files[@]}" -- \
	env OTSEG_FAULT_ROUNDS="${OTSEG_FAULT_ROUNDS:-}" OTSEG_SWAPS="${OTSEG_SWAPS:-}" \
	/e2e/selftests/vm/e2e_module.sh --guest "${tests[@]}"
