#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Layers that are built while the next ones are read: what fails first is what is told, nothing is left
# of what was begun, no more than two layers' tars are there, and what is wanted of a tar that is gone
# comes out of the finished layer. ../pack/saboteur.c is who fails.
# shellcheck source-path=SCRIPTDIR source=words
. "$(dirname "$0")/words"

layers() { # makes 1.tar to 5.tar; each has a file that begins with its name
	need cc python3
	cc -D_GNU_SOURCE -shared -fPIC -o saboteur.so "$here/../pack/saboteur.c" || say "saboteur.c does not compile"
	python3 - "${1-100000}" <<-'PY'
		import io, random, sys, tarfile
		for n in range(1, 6):
		    with tarfile.open(f"{n}.tar", "w") as out:
		        for name, size in (f"layer-{n}", 20), (f"more-{n}", int(sys.argv[1])):
		            data = f"layer {n};".encode() + random.Random(n).randbytes(size)
		            info = tarfile.TarInfo(name)
		            info.size, info.mtime = len(data), 1000
		            out.addfile(info, io.BytesIO(data))
	PY
}

five() { # [TAR]: packs them, one of them another
	lamina pack -o out --name t -c t --arch amd64 --arg /x --no-cache \
		tar:1.tar tar:2.tar "tar:${1-3.tar}" "tar:${2-4.tar}" tar:5.tar
}

sabotaged() { # WHAT LAYER [TAR...]
	SABOTAGE="$1=layer $2;" LD_PRELOAD=$PWD/saboteur.so five "${@:3}"
}

nothing_left() { [ ! -e out ] || say "left: $(find out | tr '\n' ' ')"; }

test_as_one_by_one() {
	layers
	five >/dev/null 2>&1 || say "does not pack"
	local hex n
	n=0
	for hex in $(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' out/images/*/manifest); do
		n=$((n + 1))
		lamina pack -o single --name t -c t --arch amd64 --arg /x --no-cache "tar:$n.tar" >/dev/null 2>&1
		same "out/blobs/sha256/$hex" "single/blobs/sha256/$hex"
	done
	equal "$n" 5
}

test_same_bytes_with_one_processor() {
	layers 3000000
	need taskset
	five >/dev/null 2>&1 && mv out all
	taskset -c 0 "$lamina" pack --force -o out --name t -c t --arch amd64 --arg /x --no-cache \
		tar:1.tar tar:2.tar tar:3.tar tar:4.tar tar:5.tar >/dev/null 2>&1
	equal "$(ls out/images)" "$(ls all/images)"
}

test_writer_dies() {
	layers
	refuses "lamina: tar:3.tar: the process that builds it was killed by signal 9" sabotaged die 3
	nothing_left
}

test_write_fails() {
	layers
	refuses "lamina: tar:3.tar: layer-3: writing the squashfs: Input/output error" sabotaged fail 3
	nothing_left
}

test_readback_differs() {
	layers
	need sqfs2tar
	refuses "lamina: tar:3.tar: read back: ./layer-3: another content" sabotaged lie 3
	nothing_left
}

# the layer above is found to be damaged long before this one fails
test_first_cause_is_the_lowest() {
	layers
	head -c 50000 4.tar >cut.tar
	refuses "lamina: tar:3.tar: the process that builds it was killed by signal 9" \
		sabotaged die 3 3.tar cut.tar
	refuses "lamina: tar:cut.tar: " sabotaged die 5 3.tar cut.tar
	nothing_left
}

below() { # PID: it and what runs below it
	local child
	echo "$1"
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do below "$child"; done
}

ended() { # PID: whether or not somebody has waited for it
	[ ! -e "/proc/$1" ] || grep -q ') Z ' "/proc/$1/stat"
}

test_interrupted_leaves_nothing() {
	layers
	local pid family child
	SABOTAGE='wait=layer 2;' LD_PRELOAD=$PWD/saboteur.so "$lamina" pack --force -o out --name t -c t --arch amd64 \
		--arg /x --no-cache tar:1.tar tar:2.tar tar:3.tar tar:4.tar tar:5.tar >/dev/null 2>&1 &
	pid=$!
	soon test -e out/.lamina-pack/2 || true
	family=$(below "$pid")
	[ "$(wc -w <<<"$family")" -ge 3 ] || say "no layers are built at the same time: $family"
	sleep 0.2 # each has begun by now
	for child in $family; do
		[ "$child" = "$pid" ] || [ -z "$(find "/proc/$child/fd" -lname "$PWD/out" 2>/dev/null)" ] ||
			say "process $child has the output's lock too: it may outlive the pack"
	done
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null || :
	for child in $family; do
		soon ended "$child" || say "process $child still runs"
	done
	nothing_left
}

# Unnamed files that the pack and its children have open, by device and inode, summed while all of them
# stand still. A busy machine may look too seldom to see any: then once more.
test_scratch_is_two_layers() {
	layers 6000000
	five >/dev/null 2>&1 || say "does not pack"
	python3 - "$lamina" 2>why <<-'PY' || say "$(tail -n 1 why)"
		import os, shutil, signal, subprocess, sys, time
		def stopped(pid):
		    os.kill(pid, signal.SIGSTOP)
		    while open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] not in "TZX":
		        time.sleep(0.0005)
		def stop_all(pid):
		    found = [pid]
		    for p in found:
		        try:
		            stopped(p)
		            for task in os.listdir(f"/proc/{p}/task"):
		                found += [int(c) for c in open(f"/proc/{p}/task/{task}/children").read().split()]
		        except OSError:
		            pass
		    return found
		def go_on(pids):
		    for pid in pids:
		        try:
		            os.kill(pid, signal.SIGCONT)
		        except OSError:
		            pass
		def scratch(pids):
		    files = {}
		    for pid in pids:
		        try:
		            for fd in os.listdir(f"/proc/{pid}/fd"):
		                st = os.stat(f"/proc/{pid}/fd/{fd}")
		                if st.st_nlink == 0 and (st.st_mode & 0o170000) == 0o100000:
		                    files[st.st_dev, st.st_ino] = st.st_blocks * 512
		        except OSError:
		            pass
		    return sum(files.values())
		def peak():
		    shutil.rmtree("out", ignore_errors=True)
		    pack = subprocess.Popen([sys.argv[1], "pack", "--force", "-o", "out", "--name", "t", "-c", "t", "--arch", "amd64",
		        "--arg", "/x", "--no-cache", *(f"tar:{n}.tar" for n in range(1, 6))],
		        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		    most = 0
		    while pack.poll() is None:
		        pids = stop_all(pack.pid)
		        most = max(most, scratch(pids))
		        go_on(pids)
		        time.sleep(0.005)
		    assert pack.returncode == 0, "does not pack"
		    return most
		one = os.stat("1.tar").st_size
		for _ in range(10):
		    most = peak()
		    if most > one:
		        break
		sys.exit(0 if one < most <= 2.1 * one else f"scratch space of {most} bytes, where a layer has {one}")
	PY
}

test_links_to_what_is_gone() { # hard links to files of lower layers, whose tars are no longer there
	layers
	need sqfs2tar
	python3 - <<-'PY'
		import tarfile
		def links(name, *pairs, gone=()):
		    with tarfile.open(name, "w") as out:
		        for path, to in pairs:
		            info = tarfile.TarInfo(path)
		            info.type, info.linkname, info.mtime = tarfile.LNKTYPE, to, 1000
		            out.addfile(info)
		        for path in gone:
		            out.addfile(tarfile.TarInfo(path))
		links("3.tar", ("kept", "more-1"), ("also", "more-1"), gone=[".wh.more-1"])
		links("4.tar", ("again", "kept"), ("two", "layer-2"), gone=[".wh.kept", ".wh.also"])
		links("5.tar", ("last", "again"))
	PY
	five >/dev/null 2>err || say "does not pack: $(tail -n 1 err)"
	local hex name
	for name in 3:kept 3:also 4:again 5:last; do
		hex=$(sed -n 's/^layer sha256:\([0-9a-f]*\) .*/\1/p' out/images/*/manifest | sed -n "${name%:*}p")
		sqfs2tar "out/blobs/sha256/$hex" | tar -xO "${name#*:}" >is 2>/dev/null
		[ -s is ] || sqfs2tar "out/blobs/sha256/$hex" | tar -xf - && [ -s is ] || cp "${name#*:}" is
		tar -xOf 1.tar more-1 >should
		same is should
	done
}

# Names of one directory cost what names cost, not their square: four times as many, and not sixteen
# times the work. Counted as CPU time, and with much room for a busy machine.
test_many_names_of_one_directory() {
	need python3
	python3 - "$lamina" <<-'PY' || say "the cost grows with the square of a directory's names"
		import os, resource, subprocess, sys, tarfile
		def cost(count):
		    with tarfile.open("many.tar", "w") as out:
		        for i in range(count):
		            info = tarfile.TarInfo(f"d/{i * 7919 % count:06}-of-many")
		            info.mtime = 1000
		            out.addfile(info)
		    before = resource.getrusage(resource.RUSAGE_CHILDREN)
		    subprocess.run([sys.argv[1], "pack", "--force", "-o", "out", "--name", "t", "-c", "t", "--arch", "amd64", "--arg",
		        "/x", "--no-cache", "tar:many.tar"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		    after = resource.getrusage(resource.RUSAGE_CHILDREN)
		    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
		few, many = cost(25000), cost(100000)
		print(f"25,000 names: {few:.2f} s of CPU, 100,000: {many:.2f}", file=sys.stderr)
		sys.exit(many > 8 * few + 1)
	PY
}

tell_all
