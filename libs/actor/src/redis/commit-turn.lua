#!lua flags=allow-oom
-- Commits what a turn made of some frames, and reads the next ones.
--
-- KEYS[1]  meta of the partition
-- KEYS[2]  log of the partition
-- KEYS[3]  dead letters of the partition
-- ARGV[1]  generation of the turn
-- ARGV[2]  offset that the turn read after
-- ARGV[3]  offset after this commit: the last frame applied
-- ARGV[4]  committer: what begin-turn answers to the next turn
-- ARGV[5]  frames, [6] events, [7] bytes applied, [8] events too late, [9] events beyond the horizon
-- ARGV[10] ms until an actor that gets no more events is forgotten; 0 for never
-- ARGV[11] events to read next at most, [12] bytes likewise
-- ARGV[13] dead letters to keep at most
-- ARGV[14] prefix of actor keys (same hash tag as KEYS); the entity id follows
-- ARGV[15] progress of the groups (group-progress.ts), [16] the entry after which groups still read, or ''
-- ARGV[17] ms for which applied frames stay, for groups to come, [18] bytes of them at most
-- ARGV[19] 1 where the turn goes on waiting for mail: the partition stays awake also without any
-- ARGV[20] number of state fields, then their names
-- then     number of dead letters, then of each: number of its values, field, value…
-- last     the actors, packed as packed-actors.ts says
-- returns  'committed', next entries; also where this very commit was made before
--          'stale', newest generation
--          'moved', committed offset
-- keeps    I1: only the newest generation writes. I2: states, offset and dead letters change together.
--          allow-oom: turns are what frees memory when it is full.

{{read-mailbox}}

local meta, log, dead = KEYS[1], KEYS[2], KEYS[3]
local held = redis.call('HMGET', meta, 'generation', 'offset', 'applied_frames', 'applied_events', 'applied_bytes',
  'last_entry', 'drained_at', 'drain_rate', 'groups', 'dead_dropped', 'too_late', 'beyond_horizon', 'appended_frames')
local generation = tonumber(held[1] or '0')
if generation ~= tonumber(ARGV[1]) then
  return { 'stale', generation }
end

local offset, next_offset = held[2] or '0-0', ARGV[3]
if offset ~= ARGV[2] and offset ~= next_offset then
  return { 'moved', offset }
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- A group that catches up moves the progress and not the offset; where neither moves, this is a repetition.
if offset ~= next_offset or held[9] ~= ARGV[15] then
  local at = 20
  local function take()
    at = at + 1
    return ARGV[at - 1]
  end

  local fields = {}
  for i = 1, tonumber(take()) do
    fields[i] = take()
  end

  local letters = tonumber(take())
  for _ = 1, letters do
    local values = {}
    for i = 1, tonumber(take()) do
      values[i] = take()
    end
    redis.call('XADD', dead, '*', unpack(values))
  end
  local changes = {}
  if letters > 0 then
    local dropped = redis.call('XTRIM', dead, 'MAXLEN', ARGV[13])
    if dropped > 0 then
      changes = { 'dead_dropped', tonumber(held[10] or '0') + dropped }
    end
  end

  local prefix, expire = ARGV[14], tonumber(ARGV[10])
  local actors, place = take(), 1
  while place <= #actors do
    local id, states
    id, states, place = struct.unpack('<I2c0I2', actors, place)
    local key = prefix .. id
    local pairs = {}
    for i = 1, 2 * states, 2 do
      local field
      field, pairs[i + 1], place = struct.unpack('<I2I4c0', actors, place)
      pairs[i] = fields[field]
    end
    redis.call('HSET', key, unpack(pairs))
    if expire > 0 then
      redis.call('PEXPIRE', key, expire)
    end
  end

  local applied_frames = tonumber(held[3] or '0') + tonumber(ARGV[5])
  local applied_bytes = tonumber(held[5] or '0') + tonumber(ARGV[7])
  local total = #changes
  local set = {
    'offset', next_offset,
    'committer', ARGV[4],
    'applied_frames', applied_frames,
    'applied_events', tonumber(held[4] or '0') + tonumber(ARGV[6]),
    'applied_bytes', applied_bytes,
    'too_late', tonumber(held[11] or '0') + tonumber(ARGV[8]),
    'beyond_horizon', tonumber(held[12] or '0') + tonumber(ARGV[9]),
    'groups', ARGV[15],
    'keep', ARGV[16],
    'awake', now,
  }
  if tonumber(ARGV[5]) > 0 then
    -- The drain rate in bytes per second since the last commit, or since the mailbox began to fill, smoothed.
    local elapsed = math.max(1, now - tonumber(held[7] or tostring(now)))
    local rate = tonumber(ARGV[7]) * 1000 / elapsed
    rate = held[8] and tonumber(held[8]) * 0.8 + rate * 0.2 or rate
    set[#set + 1] = 'drained_at'
    set[#set + 1] = now
    set[#set + 1] = 'drain_rate'
    set[#set + 1] = string.format('%.0f', rate)
  end
  for i = 1, #set do
    changes[total + i] = set[i]
  end
  redis.call('HSET', meta, unpack(changes))

  -- Applied frames stay a while, for groups that are yet to come; the more they are, the shorter. What a group
  -- that is catching up still has to read stays in any case, and so does everything behind the offset.
  local function time_of(entry)
    return tonumber(string.match(entry, '^(%d+)'))
  end
  local bound_ms = now - tonumber(ARGV[17])
  local kept = redis.call('XLEN', log) - (tonumber(held[13] or '0') - applied_frames)
  local kept_bytes = applied_frames > 0 and kept * applied_bytes / applied_frames or 0
  if kept_bytes > tonumber(ARGV[18]) then
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    local first_ms, last_ms = time_of(oldest[1]), time_of(next_offset)
    local share = 1 - tonumber(ARGV[18]) / kept_bytes
    bound_ms = math.max(bound_ms, first_ms + math.ceil((last_ms - first_ms) * share))
  end
  local bound = bound_ms < time_of(next_offset) and string.format('%.0f-0', math.max(0, bound_ms)) or next_offset
  if ARGV[16] ~= '' and time_of(ARGV[16]) <= time_of(bound) then
    bound = ARGV[16]
  end
  redis.call('XTRIM', log, 'MINID', '~', bound)
end

local entries = read_mailbox(log, next_offset, tonumber(ARGV[11]), tonumber(ARGV[12]))
if #entries == 0 and ARGV[19] ~= '1' then
  redis.call('HDEL', meta, 'awake')
end
return { 'committed', entries }
