/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A boot blob: the one file that a device's firmware loads and checks, with the kernel, the
 * initramfs and what belongs to them inside. The device copies its bytes into a raw partition
 * and knows nothing about them; here one is made. Two forms: a FIT for U-Boot and barebox, and
 * for UEFI a FAT file system with one program, a unified kernel image.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "format/boot-id.h"

#define BOOTBLOB_MAX_PART ((size_t)256 << 20) /* bytes of a part */

struct bootblob_file {
	uint8_t *bytes; /* owned; NULL: there is none */
	size_t size;
};

struct bootblob_arch {
	const char *name; /* as manifests have it */
	const char *fit;  /* as FITs have it; NULL: no FIT is made for it */
	const char
		*efi; /* the program that firmware looks for, 8 + 3 characters; or NULL */
	const char *stub;    /* the end of systemd's name for its stub */
	uint16_t pe_machine; /* of its programs */
};

/* What goes in. Starts zeroed. */
struct bootblob {
	const struct bootblob_arch *arch; /* the kernel's */
	struct bootblob_file kernel, initramfs, dtb;
	bool kernel_is_gzip; /* its bytes are compressed */
	const char *cmdline; /* borrowed; NULL: none */
	uint32_t time;	     /* that the blob says it is of, not 0 */
};

/* Who signs. All NULL: nobody. */
struct bootblob_signer {
	const char *key, *cert; /* files in PEM */
	const char *name;	/* of the key, for a FIT: a hint which one checks it */
	const char *algo;	/* of a FIT's signature, such as sha256,rsa2048 */
	const char *command;	/* a shell command: unsigned blob in, signed blob out */
};

/* Reads the file @path. 0; -EINVAL for what is no file or is empty; -EFBIG; -errno. */
int bootblob_read(const char *path, struct bootblob_file *ret_file, struct err *err);
/* The same of a device tree; -EBADMSG for what is none. */
int bootblob_read_dtb(const char *path, struct bootblob_file *ret_file, struct err *err);

/* Does it begin as what the kernel unpacks: a cpio archive, as it is or compressed? */
bool bootblob_is_initramfs(const struct bootblob_file *file);

/* As bootblob_read(), of an open one, from its start. */
int bootblob_read_fd(int fd, struct bootblob_file *ret_file, struct err *err);
void bootblob_file_done(struct bootblob_file *file);

/* Reads a kernel and knows the processor that it is for. One in gzip is unpacked, unless
 * @as_is. 0; -EBADMSG for what is no kernel; as bootblob_read(). */
int bootblob_read_kernel(struct bootblob *blob, const char *path, bool as_is,
			 struct err *err);
void bootblob_done(struct bootblob *blob);

#define __bootblob __attribute__((cleanup(bootblob_done)))

/* Has @command make @ret_file of @in. 0; -EIO with what it said; -EFBIG; -errno. */
int bootblob_ask(const char *command, const struct bootblob_file *in,
		 struct bootblob_file *ret_file, struct err *err);

/* Where U-Boot puts the kernel, and the dtb that tells it which keys must have signed. */
struct bootblob_fit {
	bool has_load;
	uint64_t load; /* address; without one the kernel runs where it was read to */
	const char *control; /* the public key is written into this file; NULL: nowhere */
};

/* Writes a FIT to the empty file @fd, by mkimage. 0; -ENOENT for a program that isn't
 * installed; -EIO with what one said; -EINVAL for parts that can't be one; -errno. */
int bootblob_fit(const struct bootblob *blob, const struct bootblob_fit *wish,
		 const struct bootblob_signer *signer, int fd, struct err *err);

/* Writes a FAT file system with the program to the empty file @fd. @stub is a stub of
 * systemd's, in sectors of @sector_bytes. As bootblob_fit(), and -EBADMSG for a stub that is
 * none. */
int bootblob_uki(const struct bootblob *blob, const struct bootblob_file *stub,
		 const struct bootblob_signer *signer, uint32_t sector_bytes, int fd,
		 struct err *err);

struct bootblob_section {
	const char *name; /* at most 8 characters */
	const void *bytes;
	size_t size;
};

/* The machine that a PE program is for, or -EBADMSG. */
int bootblob_pe_machine(const struct bootblob_file *pe);

/* @stub with more sections. 0; -EBADMSG for what is no PE program; -ENOSPC for one whose
 * headers have no room; -ENOMEM. */
int bootblob_pe_add(const struct bootblob_file *stub,
		    const struct bootblob_section *sections, size_t count,
		    struct bootblob_file *ret_pe, struct err *err);

/* Calls @fn for each section of @pe that has bytes, by its name; what is there twice, twice. Says if a
 * signature follows. 0 or -EBADMSG. */
typedef void bootblob_section_fn(void *context, const char *name, const uint8_t *bytes,
				 size_t size);
int bootblob_pe_each(const struct bootblob_file *pe, bootblob_section_fn *fn,
		     void *context, bool *ret_is_signed);

/* Bytes within a blob, borrowed; NULL: there are none. */
struct bootblob_part {
	const uint8_t *bytes;
	size_t size;
};

#define BOOTBLOB_ITEMS 24
#define BOOTBLOB_NAME_SIZE 64

/* An image of a FIT, or a section of a unified kernel image. */
struct bootblob_item {
	char name[BOOTBLOB_NAME_SIZE]; /* as the blob has it: anybody's bytes */
	struct bootblob_part part;
};

struct bootblob_look {
	const char
		*form; /* "FIT", "UKI" or NULL: another one, of which nothing is known */
	struct bootblob_part kernel, initramfs, dtb, cmdline;
	bool is_signed;	       /* by whom, only firmware can tell */
	char key[64];	       /* what a FIT calls its signer's key */
	char id[BOOT_ID_SIZE]; /* that the initramfs has; "": none */
	char config[64];       /* of a FIT: the one that is started by default, or "" */
	struct bootblob_item
		items[BOOTBLOB_ITEMS]; /* all of them, as far as there is room */
	size_t item_count;
};

/* Looks into a blob, whoever has made it. 0, or -EBADMSG for a FIT that is damaged. */
int bootblob_look(const struct bootblob_file *blob, struct bootblob_look *ret_look);

/* Writes a FAT16 or FAT12 file system to the empty @fd with one file EFI/BOOT/@name, 8 + 3
 * characters, and room for little more. 0; -EFBIG; -errno. */
int bootblob_fat(const char *name, const struct bootblob_file *file,
		 uint32_t sector_bytes, int fd, struct err *err);
