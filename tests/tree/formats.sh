#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every printf format in the rooms of the device is one that src/base/printf.c knows.
set -euo pipefail
cd "$(dirname "$0")/../.."
known='%[-0#]*([0-9]+|\*)?(\.([0-9]+|\*))?(hh|h|ll|l|z|j)?[scdiuoxX%]'
strange=$(grep -nE '(printf|err_set|err_errno|err_wrap|str_addf|lines_bad|console_[a-z]+|cmd_[a-z]+|out_[a-z]+)\(|^[[:space:]]*"' \
	src/{base,format,trust,block,stack,store,boot,container,init,cli,ctl}/{,*/}*.c 2>/dev/null |
	grep -E '"[^"]*%' | sed -E "s/%([-0#]*[0-9]*)\" PRI[duxX][0-9]+/\"/g; s/$known//g" |
	grep -E '"[^"]*%[^" ,][^"]*"' || true)
if [ -z "$strange" ]; then
	echo "ok formats/known"
else
	echo "$strange" >&2
	echo "FAIL formats/known: the device can't print some conversions"
fi
