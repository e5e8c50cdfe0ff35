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
-- ARGV[10] ms until an actor that gets no more events is forgotten; 0 for never. An actor may keep what was set before
-- ARGV[11] events to read next at most, [12] bytes likewise
-- ARGV[13] dead letters to keep at most, [21] bytes of them likewise
-- ARGV[14] prefix of actor keys (same hash tag as KEYS); the entity id follows
-- ARGV[15] progress of the groups (group-progress.ts), [16] the entry after which groups still read, or ''
-- ARGV[17] ms for which applied frames stay, for groups to come, [18] bytes of them at most
-- ARGV[19] 1 where the turn goes on waiting for mail: the partition stays awake also without any
-- ARGV[20] progress of the groups that the turn read, or '=' where it is ARGV[15]
-- ARGV[22] number of state fields, then their names
-- then     number of dead letters, then of each: number of its values, field, value…
-- then     the actors, as actor-arguments.ts says
-- returns  'committed', next entries; also where this very commit was made before
--          'stale', newest generation
--          'moved', committed offset: offset or progress are not as the turn read them
-- keeps    I1: only the newest generation writes. I2: states, offset and dead letters change together.
--          allow-oom: turns are what frees memory when it is full.

{{read-mailbox}}
{{dead-letter-book}}

-- As actor-arguments.ts has it.
local KEEPS_EXPIRY = 32768

local meta, log, dead = KEYS[1], KEYS[2], KEYS[3]
local held = redis.call('HMGET', meta, 'generation', 'offset', 'applied_frames', 'applied_events', 'applied_bytes',
  'last_entry', 'groups', 'keep', 'committer', 'awake')
if held[1] ~= ARGV[1] then
  return { 'stale', tonumber(held[1] or '0') }
end

local offset, next_offset = held[2] or '0-0', ARGV[3]
local progress, next_progress = held[7] or '', ARGV[15]
local moves = offset ~= next_offset or progress ~= next_progress
if moves and (offset ~= ARGV[2] or progress ~= (ARGV[20] == '=' and next_progress or ARGV[20])) then
  return { 'moved', offset }
end

-- Mini-turns commit some hundred times a second in each partition, and every field that a command names costs a
-- microsecond of Redis' one core: what is as it was is not written, what is rare is not read.
local changes = {}
local function change(field, value)
  changes[#changes + 1] = field
  changes[#changes + 1] = value
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- A group that catches up moves the progress and not the offset; where neither moves, this is a repetition.
if moves then
  local at = 22
  local function take()
    at = at + 1
    return ARGV[at - 1]
  end

  local fields = {}
  for i = 1, tonumber(take()) do
    fields[i] = take()
  end

  local letters, letters_bytes = tonumber(take()), 0
  for _ = 1, letters do
    local values = {}
    for i = 1, tonumber(take()) do
      values[i] = take()
    end
    redis.call('XADD', dead, '*', unpack(values))
    letters_bytes = letters_bytes + letter_bytes(values)
  end
  if letters > 0 then
    local bytes = redis.call('HINCRBY', meta, 'dead_bytes', letters_bytes)
    drop_oldest(dead, meta, bytes, tonumber(ARGV[13]), tonumber(ARGV[21]))
  end

  local call, prefix, expire = redis.call, ARGV[14], tonumber(ARGV[10])
  for _ = 1, tonumber(take()) do
    local count = tonumber(take())
    local field = fields[tonumber(take())]
    local expires = take() == '0' and expire > 0
    for _ = 1, count do
      local key = prefix .. ARGV[at]
      call('HSET', key, field, ARGV[at + 1])
      if expires then
        call('PEXPIRE', key, expire)
      end
      at = at + 2
    end
  end
  local actors, place = take(), 1
  while place <= #actors do
    local id, states
    id, states, place = struct.unpack('<I2c0I2', actors, place)
    local keeps_expiry = states >= KEEPS_EXPIRY
    local pairs = {}
    for i = 1, 2 * (keeps_expiry and states - KEEPS_EXPIRY or states), 2 do
      local field
      field, pairs[i + 1], place = struct.unpack('<I2I4c0', actors, place)
      pairs[i] = fields[field]
    end
    local key = prefix .. id
    call('HSET', key, unpack(pairs))
    if expire > 0 and not keeps_expiry then
      call('PEXPIRE', key, expire)
    end
  end

  change('offset', next_offset)
  if ARGV[4] ~= held[9] then
    change('committer', ARGV[4])
  end
  if next_progress ~= progress then
    change('groups', next_progress)
  end
  if ARGV[16] ~= (held[8] or '') then
    change('keep', ARGV[16])
  end
  if ARGV[8] ~= '0' then
    redis.call('HINCRBY', meta, 'too_late', ARGV[8])
  end
  if ARGV[9] ~= '0' then
    redis.call('HINCRBY', meta, 'beyond_horizon', ARGV[9])
  end
end

local brings_frames = moves and ARGV[5] ~= '0'
local frames_before, bytes_before = tonumber(held[3] or '0'), tonumber(held[5] or '0')
local applied_frames, applied_bytes = frames_before, bytes_before
if brings_frames then
  applied_frames = frames_before + tonumber(ARGV[5])
  applied_bytes = bytes_before + tonumber(ARGV[7])
  change('applied_frames', applied_frames)
  change('applied_events', tonumber(held[4] or '0') + tonumber(ARGV[6]))
  change('applied_bytes', applied_bytes)
end
if now - tonumber(held[10] or '0') >= 250 then
  -- A sign of life: append.lua and the sweep take one that is a second old for none.
  change('awake', now)
end
if #changes > 0 then
  redis.call('HSET', meta, unpack(changes))
end

-- Applied frames stay a while, for groups that are yet to come; the more they are, the shorter. What a group that
-- is catching up still has to read stays in any case, and so does everything behind the offset. It is enough to
-- look every few frames: then sixteen frames more are kept, or a sixteenth of the bytes.
local history_bytes = tonumber(ARGV[18])
local step = math.max(1, history_bytes / 16)
if math.floor(applied_frames / 16) > math.floor(frames_before / 16)
  or math.floor(applied_bytes / step) > math.floor(bytes_before / step) then
  local function time_of(entry)
    return tonumber(string.match(entry, '^(%d+)'))
  end
  local bound_ms = now - tonumber(ARGV[17])
  local appended_frames = tonumber(redis.call('HGET', meta, 'appended_frames') or '0')
  local kept = redis.call('XLEN', log) - (appended_frames - applied_frames)
  local kept_bytes = kept * applied_bytes / applied_frames
  if kept_bytes > history_bytes then
    local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    local first_ms, last_ms = time_of(oldest[1]), time_of(next_offset)
    local share = 1 - history_bytes / kept_bytes
    bound_ms = math.max(bound_ms, first_ms + math.ceil((last_ms - first_ms) * share))
  end
  local bound = bound_ms < time_of(next_offset) and string.format('%.0f-0', math.max(0, bound_ms)) or next_offset
  if ARGV[16] ~= '' and time_of(ARGV[16]) <= time_of(bound) then
    bound = ARGV[16]
  end
  redis.call('XTRIM', log, 'MINID', '~', bound)
end

if held[6] == next_offset then
  -- Nothing was appended since.
  if ARGV[19] ~= '1' then
    redis.call('HDEL', meta, 'awake')
  end
  return { 'committed', {} }
end
local entries = read_mailbox(log, next_offset, tonumber(ARGV[11]), tonumber(ARGV[12]))
if #entries == 0 and ARGV[19] ~= '1' then
  redis.call('HDEL', meta, 'awake')
elseif #entries > 0 and brings_frames then
  -- There is a backlog. The drain rate in bytes per second since the last commit, or since the mailbox began to
  -- fill, smoothed: what a full mailbox tells its writers to wait for.
  local drain = redis.call('HMGET', meta, 'drained_at', 'drain_rate')
  local elapsed = math.max(1, now - tonumber(drain[1] or now))
  local rate = tonumber(ARGV[7]) * 1000 / elapsed
  rate = drain[2] and tonumber(drain[2]) * 0.8 + rate * 0.2 or rate
  redis.call('HSET', meta, 'drained_at', now, 'drain_rate', string.format('%.0f', rate))
end
return { 'committed', entries }
