# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Sourced by the tests of the tool in map-backed mode: a plant (plant.sh) with nothing in
# force, the tool that was built, and a folder of its own for what it pins.

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../ktap.sh
. "$tests/../ktap.sh"
# shellcheck source=plant.sh
. "$tests/plant.sh"

built=${O:-$(cd "$tests/../.." && pwd)/build}
PATH=$built:$PATH
export OTSEG_PIN_DIR=/sys/fs/bpf/$plant_tag
