// SPDX-License-Identifier: GPL-2.0-only
/*
 * The otseg tool: the list of its objects, in the order of help. The first one
 * answers when none is named.
 */
#include "object.h"

static const struct otseg_object *const objects[] = {
	&otseg_object_status,
	&otseg_object_policy,
	&otseg_object_zone,
	&otseg_object_conduit,
	&otseg_object_island,
	&otseg_object_rule,
	&otseg_object_flow,
	&otseg_object_event,
	&otseg_object_interface,
	&otseg_object_trace,
	&otseg_object_reason,
	&otseg_object_service,
	&otseg_object_protocol,
	NULL,
};

int main(int argc, char **argv)
{
	return otseg_command_main(objects, argc, argv);
}
