-- events: what live pages are told.

-- tell appends an event to the capped events stream. If somebody has used its last
-- possible id, it begins anew: who reads it notices the gap. A key that is no stream is left alone: no push waits for an event.
local function tell(events, cap, ...)
  local entry = redis.pcall('XADD', events, 'MAXLEN', '~', cap, '*', ...)
  if type(entry) == 'table' and string.find(entry.err, 'exhausted', 1, true) then
    redis.call('DEL', events)
    redis.call('XADD', events, '*', ...)
  end
end

-- announce appends {id, status, id, status, ...} to the capped events stream, as
-- one text: a field each would cost Redis more than the change itself. With new, all
-- of them are pushes that were accepted just now. A key that is no stream is left alone.
local function announce(events, cap, changes, new)
  if #changes == 0 then return end
  local text = table.concat(changes, ' ')
  if new then
    tell(events, cap, 'changes', text, 'accepted', #changes / 2)
  else
    tell(events, cap, 'changes', text)
  end
end
