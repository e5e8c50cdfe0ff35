#!lua flags=no-writes
-- The processes that announced themselves and whose word still holds.
--
-- KEYS[1]  processes
-- returns  what each says about itself (JSON), in no order
-- keeps    nothing is written.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local live = {}
for _, text in ipairs(redis.call('HVALS', KEYS[1])) do
  local deadline, said = string.match(text, '^(%d+) (.*)$')
  if deadline and tonumber(deadline) >= now then
    live[#live + 1] = said
  end
end
return live
