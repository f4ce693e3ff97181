-- enqueue: entries for pushes.

-- enqueue adds a push to a work stream, and returns its entry; nil if the stream takes no
-- more, since its last possible id was used (see fix_ids).
local function enqueue(stream, id)
  local entry = redis.pcall('XADD', stream, '*', 'id', id)
  if type(entry) == 'string' then return entry end
  if not string.find(entry.err, 'exhausted', 1, true) then error(entry) end
end

-- exhausted is what a script answers, before it writes, if a stream takes no more.
local function exhausted(streams)
  for _, stream in ipairs(streams) do
    local info = redis.pcall('XINFO', 'STREAM', stream)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' and info[i + 1] == '18446744073709551615-18446744073709551615' then
        return redis.error_reply('EXHAUSTED ' .. stream .. ' takes no more entries')
      end
    end
  end
end
