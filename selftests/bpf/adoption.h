/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which connections are taken up although their beginning was not seen, and what is believed
 * of them, case by case, for any subject.
 */
#ifndef ADOPTION_H
#define ADOPTION_H

#include "subject.h"

int adoption_run(struct subject *subject);

#endif /* ADOPTION_H */
