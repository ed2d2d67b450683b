-- SPDX-License-Identifier: Apache-2.0
-- SWUpdate's handler "lamina": an artifact of a .swu that is a bundle goes to `laminactl install -` as it comes, without a
-- copy beside it. Where it belongs, and what else SWUpdate has to be told: lamina-serving(7).
local swupdate = require("swupdate")
local laminactl = os.getenv("LAMINACTL") or "laminactl"

-- How a program ended is a line of its output: SWUpdate waits for all children, and may be first to hear of one. What is
-- left of an artifact when laminactl has refused it is read all the same, as nobody's reading would end SWUpdate.
local command = '{ echo ready; %s install - 2>&1; echo "status $?"; cat >/dev/null; } <%s'

-- A pipe that has a name: an artifact can be written to a file in all versions, and not be read in all.
local function make_pipe()
	local name = os.tmpname()
	os.remove(name)
	local output = io.popen("mkfifo -m 600 " .. name .. " && echo made")
	local made = output:read("l") == "made"
	output:close()
	return made and name or nil
end

-- Says each line; returns whether it ended well, and what it said last.
local function listen(output)
	local said, status = "it could not be run", nil
	for line in output:lines() do
		status = line:match("^status (%d+)$")
		if not status then
			swupdate.trace(line)
			said = line
		end
	end
	return status == "0", said
end

local function pass_on(image, name)
	local output = io.popen(command:format(laminactl, name))
	-- nobody waits for another one to open it; the program, begun before, doesn't hold this end
	local held = output and io.open(name, "r+")
	if not held or output:read("l") ~= "ready" then
		return false, "no program can be run"
	end
	local copied, why = image:copy2file(name)
	held:close()
	local done, said = listen(output)
	output:close()
	if not done then
		return false, said
	end
	return copied == 0, why
end

local function install(image)
	local name = make_pipe()
	if not name then
		swupdate.error("lamina: no pipe can be made")
		return 1
	end
	local done, why = pass_on(image, name)
	os.remove(name)
	if not done then
		swupdate.error("lamina: " .. tostring(why))
	end
	return done and 0 or 1
end

swupdate.register_handler("lamina", install, swupdate.HANDLER_MASK.IMAGE_HANDLER)
