#!lua flags=no-writes
-- Loads the states of actors: one round trip and one text for any number of them, because each part of a reply costs
-- the client more than to cut it from a text.
--
-- KEYS[1]  meta of the partition (for its hash tag)
-- ARGV[1]  prefix of actor keys (same hash tag); the entity id follows
-- ARGV[2]  number of state fields F, then their names
-- last     the entity ids, packed as packed-actors.ts says
-- returns  per entity id, in order, of each of its F states: u32 length + 1 (0 where there is none), bytes
-- keeps    nothing is written.
local prefix, count = ARGV[1], tonumber(ARGV[2])
local fields = {}
for i = 1, count do
  fields[i] = ARGV[2 + i]
end
local parts, at = {}, 0
local ids, place = ARGV[3 + count], 1
while place <= #ids do
  local id
  id, place = struct.unpack('<I2c0', ids, place)
  local states = redis.call('HMGET', prefix .. id, unpack(fields))
  for i = 1, count do
    local state = states[i]
    parts[at + 1], parts[at + 2] = struct.pack('<I4', state and #state + 1 or 0), state or ''
    at = at + 2
  end
end
return table.concat(parts)
