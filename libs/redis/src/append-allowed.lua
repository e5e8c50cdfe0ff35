#!lua
-- Does nothing: Redis refuses it when, and for the reason for which, it would refuse an append (full memory, a disk
-- that takes no writes, a replica that is no primary).
--
-- KEYS[1]  plan, for a slot
-- returns  nothing
-- keeps    nothing is written.
return nil
