#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compose files as sets: what is kept, what is refused with its line, and what others might write.
# shellcheck source-path=SCRIPTDIR source=ctl-words
. "$(dirname "$0")/ctl-words"

# of ARGUMENT...: a set of the file f.yaml, whose services have the fixture as their image.
of() { lamina set -o s -c acme,x --force --compose f.yaml "$@"; }

# service LINE...: f.yaml with one service a of these lines.
service() {
	{ printf 'name: demo\nservices:\n  a:\n    image: oci:%s\n' "$fixtures/oci"; printf '    %s\n' "$@"; } >f.yaml
}

# kept LINE OPTIONS-OF-THE-MANIFEST...: each is a line of the member's manifest.
kept() {
	local lines=$1 blob line
	shift
	rm -rf s
	IFS=$'\n' read -r -d '' -a lines <<<"$lines" || true
	service "${lines[@]}"
	of >id 2>err || say "${lines[*]}: $(tail -n 1 err)"
	blob=$(sed -n 's/^member a sha256:\([0-9a-f]*\) .*/\1/p' "s/images/$(cat id)/manifest")
	for line; do
		grep -qxF -- "$line" "s/blobs/sha256/$blob" ||
			say "${lines[*]}: no line '$line' but: $(grep "^${line%% *}" "s/blobs/sha256/$blob")"
	done
}

# never WORDS LINE...: the service is refused, with a line and WORDS.
never() {
	local words=$1
	shift
	service "$@"
	refuses "$words" of
	grep -q '^lamina: f\.yaml:[0-9]*: ' "$top/err" || say "no line: $(cat "$top/err")"
}

test_each_key_is_kept() {
	kept 'command: sh -c "echo  1" $$x' 'arg sh' 'arg echo  1' 'arg $x' 'restart no'
	kept 'command: [a, "b c"]' 'arg a' 'arg b c'
	kept $'entrypoint: /run-it\ncommand: --now' 'arg /run-it' 'arg --now'
	kept 'environment: {A: 1, B: "x y"}' 'env A=1' 'env B=x y'
	kept 'environment: [A=1, "B=a=b"]' 'env A=1' 'env B=a=b'
	kept $'user: "7:8"\nworking_dir: /srv\nhostname: h\nstop_signal: SIGINT' 'user 7:8' 'cwd /srv' \
		'hostname h' 'stop-signal SIGINT'
	kept $'stop_grace_period: 1m30s\nrestart: on-failure:3\ninit: true' 'stop-timeout 90' \
		'restart on-failure:3' 'init yes'
	kept 'restart: unless-stopped' 'restart always'
	kept 'healthcheck: {test: "a || b", interval: 1m, timeout: 2s, start_period: 3s, start_interval: 4s, retries: 5}' \
		'health interval=60 timeout=2 start=3 start-interval=4 retries=5' 'health-arg /bin/sh' \
		'health-arg -c' 'health-arg a || b'
	kept 'healthcheck: {test: [CMD, x, y z]}' 'health-arg x' 'health-arg y z'
	kept 'healthcheck: {test: [CMD-SHELL, retries=3 x]}' 'health-arg -c' 'health-arg retries=3 x'
	kept $'cap_add: [NET_ADMIN]\ncap_drop: [CAP_KILL]\ndevices: [/dev/ttyS1, "/dev/b:/dev/b:r"]' \
		'cap-add NET_ADMIN' 'cap-drop KILL' 'device /dev/ttyS1 rw' 'device /dev/b r'
	kept $'mem_limit: 64MB\nshm_size: 8m\npids_limit: 9\ncpus: "0.25"' 'memory 64m' 'shm 8m' 'pids 9' 'cpu 25%'
	kept 'pids_limit: -1' 'pids 0'
	kept "deploy: {replicas: 1, resources: {limits: {cpus: '0.50', memory: 50M, pids: 7}}}" 'cpu 50%' 'memory 50m' 'pids 7'
	kept 'ulimits: {nofile: 4096}' 'nofile 4096'
	kept 'ulimits: {nofile: {soft: 1024, hard: 2048}}' 'nofile 2048'
	kept 'security_opt: ["no-new-privileges:true"]' 'new-privileges no'
	kept 'stop_grace_period: 0.5m' 'stop-timeout 30'
	kept $'read_only: true\ntmpfs: ["/var/tmp:size=1m,mode=755"]' 'upper none' \
		'volume /var/tmp tmpfs size=1m mode=0755'
	kept 'privileged: true' 'confine no'
	kept $'volumes:\n  - /data\n  - {type: tmpfs, target: /t, tmpfs: {size: 1m}}' 'volume /data persist' \
		'volume /t tmpfs size=1m'
	kept $'tmpfs: ["/t:rw,nosuid,nodev,exec,size=2m"]' 'volume /t tmpfs size=2m'
	kept $'tmpfs: [/run, /tmp]\nread_only: true' 'volume /run tmpfs' 'volume /tmp tmpfs'
	kept 'network_mode: none' 'network none' 'net none'
	kept $'ports: ["80", "81:81/udp", {target: 82, published: "82"}]\nexpose: [80]\nx-mine: {a: b}' 'restart no'
	kept $'command: null\nplatform: linux/amd64' 'restart no'
}

# Spelled as YAML and Docker have numbers, sizes, yes and no, and nothing.
test_spellings() {
	local text
	kept 'mem_limit: 0x10000000' 'memory 268435456'
	kept 'mem_limit: 1_048_576' 'memory 1048576'
	kept 'mem_limit: 1.5g' 'memory 1610612736'
	kept 'mem_limit: "64 MiB"' 'memory 64m'
	kept $'cpus: .5\npids_limit: 1_000' 'cpu 50%' 'pids 1000'
	kept $'cpus: 1.500\npids_limit: 0o100' 'cpu 150%' 'pids 64'
	kept 'ulimits: {nofile: 0x1000}' 'nofile 4096'
	for text in 'yes' '"yes"' On TRUE y; do kept "init: $text" 'init yes'; done
	for text in no 'off' "'False'" n; do kept "init: $text" 'init no'; done
	kept 'restart: no' 'restart no'
	for text in 0755 0o755 493; do
		kept "volumes: [{type: tmpfs, target: /t, tmpfs: {mode: $text, size: 0x100000}}]" \
			"volume /t tmpfs mode=0755 size=1048576"
	done
	kept $'mem_limit:\ncpus: ~\nports: Null\ncommand: NULL' 'restart no'
	kept $'ports:\n  - 22:22\n  - 8080:8080\nexpose: [80]' 'restart no'
	kept 'environment: {A: yes, B: "1.0", C: 2024-01-01, D: 1.5, E: 22:22, F: true, G: 10, H: 1.2.3, I: -7}' 'env A=yes' \
		'env B=1.0' 'env C=2024-01-01' 'env D=1.5' 'env E=22:22' 'env F=true' 'env G=10' 'env H=1.2.3' 'env I=-7'
	kept 'environment: [A=0x10, B=1.0]' 'env A=0x10' 'env B=1.0'
	# Docker has "1", "16", "493", "1000", "true" and "0.5" of these
	for text in 1.0 0x10 0755 1_000 True .5 1e3 +1 1.; do
		never "environment: '$text' is no text without quotes" "environment: {A: $text}"
	done
	never "A has no value" 'environment: {A: ~}'
}

test_services_together() {
	cat >f.yaml <<-'END'
		name: demo
		x-all: &all
		  restart: always
		  environment: &env {A: "1", B: "2"}
		services:
		  web:
		    <<: *all
		    image: unknown
		    environment:
		      <<: *env
		      B: mine
		    depends_on:
		      db: {condition: service_healthy}
		      job: {condition: service_completed_successfully, required: true}
		    volumes: ["data:/www:ro,z"]
		    ports: ["80:80"]
		  db:
		    build: .
		    depends_on: [job]
		    volumes: ["data:/var/lib/db:Z,cached"]
		    expose: ["79-81"]
		  job: {image: unknown}
		volumes:
		  data: {driver: local}
	END
	of "web=oci:$fixtures/oci" "db=oci:$fixtures/oci" "job=oci:$fixtures/oci" >id 2>err || say "$(tail -n 1 err)"
	equal "$(grep -c 'warning: web and db both have port 80/tcp' err)" 1
	for line in 'name demo' 'needs web db healthy' 'needs web job done' 'needs db job' \
		'share db:/var/lib/db web:/www ro'; do
		grep -qx "$line" "s/images/$(cat id)/manifest" || say "no line $line"
	done
	lamina inspect s >out
	grep -q 'B=mine' out || say "$(tr "\n" "|" <out)"
	equal "$(grep -cE '(/var/lib/db|/www) persist$' out)" 1
	grep -q ' /var/lib/db persist$' out
	equal "$(of "web=oci:$fixtures/oci" "db=oci:$fixtures/oci" "job=oci:$fixtures/oci" 2>/dev/null)" "$(cat id)"
	refuses "'x=oci:y' is not SERVICE=SOURCE of a service in f.yaml" of x=oci:y
	mkdir store
	refuses 'member web: store is no source' of web=store db=oci:x
}

# A Compose file's ports, and those that the images expose.
test_ports_of_images() {
	"$here/layout.py" exposed exposed '{"80/tcp": {}, "9000/tcp": {}}'
	printf '%s\n' 'name: demo' 'services:' '  web: {image: x, ports: ["80:80", "8080-8081"]}' '  other: {image: x, expose: [8081]}' >f.yaml
	of "web=oci:exposed" "other=oci:exposed" >/dev/null 2>err || say "$(tail -n 1 err)"
	equal "$(sed -n 's/.*: \(web and other\) both have port \(.*\), and one network/\2/p' err | sort | paste -sd ' ')" \
		"80/tcp 8081/tcp 9000/tcp"
}

test_what_can_not_be_kept() {
	never 'f.yaml:5: services.a.networks: a device can' 'networks: [x]'
	never 'f.yaml: 1 thing that a device can'"'"'t keep; --lenient leaves it out' 'networks: [x]'
	never 'f.yaml: 3 things that a device can'"'"'t keep; --lenient leaves them out' 'networks: [x]' 'tty: true' \
		'ports: ["8080:80"]'
	grep -q 'f.yaml:6: services.a.tty: ' "$top/err" || say "only the first is told: $(cat "$top/err")"
	never 'is a path of the machine' 'volumes: ["./x:/y"]'
	never 'is a path of the machine' 'volumes: ["/x:/y"]'
	never 'is a path of the machine' 'volumes: [{type: bind, source: /x, target: /y}]'
	never 'the file has no volume v below' 'volumes: ["v:/y"]'
	never 'where no number changes' 'ports: ["8080:80"]'
	never 'where no number changes' 'ports: [{target: 80, published: 8080}]'
	never 'says at which address it listens' 'ports: ["127.0.0.1:80:80"]'
	never 'has the same path inside' 'devices: ["/dev/a:/dev/b"]'
	never 'services.a.build: nothing is built here' 'build: .'
	never 'services.a.depends_on: there is no service b' 'depends_on: [b]'
	never 'services.a.depends_on.a.condition: there is no condition x' 'depends_on: {a: {condition: x}}'
	never 'services.a.healthcheck.extra: ' 'healthcheck: {extra: 1}'
	never 'A has no value' 'environment: [A]'
	never 'A has no value' 'environment: {A: }'
	never 'command: is empty' 'command: []'
	never 'a quote has no end' "command: a 'b"
	never "'1500ms' is not whole seconds" 'stop_grace_period: 1500ms'
	never "'1.5s' is not whole seconds" 'stop_grace_period: 1.5s'
	never "'.s' is no duration" 'stop_grace_period: .s'
	never "docker compose config" 'env_file: .env'
	never "a device can't keep 'label:x'" 'security_opt: ["label:x"]'
	never "a tmpfs can't keep 'noexec'" 'tmpfs: ["/t:noexec"]'
	never 'services.a.ulimits.nproc: ' 'ulimits: {nproc: 3}'
	never 'services.a.deploy.replicas: a device has one of each' 'deploy: {replicas: 2}'
	never 'services.a.deploy.resources.reservations: ' 'deploy: {resources: {reservations: {memory: 1m}}}'
	never "services.a.volumes: a device can't keep 'x'" 'volumes: ["/v", "v:/w:ro,x"]'
	never "'10' is no duration" 'stop_grace_period: 10'
	never "'99999999999999h' is no duration" 'stop_grace_period: 99999999999999h'
	never "'1.5x' is no size" 'mem_limit: 1.5x'
	never "'0x10' is no size" 'mem_limit: "0x10"'
	never "'1_0' is no number" 'pids_limit: "1_0"'
	never "'08' is no number" 'pids_limit: 08'
	never "mode: '8000' is none of 0 to 07777" 'volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 8000}}]'
	never "'0.123' is no number" 'cpus: 0.123'
	never 'must be true or false' 'init: 1'
	never 'must be a text' 'user: [a]'
	never "f.yaml:5: '\${T:-1}': variables are not filled in" 'hostname: ${T:-1}'
	never "'user' is there twice" 'user: a' 'user: b'
	service 'networks: [x]' 'ports: ["8080:80", "81:81"]'
	of --lenient >id 2>err || say "$(tail -n 1 err)"
	grep -q 'f.yaml:5: services.a.networks: a device can.t keep it: left out' err
	grep -q 'f.yaml:6: services.a.ports: .*: left out' err
	service 'stop_grace_period: 1500ms' 'depends_on: {b: {required: false}}'
	of --lenient >id 2>err || say "$(tail -n 1 err)"
	grep -q "'1500ms' is not whole seconds: rounded up" err || say "$(cat err)"
	grep -q 'there is no service b: left out' err || say "$(cat err)"
	grep -qx 'stop-timeout 2' "s/blobs/sha256/$(sed -n 's/^member a sha256:\([0-9a-f]*\) .*/\1/p' "s/images/$(cat id)/manifest")"
	misused '--lenient goes with --compose' lamina set -o s -n demo --lenient a=b
}

# bad WORDS: f.yaml from standard input is refused so, in little memory and time.
bad() {
	local status=0
	cat >f.yaml
	(ulimit -v 400000 && exec timeout 20 "$lamina" set -o s --compose f.yaml) 2>"$top/err" >"$top/out" ||
		status=$?
	equal "$status" 1
	grep -qF -- "$1" "$top/err" || say "not '$1' but: $(cat "$top/err")"
}

test_hostile_files() {
	bad 'there are no services' </dev/null
	bad 'must be a mapping' <<<'x'
	bad 'there are no services' <<<'services: {}'
	bad 'no UTF-8 text' < <(printf 'services: {a: {user: "\377"}}\n')
	bad 'no UTF-8 text' < <(printf 'services: {a: {user: "\0"}}\n')
	bad 'a NUL in a text' <<<'services: {a: {user: "a\0b"}}'
	bad 'more than 32 levels deep' < <(python3 -c 'print("services: " + "["*100000)')
	bad 'more than 32 levels deep' < <(python3 -c 'print("\n".join(" "*i + "a:" for i in range(300)))')
	bad 'f.yaml:2: no YAML: ' <<<$'services:\n  - a: ]'
	bad 'a second document' <<<$'services: {}\n---\na: b'
	bad "the tag !reset is not known" <<<'services: !reset {}'
	bad 'a key that is no text' <<<'services: {[a]: b}'
	bad 'more than 512 keys' < <(python3 -c 'print("services: {" + ",".join(f"a{i}: 1" for i in range(600)) + "}")')
	bad 'f.yaml' < <(head -c 300000 /dev/zero | tr '\0' ' ')
	bad 'too many merges' <<<$'services: &s\n  a: {image: x}\n  <<: *s'
	bad 'too many merges' < <(python3 -c '
print("x-0: &m0 {a: b}")
for i in range(1, 5): print(f"x-{i}: &m{i} {{<<: [" + ",".join([f"*m{i - 1}"] * 5000) + "]}")
print("services: {<<: *m4}")')
	bad 'say more than 1 MiB' < <(python3 -c '
print("x-t: &t \"A=" + "a" * 20000 + "\"\nservices:\n  a:\n    image: x\n    environment: [" + ",".join(["*t"] * 60000) + "]")')
	bad 'a set has at most 16 members' < <(python3 -c 'print("services: {" + ",".join(f"a{i}: {{image: x}}" for i in range(17)) + "}")')
	bad "a member's name has at most 63 of a-z" <<<'services: {A_b: {image: x}}'
	bad 'there are no services, which a Compose file has below' <<<$'web: {image: x}\ndb: {image: y}'
	bad "1 thing that a device can't keep" <<<$'services: {a: {image: "tar:x"}}\nvolumes: {v: {driver: nfs}}'
	bad 'member a: tar:nowhere: not packed' <<<$'name: d\nservices: {a: {image: "tar:nowhere"}}'
}

tell_all
