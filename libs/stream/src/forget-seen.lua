#!lua flags=allow-oom
-- Deletes some of the event ids of a partition that are beyond the horizon of de-duplication.
--
-- KEYS[1]  meta of the partition
-- ARGV[1]  prefix of the seen sets; `<generation>:<bucket>` follows (same hash tag as KEYS)
-- ARGV[2]  generation that the call before this one was at, [3] the bucket at which to go on with it; 0, 0 at first
-- ARGV[4]  buckets to delete at most: bounds how long the script holds Redis up
-- returns  the generation that it was at, the bucket at which to go on with it; nothing where nothing is left to delete
-- keeps    an id that was accepted less than a horizon ago is kept: a generation takes ids for a horizon after
--          it was opened, and is kept for another after it was closed. seen-ids.lua says how they are packed.
--          allow-oom: it frees memory.
local GENERATION, GENERATION_BYTES = '<I4I1I4I6I6I6', 27
-- In one command: the stack of Lua is bounded.
local TOGETHER = 128

local meta, prefix = KEYS[1], ARGV[1]
local seen = redis.call('HGET', meta, 'seen')
if not seen then
  return {}
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- The oldest comes last, and expires first: horizons of later ones are no shorter.
local at = #seen - GENERATION_BYTES + 1
local number, digits, _, opened, closed, horizon = struct.unpack(GENERATION, seen, at)
-- Open or not, nothing asks for the ids of an expired one again.
local expired = closed == 0 and now - opened >= 2 * horizon or closed ~= 0 and now - closed >= horizon
if not expired then
  return {}
end

local buckets = 10 ^ digits
local from = tonumber(ARGV[2]) == number and tonumber(ARGV[3]) or 0
local to = math.min(buckets, from + tonumber(ARGV[4]))
local set, format = prefix .. number .. ':', '%0' .. digits .. 'd'
for first = from, to - 1, TOGETHER do
  local keys = {}
  for bucket = first, math.min(to, first + TOGETHER) - 1 do
    keys[#keys + 1] = set .. string.format(format, bucket)
  end
  redis.call('UNLINK', unpack(keys))
end
if to == buckets then
  if at > 1 then
    redis.call('HSET', meta, 'seen', string.sub(seen, 1, at - 1))
  else
    redis.call('HDEL', meta, 'seen')
  end
end
return { number, to }
