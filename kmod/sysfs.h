/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /sys/kernel/otseg: the window for monitoring. Read-only, one value per file;
 * Documentation/ABI/testing/sysfs-kernel-otseg lists every one of them.
 */
#ifndef OTSEG_SYSFS_H
#define OTSEG_SYSFS_H

#include <linux/kobject.h>

struct kobject *otseg_sysfs_init(void);
void otseg_sysfs_exit(void);

#endif /* OTSEG_SYSFS_H */
