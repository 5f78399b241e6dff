package webhook

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// maxAnswer is how much of an answer is read; nothing in it is of use.
const maxAnswer = 16 << 10

// newClient is a client that reaches public addresses and those allowed, and
// goes nowhere it is sent to.
func newClient(allow []netip.Prefix, timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, Control: guard(allow)}
	return &http.Client{
		Transport: &http.Transport{
			// Without Proxy: a proxy would dial for us, unchecked.
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    timeout,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    2,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: maxAnswer,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// errRefused is a target whose name leads to an address that is not public.
var errRefused = errors.New("the target is not at a public address")

// guard looks at each address right before it is dialled, when nothing is
// resolved any more: a name that answers one address to a check and another
// one to the dial gains nothing.
func guard(allow []netip.Prefix) func(network, address string, c syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !dialable(at.Addr(), allow) {
			return errRefused
		}
		return nil
	}
}

func dialable(ip netip.Addr, allow []netip.Prefix) bool {
	ip = ip.WithZone("").Unmap()
	return public(ip) || within(ip, allow)
}

func within(ip netip.Addr, nets []netip.Prefix) bool {
	for _, p := range nets {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// public reports whether an address belongs to the internet at large.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !within(ip, special)
}

// special are the networks of IANA's special-purpose registries that are not
// globally reachable, or that carry another address inside which could be
// anything, and that net/netip does not tell:
// https://www.iana.org/assignments/iana-ipv4-special-registry and
// https://www.iana.org/assignments/iana-ipv6-special-registry.
var special = prefixes(
	"0.0.0.0/8",                                         // this network
	"100.64.0.0/10",                                     // carrier-grade NAT
	"192.0.0.0/24",                                      // protocol assignments
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation
	"192.88.99.0/24",                                    // 6to4 relays
	"198.18.0.0/15",                                     // benchmarks
	"240.0.0.0/4",                                       // reserved, and broadcast
	"::/96",                                             // IPv4 inside, of old
	"::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", // IPv4 inside: SIIT, NAT64
	"100::/64",               // discarded
	"2001::/23", "2002::/16", // protocol assignments with Teredo; 6to4
	"2001:db8::/32", "3fff::/20", // documentation
	"5f00::/16", // segment routing
	"fec0::/10", // site-local, of old
)

func prefixes(list ...string) []netip.Prefix {
	nets := make([]netip.Prefix, len(list))
	for i, s := range list {
		nets[i] = netip.MustParsePrefix(s)
	}
	return nets
}
