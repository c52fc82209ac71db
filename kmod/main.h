/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module was told when it was loaded.
 */
#ifndef OTSEG_MAIN_H
#define OTSEG_MAIN_H

#include <linux/types.h>

bool otseg_has_governed(void);

#endif /* OTSEG_MAIN_H */
