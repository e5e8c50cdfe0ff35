#!lua
-- Appends one frame to a partition's log and remembers the ids of its events.
--
-- KEYS[1]  log of the partition
-- KEYS[2]  meta of the partition
-- ARGV[1]  frame (bytes)
-- ARGV[2]  rows in the frame
-- ARGV[3]  newest event time in the frame, ms
-- ARGV[4]  limit of the mailbox in frames
-- ARGV[5]  limit of the mailbox in bytes
-- ARGV[6]  prefix of the seen sets; `<generation>:<bucket>` follows (same hash tag as KEYS)
-- ARGV[7]  horizon of de-duplication, ms
-- ARGV[8]  ids in a bucket before a generation counts as full
-- ARGV[9…] one integer per row, the hash of its event id, or '' for a row without id; none at all: no ids
-- returns  'appended', entry id, 1 where the partition must be woken, duplicate rows…
--          'full', ms until a quarter of the mailbox is free, frames, bytes
-- keeps    an id is remembered if and only if the log holds its event; the log holds it once per horizon.
--          The flags line (none) lets Redis refuse the whole script when memory is full.

local log, meta = KEYS[1], KEYS[2]
local frame, rows = ARGV[1], tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local held = redis.call('HMGET', meta, 'appended_frames', 'appended_events', 'appended_bytes', 'applied_frames',
  'applied_bytes', 'awake', 'last_entry', 'newest', 'drain_rate', 'seen')
local appended_frames = tonumber(held[1] or '0')
local appended_events = tonumber(held[2] or '0')
local appended_bytes = tonumber(held[3] or '0')
local frames = appended_frames - tonumber(held[4] or '0')
local bytes = appended_bytes - tonumber(held[5] or '0')

-- Backpressure. An empty mailbox takes any frame, so that no frame is refused for ever.
local frames_max, bytes_max = tonumber(ARGV[4]), tonumber(ARGV[5])
if frames > 0 and (frames + 1 > frames_max or bytes + #frame > bytes_max) then
  local rate = tonumber(held[9] or '0')
  local surplus = math.max(bytes - bytes_max * 0.75, (frames / frames_max - 0.75) * bytes)
  local retry_after = rate > 0 and math.max(0, surplus) / rate * 1000 or 1000
  return { 'full', math.floor(math.min(60000, math.max(100, retry_after))), frames, bytes }
end

-- The generations of seen ids, newest first: number, buckets, ids, opened, closed (0 while open). The newest
-- takes new ids until it is a horizon old or its buckets are full; one that was closed a horizon ago is
-- ignored here and deleted by forget-seen.lua.
local function parse_generations(text)
  local generations = {}
  for number, buckets, ids, opened, closed in string.gmatch(text, '(%d+):(%d+):(%d+):(%d+):(%d+)') do
    generations[#generations + 1] = { tonumber(number), tonumber(buckets), tonumber(ids), tonumber(opened), tonumber(closed) }
  end
  return generations
end

local BUCKETS_MIN, BUCKETS_MAX = 16, 65536

local function open_generation(generations, horizon, bucket_ids)
  local newest = generations[1]
  if newest then
    local full = newest[3] >= newest[2] * bucket_ids and newest[2] < BUCKETS_MAX
    if newest[5] == 0 and not full and now - newest[4] < horizon then
      return newest
    end
    newest[5] = newest[5] == 0 and now or newest[5]
    -- A full one is followed by one eight times as large; an aged one by what its own ids would half fill.
    local wanted = full and newest[2] * 8 or newest[3] / bucket_ids * 2
    local buckets = BUCKETS_MIN
    while buckets < wanted and buckets < BUCKETS_MAX do
      buckets = buckets * 2
    end
    table.insert(generations, 1, { newest[1] + 1, buckets, 0, now, 0 })
  else
    generations[1] = { 1, BUCKETS_MIN, 0, now, 0 }
  end
  return generations[1]
end

local duplicates = {}
local seen
if #ARGV > 8 then
  local prefix, horizon, bucket_ids = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
  local generations = parse_generations(held[10] or '')
  local newest = open_generation(generations, horizon, bucket_ids)
  local newest_prefix, newest_buckets = prefix .. newest[1] .. ':', newest[2]
  local older = {}
  for i = 2, #generations do
    local generation = generations[i]
    if now - generation[5] < horizon then
      older[#older + 1] = { prefix .. generation[1] .. ':', generation[2] }
    end
  end
  for row = 0, rows - 1 do
    local id = ARGV[9 + row]
    if id ~= '' then
      local low = tonumber(string.sub(id, -9))
      local known = false
      for i = 1, #older do
        if redis.call('SISMEMBER', older[i][1] .. low % older[i][2], id) == 1 then
          known = true
          break
        end
      end
      if known or redis.call('SADD', newest_prefix .. low % newest_buckets, id) == 0 then
        duplicates[#duplicates + 1] = row
      else
        newest[3] = newest[3] + 1
      end
    end
  end
  local parts = {}
  for i = 1, #generations do
    parts[i] = table.concat(generations[i], ':')
  end
  seen = table.concat(parts, ';')
end

local function appended(entry, wake)
  local reply = { 'appended', entry, wake }
  for i = 1, #duplicates do
    reply[3 + i] = duplicates[i]
  end
  return reply
end

local accepted = rows - #duplicates
if accepted == 0 then
  if seen then
    redis.call('HSET', meta, 'seen', seen)
  end
  return appended(held[7] or '0-0', 0)
end

local entry
if #duplicates > 0 then
  entry = redis.call('XADD', log, '*', 'f', frame, 'n', accepted, 'x', table.concat(duplicates, ','))
else
  entry = redis.call('XADD', log, '*', 'f', frame, 'n', accepted)
end

-- Asleep, or awake without a sign of life for a second: the job that was to wake it may have been lost.
local wake = now - tonumber(held[6] or '0') >= 1000
local changes = {
  'appended_frames', appended_frames + 1,
  'appended_events', appended_events + accepted,
  'appended_bytes', appended_bytes + #frame,
  'last_entry', entry,
}
if wake then
  changes[#changes + 1] = 'awake'
  changes[#changes + 1] = now
end
if frames == 0 then
  changes[#changes + 1] = 'drained_at'
  changes[#changes + 1] = now
end
if tonumber(ARGV[3]) > tonumber(held[8] or '-inf') then
  changes[#changes + 1] = 'newest'
  changes[#changes + 1] = ARGV[3]
end
if seen then
  changes[#changes + 1] = 'seen'
  changes[#changes + 1] = seen
end
redis.call('HSET', meta, unpack(changes))

return appended(entry, wake and 1 or 0)
