/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include <errno.h>

#include "base/err.h"

static void grows_outwards(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&err, -EBADMSG, "line %d", 3), -EBADMSG);
	assert_string_equal(err.text, "line 3");
	assert_int_equal(err_wrap(&err, -EBADMSG, "image %s", "3f2a"), -EBADMSG);
	assert_string_equal(err.text, "image 3f2a: line 3");
	assert_int_equal(err_set(&err, -EIO, "anew"), -EIO);
	assert_string_equal(err.text, "anew");
}

static void words_for_numbers(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(err_errno(&err, -ENOENT, "%s", "a/b"), -ENOENT);
	assert_string_equal(err.text, "a/b: No such file or directory");
	assert_string_equal(err_reason(-ENOKEY), "no such key");
	assert_string_equal(err_reason(EKEYREJECTED), "bad signature");
	assert_string_equal(err_reason(-EBADMSG), "malformed");
	assert_string_equal(err_reason(-ESTALE), "below the rollback floor");
	err.text[0] = '\0';
	assert_int_equal(err_wrap(&err, -ENOKEY, "image"), -ENOKEY);
	assert_string_equal(err.text, "image: no such key");
}

/* What file systems, disks and execve can say, whatever the libc knows. */
static void words_for_all(void **state)
{
	static const struct {
		int number;
		const char *words;
	} ours[] = {
		{ EBADE, "Reserved for another host" },
		{ ENOPKG, "Package not installed" },
		{ EREMCHG, "Remote address changed" },
		{ ELIBBAD, "Interpreter is no program" },
		{ EUSERS, "Too many users" },
		{ EUCLEAN, "Structure needs cleaning" },
		{ EREMOTEIO, "Remote I/O error" },
		{ EHWPOISON, "Hardware error in memory" },
		{ 524, "Operation not supported" },
		{ 4096, "error 4096" },
	};
	static const int libcs[] = {
		EPERM,	      ENOENT,	   EINTR,	EIO,	      ENXIO,  E2BIG,
		ENOEXEC,      EBADF,	   EAGAIN,	ENOMEM,	      EACCES, EFAULT,
		ENOTBLK,      EBUSY,	   EEXIST,	EXDEV,	      ENODEV, ENOTDIR,
		EISDIR,	      EINVAL,	   ENFILE,	EMFILE,	      ENOTTY, ETXTBSY,
		EFBIG,	      ENOSPC,	   ESPIPE,	EROFS,	      EMLINK, EPIPE,
		EDOM,	      ERANGE,	   EDEADLK,	ENOLCK,	      ENOSYS, ENOTEMPTY,
		ELOOP,	      ENODATA,	   ETIME,	ENOLINK,      EPROTO, EOVERFLOW,
		EILSEQ,	      EOPNOTSUPP,  ENOBUFS,	ETIMEDOUT,    EDQUOT, ESTALE,
		EALREADY,     ENOMEDIUM,   EMEDIUMTYPE, ECANCELED,    ENOKEY, EBADMSG,
		ENAMETOOLONG, EKEYEXPIRED, EKEYREVOKED, EKEYREJECTED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		assert_string_equal(err_reason(-ours[i].number), ours[i].words);
	for (size_t i = 0; i < sizeof(libcs) / sizeof(libcs[0]); i++) {
		const char *words = err_reason(-libcs[i]);

		assert_true(words[0] && strncmp(words, "error ", 6) != 0);
		assert_null(strstr(words, "nknown error"));
		assert_null(strstr(words, "No error"));
	}
}

static void without_a_place(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, -EIO, "a"), -EIO);
	assert_int_equal(err_errno(NULL, -EIO, "a"), -EIO);
	assert_int_equal(err_wrap(NULL, -EIO, "a"), -EIO);
}

/* The outermost words stay and the innermost reason, and the text is always ended. */
static void long_texts(void **state)
{
	char text[2 * sizeof(((struct err *)NULL)->text)];
	const size_t room = sizeof(((struct err *)NULL)->text) - 1;

	(void)state;
	for (size_t size = room - 8; size < sizeof(text); size++) {
		struct err err = ERR_INIT;

		memset(text, 'a', size);
		text[size < sizeof(text) - 1 ? size : sizeof(text) - 1] = '\0';
		(void)err_set(&err, -EIO, "%s", text);
		assert_int_equal(strlen(err.text),
				 strlen(text) < room ? strlen(text) : room);
		(void)err_wrap(&err, -EIO, "layer 3");
		assert_memory_equal(err.text, "layer 3: a", 10);
		assert_true(strlen(err.text) <= room);
		(void)err_wrap(&err, -EIO, "%s", text);
		assert_true(strlen(err.text) <= room);
		assert_int_equal(err.text[0], 'a');
		(void)err_errno(&err, -EIO, "%s", text);
		assert_true(strlen(err.text) <= room);
		assert_non_null(strstr(err.text, err_reason(-EIO)));
	}
}

/* However often something long is put before it. */
static void the_reason_survives(void **state)
{
	char path[200] = "";
	struct err err = ERR_INIT;
	const char *end;

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	(void)err_errno(&err, -ENOKEY, "%s", path);
	for (int i = 0; i < 5; i++) {
		(void)err_wrap(&err, -ENOKEY, "image %d: %s", i, path);
		assert_memory_equal(err.text, "image ", 6);
		assert_int_equal(err.text[6], '0' + i);
		assert_non_null(strstr(err.text, "..."));
		end = err.text + strlen(err.text) - strlen(": no such key");
		assert_string_equal(end, ": no such key");
	}
	(void)err_set(&err, -EINVAL, "%s%s: is too long", path, path);
	end = err.text + strlen(err.text) - strlen("p: is too long");
	assert_string_equal(end, "p: is too long");
}

/* Words that quote the text itself must not read what they overwrite. */
static void quotes_itself(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	(void)err_set(&err, -EIO, "inner");
	(void)err_wrap(&err, -EIO, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner): inner");
	(void)err_set(&err, -EIO, "%s, and more", err.text);
	assert_string_equal(err.text, "outer (inner): inner, and more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_outwards), cmocka_unit_test(words_for_numbers),
		cmocka_unit_test(words_for_all),  cmocka_unit_test(without_a_place),
		cmocka_unit_test(long_texts),	  cmocka_unit_test(the_reason_survives),
		cmocka_unit_test(quotes_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
