/* SPDX-License-Identifier: BSD-3-Clause */
/* Time moves when the loop sleeps, and by a little whenever somebody looks at it. */
#ifndef SIM_CLOCKS_H
#define SIM_CLOCKS_H

#include <stdint.h>

void clocks_init(int64_t look_ns);
/* Of the clock that counts suspension, without looking. */
int64_t clocks_now_us(void);
void clocks_sleep_until_us(int64_t at_us);
/* The wall clock alone moves. */
void clocks_step_wall_ms(int64_t by_ms);
/* The machine sleeps: what counts running time alone stands still. */
void clocks_suspend_ms(int64_t ms);
int64_t clocks_wall_ms(void);

#endif
