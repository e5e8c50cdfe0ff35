#!lua flags=allow-oom
-- Deletes a dead letter: its event never takes effect in that group.
--
-- KEYS[1]  dead letters of the partition
-- KEYS[2]  meta of the partition
-- ARGV[1]  id of the dead letter
-- returns  1 where there was such a letter, else 0
-- keeps    see dead-letter-book. allow-oom: it frees memory.

{{dead-letter-book}}

local letters = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #letters > 0 then
  delete_letters(KEYS[1], KEYS[2], letters)
end
return #letters
