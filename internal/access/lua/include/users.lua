-- users: who is an administrator. K is what all keys start with:
-- push:{access}.

-- another_admin: is there an enabled administrator besides this user?
local function another_admin(K, name)
  for _, other in ipairs(redis.call('ZRANGE', K .. ':users', 0, -1)) do
    if other ~= name then
      local u = redis.call('HMGET', K .. ':user:' .. other, 'role', 'disabled')
      if u[1] == 'admin' and u[2] ~= '1' then return true end
    end
  end
  return false
end

-- is_last_admin: is this user an enabled administrator, and the only one?
local function is_last_admin(K, name)
  local u = redis.call('HMGET', K .. ':user:' .. name, 'role', 'disabled')
  return u[1] == 'admin' and u[2] ~= '1' and not another_admin(K, name)
end
