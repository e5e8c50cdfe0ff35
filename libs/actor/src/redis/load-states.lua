#!lua flags=no-writes
-- Loads the states of actors: one round trip and one reply for any number of them.
--
-- KEYS[1]  meta of the partition (for its hash tag)
-- ARGV[1]  prefix of actor keys (same hash tag); the entity id follows
-- ARGV[2]  number of state fields F, then their names
-- then     entity ids
-- returns  per entity id, in order: its F states, null where there is none
-- keeps    nothing is written.
local prefix, count = ARGV[1], tonumber(ARGV[2])
local fields = {}
for i = 1, count do
  fields[i] = ARGV[2 + i]
end
local states = {}
for i = 3 + count, #ARGV do
  states[#states + 1] = redis.call('HMGET', prefix .. ARGV[i], unpack(fields))
end
return states
