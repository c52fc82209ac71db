/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the engine must decide, case by case, for any subject: each reason code
 * up to the flow level has a frame that yields it.
 */
#ifndef CASES_H
#define CASES_H

#include "subject.h"

int cases_run(struct subject *s);

#endif /* CASES_H */
