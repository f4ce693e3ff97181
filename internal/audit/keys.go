package audit

// keys makes the names of keys; it is what they all start with.
type keys string

func newKeys(prefix string) keys { return keys(prefix + ":{audit}") }

func (k keys) entries() string  { return string(k) + ":entries" }
func (k keys) outcomes() string { return string(k) + ":outcomes" }
