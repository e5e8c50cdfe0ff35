#!lua
-- Puts a dead letter back into its partition's log, for the one group that could not apply it.
--
-- KEYS[1]  dead letters of the partition
-- KEYS[2]  log of the partition
-- KEYS[3]  meta of the partition
-- ARGV[1]  id of the dead letter
-- ARGV[2]  prefix of the channels in which workers get mail; the worker follows
-- ARGV[3]  limit of a mailbox in frames, ARGV[4] in bytes: as for append.lua
-- returns  'replayed', 1 where the partition must be woken; 'full', frames, bytes; or nothing where there is no such letter
-- keeps    the letter leaves the dead letters and enters the log together: it is never in both, nor in neither. See also
--          dead-letter-book.

{{dead-letter-book}}

local dead, log, meta = KEYS[1], KEYS[2], KEYS[3]
local letter = redis.call('XRANGE', dead, ARGV[1], ARGV[1])[1]
if not letter then
  return {}
end
local frame, group = '', ''
for i = 1, #letter[2], 2 do
  if letter[2][i] == 'frame' then
    frame = letter[2][i + 1]
  elseif letter[2][i] == 'group' then
    group = letter[2][i + 1]
  end
end
-- An empty mailbox takes any frame, as in append.lua.
local held = redis.call('HMGET', meta, 'awake', 'worker', 'appended_frames', 'applied_frames', 'appended_bytes',
  'applied_bytes')
local frames = tonumber(held[3] or '0') - tonumber(held[4] or '0')
local bytes = tonumber(held[5] or '0') - tonumber(held[6] or '0')
if frames > 0 and (frames + 1 > tonumber(ARGV[3]) or bytes + #frame > tonumber(ARGV[4])) then
  return { 'full', frames, bytes }
end
local entry
if group == '' then
  entry = redis.call('XADD', log, '*', 'f', frame, 'n', 1)
else
  entry = redis.call('XADD', log, '*', 'f', frame, 'n', 1, 'g', group)
end
delete_letters(dead, meta, { letter })
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local wake = now - tonumber(held[1] or '0') >= 1000
redis.call('HINCRBY', meta, 'appended_frames', 1)
redis.call('HINCRBY', meta, 'appended_events', 1)
redis.call('HINCRBY', meta, 'appended_bytes', #frame)
redis.call('HSET', meta, 'last_entry', entry)
if wake then
  redis.call('HSET', meta, 'awake', now)
end
if held[2] then
  -- Its turn may wait for mail: it looks for itself.
  redis.call('PUBLISH', ARGV[2] .. held[2], struct.pack('<I2c0', #log, log))
end
return { 'replayed', wake and 1 or 0 }
