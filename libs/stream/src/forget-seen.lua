#!lua flags=allow-oom
-- Deletes the event ids of a partition that are beyond the horizon of de-duplication.
--
-- KEYS[1]  meta of the partition
-- ARGV[1]  prefix of the seen sets; `<generation>:<bucket>` follows (same hash tag as KEYS)
-- ARGV[2]  horizon, ms
-- ARGV[3]  buckets to delete at most: bounds how long the script holds Redis up
-- returns  1 where there is more to delete, else 0
-- keeps    an id that was accepted less than a horizon ago is kept: a generation takes ids for a horizon after
--          it was opened, and is kept for another after it was closed.
--          allow-oom: it frees memory.
local meta, prefix = KEYS[1], ARGV[1]
local horizon, left = tonumber(ARGV[2]), tonumber(ARGV[3])
local seen = redis.call('HGET', meta, 'seen')
if not seen then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept, more = {}, 0
for number, buckets, ids, opened, closed in string.gmatch(seen, '(%d+):(%d+):(%d+):(%d+):(%d+)') do
  local expired = closed == '0' and now - tonumber(opened) >= 2 * horizon
    or closed ~= '0' and now - tonumber(closed) >= horizon
  if expired then
    -- Open or not, nothing asks for these ids again; what is left of it is marked as closed long ago.
    local bucket = tonumber(buckets)
    while bucket > 0 and left > 0 do
      bucket = bucket - 1
      left = left - 1
      redis.call('UNLINK', prefix .. number .. ':' .. bucket)
    end
    if bucket > 0 then
      kept[#kept + 1] = table.concat({ number, bucket, ids, opened, closed == '0' and opened or closed }, ':')
      more = 1
    end
  else
    kept[#kept + 1] = table.concat({ number, buckets, ids, opened, closed }, ':')
  end
end
if #kept > 0 then
  redis.call('HSET', meta, 'seen', table.concat(kept, ';'))
else
  redis.call('HDEL', meta, 'seen')
end
return more
