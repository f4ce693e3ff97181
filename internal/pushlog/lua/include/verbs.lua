-- verbs: what is done to a push in which state. Go writes the table: see lua.go.

-- takes.<verb>[status]: the verb changes the push.
local takes = { --[[takes]] }
