/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events of the datapath, for those who show counters.
 */
#ifndef OTSEG_USERSPACE_EVENT_H
#define OTSEG_USERSPACE_EVENT_H

#include <jansson.h>

#include "otseg/types.h"

json_t *otseg_event_counts(const u64 *counters);
json_t *otseg_denial_counts(const u64 *counters);

#endif /* OTSEG_USERSPACE_EVENT_H */
