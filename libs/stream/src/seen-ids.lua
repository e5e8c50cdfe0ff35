-- Included by append.lua: which event ids of a frame were accepted before, a function and not a script of its own.
--
-- KEYS     none of its own: the including script passes the prefix of a partition's seen sets
-- ARGV     none of its own: `bucket_ids`, `now` and the short names of the including script hold for it
-- returns  nothing of its own
-- keeps    an id is in one generation at least for a horizon after it was accepted, in at most 32 bytes.

-- The generations of seen ids, newest first, as meta keeps them: packed, because to take text apart costs more than to
-- look for an id. Number, digits, ids, opened, closed (0 while open), horizon. A generation has 10 ^ digits buckets; the
-- last digits of an id are its bucket. The newest takes new ids until it is a horizon old or its buckets are full; one
-- that was closed a horizon ago is ignored here and deleted by forget-seen.lua. Sources that feed the same partition
-- share its generations, so the longest of their horizons holds for all.
local GENERATION, GENERATION_BYTES = '<I4I1I4I6I6I6', 27
local DIGITS_MIN, DIGITS_MAX = 1, 5
local ID_LENGTH = 19
local GROUPS = 100
local GROUP_COUNTS, GROUP_COUNTS_BYTES = '<' .. string.rep('I2', GROUPS), 2 * GROUPS
-- Buckets by so many digits are the most that frames of 1,000 ids have some for each of.
local DIGITS_TOGETHER = 2
-- Where ids come by the hundred, so many generations of a hundred buckets lie beside each other before a larger one
-- follows: to look into one more costs an id a tenth of a call, to go into a bucket by itself a whole one. Ids that come
-- alone pay a call for each of the generations.
local BESIDE_MAX = 6
-- Ids that one call takes: the stack of Lua is bounded, and a frame may hold the same id in every row.
local IDS_AT_ONCE = 128

-- Whether a frame of so many ids has two and more for each bucket of a generation. Then those of a bucket go together,
-- because a call of a script costs twice what it does.
local function goes_together(digits, count)
  return 10 ^ digits <= GROUPS and count >= 2 * 10 ^ digits
end

-- How many digits the generation that follows has.
local function following_digits(digits, count, full, ids, alive)
  -- A full one is followed by one ten times as large, up to the largest, of which several then lie beside each other; an
  -- aged one by what its own ids would half fill.
  local wanted = full and 10 ^ (digits + 1) or count / bucket_ids * 2
  local next_digits = DIGITS_MIN
  while 10 ^ next_digits < wanted and next_digits < DIGITS_MAX do
    next_digits = next_digits + 1
  end
  if next_digits <= DIGITS_TOGETHER or digits > DIGITS_TOGETHER or not goes_together(DIGITS_TOGETHER, ids) then
    return next_digits
  end
  local beside = 0
  for i = 1, #alive do
    beside = beside + (alive[i].digits == DIGITS_TOGETHER and 1 or 0)
  end
  return beside < BESIDE_MAX and DIGITS_TOGETHER or next_digits
end

local function row_of(places, id)
  if places == '' then
    return id - 1
  end
  return (unpack_struct('<I4', places, GROUP_COUNTS_BYTES + 4 * (id - 1) + 1))
end

local id_formats = {}

local function taken_apart(ids)
  local apart, total = {}, #ids / ID_LENGTH
  for before = 0, total - 1, IDS_AT_ONCE do
    local count = math.min(total - before, IDS_AT_ONCE)
    id_formats[count] = id_formats[count] or string.rep('c' .. ID_LENGTH, count)
    local some = { unpack_struct(id_formats[count], ids, before * ID_LENGTH + 1) }
    for k = 1, count do
      apart[before + k] = some[k]
    end
  end
  return apart
end

-- Calls `visit` with a bucket of a generation, and the first and the last of the ids that belong there; with one that
-- has very many several times.
local function each_bucket(ids, counts, generation, visit)
  local digits = generation.digits
  local groups, first = GROUPS / 10 ^ digits, 1
  for first_group = 1, GROUPS, groups do
    local left = 0
    for group = first_group, first_group + groups - 1 do
      left = left + counts[group]
    end
    local bucket = left > 0 and generation.prefix .. sub(ids[first], -digits)
    while left > 0 do
      local count = math.min(left, IDS_AT_ONCE)
      visit(bucket, first, first + count - 1)
      first, left = first + count, left - count
    end
  end
end

-- A frame whose ids come by their last digits. Those that an older generation holds are added to the newest as well
-- where they go together.
local function remember_many(packed, places, newest, older, known)
  local ids, counts = taken_apart(packed), { unpack_struct(GROUP_COUNTS, places) }
  local held, is_any_held = {}, false
  for i = 1, #older do
    local prefix, digits = older[i].prefix, older[i].digits
    if goes_together(digits, #ids) then
      each_bucket(ids, counts, older[i], function(bucket, first, last)
        local answers = call('SMISMEMBER', bucket, unpack(ids, first, last))
        for k = first, last do
          if answers[k - first + 1] == 1 then
            held[k], is_any_held = true, true
          end
        end
      end)
    else
      for k = 1, #ids do
        if not held[k] and call('SISMEMBER', prefix .. sub(ids[k], -digits), ids[k]) == 1 then
          held[k], is_any_held = true, true
        end
      end
    end
  end

  local added = 0
  if goes_together(newest.digits, #ids) then
    each_bucket(ids, counts, newest, function(bucket, first, last)
      local answers = call('SMISMEMBER', bucket, unpack(ids, first, last))
      local new = call('SADD', bucket, unpack(ids, first, last))
      added = added + new
      if new <= last - first or is_any_held then
        -- The frame itself may hold one twice: its first row counts.
        local here = {}
        for k = first, last do
          if answers[k - first + 1] == 1 or held[k] or here[ids[k]] then
            known[#known + 1] = row_of(places, k)
          end
          here[ids[k]] = true
        end
      end
    end)
  else
    for k = 1, #ids do
      if not held[k] and call('SADD', newest.prefix .. sub(ids[k], -newest.digits), ids[k]) == 1 then
        added = added + 1
      else
        known[#known + 1] = row_of(places, k)
      end
    end
  end
  return added
end

-- A frame with few ids: each by itself, first in the older generations, then in the newest.
local function remember_few(ids, places, newest, older, known)
  local added, prefix, digits = 0, newest.prefix, newest.digits
  for k = 1, #ids / ID_LENGTH do
    local id = sub(ids, (k - 1) * ID_LENGTH + 1, k * ID_LENGTH)
    local is_new = true
    for i = 1, #older do
      is_new = is_new and call('SISMEMBER', older[i].prefix .. sub(id, -older[i].digits), id) == 0
    end
    if is_new and call('SADD', prefix .. sub(id, -digits), id) == 1 then
      added = added + 1
    else
      known[#known + 1] = row_of(places, k)
    end
  end
  return added
end

-- Remembers the ids; adds the rows that were known to `reply`. Answers how many were, and the generations.
local function remember(seen, prefix, horizon, ids, places, reply)
  local total = #ids / ID_LENGTH
  local number, count, opened, closed, keep = 1, 0, now, 0, horizon
  local digits = goes_together(DIGITS_TOGETHER, total) and DIGITS_TOGETHER or DIGITS_MIN
  local older, alive, known = '', {}, {}
  if seen then
    number, digits, count, opened, closed, keep = unpack_struct(GENERATION, seen)
    local full = count >= 10 ^ digits * bucket_ids
    local ends = closed ~= 0 or full or now - opened >= keep
    older = sub(seen, GENERATION_BYTES + 1)
    if ends then
      older = pack_struct(GENERATION, number, digits, count, opened, closed == 0 and now or closed, keep) .. older
    end
    for at = 1, #older, GENERATION_BYTES do
      local older_number, its_digits, _, _, its_closed, its_keep = unpack_struct(GENERATION, older, at)
      if now - its_closed < its_keep then
        alive[#alive + 1] = { prefix = prefix .. older_number .. ':', digits = its_digits }
      end
    end
    if ends then
      number, digits = number + 1, following_digits(digits, count, full, total, alive)
      count, opened, closed = 0, now, 0
    end
    keep = math.max(keep, horizon)
  end

  local newest = { prefix = prefix .. number .. ':', digits = digits }
  count = count + (places == '' and remember_few or remember_many)(ids, places, newest, alive, known)
  table.sort(known)
  for i = 1, #known do
    reply[3 + i] = known[i]
  end
  return #known, pack_struct(GENERATION, number, digits, count, opened, closed, keep) .. older
end
