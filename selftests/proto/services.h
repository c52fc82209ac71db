/* SPDX-License-Identifier: GPL-2.0-only */
/* For the preprocessor alone: the list of services as words, which services.sh picks. */
#include "../../include/otseg/service.h"

#define X(id, name, family, on, tcp, udp, ether, state) state name id family
OTSEG_SERVICE_LIST(X)
