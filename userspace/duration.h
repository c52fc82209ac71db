/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lengths of time as people write and read them.
 */
#ifndef OTSEG_DURATION_H
#define OTSEG_DURATION_H

#include <stddef.h>

#include "otseg/types.h"

#define OTSEG_DURATION_TEXT 32 /* bytes that any of them fits */

u32 otseg_duration_parse(const char *text, u32 most);
void otseg_duration_print(char text[OTSEG_DURATION_TEXT], u32 seconds);

#endif /* OTSEG_DURATION_H */
