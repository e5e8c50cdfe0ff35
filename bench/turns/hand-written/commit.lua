-- Writes states and offset together, fenced by generation and offset, and reads the next frames.
-- KEYS[1] meta  KEYS[2] log  ARGV[1] generation  ARGV[2] offset before  ARGV[3] offset after
-- ARGV[4] frames to read  ARGV[5] ms until a state is forgotten  ARGV[6] prefix of states  then id, state…
-- returns entries, or an error where another took the partition
local held = redis.call('HMGET', KEYS[1], 'generation', 'offset')
if held[1] ~= ARGV[1] or (held[2] or '0-0') ~= ARGV[2] then
  return redis.error_reply('STALE')
end
for i = 7, #ARGV, 2 do
  local key = ARGV[6] .. ARGV[i]
  redis.call('HSET', key, 's', ARGV[i + 1])
  redis.call('PEXPIRE', key, ARGV[5])
end
redis.call('HSET', KEYS[1], 'offset', ARGV[3])
redis.call('XTRIM', KEYS[2], 'MINID', '~', ARGV[3])
return redis.call('XRANGE', KEYS[2], '(' .. ARGV[3], '+', 'COUNT', ARGV[4])
