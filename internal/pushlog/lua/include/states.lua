-- states: what follows from a push's state. Go writes the tables: see lua.go.

-- terminal[status]: nothing more happens to the push by itself. takes.<verb>[status]: the
-- verb changes the push.
local terminal, takes = { --[[terminal]] }, { --[[takes]] }
