/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inspectors: a line for each file of a protocol. Which service each serves stands
 * in otseg/service.h; what such a file has to hold, in Documentation/adding-a-protocol.md.
 */
#ifndef OTSEG_PROTOCOLS_H
#define OTSEG_PROTOCOLS_H

#include "bacnet.h"
#include "ethercat.h"
#include "goose.h"
#include "iec104.h"
#include "iso.h"
#include "c37118.h"
#include "dnp3.h"
#include "hartip.h"
#include "enip.h"
#include "enip_io.h"
#include "fins.h"
#include "melsec.h"
#include "modbus.h"
#include "mqtt.h"
#include "opcua.h"
#include "profinet.h"
#include "profinet_cm.h"
#include "sv.h"

#endif /* OTSEG_PROTOCOLS_H */
