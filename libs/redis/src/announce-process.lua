#!lua flags=allow-oom
-- Notes that a process lives and which plan it runs, and forgets those that have not said so for a while.
--
-- KEYS[1]  processes
-- ARGV[1]  id of the process
-- ARGV[2]  what it says about itself (JSON)
-- ARGV[3]  how long that holds, ms
-- returns  nothing
-- keeps    a field is `<deadline> <JSON>` by the clock of this server, so that clocks of processes play no part;
--          a full memory must not make processes look dead, and what is written does not grow.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local held = redis.call('HGETALL', KEYS[1])
for i = 1, #held, 2 do
  if (tonumber(string.match(held[i + 1], '^%d+')) or 0) < now then
    redis.call('HDEL', KEYS[1], held[i])
  end
end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f ', now + tonumber(ARGV[3])) .. ARGV[2])
return nil
