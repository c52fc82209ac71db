/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking at the host's interfaces whenever one of them changes, until a signal comes.
 */
#ifndef OTSEG_LINK_WATCH_H
#define OTSEG_LINK_WATCH_H

#include <stdbool.h>

/* Looks once. @wait_ms takes in how many ms to look again if nothing changes. Return: 0 or a negative errno. */
typedef int (*otseg_link_watch_fn)(void *data, int *wait_ms);

bool otseg_link_watch_is_over(void);
int otseg_link_watch(otseg_link_watch_fn look, void *data);

#endif /* OTSEG_LINK_WATCH_H */
