/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects of the command line, each defined in the file of its name.
 */
#ifndef OTSEG_OBJECT_H
#define OTSEG_OBJECT_H

#include "command.h"

extern const struct otseg_object otseg_object_conduit;
extern const struct otseg_object otseg_object_event;
extern const struct otseg_object otseg_object_flow;
extern const struct otseg_object otseg_object_interface;
extern const struct otseg_object otseg_object_island;
extern const struct otseg_object otseg_object_policy;
extern const struct otseg_object otseg_object_reason;
extern const struct otseg_object otseg_object_rule;
extern const struct otseg_object otseg_object_service;
extern const struct otseg_object otseg_object_protocol;
extern const struct otseg_object otseg_object_status;
extern const struct otseg_object otseg_object_trace;
extern const struct otseg_object otseg_object_zone;

#endif /* OTSEG_OBJECT_H */
