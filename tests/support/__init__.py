# SPDX-License-Identifier: BSD-3-Clause
"""What the system tests share: servers, raw connections, ports, waiting, running the applications."""
