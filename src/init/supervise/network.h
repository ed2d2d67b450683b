/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The network beside the application: lo, and a process that looks after the rest. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/loop.h"
#include "init/stage.h"
#include "supervise/restart.h"

/* Where the service's files are, shown to the application under the same name. */
#define NETWORK_DIR STAGE_RUN "/net"

struct network {
	const struct stage *stage;
	struct loop *loop;
	bool wanted; /* there is something to look after */
	bool ready;  /* an interface is set up, or was */
	pid_t pid;   /* 0: none */
	int from;    /* says when one is, -EBADF */
	uint64_t began_ms, due_ms;
	struct restart restart;
};

#ifdef CONFIG_LAMINA_NET
/* In the initramfs: what is needed of it. */
void network_prepare(const struct stage *stage);

/* lo, at once, and whether there is more to do. */
void network_init(struct network *network, const struct stage *stage, struct loop *loop);

/* Does what is due. */
void network_turn(struct network *network, uint64_t now_ms);

/* The service ended. False: @pid is none of it. */
bool network_ended(struct network *network, pid_t pid, uint64_t now_ms);

/* When to turn again if nothing happens. */
uint64_t network_next(const struct network *network);
#else
static inline void network_prepare(const struct stage *stage)
{
	(void)stage;
}

static inline void network_init(struct network *network, const struct stage *stage,
				struct loop *loop)
{
	(void)stage;
	(void)loop;
	*network = (struct network){ .ready = true };
}

static inline void network_turn(struct network *network, uint64_t now_ms)
{
	(void)network;
	(void)now_ms;
}

static inline bool network_ended(struct network *network, pid_t pid, uint64_t now_ms)
{
	(void)network;
	(void)pid;
	(void)now_ms;
	return false;
}

static inline uint64_t network_next(const struct network *network)
{
	(void)network;
	return UINT64_MAX;
}
#endif
