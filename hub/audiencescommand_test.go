package main

import (
	"os"
	"strings"
	"testing"
)

// routes is a configuration with every way of leaving an audience out.
const routes = `
people:
  "@lead": {email: lead@example.org, slack: U0LEAD1}
audiences:
  users: {channels: {email: [all@example.org]}, quiet: {from: "22:00", to: "07:00"}, zone: Europe/Berlin}
  dba: {role: teams, channels: {slack: [C0DBA]}, match: {exact: {component: orders}}}
  ops: {role: teams, channels: {slack: [C0OPS]}, match: {prefix: {system: orders}}}
  managers: {channels: {email: ["@lead"]}, match: {exact: {severity: outage}}}
`

func TestAudiencesTest(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, "pg16.yaml", between(t, string(readme), "<<'YAML'\n", "YAML\n"))
	config := writeFile(t, "hub.yaml", routes)
	for _, tt := range []struct {
		event string
		code  int
		want  string
	}{
		{"upgrade.planned", exitDone, `AUDIENCE     ROLE      TOLD  HOW                                                 WHY
users        users     yes   announced email message after 6h0m0s (quiet hours)  has no match: told of everything
dba          teams     yes   announced slack root                                component exact "orders"
ops          teams     no                                                        dba took it, and does not say continue
managers     managers  no                                                        not severity exact "outage"
`},
		{"rollback.started --at 2030-03-03T02:00:00Z", exitDone, `
users        users     yes   rollback email message                       has no match: told of everything
dba          teams     yes   status slack root, rollback slack broadcast  component exact "orders"
`},
		{"upgrade.started", exitDone, `
subscribers  users     yes   started email message`},
		{"upgrade.completed outcome=well", exitFailed, `outcome: "well" is not one of`},
		{"phase.started phase=none", exitFailed, "would be an anomaly"},
		{"phase.started phase", exitUsage, "is not key=value"},
		{"upgrade.started --at noon", exitUsage, "--at"},
	} {
		t.Run(tt.event, func(t *testing.T) {
			code, stdout, stderr := hub(t, nil, append([]string{"audiences", "test", "--config", config, "--plan", file}, strings.Fields(tt.event)...)...)
			if code != tt.code || !strings.Contains(stdout+stderr, tt.want) {
				t.Errorf("exit %d, want %d; printed\n%s%s\nwant\n%s", code, tt.code, stdout, stderr, tt.want)
			}
		})
	}
	if code, _, stderr := hub(t, nil, "audiences", "test", "upgrade.planned"); code != exitUsage || !strings.Contains(stderr, "--plan and the audiences of --config are needed") {
		t.Errorf("without files: exit %d, %s", code, stderr)
	}
}
