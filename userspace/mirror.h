/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * otseg interface mirror: the link of a wire's end follows that of the other end.
 */
#ifndef OTSEG_MIRROR_H
#define OTSEG_MIRROR_H

struct otseg_cli;

int otseg_mirror_run(const struct otseg_cli *cli, const char *settle);

#endif /* OTSEG_MIRROR_H */
