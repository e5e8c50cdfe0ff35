-- Writes pushed rows of one entity: an older row never overwrites a newer one, one of the same event time
-- corrects it. All rows of a call change together.
--
-- KEYS[1]  the entity's hash of pushed rows
-- ARGV     per row three: hash field, packed row (begins with its event time, float64 little endian),
--          milliseconds to keep it ('0': for ever)
-- Returns  the number of rows written; the others were older than what is stored.
--
-- Invariant: the event time of a field never decreases, and the hash lives as long as the row that is to
-- be kept longest.
local written = 0
for i = 1, #ARGV, 3 do
  local field, row, keep = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local stored = redis.call('HGET', KEYS[1], field)
  if not stored or struct.unpack('<d', row) >= struct.unpack('<d', stored) then
    local existed = redis.call('EXISTS', KEYS[1]) == 1
    redis.call('HSET', KEYS[1], field, row)
    written = written + 1
    if keep == 0 then
      redis.call('PERSIST', KEYS[1])
    elseif existed then
      -- GT: a hash that is kept for ever, or longer than this row needs, stays so.
      redis.call('PEXPIRE', KEYS[1], keep, 'GT')
    else
      redis.call('PEXPIRE', KEYS[1], keep)
    end
  end
end
return written
