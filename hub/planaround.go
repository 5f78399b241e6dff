package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"upgradehub/events/plan"
	"upgradehub/hub/api"
)

// aroundPlans holds plans against hub.yaml, if it is named.
func (p *program) aroundPlans(cmd *cobra.Command) (planCheck, error) {
	given := givenFlags(cmd)
	if given["config"] == "" && given["templates"] == "" && p.getenv("HUB_CONFIG") == "" && p.getenv("HUB_TEMPLATES") == "" {
		return func(*plan.Plan) ([]plan.Problem, error) { return nil, nil }, nil
	}
	c, err := p.partialConfig(cmd)
	if err != nil {
		return nil, err
	}
	return func(pl *plan.Plan) ([]plan.Problem, error) { return c.judge(pl), nil }, nil
}

// judge names what of a plan the configuration does not know.
func (c *Config) judge(parsed *plan.Plan) []plan.Problem {
	return append(c.judgeRoster(parsed), c.judgeAudiences(parsed)...)
}

func advice(path, format string, args ...any) plan.Problem {
	return plan.Problem{Path: path, Message: fmt.Sprintf(format, args...), Advice: true}
}

func (c *Config) judgeRoster(parsed *plan.Plan) (found []plan.Problem) {
	if len(c.People)+len(c.Audiences) == 0 {
		return nil
	}
	for _, m := range parsed.People() {
		i := slices.IndexFunc(c.People, func(p Person) bool { return p.Name == m.Person })
		switch {
		case !strings.HasPrefix(m.Person, "@"): // said already
		case i < 0:
			found = append(found, advice(m.Path, "%q is nobody of people in hub.yaml: the hub cannot reach them", m.Person))
		case c.People[i].Email == "" && c.People[i].Slack == "":
			found = append(found, advice(m.Path, "%q has no address in hub.yaml: the hub cannot reach them", m.Person))
		}
	}
	return found
}

// judgeAudiences: an audience of a plan means that of the configuration with
// its id, else those of its role.
func (c *Config) judgeAudiences(parsed *plan.Plan) (found []plan.Problem) {
	for i, a := range parsed.Audiences {
		path := fmt.Sprintf("audiences[%d]", i)
		if len(c.Audiences) > 0 {
			found = append(found, c.judgeAudience(a, path)...)
		}
		if a.Templates == "" {
			continue
		}
		if fault := setFault(a.Templates, c.Templates, c.Wording); fault != "" {
			found = append(found, plan.Problem{Path: path + ".templates", Message: fault})
		}
	}
	return found
}

func (c *Config) judgeAudience(a plan.Audience, path string) []plan.Problem {
	var meant []string
	for _, known := range c.Audiences {
		if known.ID == a.ID {
			return nil
		}
		if known.Role == a.RoleOf() {
			meant = append(meant, known.ID)
		}
	}
	var means string
	switch {
	case len(meant) == 0 && a.RoleOf() == "users":
		means = ", nor is any for users: only those who subscribed are told"
	case len(meant) == 0:
		means = ", nor is any of the role " + a.RoleOf() + ": nobody is told"
	case slices.Contains(plan.Roles, a.ID): // it is meant as the role
		return nil
	default:
		means = "; it means those of the role " + a.RoleOf() + ": " + strings.Join(meant, ", ")
	}
	return []plan.Problem{advice(path+".id", "%q is no audience of hub.yaml%s", a.ID, means)}
}

// clashing asks a hub, if one is named, for other plans that want the same time.
func (p *program) clashing(cmd *cobra.Command) (planCheck, error) {
	if !p.namesHub(cmd) {
		return func(*plan.Plan) ([]plan.Problem, error) { return nil, nil }, nil
	}
	c, err := p.client(cmd)
	if err != nil {
		return nil, err
	}
	return clashesWith(cmd, c), nil
}

// clashesWith asks a hub for them. A publisher's token does not read the plans
// of others.
func clashesWith(cmd *cobra.Command, c *client) planCheck {
	return func(pl *plan.Plan) ([]plan.Problem, error) {
		raw, err := c.post(cmd.Context(), "/api/v1/clashes", pl)
		refused, ok := errors.AsType[*problemError](err)
		switch {
		case ok && refused.Status == http.StatusNotFound: // a hub that knows no clashes
			return nil, nil
		case ok && (refused.Status == http.StatusUnauthorized || refused.Status == http.StatusForbidden):
			return []plan.Problem{advice("system", "is not held against other plans: that needs the operator's token")}, nil
		case err != nil:
			return nil, err
		}
		answer, err := decode[api.Clashes](raw)
		var found []plan.Problem
		for _, clash := range answer.Clashes {
			found = append(found, advice(clash.Path, "%s", clash.Message))
		}
		return found, err
	}
}
