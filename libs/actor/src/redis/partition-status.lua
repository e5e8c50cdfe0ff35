#!lua flags=no-writes
-- What an operator wants to know of a partition.
--
-- KEYS[1]  meta of the partition
-- KEYS[2]  log of the partition
-- KEYS[3]  dead letters of the partition
-- ARGV     none
-- returns  now in ms, id of the oldest frame not yet applied or '', frames in the log, dead letters, then the meta as
--          field, value…
-- keeps    nothing is written.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local offset = redis.call('HGET', KEYS[1], 'offset') or '0-0'
local oldest = redis.call('XRANGE', KEYS[2], '(' .. offset, '+', 'COUNT', 1)[1]
local reply = { now, oldest and oldest[1] or '', redis.call('XLEN', KEYS[2]), redis.call('XLEN', KEYS[3]) }
for _, value in ipairs(redis.call('HGETALL', KEYS[1])) do
  reply[#reply + 1] = value
end
return reply
