-- Plays a file of requests, one a line: path, tab, body; without a body it is a GET. At its end it begins again.
-- Environment: REQUESTS (the file), KEYS (prefix of the Idempotency-Keys), HEADERS ("name: value" lines), and THEN:
-- what to POST to, once, below the Location of each answer ("/confirm").
local requests, waiting, played, sent = {}, {}, 0, 0
local keys, follow = os.getenv("KEYS"), os.getenv("THEN")

for line in io.lines(os.getenv("REQUESTS")) do
  local path, body = string.match(line, "([^\t]*)\t(.*)")
  table.insert(requests, {path, body})
end
for name, value in string.gmatch(os.getenv("HEADERS"), "([^:\n]+): ([^\n]*)") do
  wrk.headers[name] = value
end

local function post(path, body)
  sent = sent + 1
  wrk.headers["Idempotency-Key"] = keys .. sent
  return wrk.format("POST", path, nil, body)
end

function request()
  local location = table.remove(waiting)
  if location then
    return post(location .. follow, "")
  end
  played = played + 1
  local path, body = unpack(requests[(played - 1) % #requests + 1])
  return body == "" and wrk.format("GET", path) or post(path, body)
end

if follow then
  function response(status, headers)
    if headers.location then
      table.insert(waiting, headers.location)
    end
  end
end
