-- begin: an entry is written before its action happens.
--
-- KEYS  entries
-- ARGV  operation (its name)
-- REST  field, value
-- Returns the entry's id.
--
-- Crash before: no entry. Crash after: one whose outcome is unknown. Twice: the second
-- finds the operation among the newest entries.
for _, e in ipairs(redis.call('XREVRANGE', entries, '+', '-', 'COUNT', 20)) do
  if e[2][2] == operation then return e[1] end
end
return redis.call('XADD', entries, '*', 'op', unpack(ARGV)) -- operation, field, value, …
