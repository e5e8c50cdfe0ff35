#!lua flags=no-writes
-- Loads the states of actors: one round trip and one text for any number of them, because each part of a reply costs
-- the client more than to cut it from a text.
--
-- KEYS[1]  meta of the partition
-- ARGV[1]  prefix of actor keys (same hash tag); the entity id follows
-- ARGV[2]  generation of the turn that asks, '' where none does
-- ARGV[3]  number of state fields F, then their names
-- last     the entity ids, packed as actor-arguments.ts says
-- returns  nil where another turn began since; else
--          per entity id, in order, of each of its F states: u32 length + 1 (0 where there is none), bytes
-- keeps    nothing is written.
if ARGV[2] ~= '' and redis.call('HGET', KEYS[1], 'generation') ~= ARGV[2] then
  return nil
end
local prefix, count = ARGV[1], tonumber(ARGV[3])
local fields = {}
for i = 1, count do
  fields[i] = ARGV[3 + i]
end
local parts, at = {}, 0
local ids, place = ARGV[4 + count], 1
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
