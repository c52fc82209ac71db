/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a rule says about the messages that its service's inspector sees.
 */
#ifndef OTSEG_POLICY_LOAD_MESSAGE_H
#define OTSEG_POLICY_LOAD_MESSAGE_H

#include "load.h"

void otseg_load_message(struct otseg_loader *loader, const struct otseg_node *key,
			const struct otseg_node **values, struct otseg_rule *rule);

void otseg_load_units(struct otseg_loader *loader, const struct otseg_node *node,
		      unsigned int service, struct otseg_ranges *units);

#endif /* OTSEG_POLICY_LOAD_MESSAGE_H */
