package bus

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// The two accounts.
const (
	hubAccount        = "HUB"
	publishersAccount = "PUBLISHERS"
)

// everyUpgrade in a publisher's grants means all upgrades.
const everyUpgrade = "*"

var upgradeID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// login is a user and a password made at random at each start. Only the
// hub's own connections know it.
type login struct{ user, password string }

// gatekeeper decides who may connect to the embedded server, and to what.
//
// Publishers and the hub live in different accounts, because a publisher can
// make the server write an acknowledgement to any subject of its own account
// by naming it as the reply subject.
type gatekeeper struct {
	hubLogin, publishersLogin login
	grants                    []grant
	open                      bool // loopback clients need no credentials
	closed                    bool // nobody but the hub itself

	// account finds the server's own copy of an account; it works with
	// that copy and not with the one in its options.
	account func(name string) (*server.Account, error)
}

// grant is what a token allows.
type grant struct {
	hash        string // hex SHA-256 of the token
	permissions *server.Permissions
}

func newGatekeeper(cfg Config) (*gatekeeper, error) {
	grants, err := readGrants(cfg.Publishers)
	if err != nil {
		return nil, err
	}
	if cfg.Operator != "" {
		sum := sha256.Sum256([]byte(cfg.Operator))
		grants = append(grants, grant{hex.EncodeToString(sum[:]), publisherPermissions([]string{everyUpgrade})})
	}
	return &gatekeeper{
		hubLogin:        login{"hub", rand.Text()},
		publishersLogin: login{"hub-intake", rand.Text()},
		grants:          grants,
		open:            len(cfg.Publishers) == 0,
		closed:          cfg.Listen == noListener,
	}, nil
}

// readGrants checks every publisher and names every fault.
func readGrants(publishers map[string][]string) ([]grant, error) {
	var grants []grant
	var errs []error
	for hash, upgrades := range publishers {
		if b, err := hex.DecodeString(hash); err != nil || len(b) != sha256.Size {
			errs = append(errs, fmt.Errorf("publishers: %q is not the hex SHA-256 of a token", hash))
		}
		for _, u := range upgrades {
			if u != everyUpgrade && !upgradeID.MatchString(u) {
				errs = append(errs, fmt.Errorf("publishers: %q is not an upgrade id", u))
			}
		}
		permissions := publisherPermissions(upgrades)
		permissions.Publish.Deny = []string{operatorsOnly}
		grants = append(grants, grant{strings.ToLower(hash), permissions})
	}
	return grants, errors.Join(errs...)
}

// operatorsOnly is what publishers may not say: to take back an end is a
// person's decision.
const operatorsOnly = "upgrades.*.upgrade.reopened"

// publisherPermissions let a client publish for the upgrades and receive the
// acknowledgements, and nothing else; JetStream's own API is out of reach.
func publisherPermissions(upgrades []string) *server.Permissions {
	allow := make([]string, 0, len(upgrades))
	for _, u := range upgrades {
		allow = append(allow, "upgrades."+u+".>")
	}
	if slices.Contains(upgrades, everyUpgrade) {
		allow = []string{"upgrades.>"}
	}
	return &server.Permissions{
		// Not nil even when it is empty: nil would allow everything.
		Publish:   &server.SubjectPermission{Allow: allow},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}
}

// Check implements the server's authentication: it assigns the client its
// account and permissions, or refuses it.
func (g *gatekeeper) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	switch {
	case g.hubLogin.is(o):
		return g.admit(c, hubAccount, g.hubLogin.user, nil)
	case g.publishersLogin.is(o):
		return g.admit(c, publishersAccount, g.publishersLogin.user, nil)
	case g.closed:
		return false
	}
	name, permissions := g.publisher(o, c.RemoteAddress())
	return permissions != nil && g.admit(c, publishersAccount, name, permissions)
}

func (g *gatekeeper) admit(c server.ClientAuthentication, account, user string, p *server.Permissions) bool {
	acc, err := g.account(account)
	if err != nil {
		return false
	}
	c.RegisterUser(&server.User{Username: user, Account: acc, Permissions: p})
	return true
}

// publisher finds what a client that is not the hub may do; nil is nothing.
func (g *gatekeeper) publisher(o *server.ClientOpts, from net.Addr) (string, *server.Permissions) {
	if g.open && anonymous(o) && loopback(from) {
		return "local", publisherPermissions([]string{everyUpgrade})
	}
	token := o.Token
	if token == "" {
		token = o.Password
	}
	sum := sha256.Sum256([]byte(token))
	given := []byte(hex.EncodeToString(sum[:]))
	for _, gr := range g.grants {
		if subtle.ConstantTimeCompare(given, []byte(gr.hash)) == 1 {
			return "publisher-" + gr.hash[:8], gr.permissions
		}
	}
	return "", nil
}

func (l login) is(o *server.ClientOpts) bool {
	return o.Username == l.user && subtle.ConstantTimeCompare([]byte(o.Password), []byte(l.password)) == 1
}

func anonymous(o *server.ClientOpts) bool {
	return o.Token == "" && o.Username == "" && o.Password == "" && o.JWT == "" && o.Nkey == ""
}

func loopback(from net.Addr) bool {
	tcp, ok := from.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
