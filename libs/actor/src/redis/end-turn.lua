#!lua flags=allow-oom
-- Ends a turn where its mailbox is empty, else gives it the next frames.
--
-- KEYS[1]  meta of the partition
-- KEYS[2]  log of the partition
-- ARGV[1]  generation of the turn
-- ARGV[2]  committed offset
-- ARGV[3]  events to read at most (the first frame always), [4] bytes likewise
-- returns  'committed', next entries: none, and the partition is asleep
--          'stale', newest generation
-- keeps    no wake is lost: a partition falls asleep only while nothing is behind its offset.
--          allow-oom: turns are what frees memory when it is full.

{{read-mailbox}}

local generation = tonumber(redis.call('HGET', KEYS[1], 'generation') or '0')
if generation ~= tonumber(ARGV[1]) then
  return { 'stale', generation }
end
local entries = read_mailbox(KEYS[2], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]))
if #entries == 0 then
  redis.call('HDEL', KEYS[1], 'awake')
end
return { 'committed', entries }
