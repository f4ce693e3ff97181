package share

import "net/netip"

// Network is the address of a client as it is counted: of IPv6 the /64, which one
// customer has, or one machine. What is no address is unknown.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64) // 64 is one of IPv6's
	return p.String()
}
