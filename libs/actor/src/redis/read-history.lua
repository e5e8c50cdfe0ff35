#!lua flags=no-writes
-- Reads entries that were applied before, for a group that catches up.
--
-- KEYS[1]  log of the partition
-- ARGV[1]  the entry after which to read
-- ARGV[2]  the last entry to read: the committed offset
-- ARGV[3]  events to read at most (the first frame always), [4] bytes likewise
-- returns  entries as read_mailbox makes them, none beyond ARGV[2]
-- keeps    nothing is written.

{{read-mailbox}}

return read_mailbox(KEYS[1], ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[2])
