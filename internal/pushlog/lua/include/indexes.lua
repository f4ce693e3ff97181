-- indexes: where pushes are by state and error code.
-- include: hash

-- A mover gathers changes of state and of error codes, and makes them all at once
-- in the indexes of both, whose scores are accepted times in ms, as in every index.
-- note(…) gathers one, with the state and error code before (nil: it is new) and
-- after; flush() writes them.
--
-- Nearly everything ends as sent, so there is no index of that: it is what is in
-- none of the others. A push that a chunk has, or is about to have, and that changes,
-- is also noted in K:late, since the chunk says what it was. An index that holds another
-- type is left out: no push waits for it.
local function mover(K)
  local from, to, late, sealed = {}, {}, {}, nil
  local function leave(index, id)
    local list = from[index] or {}
    from[index], list[#list + 1] = list, id
  end
  local function enter(list, score, id)
    list[#list + 1] = score
    list[#list + 1] = id
    return list
  end
  local function known(code) return code and code ~= '' and code end
  return {
    note = function(id, score, old, new, oldcode, newcode)
      if old and old ~= 'sent' then leave('status:' .. old, id) end
      if new ~= 'sent' then to['status:' .. new] = enter(to['status:' .. new] or {}, score, id) end
      oldcode, newcode = known(oldcode), known(newcode)
      if oldcode ~= newcode then
        if oldcode then leave('error_code:' .. oldcode, id) end
        if newcode then to['error_code:' .. newcode] = enter(to['error_code:' .. newcode] or {}, score, id) end
      end
      if not old then return end
      sealed = sealed or tonumber(readHash(K .. ':sealed', 'until_ms')[1] or 0)
      if tonumber(score) <= sealed then enter(late, score, id) end
    end,
    flush = function()
      for index, ids in pairs(from) do redis.pcall('ZREM', K .. ':index:' .. index, unpack(ids)) end
      for index, members in pairs(to) do redis.pcall('ZADD', K .. ':index:' .. index, unpack(members)) end
      if #late > 0 then redis.pcall('ZADD', K .. ':late', unpack(late)) end
    end,
  }
end
