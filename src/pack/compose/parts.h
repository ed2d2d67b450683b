/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The parts of a service: each takes its key's value. */
#include "pack/compose/options.h"

typedef int compose_take(struct compose_reader *reader, const struct compose_key *key,
			 const yaml_node_t *value);

/* All of a service: its options, and what the set's lines are made of. */
int compose_service(struct compose_reader *reader, const yaml_node_t *node);

compose_take compose_take_volumes, compose_take_tmpfs;
compose_take compose_take_published, compose_take_exposed;
compose_take compose_take_depends_on, compose_take_health, compose_take_restart;
compose_take compose_take_privileged, compose_take_read_only, compose_take_network_mode;
compose_take compose_take_cpus, compose_take_pids, compose_take_devices;
compose_take compose_take_deploy, compose_take_ulimits, compose_take_security;

/* Once all services are read: whose each named volume is, who shares it. */
int compose_place_volumes(struct compose_reader *reader);
