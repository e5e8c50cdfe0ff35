#!lua flags=allow-oom
-- Deletes the event ids of a partition that are beyond the horizon of de-duplication.
--
-- KEYS[1]  meta of the partition
-- ARGV[1]  prefix of the seen sets; `<generation>:<bucket>` follows (same hash tag as KEYS)
-- ARGV[2]  buckets to delete at most: bounds how long the script holds Redis up
-- returns  1 where there is more to delete, else 0
-- keeps    an id that was accepted less than a horizon ago is kept: a generation takes ids for a horizon after
--          it was opened, and is kept for another after it was closed. append.lua says how they are packed.
--          allow-oom: it frees memory.
local GENERATION, GENERATION_BYTES = '<I4I1I4I6I6I6', 27

local meta, prefix = KEYS[1], ARGV[1]
local left = tonumber(ARGV[2])
local seen = redis.call('HGET', meta, 'seen')
if not seen then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Deletes buckets of a generation; answers whether none is left. How far it came is written nowhere: the next call
-- passes over what is gone, which costs little.
local function delete_buckets(number, digits)
  local bucket = prefix .. number .. ':%0' .. digits .. 'd'
  for i = 0, 10 ^ digits - 1 do
    if left == 0 then
      return false
    end
    left = left - redis.call('UNLINK', string.format(bucket, i))
  end
  return true
end

local kept, more = '', 0
for at = 1, #seen, GENERATION_BYTES do
  local number, digits, _, opened, closed, horizon = struct.unpack(GENERATION, seen, at)
  -- Open or not, nothing asks for the ids of an expired one again.
  local expired = closed == 0 and now - opened >= 2 * horizon or closed ~= 0 and now - closed >= horizon
  if not expired or not delete_buckets(number, digits) then
    kept = kept .. string.sub(seen, at, at + GENERATION_BYTES - 1)
    more = expired and 1 or more
  end
end
if kept ~= '' then
  redis.call('HSET', meta, 'seen', kept)
else
  redis.call('HDEL', meta, 'seen')
end
return more
