-- Included by the scripts that read frames: a function, not a script of its own.
--
-- KEYS     none of its own: the including script passes its log
-- ARGV     none of its own: the including script passes its limits
-- returns  entries after `offset` and up to `last`, oldest first, until `events_max` or `bytes_max` is reached, each as
--          { id, frame, duplicate rows as 'r,r,…' or '', the only group that may apply it or '' }
-- keeps    the first entry is read however large it is, so that no frame blocks its partition for ever.
local function read_mailbox(log, offset, events_max, bytes_max, last)
  local entries = {}
  local events, bytes = 0, 0
  local after = offset
  while events < events_max and bytes < bytes_max do
    local read = redis.call('XRANGE', log, '(' .. after, last or '+', 'COUNT', 8)
    for i = 1, #read do
      local entry = { read[i][1], '', '', '' }
      local fields = read[i][2]
      for f = 1, #fields, 2 do
        local name, value = fields[f], fields[f + 1]
        if name == 'f' then
          entry[2] = value
          bytes = bytes + #value
        elseif name == 'n' then
          events = events + tonumber(value)
        elseif name == 'x' then
          entry[3] = value
        elseif name == 'g' then
          entry[4] = value
        end
      end
      entries[#entries + 1] = entry
      after = entry[1]
      if events >= events_max or bytes >= bytes_max then
        return entries
      end
    end
    if #read < 8 then
      return entries
    end
  end
  return entries
end
