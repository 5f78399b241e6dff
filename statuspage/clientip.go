package statuspage

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientIP is the address by which the limits tell visitors apart: an IPv4
// address, or the /64 network of an IPv6 one, because that is the least one
// visitor owns.
//
// It is the peer's, unless the peer is a proxy of ours, on a loopback or
// private address. Then it is the right-most address of Forwarded or
// X-Forwarded-For that is not such a proxy: what stands further left was
// written by the visitor, who may write anything. A proxy that speaks one of
// the two headers passes the other on as the visitor sent it, so where they
// disagree neither is believed, and the peer's address counts.
func ClientIP(r *http.Request) string {
	peer := address(r.RemoteAddr)
	if !peer.IsValid() {
		return r.RemoteAddr
	}
	if !ours(peer) {
		return visitor(peer)
	}
	plain := outermost(hops(r.Header.Values("X-Forwarded-For")))
	standard := outermost(forwardedFor(r.Header.Values("Forwarded")))
	switch {
	case plain.IsValid() && (standard == plain || len(r.Header.Values("Forwarded")) == 0):
		return visitor(plain)
	case standard.IsValid() && len(r.Header.Values("X-Forwarded-For")) == 0:
		return visitor(standard)
	}
	return visitor(peer)
}

// ours reports whether the address can be that of a proxy before the hub.
func ours(a netip.Addr) bool { return a.IsLoopback() || a.IsPrivate() }

// outermost is the right-most address that is not a proxy of ours, the
// right-most of all if the visitor is inside too, and none where what stands
// there is no address.
func outermost(hops []string) netip.Addr {
	var last netip.Addr
	for _, hop := range slices.Backward(hops) {
		a := address(hop)
		if !a.IsValid() {
			return netip.Addr{}
		}
		if !last.IsValid() {
			last = a
		}
		if !ours(a) {
			return a
		}
	}
	return last
}

// hops are the elements of all lines of a list header, in order.
func hops(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	return strings.Split(strings.Join(lines, ","), ",")
}

// forwardedFor is the "for" of every element of RFC 7239; an element without
// one stays as one that is no address.
func forwardedFor(lines []string) []string {
	list := hops(lines)
	for i, element := range list {
		list[i] = ""
		for pair := range strings.SplitSeq(element, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.EqualFold(name, "for") {
				list[i] = strings.Trim(value, `"`)
			}
		}
	}
	return list
}

// address reads 192.0.2.1, 192.0.2.1:80, 2001:db8::1 and [2001:db8::1]:80;
// it is invalid for everything else.
func address(s string) netip.Addr {
	s = strings.TrimSpace(s)
	if both, err := netip.ParseAddrPort(s); err == nil {
		return both.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// visitor is the name of the address in the limits.
func visitor(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	network, err := a.Prefix(64)
	if err != nil {
		return a.String() // cannot happen: every IPv6 address has 64 bits
	}
	return network.String()
}
