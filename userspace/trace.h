/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two commands of otseg trace.
 */
#ifndef OTSEG_TRACE_H
#define OTSEG_TRACE_H

#include "command.h"

/* Keyed arguments of `trace simulate`. */
enum {
	OTSEG_SIMULATE_INTERFACE,
	OTSEG_SIMULATE_OPENING,
	OTSEG_SIMULATE_AT,
};

/* Keyed arguments of `trace decode`. */
enum {
	OTSEG_DECODE_PORT,
	OTSEG_DECODE_SERVICE,
};

int otseg_trace_simulate(const struct otseg_cli *cli);
int otseg_trace_decode(const struct otseg_cli *cli);

#endif /* OTSEG_TRACE_H */
