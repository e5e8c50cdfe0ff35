#!lua
-- Appends frames to the logs of their partitions and remembers the ids of their events, each partition for itself.
--
-- KEYS      of each partition: its log, its meta. In a cluster a call holds one partition, whose keys share a slot.
-- ARGV[1]   limit of a mailbox in frames, ARGV[2] in bytes
-- ARGV[3]   ids in a bucket before a generation counts as full
-- ARGV[4]   prefix of the channels in which workers get mail; the worker follows
-- ARGV[5…]  of each partition: frame (bytes); rows in it; newest event time in it, ms; prefix of its seen sets,
--           `<generation>:<bucket>` follows; horizon of de-duplication of the source, ms; hashes of its event ids,
--           integers of 19 digits; their places, '' where each row has an id and they come in the order of the rows. Else
--           they come by their last digit, by the one before it, by row, and their places are: u16 for each of these
--           hundred groups, how many it holds; u32 for each id, its row.
-- returns   of each partition
--           'appended', entry id, 1 where it must be woken, duplicate rows…
--           'full', ms until a quarter of the mailbox is free, frames, bytes
-- keeps     an id is remembered if and only if the log holds its event; the log holds it once per horizon.
--           The flags line (none) lets Redis refuse the whole script when memory is full.

local ARGUMENTS, ARGUMENTS_EACH = 4, 7
local call, format, sub = redis.call, string.format, string.sub
local pack_struct, unpack_struct = struct.pack, struct.unpack
local frames_max, bytes_max = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket_ids, mail_prefix = tonumber(ARGV[3]), ARGV[4]
local time = call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Without a sign of life for so long a partition may have lost its job; where its worker listens, its turn may just have
-- had no mail: one turn after the other waits for it, each for a second.
local SILENCE_MS, WAITING_MS_MAX = 1000, 3000
-- A larger frame does not travel with its announcement.
local MAIL_BYTES_MAX = 32768

-- Redis writes a number of Lua with 17 digits, Lua itself with 14: both go by way of decimal fractions.
local function integer(number)
  return format('%d', number)
end

{{seen-ids}}

local function append(log, meta, frame, rows, newest_time, seen_prefix, horizon, ids, places)
  local held = call('HMGET', meta, 'appended_frames', 'appended_events', 'appended_bytes', 'applied_frames',
    'applied_bytes', 'awake', 'last_entry', 'newest', 'drain_rate', 'seen', 'offset', 'worker')
  local appended_frames = tonumber(held[1] or '0')
  local appended_bytes = tonumber(held[3] or '0')
  local frames = appended_frames - tonumber(held[4] or '0')
  local bytes = appended_bytes - tonumber(held[5] or '0')

  -- Backpressure. An empty mailbox takes any frame, so that no frame is refused for ever.
  if frames > 0 and (frames + 1 > frames_max or bytes + #frame > bytes_max) then
    local rate = tonumber(held[9] or '0')
    local surplus = math.max(bytes - bytes_max * 0.75, (frames / frames_max - 0.75) * bytes)
    local retry_after = rate > 0 and math.max(0, surplus) / rate * 1000 or 1000
    return { 'full', math.floor(math.min(60000, math.max(100, retry_after))), frames, bytes }
  end

  local reply = { 'appended', held[7] or '0-0', 0 }
  local duplicates, seen = 0, nil
  if ids ~= '' then
    duplicates, seen = remember(held[10], seen_prefix, horizon, ids, places, reply)
  end
  local accepted = rows - duplicates
  if accepted == 0 then
    call('HSET', meta, 'seen', seen)
    return reply
  end

  local entry
  if duplicates > 0 then
    entry = call('XADD', log, '*', 'f', frame, 'n', integer(accepted), 'x', table.concat(reply, ',', 4))
  else
    entry = call('XADD', log, '*', 'f', frame, 'n', integer(accepted))
  end
  reply[2] = entry
  local changes = {
    'appended_frames', integer(appended_frames + 1),
    'appended_events', integer(tonumber(held[2] or '0') + accepted),
    'appended_bytes', integer(appended_bytes + #frame),
    'last_entry', entry,
  }
  local function change(field, value)
    changes[#changes + 1] = field
    changes[#changes + 1] = value
  end
  local previous, listeners = held[7] or '0-0', 0
  if held[6] and held[12] and (held[11] or '0-0') == previous then
    -- Its turn waits for this very frame, or is about to. A turn that has work reads it with its commit.
    local mail = pack_struct('<I2c0', #log, log)
    if #frame <= MAIL_BYTES_MAX then
      local repeated = table.concat(reply, ',', 4)
      mail = mail .. pack_struct('<I1c0I1c0I4c0', #previous, previous, #entry, entry, #repeated, repeated) .. frame
    end
    listeners = call('PUBLISH', mail_prefix .. held[12], mail)
  end
  -- Asleep, or the job that was to wake it may have been lost, with its worker or without.
  if now - tonumber(held[6] or '0') >= (listeners > 0 and WAITING_MS_MAX or SILENCE_MS) then
    reply[3] = 1
    change('awake', integer(now))
  end
  if frames == 0 then
    change('drained_at', integer(now))
  end
  if tonumber(newest_time) > tonumber(held[8] or '-inf') then
    change('newest', newest_time)
  end
  if seen then
    change('seen', seen)
  end
  call('HSET', meta, unpack(changes))
  return reply
end

local replies = {}
for i = 1, #KEYS / 2 do
  local at = ARGUMENTS + ARGUMENTS_EACH * (i - 1)
  replies[i] = append(KEYS[2 * i - 1], KEYS[2 * i], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4],
    tonumber(ARGV[at + 5]), ARGV[at + 6], ARGV[at + 7])
end
return replies
