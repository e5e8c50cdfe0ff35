#!lua flags=allow-oom
-- Begins a turn: takes the next generation of a partition and reads the first frames of its mailbox.
--
-- KEYS[1]  meta of the partition
-- KEYS[2]  log of the partition
-- ARGV[1]  who takes the turn
-- ARGV[2]  events to read at most (the first frame always)
-- ARGV[3]  bytes to read at most (likewise)
-- returns  generation, committed offset, committer of that offset or '', entries as read_mailbox makes them,
--          progress of the groups or '', turns that began at this offset with mail, this one included,
--          ms since the newest frame was appended
-- keeps    I1: a generation is taken once, also where a failover lost the turn that took it: it is no smaller than the
--          clock. From here on every commit of an older one is refused.
--          allow-oom: turns are what frees memory when it is full.

{{read-mailbox}}

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local held = redis.call('HMGET', KEYS[1], 'generation', 'offset', 'committer', 'groups', 'tried', 'last_entry')
local generation = math.max(tonumber(held[1] or '0') + 1, now)
local offset = held[2] or '0-0'
local entries = read_mailbox(KEYS[2], offset, tonumber(ARGV[2]), tonumber(ARGV[3]))
local tries = 0
-- Awake also without mail: the turn may wait for some, and says when it does not.
local changes = { 'generation', generation, 'worker', ARGV[1], 'awake', now }
if #entries > 0 then
  -- Where it stands is written with the count, so that no commit has to set it back.
  local at, count = string.match(held[5] or '', '^(%S+) (%d+)$')
  tries = (at == offset and tonumber(count) or 0) + 1
  changes[7], changes[8] = 'tried', offset .. ' ' .. tries
end
redis.call('HSET', KEYS[1], unpack(changes))
local appended = tonumber(string.match(held[6] or '', '^(%d+)')) or 0
return { generation, offset, held[3] or '', entries, held[4] or '', tries, now - appended }
