/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients consist of. What counts towards limits begins last: it measures the others. */
#include "client_part.h"

const struct client_part *const client_parts[] = {
    &auth_part, &transaction_part, &tracking_part,    &monitor_part,      &subscriber_part,
    &wait_part, &handshake_part,   &client_care_part, &client_limit_part, NULL,
};
