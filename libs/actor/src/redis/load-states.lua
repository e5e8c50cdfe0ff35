#!lua flags=no-writes
-- Loads the states of actors: one round trip and one reply for any number of them.
--
-- KEYS[1]  meta of the partition (for its hash tag)
-- ARGV[1]  prefix of actor keys (same hash tag); the entity id follows
-- ARGV[2]  number of state fields F, then their names
-- last     the entity ids, packed as packed-actors.ts says
-- returns  per entity id, in order: its F states, null where there is none
-- keeps    nothing is written.
local prefix, count = ARGV[1], tonumber(ARGV[2])
local fields = {}
for i = 1, count do
  fields[i] = ARGV[2 + i]
end
local states = {}
local ids, place = ARGV[3 + count], 1
while place <= #ids do
  local id
  id, place = struct.unpack('<I2c0', ids, place)
  states[#states + 1] = redis.call('HMGET', prefix .. id, unpack(fields))
end
return states
