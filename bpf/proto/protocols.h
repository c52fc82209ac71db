/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inspectors: a line for each file of a protocol. Which service each serves stands
 * in otseg/service.h; what such a file has to hold, in Documentation/adding-a-protocol.md.
 */
#ifndef OTSEG_PROTOCOLS_H
#define OTSEG_PROTOCOLS_H

#include "ethercat.h"
#include "goose.h"
#include "modbus.h"
#include "profinet.h"
#include "profinet_cm.h"
#include "sv.h"

#endif /* OTSEG_PROTOCOLS_H */
