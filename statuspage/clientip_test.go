package statuspage_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"upgradehub/statuspage"
)

func TestClientIP(t *testing.T) {
	for _, tt := range []struct {
		name, peer  string
		plain, full []string // X-Forwarded-For, Forwarded
		want        string
	}{
		{"no proxy", "198.51.100.7:4711", nil, nil, "198.51.100.7"},
		{"no proxy, and the visitor writes the headers", "198.51.100.7:4711", []string{"192.0.2.1"}, []string{"for=192.0.2.1"}, "198.51.100.7"},
		{"one network of IPv6", "[2001:db8:1:2:3:4:5:6]:4711", nil, nil, "2001:db8:1:2::/64"},
		{"IPv4 in IPv6", "[::ffff:198.51.100.7]:4711", nil, nil, "198.51.100.7"},
		{"no address at all", "@", []string{"192.0.2.1"}, nil, "@"},
		{"proxy on this machine", "127.0.0.1:4711", []string{"198.51.100.7"}, nil, "198.51.100.7"},
		{"proxy of the house", "10.0.0.1:4711", []string{"198.51.100.7"}, nil, "198.51.100.7"},
		{"proxy by IPv6", "[::1]:4711", []string{"2001:db8:1:2:3:4:5:6"}, nil, "2001:db8:1:2::/64"},
		{"proxy without a header", "10.0.0.1:4711", nil, nil, "10.0.0.1"},
		{"two proxies", "10.0.0.1:4711", []string{"198.51.100.7, 10.0.0.2"}, nil, "198.51.100.7"},
		{"the visitor's own word stands to the left", "10.0.0.1:4711", []string{"192.0.2.1, 198.51.100.7"}, nil, "198.51.100.7"},
		{"the visitor's own word in a line of its own", "10.0.0.1:4711", []string{"192.0.2.1", "198.51.100.7"}, nil, "198.51.100.7"},
		{"the visitor claims to be a proxy", "10.0.0.1:4711", []string{"10.0.0.9, 198.51.100.7"}, nil, "198.51.100.7"},
		{"with a port", "10.0.0.1:4711", []string{"198.51.100.7:5000"}, nil, "198.51.100.7"},
		{"visitor inside the house", "10.0.0.1:4711", []string{"10.7.7.7"}, nil, "10.7.7.7"},
		{"visitor inside claims another address inside", "10.0.0.1:4711", []string{"10.9.9.9, 10.7.7.7"}, nil, "10.7.7.7"},
		{"what the proxy wrote is no address", "10.0.0.1:4711", []string{"192.0.2.1, unknown"}, nil, "10.0.0.1"},
		{"empty", "10.0.0.1:4711", []string{""}, nil, "10.0.0.1"},
		{"the standard header", "10.0.0.1:4711", nil, []string{`for=198.51.100.7;proto=https`}, "198.51.100.7"},
		{"the standard header, quoted IPv6 with a port", "10.0.0.1:4711", nil, []string{`proto=https;For="[2001:db8:1:2::1]:4711"`}, "2001:db8:1:2::/64"},
		{"the standard header, own word to the left", "10.0.0.1:4711", nil, []string{`for=192.0.2.1, for=198.51.100.7`}, "198.51.100.7"},
		{"the standard header without a visitor", "10.0.0.1:4711", nil, []string{`for=192.0.2.1, proto=https`}, "10.0.0.1"},
		{"the standard header hides the visitor", "10.0.0.1:4711", nil, []string{`for=_hidden`}, "10.0.0.1"},
		{"both agree", "10.0.0.1:4711", []string{"198.51.100.7"}, []string{"for=198.51.100.7"}, "198.51.100.7"},
		{"the visitor adds the header the proxy does not know", "10.0.0.1:4711", []string{"198.51.100.7"}, []string{"for=192.0.2.1"}, "10.0.0.1"},
		{"the visitor adds the other one that the proxy does not know", "10.0.0.1:4711", []string{"192.0.2.1"}, []string{"for=198.51.100.7"}, "10.0.0.1"},
		{"the visitor adds nonsense", "10.0.0.1:4711", []string{"198.51.100.7"}, []string{"nonsense"}, "10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"], r.Header["Forwarded"] = tt.plain, tt.full
			if got := statuspage.ClientIP(r); got != tt.want {
				t.Errorf("ClientIP = %s, want %s", got, tt.want)
			}
		})
	}
}

// FuzzClientIP: a visitor cannot choose the address, whatever it sends, when
// the proxy appends the one it saw.
func FuzzClientIP(f *testing.F) {
	f.Add("192.0.2.1", "for=192.0.2.1")
	f.Add("192.0.2.1,", `for="`)
	f.Add("10.0.0.1, ::1", `for="[::1]", for=10.0.0.1`)
	f.Fuzz(func(t *testing.T, plain, full string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "10.0.0.1:4711"
		r.Header.Set("X-Forwarded-For", plain)
		r.Header.Add("X-Forwarded-For", "198.51.100.7")
		if full != "" {
			r.Header.Set("Forwarded", full)
		}
		got := statuspage.ClientIP(r)
		if got != "198.51.100.7" && got != "10.0.0.1" {
			t.Errorf("ClientIP = %s by X-Forwarded-For %q and Forwarded %q, want the visitor's or the proxy's", got, plain, full)
		}
		if _, err := netip.ParseAddr(strings.TrimSuffix(got, "/64")); err != nil {
			t.Errorf("ClientIP = %q is no address", got)
		}
	})
}
