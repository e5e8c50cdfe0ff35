-- Takes the partition and reads its first frames.
-- KEYS[1] meta  KEYS[2] log  ARGV[1] frames to read  returns generation, offset, entries
local generation = redis.call('HINCRBY', KEYS[1], 'generation', 1)
local offset = redis.call('HGET', KEYS[1], 'offset') or '0-0'
return { generation, offset, redis.call('XRANGE', KEYS[2], '(' .. offset, '+', 'COUNT', ARGV[1]) }
