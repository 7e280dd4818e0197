-- A ticket a request, each with an Idempotency-Key of its own. Environment: BODY, KEYS (a prefix), HEADERS (name: value lines).
local sent, keys = 0, os.getenv("KEYS")

wrk.method = "POST"
wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = os.getenv("CONTENT_TYPE") or "application/json"
for name, value in string.gmatch(os.getenv("HEADERS") or "", "([^:\n]+): ([^\n]*)") do
  wrk.headers[name] = value
end

function request()
  sent = sent + 1
  wrk.headers["Idempotency-Key"] = keys .. sent
  return wrk.format()
end
