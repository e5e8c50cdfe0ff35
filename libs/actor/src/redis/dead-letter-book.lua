-- Included by the scripts that put dead letters aside or take them away: functions, not a script of their own.
--
-- KEYS     none of its own: the including script passes its dead letters and its meta
-- ARGV     none of its own
-- returns  nothing of its own
-- keeps    `dead_bytes` of the meta is the size of all letters that are kept: names and values.
local function letter_bytes(fields)
  local bytes = 0
  for i = 1, #fields do
    bytes = bytes + #fields[i]
  end
  return bytes
end

-- Deletes letters that XRANGE answered, and counts their bytes off.
local function delete_letters(dead, meta, letters)
  local bytes = 0
  for i = 1, #letters do
    redis.call('XDEL', dead, letters[i][1])
    bytes = bytes + letter_bytes(letters[i][2])
  end
  return redis.call('HINCRBY', meta, 'dead_bytes', -bytes)
end

-- Deletes the oldest letters until they are within both limits; what a person has not looked at by then is lost, and
-- counted in `dead_dropped`.
local function drop_oldest(dead, meta, bytes, letters_max, bytes_max)
  local kept = redis.call('XLEN', dead)
  while kept > letters_max or (bytes > bytes_max and kept > 0) do
    local few = math.max(1, math.min(64, kept - letters_max))
    local oldest = redis.call('XRANGE', dead, '-', '+', 'COUNT', few)
    bytes = delete_letters(dead, meta, oldest)
    redis.call('HINCRBY', meta, 'dead_dropped', #oldest)
    kept = kept - #oldest
  end
end
