-- Adds what one api process has served to the totals of all.
--
-- KEYS[1]  the hash of usage: `<service>\n<feature>[\n<variant>]` to its numbers, parted by spaces: values served by
--          status, then the instant of the last read, ms
-- ARGV     the most fields that the hash may have, then per feature two: field, numbers to add
-- Returns  how many fields were left out because the hash is full.
--
-- Invariant: no number decreases, and the hash has no more fields than it may.
local fields_max = tonumber(ARGV[1])
local fields = redis.call('HLEN', KEYS[1])
local left_out = 0
for i = 2, #ARGV, 2 do
  local field = ARGV[i]
  local stored = redis.call('HGET', KEYS[1], field)
  if not stored and fields >= fields_max then
    left_out = left_out + 1
  else
    local sums = {}
    for number in string.gmatch(ARGV[i + 1], '%d+') do
      sums[#sums + 1] = tonumber(number)
    end
    local position = 0
    for number in string.gmatch(stored or '', '%d+') do
      position = position + 1
      if position == #sums then
        sums[position] = math.max(sums[position], tonumber(number))
      else
        sums[position] = sums[position] + tonumber(number)
      end
    end
    for k = 1, #sums do
      sums[k] = string.format('%.0f', sums[k])
    end
    redis.call('HSET', KEYS[1], field, table.concat(sums, ' '))
    if not stored then
      fields = fields + 1
    end
  end
end
return left_out
