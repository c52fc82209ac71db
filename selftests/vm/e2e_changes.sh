#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Changes, faults and starts of the host with the module: the longest of the end-to-end tests, in a
# machine beside that of the other ones (e2e_module.sh).
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)

OTSEG_VM_NAME=e2e_changes exec "$here/e2e_module.sh" net/e2e_boot.sh net/e2e_swap.sh \
	net/e2e_faults.sh net/e2e_island.sh
