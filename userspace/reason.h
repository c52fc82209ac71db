/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for reasons and their classes.
 */
#ifndef OTSEG_TOOL_REASON_H
#define OTSEG_TOOL_REASON_H

#include "otseg/reason.h"

const char *otseg_reason_name(unsigned int reason);
const char *otseg_reason_class_name(unsigned int reason);
const char *otseg_denial_name(unsigned int denial);

#endif /* OTSEG_TOOL_REASON_H */
