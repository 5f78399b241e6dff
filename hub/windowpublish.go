package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/usage"
	"upgradehub/hub/api"
)

// samplesAnEvent keeps an event of usage below what one may be large.
const samplesAnEvent = 700

func (p *program) windowPublishCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish UPGRADE USAGE …",
		Short: "Tell a hub the usage of an upgrade's system",
		Long: `Publish reads usage as window find does and tells it to a hub, as usage.sampled of
the system of an upgrade, in hours or half hours. From then on hub window for and
the page /upgrades/UPGRADE/windows find slots in it. What is newer is added, and
the same hours replace those before; everything is kept in the log, so a daily
job brings what is new. USAGE is as for window find; times without offset are in
the zone of the plan.`,
		Example: "  hub window publish pg16 usage.csv\n  hub window publish pg16 --distinct access.log access.log.1",
		Args:    cobra.MinimumNArgs(2),
		RunE:    p.windowPublish,
	}
	usageFlags(cmd)
	return withClient(cmd)
}

func (p *program) windowPublish(cmd *cobra.Command, args []string) error {
	cfg, err := readUsageFlags(cmd)
	if err != nil {
		return &usageError{err}
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.get(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(args[0])+"/plan")
	if err != nil {
		return err
	}
	planned, err := decode[api.Planned](raw)
	if err != nil {
		return err
	}
	if cfg.Zone, err = parseZone(planned.Plan.Zone); err != nil {
		return err
	}
	series, err := p.readUsage(cfg, args[1:])
	if err != nil {
		return err
	}
	samples := samplesOf(series)
	for part := range slices.Chunk(samples, samplesAnEvent) {
		if err := p.publishSamples(cmd, c, args[0], events.Usage{System: planned.Plan.System, Samples: part}); err != nil {
			return err
		}
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, map[string]any{"system": planned.Plan.System, "samples": len(samples)})
	}
	_, err = fmt.Fprintf(p.stdout, "%d samples of %s\n", len(samples), printable(planned.Plan.System))
	return err
}

// publishSamples publishes one event. Its id is new each time: one made of the
// samples would keep those out that return to what they had been before.
func (p *program) publishSamples(cmd *cobra.Command, c *client, upgrade string, data events.Usage) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	a, err := publishJudged(cmd.Context(), c, upgrade, events.UsageSampled, newEventID(), body)
	if err != nil {
		return err
	}
	if a.refused() {
		return p.refuse(cmd, a)
	}
	return nil
}

// samplesOf are the steps of which something is known.
func samplesOf(s usage.Series) (samples []events.Sample) {
	for i, v := range s.Values {
		if !math.IsNaN(v) {
			samples = append(samples, events.Sample{Time: s.At(i).UTC().Truncate(time.Second), Value: v})
		}
	}
	return samples
}
