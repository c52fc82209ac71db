/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for services and classes of access.
 */
#ifndef OTSEG_TOOL_SERVICE_H
#define OTSEG_TOOL_SERVICE_H

#include "otseg/service.h"

const char *otseg_service_name(unsigned int service);
const char *otseg_access_gravest(unsigned int mask);

#endif /* OTSEG_TOOL_SERVICE_H */
