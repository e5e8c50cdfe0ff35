-- Makes a plan the one that every process runs, unless a newer one is there already.
--
-- KEYS[1]  plan
-- ARGV[1]  revision
-- ARGV[2]  document (JSON)
-- returns  the revision that holds now
-- keeps    the revision never goes back, whichever of two publishers is slower.
local held = tonumber(redis.call('HGET', KEYS[1], 'revision') or '-1')
local revision = tonumber(ARGV[1])
if revision < held then
  return held
end
redis.call('HSET', KEYS[1], 'revision', ARGV[1], 'document', ARGV[2])
return revision
