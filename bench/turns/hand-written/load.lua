-- KEYS[1] meta (for its hash tag)  ARGV[1] prefix of states  ARGV[2…] ids  returns their states or null
local states = {}
for i = 2, #ARGV do
  states[i - 1] = redis.call('HGET', ARGV[1] .. ARGV[i], 's')
end
return states
