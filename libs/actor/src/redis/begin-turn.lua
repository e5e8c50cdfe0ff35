#!lua flags=allow-oom
-- Begins a turn: takes the next generation of a partition and reads the first frames of its mailbox.
--
-- KEYS[1]  meta of the partition
-- KEYS[2]  log of the partition
-- ARGV[1]  who takes the turn
-- ARGV[2]  events to read at most (the first frame always)
-- ARGV[3]  bytes to read at most (likewise)
-- returns  generation, committed offset, committer of that offset or '', entries as read_mailbox makes them,
--          progress of the groups or ''
-- keeps    I1: a generation is taken once. From here on every commit of an older one is refused.
--          allow-oom: turns are what frees memory when it is full.

{{read-mailbox}}

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
local held = redis.call('HMGET', KEYS[1], 'offset', 'committer', 'groups')
local offset = held[1] or '0-0'
local entries = read_mailbox(KEYS[2], offset, tonumber(ARGV[2]), tonumber(ARGV[3]))
if #entries == 0 then
  redis.call('HDEL', KEYS[1], 'awake')
  redis.call('HSET', KEYS[1], 'worker', ARGV[1])
else
  redis.call('HSET', KEYS[1], 'worker', ARGV[1], 'awake', now)
end
return { generation, offset, held[2] or '', entries, held[3] or '' }
